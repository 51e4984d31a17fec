internal import GRDB
internal import LinuxKernel
internal import OCISpec

/// A layer: a directory under `layers/`, named by its chain id.
struct LayerRecord: Equatable, Sendable {
    /// What the layer and all below it contain, as 64 hexadecimal digits of SHA-256.
    let chainID: Identifier
    /// What the layer's own tar stream contains.
    let diffID: Identifier
    /// Bytes of the files in it.
    let size: Int64
}

/// A blob that an image needs to be given back as it came.
struct BlobRecord: Equatable, Sendable {
    enum Role: String, Sendable, CaseIterable {
        /// What the tag led to where that was an index.
        case index
        case manifest, config
        /// A layer, packed as it came.
        case layer
    }

    let role: Role
    let digest: Digest
    /// In bytes.
    let size: Int64
    let mediaType: MediaType
    /// Which of the image's manifests this belongs to.
    var packing = 0
}

/// An image as the store has it.
struct ImageRecord: Equatable, Sendable {
    /// The digest of its config.
    let id: Identifier
    let created: Timestamp
    let architecture: String
    var os = "linux"
    var variant = ""
    let comment: String
    let configuration: ImageConfiguration
    /// What Brig itself made it from: empty for every image from outside.
    let madeFrom: String
    /// The same for one that was put together here, such as by a build or from a container.
    static let madeHere = "here"
    /// The lowest first.
    let layers: [LayerRecord]
    /// Its names, each with a tag.
    var references: [ImageReference]
    /// What it is called in the registries that it came from or went to, each with the digest of manifest or index.
    var repoDigests: [ImageReference] = []
    /// For each packing: index (if there was one), manifest, config, and one for each layer, the lowest first. None for an
    /// image that a Brig imported which did not keep what it came from.
    var blobs: [BlobRecord] = []
    /// Which packings its names lead to, where that is not the first one.
    var packings: [ImageReference: Int] = [:]

    /// Bytes of the files of all layers.
    var size: Int64 { layers.reduce(0) { $0.clampedAdding($1.size) } }

    /// Bytes of what is kept beside the unpacked layers.
    var blobSize: Int64 {
        var seen: Set<Digest> = []
        return blobs.reduce(0) { seen.insert($1.digest).inserted ? $0.clampedAdding($1.size) : $0 }
    }

    /// All its manifests: those of one config.
    var manifests: [BlobRecord] { blobs.filter { $0.role == .manifest } }

    /// The manifest that a name of the image leads to; without a name, the first one.
    func manifest(named name: ImageReference? = nil) -> BlobRecord? {
        let manifests = manifests
        let packing = name.map { packings[$0.withDefaultTag] ?? 0 }
        return manifests.first { $0.packing == packing } ?? manifests.first
    }

    /// The layers' blobs of the first manifest, the lowest first.
    var layerBlobs: [BlobRecord] {
        let packing = manifest()?.packing
        return blobs.filter { $0.role == .layer && $0.packing == packing }
    }

    /// The config's digest.
    var digestText: String { "sha256:\(id)" }
}

extension Int64 {
    func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
