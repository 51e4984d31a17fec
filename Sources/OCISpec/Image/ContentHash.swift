/// Computes the digest of content that comes in pieces, with the algorithm that its name asks for.
public struct ContentHash: Sendable {
    private var sha256: SHA256Hash?
    private var sha512: SHA512Hash?

    public init(_ algorithm: Digest.Algorithm) {
        switch algorithm {
        case .sha256: sha256 = SHA256Hash()
        case .sha512: sha512 = SHA512Hash()
        }
    }

    /// Takes in `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256?.update(bytes)
        sha512?.update(bytes)
    }

    /// The digest of all bytes taken in.
    public func finish() -> Digest { sha512?.finish() ?? (sha256 ?? SHA256Hash()).finish() }

    /// The digest of `bytes`.
    public static func digest(_ algorithm: Digest.Algorithm, of bytes: [UInt8]) -> Digest {
        var hash = ContentHash(algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}
