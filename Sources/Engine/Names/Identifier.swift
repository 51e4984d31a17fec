/// The identifier of a container or an image: 64 lower-case hexadecimal digits. It is one component of a path.
public struct Identifier: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Returns: `nil` unless `text` is 64 lower-case hexadecimal digits.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 64, text.utf8.allSatisfy(Self.isDigit) else { return nil }
        self.text = String(text)
    }

    /// A new identifier that nobody can guess.
    ///
    /// Not all of the first twelve digits are decimal: the short form is a host name, and some programs take a name of
    /// digits alone for an address.
    public static func random(using generator: inout some RandomNumberGenerator) -> Identifier {
        while true {
            let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = hexadecimal(bytes)
            if text.utf8.prefix(12).allSatisfy({ $0 < UInt8(ascii: "a") }) { continue }
            return Identifier(unchecked: text)
        }
    }

    init(digest: [UInt8]) {
        precondition(digest.count == 32)
        self.init(unchecked: hexadecimal(digest))
    }

    private init(unchecked text: String) { self.text = text }

    /// The first twelve digits, as tables and host names show them.
    public var short: String { String(text.prefix(12)) }

    public var description: String { text }

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// `bytes` as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
        var at = 0
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                buffer[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                at += 1
            }
        }
        return at
    }
}
