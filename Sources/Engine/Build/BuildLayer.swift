internal import LayerStore
package import OCISpec

/// A layer that a build stands on or has made.
package struct BuildLayer: Equatable, Sendable {
    package let diffID: Digest
    /// Its blob.
    package let descriptor: Descriptor
    /// Bytes of the files in it.
    package let fileBytes: Int64

    package init(diffID: Digest, descriptor: Descriptor, fileBytes: Int64) {
        self.diffID = diffID
        self.descriptor = descriptor
        self.fileBytes = fileBytes
    }

    /// What these layers, one on another, contain: `sha256:…`; empty for none.
    package static func chain(_ layers: [BuildLayer]) -> String {
        ChainID.chain(of: layers.map(\.diffID)).last?.digest.text ?? ""
    }

    /// What this layer contains on others that contain `chain`, which is empty for none.
    package func chain(on chain: String) -> String {
        guard let below = try? ChainIDText.chain(chain) else { return diffID.text }
        return below.adding(diffID).digest.text
    }
}

/// An image that a build starts from.
package struct BuildBase: Sendable {
    package let layers: [BuildLayer]
    package let config: ImageConfig
    /// The digest of its config.
    package let id: String
    /// The digest of its manifest.
    package let manifest: String
}
