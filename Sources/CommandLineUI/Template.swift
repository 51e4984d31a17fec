public import OCISpec

/// A Go template, as `--format` takes it, applied to JSON values. Source: text/template of Go's library.
public struct Template: Sendable {
    let source: [UInt8]
    let root: [TemplateNode]
    let named: [String: [TemplateNode]]

    /// - Throws: `TemplateError` in Go's words.
    public init(_ text: String) throws(TemplateError) {
        (root, named) = try TemplateParser.parse(text)
        source = Array(text.utf8)
    }

    /// The text for one value, without a line end.
    ///
    /// - Parameter methods: What members that take an argument give.
    /// - Throws: `TemplateError` for a field that the value does not have, or a wrong use of a function.
    public func text(
        for value: JSONValue, methods: TemplateMethods = TemplateMethods()
    ) throws(TemplateError) -> String {
        try TemplateEvaluation.text(of: self, for: value, methods: methods, isTyped: true)
    }

    /// The text for an object of `inspect`, as Docker finds it: with the types of its members, and if that fails, with the
    /// object as any JSON, in which names are as they stand there and numbers are text.
    ///
    /// - Parameter complete: The same with the members that JSON leaves out where they are not set.
    /// - Throws: `TemplateError` of the last try.
    public func text(inspecting value: JSONValue, complete: () throws -> JSONValue) throws(TemplateError) -> String {
        if let text = try? text(for: value) { return text }
        if let complete = try? complete(), let text = try? text(for: complete) { return text }
        return try TemplateEvaluation.text(
            of: self, for: value.withNumbersAsText, methods: TemplateMethods(), isTyped: false)
    }
}

/// What a row of a list gives for a member with an argument: `{{.Label "name"}}`.
public struct TemplateMethods: Sendable {
    private let byName: [String: @Sendable (String) -> String]

    public init(_ byName: [String: @Sendable (String) -> String] = [:]) { self.byName = byName }

    subscript(_ name: String) -> (@Sendable (String) -> String)? { byName[name] }
}

extension JSONValue {
    fileprivate var withNumbersAsText: JSONValue {
        switch self {
        case .integer(let number): return .string(String(number))
        case .unsigned(let number): return .string(String(number))
        case .double(let number): return .string(PrintedNumber.shortest(number))
        case .array(let elements): return .array(elements.map(\.withNumbersAsText))
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result[member.key] = member.value.withNumbersAsText }
            return .object(result)
        case .null, .bool, .string: return self
        }
    }
}
