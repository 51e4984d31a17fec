internal import CSHA256

/// A SHA-256 value: 32 bytes, written in OCI documents as `sha256:` and 64 hexadecimal digits.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    /// 32 of them.
    public let bytes: [UInt8]

    /// The digest of `data`.
    public init(of data: some Sequence<UInt8>) {
        var hash = SHA256Hash()
        Array(data).withUnsafeBytes { hash.update($0) }
        self = hash.finish()
    }

    init(words: [UInt32]) {
        bytes = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }

    /// Reads 64 lower-case hexadecimal digits, with or without `sha256:` before them; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        let prefix = Array("sha256:".utf8)
        let hexadecimal = digits.starts(with: prefix) ? digits.dropFirst(prefix.count) : digits[...]
        guard hexadecimal.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for digit in hexadecimal {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.bytes = bytes
    }

    /// The 64 digits alone, which are safe as a file's name.
    public var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// As in OCI documents, such as `sha256:e3b0…`.
    public var description: String { "sha256:\(hexadecimal)" }
}

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

    /// The value of all bytes taken in.
    public func finish() -> SHA256Digest {
        var last = self
        // A one bit, zeros, and the length in bits as the last eight bytes of a block (FIPS 180-4, 5.1.1).
        var padding = last.rest
        padding.append(0x80)
        padding.append(contentsOf: repeatElement(0, count: (120 - padding.count) % 64))
        let bits = length &* 8
        padding.append(contentsOf: (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
        last.compress(padding, blocks: padding.count / 64)
        return SHA256Digest(words: last.state)
    }
}

/// Hashes and counts what passes through on its way from another source.
package final class HashingSource: ByteSource {
    private let source: any ByteSource
    private var hash = SHA256Hash()
    /// How many bytes have passed.
    package private(set) var count: UInt64 = 0

    package init(_ source: any ByteSource) { self.source = source }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try source.read(into: buffer)
        hash.update(UnsafeRawBufferPointer(rebasing: buffer.prefix(got)))
        count &+= UInt64(got)
        return got
    }

    /// The digest of what has passed.
    package var digest: SHA256Digest { hash.finish() }
}
