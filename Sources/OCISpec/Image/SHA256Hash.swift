internal import CSHA256

/// Computes a SHA-256 value of bytes that come in pieces, with the CPU's instructions for it where there are any.
public struct SHA256Hash: Sendable {
    /// FIPS 180-4, 5.3.3.
    private var blocks = HashBlocks<UInt32>([
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ])

    /// The state before the first byte.
    public init() {}

    /// The digest of `bytes`.
    public static func digest(of bytes: some Sequence<UInt8>) -> Digest {
        var hash = SHA256Hash()
        Array(bytes).withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }

    /// Takes in `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { blocks.update(bytes, Self.compress) }

    /// The digest of all bytes taken in.
    public func finish() -> Digest {
        guard let digest = Digest(.sha256, hash: blocks.finish(Self.compress)) else {
            preconditionFailure("eight words are 32 bytes")
        }
        return digest
    }

    /// Takes in blocks of 64 bytes (FIPS 180-4, 6.2.2).
    private static func compress(_ state: inout [UInt32], _ blocks: UnsafeRawBufferPointer) {
        if let base = blocks.bindMemory(to: UInt8.self).baseAddress { csha256_blocks(&state, base, blocks.count / 64) }
    }
}
