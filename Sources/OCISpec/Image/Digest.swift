/// The hash of content, by which it is found and checked: `sha256:` or `sha512:` and lowercase hexadecimal digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// Those that the image-spec registers.
    public enum Algorithm: String, CaseIterable, Sendable {
        case sha256, sha512

        /// Of the hash, in bytes.
        public var size: Int { self == .sha256 ? 32 : 64 }
    }

    /// How the hash was computed.
    public let algorithm: Algorithm
    /// Two digits for each byte. Safe as a file name.
    public let hex: String

    /// As in documents.
    public var text: String { "\(algorithm.rawValue):\(hex)" }
    public var description: String { text }

    /// - Throws: ``SpecError/field(path:problem:)`` with an empty path.
    public init(_ text: String) throws(SpecError) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw JSONValue.string(text).isNot("a digest such as sha256:…") }
        guard let algorithm = Algorithm.allCases.first(where: { parts[0].elementsEqual($0.rawValue.utf8) }) else {
            throw JSONValue.string(text).isNot("a digest with sha256 or sha512")
        }
        guard parts[1].count == algorithm.size * 2,
            parts[1].allSatisfy({ isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 })
        else {
            throw JSONValue.string(text).isNot("\(algorithm.size * 2) lowercase hexadecimal digits after the colon")
        }
        self.algorithm = algorithm
        hex = String(Substring(parts[1]))
    }

    /// The digest with this hash, nil if the length is not that of the algorithm.
    public init?(_ algorithm: Algorithm, hash: [UInt8]) {
        guard hash.count == algorithm.size else { return nil }
        self.algorithm = algorithm
        hex = String(unsafeUninitializedCapacity: hash.count * 2) { digits in
            for (index, byte) in hash.enumerated() {
                digits[index * 2] = Self.digit(byte >> 4)
                digits[index * 2 + 1] = Self.digit(byte & 15)
            }
            return hash.count * 2
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The bytes that the digits stand for.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(algorithm.size)
        var high: UInt8?
        for digit in hex.utf8 {
            let value = hexDigit(digit) ?? 0
            if let first = high { bytes.append(first << 4 | value) }
            high = high == nil ? value : nil
        }
        return bytes
    }
}

extension Digest: FieldValue {
    public init(json: JSONValue) throws(SpecError) { try self.init(String(json: json)) }
    public var json: JSONValue { .string(text) }
}
