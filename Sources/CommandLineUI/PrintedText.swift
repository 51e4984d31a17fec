internal import OCISpec

/// What `print`, `printf` and those that escape make of values, as Go's fmt and html do.
enum PrintedText {
    /// A blank stands between two of which neither is text.
    static func print(_ values: [TemplateValue]) -> String {
        var result = ""
        for (index, value) in values.enumerated() {
            if index > 0, !isText(values[index - 1]), !isText(value) { result += " " }
            result += value.shown
        }
        return result
    }

    private static func isText(_ value: TemplateValue) -> Bool {
        if case .string = value.json { true } else { false }
    }

    static func html(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "&#34;"
            case "'": result += "&#39;"
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\0": result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Within the quotes of JavaScript.
    static func script(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "'", "\"": result += "\\\(scalar)"
            case "<", ">", "&", "=": result += "\\u" + PrintedNumber.digits(UInt64(scalar.value), 16, atLeast: 4)
            case _ where scalar.value < 0x20:
                result += "\\u" + PrintedNumber.digits(UInt64(scalar.value), 16, atLeast: 4)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func query(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): result += "+"
            default: result += "%" + PrintedNumber.digits(UInt64(byte), 16, atLeast: 2)
            }
        }
        return result
    }

    /// `printf`: wrong verbs and numbers of values are told in the text, as in Go.
    static func format(_ format: String, _ values: [TemplateValue]) -> String {
        var result = ""
        var rest = format.unicodeScalars[...]
        var next = 0
        var hasNumbers = false
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var verb = PrintVerb()
            while let flag = rest.first, PrintVerb.flags.contains(flag) {
                verb.add(rest.removeFirst())
                _ = flag
            }
            hasNumbers = place(&rest, &next) || hasNumbers
            verb.width = number(&rest, values, &next)
            if rest.first == "." {
                rest.removeFirst()
                hasNumbers = place(&rest, &next) || hasNumbers
                verb.precision = number(&rest, values, &next) ?? 0
            }
            hasNumbers = place(&rest, &next) || hasNumbers
            guard let letter = rest.popFirst() else { return result + "%!(NOVERB)" }
            if letter == "%" {
                result += "%"
            } else if next < values.count, next >= 0 {
                result += verb.text(letter, values[next])
                next += 1
            } else {
                result += "%!\(letter)(\(hasNumbers ? "BADINDEX" : "MISSING"))"
            }
        }
        if !hasNumbers, next < values.count {
            let extra = values[next...].map { $0.isNil ? "<nil>" : "\($0.typeName)=\($0.shown)" }
            result += "%!(EXTRA \(extra.joined(separator: ", ")))"
        }
        return result
    }

    /// `[2]`: which value is next.
    private static func place(_ rest: inout Substring.UnicodeScalarView, _ next: inout Int) -> Bool {
        guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return false }
        let digits = String(rest[rest.index(after: rest.startIndex)..<end])
        rest = rest[rest.index(after: end)...]
        next = Int(digits).map { $0 - 1 } ?? -1
        return true
    }

    private static func number(
        _ rest: inout Substring.UnicodeScalarView, _ values: [TemplateValue], _ next: inout Int
    ) -> Int? {
        if rest.first == "*" {
            rest.removeFirst()
            defer { next += 1 }
            guard next >= 0, next < values.count, case .integer(let number) = values[next].json else { return nil }
            return Int(clamping: number)
        }
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest[digits.endIndex...]
        return Int(String(digits))
    }
}
