/// Reads the parts that header fields are made of (RFC 9110, 5.6): tokens, quoted strings, lists.
struct FieldScanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    /// What a field may be long.
    static let limit = 16384

    /// nil for a field that is too long.
    init?(_ field: String) {
        guard field.utf8.count <= Self.limit else { return nil }
        bytes = Array(field.utf8)
    }

    var isAtEnd: Bool { position >= bytes.count }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 { position += 1 }
    }

    /// Takes this character, if it is next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// One or more of these bytes, as text.
    mutating func run(where allowed: (UInt8) -> Bool) -> String? {
        let start = position
        while let byte = next, allowed(byte) { position += 1 }
        return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
    }

    mutating func token() -> String? { run(where: isTokenByte) }

    /// A quoted string without its quotes and backslashes.
    mutating func quotedString() -> String? {
        let start = position
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next else { break }
                position += 1
                text.append(escaped)
            default: text.append(byte)
            }
        }
        position = start
        return nil
    }

    mutating func value() -> String? { next == UInt8(ascii: "\"") ? quotedString() : token() }

    /// Goes back to where it was before something that turned out to be something else.
    mutating func goBack(to position: Int) { self.position = position }
}

/// RFC 9110, 5.6.2.
func isTokenByte(_ byte: UInt8) -> Bool {
    isDecimalDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte >= 0x41 && byte < 0x7F
        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
}
