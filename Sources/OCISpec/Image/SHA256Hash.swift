internal import CSHA256

/// Computes a SHA-256 value of bytes that come in pieces, with the CPU's instructions for it where there are any.
public struct SHA256Hash: Sendable {
    /// FIPS 180-4, 5.3.3.
    private var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// Less than a block.
    private var rest: [UInt8] = []
    private var length: UInt64 = 0

    /// The state before the first byte.
    public init() { rest.reserveCapacity(128) }

    /// The digest of `bytes`.
    public static func digest(of bytes: some Sequence<UInt8>) -> Digest {
        var hash = SHA256Hash()
        Array(bytes).withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }

    /// Takes in `bytes`.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var bytes = bytes[...]
        if !rest.isEmpty {
            let missing = bytes.prefix(64 - rest.count)
            rest.append(contentsOf: missing)
            bytes = bytes.dropFirst(missing.count)
            guard rest.count == 64 else { return }
            compress(rest, blocks: 1)
            rest.removeAll(keepingCapacity: true)
        }
        let blocks = bytes.count / 64
        if blocks > 0 {
            let whole = UnsafeRawBufferPointer(rebasing: bytes.prefix(blocks * 64))
            if let base = whole.bindMemory(to: UInt8.self).baseAddress { csha256_blocks(&state, base, blocks) }
            bytes = bytes.dropFirst(blocks * 64)
        }
        rest.append(contentsOf: bytes)
    }

    private mutating func compress(_ bytes: [UInt8], blocks: Int) { csha256_blocks(&state, bytes, blocks) }

    /// The digest of all bytes taken in.
    public func finish() -> Digest {
        var last = self
        // A one bit, zeros, and the length in bits as the last eight bytes of a block (FIPS 180-4, 5.1.1).
        var padding = last.rest
        padding.append(0x80)
        padding.append(contentsOf: repeatElement(0, count: (120 - padding.count) % 64))
        let bits = length &* 8
        padding.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
        last.compress(padding, blocks: padding.count / 64)
        let hash = last.state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        guard let digest = Digest(.sha256, hash: hash) else { preconditionFailure("eight words are 32 bytes") }
        return digest
    }
}
