internal import OCISpec

/// Values that are written in a template, as Go writes them.
enum TemplateLiteral {
    /// A number or a character.
    static func number(_ text: String) throws(TemplateError) -> JSONValue {
        if text.hasPrefix("'") {
            guard let content = unquoted(text), content.unicodeScalars.count == 1,
                let scalar = content.unicodeScalars.first
            else { throw TemplateError("malformed character constant: \(text)") }
            return .integer(Int64(scalar.value))
        }
        var digits = Substring(text)
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        let plain = String(digits.filter { $0 != "_" }).lowercased()
        var radix = 10
        var number = plain[...]
        for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where plain.hasPrefix(prefix) {
            (radix, number) = (base, plain.dropFirst(2))
        }
        if radix == 10, plain.contains(where: { ".e".contains($0) }) {
            guard let double = Double("\(isNegative ? "-" : "")\(plain.hasPrefix(".") ? "0" : "")\(plain)") else {
                throw TemplateError("illegal number syntax: \(ShownText.quoted(text))")
            }
            return .double(double)
        }
        if radix == 10, number.count > 1, number.hasPrefix("0") { (radix, number) = (8, number.dropFirst()) }
        if let value = Int64("\(isNegative ? "-" : "")\(number)", radix: radix) { return .integer(value) }
        let isNumber = !number.isEmpty && number.allSatisfy { Int(String($0), radix: radix) != nil }
        throw TemplateError("\(isNumber ? "integer overflow" : "illegal number syntax"): \(ShownText.quoted(text))")
    }

    /// What stands between quotes of any kind; `nil` where it is wrong.
    static func unquoted(_ text: String) -> String? {
        guard let quote = text.first else { return nil }
        let content = text.dropFirst().dropLast()
        if quote == "`" { return content.filter { $0 != "\r" } }
        var result: [UInt8] = []
        var rest = content.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                result += String(scalar).utf8
                continue
            }
            guard let escaped = rest.popFirst() else { return nil }
            switch escaped {
            case "a": result.append(7)
            case "b": result.append(8)
            case "f": result.append(12)
            case "n": result.append(10)
            case "r": result.append(13)
            case "t": result.append(9)
            case "v": result.append(11)
            case "\\": result.append(UInt8(ascii: "\\"))
            case "'" where quote == "'", "\"" where quote == "\"": result += String(escaped).utf8
            case "x", "u", "U", "0"..."7":
                let (length, radix) =
                    escaped == "x" ? (2, 16) : escaped == "u" ? (4, 16) : escaped == "U" ? (8, 16) : (2, 8)
                let digits = String(String.UnicodeScalarView(rest.prefix(length)))
                rest = rest.dropFirst(length)
                let whole = radix == 8 ? String(escaped) + digits : digits
                guard digits.count == length, let value = UInt32(whole, radix: radix) else { return nil }
                if escaped == "u" || escaped == "U" {
                    guard let scalar = Unicode.Scalar(value) else { return nil }
                    result += String(scalar).utf8
                } else {
                    guard let byte = UInt8(exactly: value) else { return nil }
                    result.append(byte)
                }
            default: return nil
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
