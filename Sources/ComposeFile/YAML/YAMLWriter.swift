/// Writes nodes as YAML: block style, two spaces, keys in the order of the map.
public struct YAMLWriter {
    private var text = ""

    /// The text of a document.
    public static func text(_ node: Node) -> String {
        var writer = YAMLWriter()
        switch node.value {
        case .map(let map) where !map.isEmpty: writer.map(map, indent: 0, isInline: true)
        case .list(let list) where !list.isEmpty: writer.list(list, indent: 0)
        default: writer.text += scalar(node) + "\n"
        }
        return writer.text
    }

    private mutating func map(_ map: NodeMap, indent: Int, isInline: Bool) {
        var isFirst = isInline
        for (key, node) in map.pairs {
            if !isFirst { text += String(repeating: " ", count: indent) }
            isFirst = false
            text += Self.scalar(key) + ":"
            value(node, indent: indent)
        }
    }

    private mutating func value(_ node: Node, indent: Int) {
        switch node.value {
        case .map(let map) where !map.isEmpty:
            text += "\n" + String(repeating: " ", count: indent + 2)
            self.map(map, indent: indent + 2, isInline: true)
        case .list(let list) where !list.isEmpty:
            text += "\n"
            self.list(list, indent: indent + 2)
        case .text(let string, _) where string.contains("\n") && Self.isBlockText(string):
            text += " |" + (string.hasSuffix("\n") ? (string.hasSuffix("\n\n") ? "+" : "") : "-") + "\n"
            let body = string.hasSuffix("\n") ? string.dropLast() : string[...]
            for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
                text += (line.isEmpty ? "" : String(repeating: " ", count: indent + 2)) + line + "\n"
            }
        default: text += " " + Self.scalar(node) + "\n"
        }
    }

    private mutating func list(_ list: [Node], indent: Int) {
        for node in list {
            text += String(repeating: " ", count: indent) + "-"
            switch node.value {
            case .map(let map) where !map.isEmpty:
                text += " "
                self.map(map, indent: indent + 2, isInline: true)
            default: value(node, indent: indent)
            }
        }
    }

    private static func scalar(_ node: Node) -> String {
        switch node.value {
        case .null: "null"
        case .text(let text, _): scalar(text)
        case .map: "{}"
        case .list: "[]"
        default: node.text ?? "null"
        }
    }

    /// A literal block keeps such a text as it is.
    private static func isBlockText(_ text: String) -> Bool {
        text.first != " " && text.first != "\n" && text.first != "\t"
            && text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0 == "\t" || (0x20..<0x7f).contains($0.value)
                    || (0xa0..<0xd800).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029
            }
    }

    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : doubleQuoted(text)
    }

    private static let reserved: Set<String> = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "<<", "=", ".inf", "-.inf", "+.inf", ".nan",
    ]

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last, last != ":", last != " ",
            !reserved.contains(text.lowercased())
        else { return false }
        let letters = ("a"..."z").contains(first) || ("A"..."Z").contains(first)
        guard letters || "/._$(".unicodeScalars.contains(first) else { return false }
        // Anything that could be read as a number, or as sixty-based time in old readers, is quoted.
        if first == ".", text.dropFirst().allSatisfy({ $0.isASCII && ($0.isNumber || "eE+-_".contains($0)) }) {
            return false
        }
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            guard (0x20..<0x7f).contains(scalar.value) || (0xa0..<0xd800).contains(scalar.value) else { return false }
            if "{}[],\"'`|>&*!%@\u{2028}\u{2029}".unicodeScalars.contains(scalar) { return false }
            if scalar == "#", previous == " " { return false }
            if scalar == " ", previous == ":" { return false }
            previous = scalar
        }
        return true
    }

    private static func doubleQuoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            default:
                if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) || scalar.value == 0x2028
                    || scalar.value == 0x2029 || scalar.value == 0xfeff
                {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
