public import OCISpec

/// How a list is printed: as a table, one JSON object a line, or by a template.
public struct ListFormat: Sendable {
    private enum Kind: Sendable {
        case table, json
        case template(Template)
        case tableTemplate(Template)
    }

    private let kind: Kind

    /// - Parameter text: `table`, `json`, a Go template, or `table` and a template whose columns tabs part; `nil` and empty are
    ///   the table.
    /// - Throws: `TemplateError`.
    public init(_ text: String?) throws(TemplateError) {
        switch text {
        case nil, "", "table": kind = .table
        case "json": kind = .json
        case let text? where text.hasPrefix("table "):
            kind = .tableTemplate(try Template(Self.unescaped(text.dropFirst(6))))
        case let text?: kind = .template(try Template(Self.unescaped(text[...])))
        }
    }

    /// In a shell's single quotes `\t` is two characters; Docker takes them for a tab.
    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, next == "t" || next == "n" {
                result.append(next == "t" ? "\t" : "\n")
                rest = rest.dropFirst()
            } else {
                result.append(character)
            }
        }
        return result
    }

    /// The whole list.
    ///
    /// - Parameters:
    ///   - columns: The fields of the table, each with its heading.
    ///   - rows: Objects with all fields, of which templates choose.
    ///   - headings: What stands above a field in a table that a template makes.
    public func text(
        columns: [(field: String, heading: String)], headings: [String: String] = [:], rows: [JSONObject]
    ) throws(TemplateError) -> String {
        switch kind {
        case .table:
            var table = Table(header: columns.map(\.heading))
            for row in rows { table.add(columns.map { Self.cell(row[$0.field]) }) }
            return table.text
        case .json:
            return rows.map { JSONValue.object($0).text() + "\n" }.joined()
        case .template(let template):
            var text = ""
            for row in rows { text += try template.text(for: .object(row)) + "\n" }
            return text
        case .tableTemplate(let template):
            var header = JSONObject()
            for key in rows.first?.members.map(\.key) ?? columns.map(\.field) {
                let known = headings[key] ?? columns.first { $0.field == key }?.heading
                header[key] = .string(known ?? key.uppercased())
            }
            var table = Table()
            for row in [header] + rows {
                let line = try template.text(for: .object(row))
                table.add(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
            }
            return table.text
        }
    }

    private static func cell(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: String(number)
        default: ""
        }
    }
}
