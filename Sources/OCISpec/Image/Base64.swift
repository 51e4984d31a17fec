/// Bytes that a document holds as text (RFC 4648, section 4).
public struct Base64: Hashable, Sendable {
    /// What is written so.
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// With the ordinary alphabet and padding: RFC 4648, section 4.
    public var text: String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for index in 0..<4 {
                let digit = Self.alphabet[Int(bits >> (18 - 6 * UInt32(index)) & 0x3F)]
                text.append(index <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// nil unless the text is complete, with its padding and with unused bits at zero: one text for each content.
    public init?(text: String) {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                padding += 1
                bits <<= 6
            } else {
                guard padding == 0, let digit = Self.digit(byte) else { return nil }
                bits = bits << 6 | digit
            }
            digits += 1
            if digits % 4 == 0 {
                guard padding <= 2 else { return nil }
                let group = [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
                guard group.suffix(padding).allSatisfy({ $0 == 0 }) else { return nil }
                bytes.append(contentsOf: group.dropLast(padding))
                bits = 0
            }
        }
        guard digits % 4 == 0 else { return nil }
        self.bytes = bytes
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension Base64: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        guard let content = Base64(text: try String(json: json)) else { throw json.isNot("Base64") }
        self = content
    }

    public var json: JSONValue { .string(text) }
}
