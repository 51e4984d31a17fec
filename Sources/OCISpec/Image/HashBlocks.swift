/// What SHA-256 and SHA-512 have in common (FIPS 180-4, 5.1 and 6): eight words, changed by one block of sixteen after the
/// other, and how the last block is filled up.
struct HashBlocks<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    /// Takes in whole blocks, one or more.
    typealias Compression = (inout [Word], UnsafeRawBufferPointer) -> Void

    /// Bytes.
    private static var blockSize: Int { 16 * MemoryLayout<Word>.size }

    private var words: [Word]
    /// Less than a block.
    private var rest: [UInt8] = []
    /// How many bytes came so far.
    private var length: UInt64 = 0

    /// - Parameter words: The state before the first byte.
    init(_ words: [Word]) {
        self.words = words
        rest.reserveCapacity(2 * Self.blockSize)
    }

    /// Takes in `bytes`.
    mutating func update(_ bytes: UnsafeRawBufferPointer, _ compress: Compression) {
        length &+= UInt64(bytes.count)
        var bytes = bytes[...]
        if !rest.isEmpty {
            let missing = bytes.prefix(Self.blockSize - rest.count)
            rest.append(contentsOf: missing)
            bytes = bytes.dropFirst(missing.count)
            guard rest.count == Self.blockSize else { return }
            rest.withUnsafeBytes { compress(&words, $0) }
            rest.removeAll(keepingCapacity: true)
        }
        let whole = bytes.count - bytes.count % Self.blockSize
        if whole > 0 {
            compress(&words, UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
            bytes = bytes.dropFirst(whole)
        }
        rest.append(contentsOf: bytes)
    }

    /// The hash of all bytes taken in.
    func finish(_ compress: Compression) -> [UInt8] {
        var last = rest
        // A one bit, zeros, and in the last two words of a block the length in bits (FIPS 180-4, 5.1).
        let lengthSize = 2 * MemoryLayout<Word>.size
        last.append(0x80)
        while last.count % Self.blockSize != Self.blockSize - lengthSize { last.append(0) }
        if lengthSize == 16 { Self.append(length >> 61, to: &last) }
        Self.append(length &* 8, to: &last)
        var words = words
        last.withUnsafeBytes { compress(&words, $0) }
        var result: [UInt8] = []
        for word in words { Self.append(word, to: &result) }
        return result
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
