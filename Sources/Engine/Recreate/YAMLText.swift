internal import OCISpec

/// Writes a document as YAML in blocks. Every text that could be anything else is in quotes, as JSON has them.
enum YAMLText {
    static func text(_ document: JSONValue) -> String {
        var result = ""
        write(document, indentation: "", to: &result)
        return result
    }

    private static func write(_ value: JSONValue, indentation: String, to result: inout String) {
        switch value {
        case .object(let object):
            for member in object.members {
                result += "\(indentation)\(scalar(member.key)):"
                writeMember(member.value, indentation: indentation, to: &result)
            }
        case .array(let elements):
            for element in elements {
                guard case .object(let object) = element, !object.members.isEmpty else {
                    result += "\(indentation)- \(single(element))\n"
                    continue
                }
                var inner = ""
                write(element, indentation: indentation + "  ", to: &inner)
                // The first member stands behind the dash.
                result += "\(indentation)- \(inner.dropFirst(indentation.utf8.count + 2))"
            }
        default: result += "\(indentation)\(single(value))\n"
        }
    }

    private static func writeMember(_ value: JSONValue, indentation: String, to result: inout String) {
        switch value {
        case .object(let object) where !object.members.isEmpty:
            result += "\n"
            write(value, indentation: indentation + "  ", to: &result)
        case .array(let elements) where !elements.isEmpty:
            result += "\n"
            write(value, indentation: indentation + "  ", to: &result)
        case .null: result += "\n"
        default: result += " \(single(value))\n"
        }
    }

    /// A value on one line. A dollar is doubled: alone, it begins a variable in compose files.
    private static func single(_ value: JSONValue) -> String {
        guard case .string(let text) = value else { return value.text() }
        return scalar(text).split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    private static let words: Set<String> = [
        "true", "false", "yes", "no", "on", "off", "null", "y", "n",
    ]

    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || $0 == 0x2f } ?? false
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0)
                    || "-_./=".utf8.contains($0)
            }
        return isPlain && !words.contains(text.lowercased()) ? text : JSONValue.string(text).text()
    }
}
