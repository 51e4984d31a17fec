extension JSONParser {
    /// Parses from the opening quote to past the closing one.
    mutating func parseString() throws(JSONSyntaxError) -> String {
        let start = position + 1
        var end = start
        var all: UInt8 = 0
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                position = end + 1
                return try makeString(UnsafeBufferPointer(rebasing: bytes[start..<end]), at: start, ascii: all < 0x80)
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start, firstEscape: end) }
            if byte < 0x20 { break }
            all |= byte
            end += 1
        }
        position = end
        throw unterminated()
    }

    private mutating func parseEscapedString(from start: Int, firstEscape: Int) throws(JSONSyntaxError) -> String {
        var text = Array(bytes[start..<firstEscape])
        position = firstEscape
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text.withUnsafeBufferPointer { (buffer) throws(JSONSyntaxError) in
                    try makeString(buffer, at: start, ascii: false)
                }
            case UInt8(ascii: "\\"):
                try parseEscape(into: &text)
            case 0..<0x20:
                throw unterminated()
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unterminated()
    }

    private func makeString(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, ascii: Bool
    ) throws(JSONSyntaxError) -> String {
        if ascii { return String(decoding: text, as: UTF8.self) }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONSyntaxError(position: start, problem: "this string is not UTF-8")
        }
        return string
    }

    private func unterminated() -> JSONSyntaxError {
        guard let byte = peek() else { return error("the document ends inside a string") }
        return error("control character 0x\(hex(byte)) in a string")
    }

    /// From a backslash to past its escape.
    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        position += 1
        let letter = peek()
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter ?? 0)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try parseUnicodeEscape().utf8Bytes)
        default:
            position -= 1
            throw unexpected("one of \"\\/bfnrtu after a backslash")
        }
    }

    /// Four hexadecimal digits, or a pair of surrogates with `\u` between, as one character.
    private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position - 2
        let lone = JSONSyntaxError(position: start, problem: "half of a surrogate pair")
        let first = try parseHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, peek() == UInt8(ascii: "\\") else { throw lone }
        position += 1
        guard peek() == UInt8(ascii: "u") else { throw lone }
        position += 1
        let second = try parseHexDigits()
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw lone }
        return scalar
    }

    private mutating func parseHexDigits() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap(hexDigit) else { throw unexpected("four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
