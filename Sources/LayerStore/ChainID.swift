internal import Archive
public import OCISpec

/// Names a layer together with all layers below it: the same files on different ground are different.
///
/// Source: OCI image-spec, config.md, "Layer ChainID".
public struct ChainID: Hashable, Sendable, CustomStringConvertible {
    /// The chain as a digest: SHA-256 always.
    public let digest: Digest

    /// Takes a chain ID that was computed before.
    public init(_ digest: Digest) { self.digest = digest }

    /// The lowest layer's: the digest of its unpacked archive.
    public init(base diffID: Digest) { digest = diffID }

    /// The ID of this chain with one more layer on it.
    public func adding(_ diffID: Digest) -> ChainID {
        ChainID(SHA256Hash.digest(of: "\(digest.text) \(diffID.text)".utf8))
    }

    /// The chain IDs of an image's layers, lowest first.
    public static func chain(of diffIDs: [Digest]) -> [ChainID] {
        var chain: [ChainID] = []
        for diffID in diffIDs { chain.append(chain.last?.adding(diffID) ?? ChainID(base: diffID)) }
        return chain
    }

    /// The digest, as in OCI documents.
    public var description: String { digest.text }

    /// The name of the layer's directory in a store.
    var directoryName: String { digest.hex }

    init?(directoryName: String) {
        let algorithm: Digest.Algorithm = directoryName.utf8.count == 128 ? .sha512 : .sha256
        // Anything else there is not a layer; that is no error.
        guard let digest = try? Digest("\(algorithm.rawValue):\(directoryName)") else { return nil }
        self.digest = digest
    }
}
