internal import GRDB
internal import MonitorProtocol

/// A layer: a directory under `layers/`, named by its chain id.
struct LayerRecord: Equatable, Sendable {
    /// What the layer and all below it contain, as 64 hexadecimal digits of SHA-256.
    let chainID: Identifier
    /// What the layer's own tar stream contains.
    let diffID: Identifier
    /// Bytes of the files in it.
    let size: Int64
}

/// An image as the store has it.
struct ImageRecord: Equatable, Sendable {
    let id: Identifier
    let created: Timestamp
    let architecture: String
    let comment: String
    let configuration: ImageConfiguration
    /// What Brig itself made it from: empty for every image from outside.
    let madeFrom: String
    /// The lowest first.
    let layers: [LayerRecord]
    let references: [ImageReference]

    var size: Int64 {
        layers.reduce(0) { sum, layer in
            let (total, overflow) = sum.addingReportingOverflow(layer.size)
            return overflow ? .max : total
        }
    }
}
