/// Values as tables show them.
public enum ShownText {
    /// At most `length` characters, the last one an ellipsis if some are missing.
    public static func shortened(_ text: String, to length: Int) -> String {
        guard text.unicodeScalars.count > length, length > 0 else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(length - 1))) + "…"
    }

    /// Control characters as `?`: a name must not move the cursor.
    public static func printable(_ text: String) -> String { Table.printable(text) }

    /// A line that a program has put out, as a terminal shows it in the end: what stands before a carriage return was written over,
    /// colours and moves of the cursor are left out, tabs stay, and other controls are `?`.
    public static func lastState(of line: String) -> String {
        let scalars = line.unicodeScalars
        let written = scalars.split(separator: "\r").last ?? scalars[scalars.endIndex...]
        guard written.contains("\u{1b}") else { return printableWithTabs(String(written)) }
        var result = String.UnicodeScalarView()
        var rest = written
        while let scalar = rest.popFirst() {
            guard scalar == "\u{1b}" else {
                result.append(scalar)
                continue
            }
            // ECMA-48, 5.4: CSI, parameters, intermediate bytes, and a final byte.
            if rest.first == "[" {
                rest.removeFirst()
                rest = rest.drop { (0x20...0x3f).contains($0.value) }
                _ = rest.popFirst()
            } else if rest.first == "]" {
                // OSC: to BEL, or to ESC and a backslash.
                rest = rest.drop { $0 != "\u{7}" && $0 != "\u{1b}" }
                if rest.popFirst() == "\u{1b}" { _ = rest.popFirst() }
            } else {
                rest = rest.drop { (0x20...0x2f).contains($0.value) }
                _ = rest.popFirst()
            }
        }
        return printableWithTabs(String(result))
    }

    private static func printableWithTabs(_ text: String) -> String {
        text.split(separator: "\t", omittingEmptySubsequences: false).map { printable(String($0)) }
            .joined(separator: "\t")
    }

    /// In double quotes, with what cannot be shown escaped, as Go's `strconv.Quote`.
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            case _ where (0x80...0x9f).contains(scalar.value): result += "\\u00" + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A size in decimal units with three digits, as Docker shows images: `13.3kB`, `1.24GB`.
    public static func decimalSize(_ bytes: Int64) -> String {
        size(bytes, step: 1000, ["B", "kB", "MB", "GB", "TB", "PB"], 3)
    }

    /// A size in binary units with four digits, as Docker shows memory: `7.629MiB`.
    public static func binarySize(_ bytes: Int64) -> String {
        size(bytes, step: 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 4)
    }

    private static func size(_ bytes: Int64, step: Double, _ units: [String], _ digits: Int) -> String {
        var value = Double(bytes)
        var unit = 0
        while abs(value) >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        return significant(value, digits) + units[unit]
    }

    /// So many digits that count, without zeros at the end, as C's `%.3g` for numbers that are neither tiny nor huge.
    static func significant(_ value: Double, _ digits: Int) -> String {
        var whole = 1
        var scale = 10.0
        while abs(value) >= scale {
            whole += 1
            scale *= 10
        }
        var factor = 1.0
        for _ in 0..<max(0, digits - whole) { factor *= 10 }
        let rounded = (value * factor).rounded(.toNearestOrEven) / factor
        var text = String(rounded)
        if text.hasSuffix(".0") { text.removeLast(2) }
        return text
    }
}
