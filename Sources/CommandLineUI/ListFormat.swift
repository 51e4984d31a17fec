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
            kind = .tableTemplate(try Self.template(text.dropFirst(6)))
        case let text?: kind = .template(try Self.template(text[...]))
        }
    }

    private static func template(_ text: Substring) throws(TemplateError) -> Template {
        do throws(TemplateError) { return try Template(unescaped(text)) } catch {
            throw TemplateError("failed to parse template: \(error)")
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
    ///   - labels: Of each row, for `{{.Label "name"}}`; none where rows have no labels.
    public func text(
        columns: [(field: String, heading: String)], headings: [String: String] = [:], rows: [JSONObject],
        labels: [[String: String]]? = nil
    ) throws(TemplateError) -> String {
        func line(_ template: Template, _ index: Int) throws(TemplateError) -> String {
            var methods = TemplateMethods()
            if let labels, labels.indices.contains(index) {
                let own = labels[index]
                methods = TemplateMethods(["Label": { own[$0] ?? "" }])
            }
            return try Self.line(template, rows[index], methods)
        }
        switch kind {
        case .table:
            var table = Table(header: columns.map(\.heading))
            for row in rows { table.add(columns.map { Self.cell(row[$0.field]) }) }
            return table.text
        case .json:
            return rows.map { JSONValue.object($0).text() + "\n" }.joined()
        case .template(let template):
            var text = ""
            for index in rows.indices { text += try line(template, index) + "\n" }
            return text
        case .tableTemplate(let template):
            var header = JSONObject()
            for key in rows.first?.members.map(\.key) ?? columns.map(\.field) {
                let known = headings[key] ?? columns.first { $0.field == key }?.heading
                header[key] = .string(known ?? key.uppercased())
            }
            var table = Table()
            let names = TemplateMethods(labels == nil ? [:] : ["Label": { $0 }])
            var lines = [try Self.line(template, header, names)]
            for index in rows.indices { lines.append(try line(template, index)) }
            for line in lines {
                table.add(line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init))
            }
            return table.text
        }
    }

    private static func line(
        _ template: Template, _ row: JSONObject, _ methods: TemplateMethods
    ) throws(TemplateError) -> String {
        do throws(TemplateError) {
            return try template.text(for: .object(row), methods: methods)
        } catch {
            throw TemplateError("failed to execute template: \(error)")
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
