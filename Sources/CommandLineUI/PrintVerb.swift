internal import OCISpec

/// One verb of `printf` with what stands between `%` and it.
struct PrintVerb {
    static let flags: Set<Unicode.Scalar> = ["-", "+", "#", " ", "0"]

    private var isLeft = false
    private var hasSign = false
    private var isAlternative = false
    private var hasBlank = false
    private var hasZeros = false
    var width: Int?
    var precision: Int?

    mutating func add(_ flag: Unicode.Scalar) {
        switch flag {
        case "-": isLeft = true
        case "+": hasSign = true
        case "#": isAlternative = true
        case " ": hasBlank = true
        default: hasZeros = true
        }
    }

    func text(_ letter: Unicode.Scalar, _ value: TemplateValue) -> String {
        if letter == "T" { return padded(value.typeName) }
        if value.isNil, value.kind == .pointer || value.kind == .nothing {
            return letter == "v" ? padded("<nil>") : "%!\(letter)(<nil>)"
        }
        switch value.json {
        // A verb is for the elements.
        case .array: return "[\(value.elements.map { text(letter, $0.value) }.joined(separator: " "))]"
        case .object:
            let parts = value.elements.map { member in
                (value.kind == .structure ? "" : text(letter, member.key) + ":") + text(letter, member.value)
            }
            let whole = parts.joined(separator: " ")
            return value.kind == .structure ? "{\(whole)}" : "map[\(whole)]"
        case .null: return value.shown
        case .bool: if "tv".unicodeScalars.contains(letter) { return padded(value.shown) }
        case .string(let text): if let shown = shown(letter, text) { return shown }
        case .integer(let number):
            if let shown = shown(letter, number.magnitude, isNegative: number < 0) { return shown }
        case .unsigned(let number): if let shown = shown(letter, UInt64(number), isNegative: false) { return shown }
        case .double(let number): if let shown = shown(letter, number) { return shown }
        }
        return "%!\(letter)(\(value.typeName)=\(value.shown))"
    }

    private func shown(_ letter: Unicode.Scalar, _ text: String) -> String? {
        let part = precision.map { String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, $0)))) } ?? text
        switch letter {
        case "s", "v": return padded(part)
        case "q": return padded(isAlternative && !part.contains("`") ? "`\(part)`" : ShownText.quoted(part))
        case "x", "X":
            let digits = text.utf8.map { PrintedNumber.digits(UInt64($0), 16, atLeast: 2) }.joined(
                separator: hasBlank ? " " : "")
            return padded((isAlternative ? "0X" : "") + digits, lower: letter == "x")
        default: return nil
        }
    }

    private func shown(_ letter: Unicode.Scalar, _ number: UInt64, isNegative: Bool) -> String? {
        let sign = isNegative ? "-" : hasSign ? "+" : hasBlank ? " " : ""
        func digits(_ radix: Int, _ prefix: String = "") -> String {
            signed(sign + prefix, PrintedNumber.digits(number, radix, atLeast: max(1, min(precision ?? 1, 1000))))
        }
        switch letter {
        case "d", "v": return digits(10)
        case "b": return digits(2, isAlternative ? "0b" : "")
        case "o": return digits(8, isAlternative ? "0" : "")
        case "O": return digits(8, "0o")
        case "x": return digits(16, isAlternative ? "0X" : "").lowercased()
        case "X": return digits(16, isAlternative ? "0X" : "")
        case "c", "q":
            let scalar = (isNegative ? nil : UInt32(exactly: number).flatMap(Unicode.Scalar.init)) ?? "\u{fffd}"
            if letter == "c" { return padded(String(scalar)) }
            let quoted = ShownText.quoted(String(scalar)).dropFirst().dropLast()
            return padded("'\(scalar == "'" ? "\\'" : scalar == "\"" ? "\"" : quoted)'")
        case "U": return padded(PrintedNumber.unicode(UInt32(clamping: number)))
        default: return nil
        }
    }

    private func shown(_ letter: Unicode.Scalar, _ number: Double) -> String? {
        let sign = number.sign == .minus ? "-" : hasSign ? "+" : hasBlank ? " " : ""
        let size = number.magnitude
        let digits = max(0, min(precision ?? 6, 100))
        switch letter {
        case "f", "F": return signed(sign, PrintedNumber.fixed(size, digits))
        case "e", "E":
            let text = PrintedNumber.exponential(size, digits)
            return signed(sign, letter == "E" ? text.uppercased() : text)
        case "g", "G", "v":
            let text = precision == nil ? PrintedNumber.shortest(size) : PrintedNumber.significant(size, max(1, digits))
            return signed(sign, letter == "G" ? text.uppercased() : text)
        default: return nil
        }
    }

    /// Zeros stand between the sign and the digits.
    private func signed(_ sign: String, _ digits: String) -> String {
        guard hasZeros, !isLeft, let width, precision == nil || digits.contains(".") else {
            return padded(sign + digits)
        }
        let missing = min(width, 10_000) - sign.count - digits.count
        return sign + String(repeating: "0", count: max(0, missing)) + digits
    }

    private func padded(_ text: String, lower: Bool = false) -> String {
        let text = lower ? text.lowercased() : text
        guard let width else { return text }
        let blanks = String(
            repeating: " ", count: max(0, min(width.magnitude, 10_000).toInt - text.unicodeScalars.count))
        return isLeft || width < 0 ? text + blanks : blanks + text
    }
}

extension UInt {
    fileprivate var toInt: Int { Int(clamping: self) }
}
