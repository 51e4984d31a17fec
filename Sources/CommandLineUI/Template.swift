public import OCISpec

/// A Go template, as `--format` takes it, applied to JSON values.
///
/// Fields, variables, pipelines, `if`, `range`, `with`, and the functions that Docker's templates have.
public struct Template: Sendable {
    private let nodes: [TemplateNode]

    /// - Throws: `TemplateError`.
    public init(_ text: String) throws(TemplateError) { nodes = try TemplateParser.parse(text) }

    /// The text for one value, without a line end.
    ///
    /// - Throws: `TemplateError` for a field that the value does not have, or a wrong use of a function.
    public func text(for value: JSONValue) throws(TemplateError) -> String {
        var evaluation = TemplateEvaluation(root: value)
        try evaluation.run(nodes, dot: value)
        return evaluation.output
    }
}

struct TemplateEvaluation {
    let root: JSONValue
    var output = ""
    private var variables: [(name: String, value: JSONValue)] = []

    init(root: JSONValue) { self.root = root }

    mutating func run(_ nodes: [TemplateNode], dot: JSONValue) throws(TemplateError) {
        let outer = variables.count
        for node in nodes {
            switch node {
            case .text(let text): output += text
            case .output(let expression): output += Self.shown(try value(of: expression, dot))
            case .assign(let name, let expression):
                let value = try value(of: expression, dot)
                if let index = variables.lastIndex(where: { $0.name == name }) {
                    variables[index].value = value
                } else {
                    variables.append((name, value))
                }
            case .condition(let expression, let then, let otherwise):
                try run(Self.isTrue(try value(of: expression, dot)) ? then : otherwise, dot: dot)
            case .with(let expression, let body, let otherwise):
                let value = try value(of: expression, dot)
                if Self.isTrue(value) { try run(body, dot: value) } else { try run(otherwise, dot: dot) }
            case .range(let names, let expression, let body, let otherwise):
                try range(names, try value(of: expression, dot), body, otherwise, dot)
            }
        }
        variables.removeSubrange(outer...)
    }

    private mutating func range(
        _ names: [String], _ list: JSONValue, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: JSONValue
    ) throws(TemplateError) {
        let elements: [(key: JSONValue, value: JSONValue)]
        switch list {
        case .array(let values): elements = values.enumerated().map { (JSONValue($0.offset), $0.element) }
        // Go walks through maps by their keys.
        case .object(let object):
            elements = object.members.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value) }
        case .null: elements = []
        default: throw TemplateError("range can't iterate over \(Self.shown(list))")
        }
        if elements.isEmpty { try run(otherwise, dot: dot) }
        for (key, value) in elements {
            let outer = variables.count
            if let last = names.last { variables.append((last, value)) }
            if names.count > 1 { variables.append((names[0], key)) }
            try run(body, dot: value)
            variables.removeSubrange(outer...)
        }
    }

    private func value(of expression: TemplateNode.Expression, _ dot: JSONValue) throws(TemplateError) -> JSONValue {
        var result: JSONValue?
        for command in expression.commands {
            var arguments: [JSONValue] = []
            for operand in command.dropFirst() { arguments.append(try value(of: operand, dot)) }
            if let result { arguments.append(result) }
            if case .function(let name)? = command.first {
                result = try TemplateFunctions.call(name, arguments)
            } else if let first = command.first {
                guard arguments.isEmpty else { throw TemplateError("can't give argument to non-function") }
                result = try value(of: first, dot)
            }
        }
        return result ?? .null
    }

    private func value(of operand: TemplateNode.Operand, _ dot: JSONValue) throws(TemplateError) -> JSONValue {
        switch operand {
        case .literal(let value): return value
        case .function(let name): return try TemplateFunctions.call(name, [])
        case .path(let start, let fields):
            var result: JSONValue
            switch start {
            case .dot: result = dot
            case .variable(""): result = root
            case .variable(let name):
                guard let found = variables.last(where: { $0.name == name }) else {
                    throw TemplateError("undefined variable \"$\(name)\"")
                }
                result = found.value
            case .expression(let inner): result = try value(of: inner, dot)
            }
            for field in fields { result = try Self.field(field, of: result) }
            return result
        }
    }

    /// A member by its name; letter case counts only where it distinguishes, since Go's names (`.ID`) and those of the
    /// JSON (`.Id`) differ in it.
    private static func field(_ name: String, of value: JSONValue) throws(TemplateError) -> JSONValue {
        guard case .object(let object) = value else {
            if value == .null { return .null }
            throw TemplateError("can't evaluate field \(name) in \(shown(value))")
        }
        if let exact = object[name] { return exact }
        let lower = name.lowercased()
        if let similar = object.members.first(where: { $0.key.lowercased() == lower }) { return similar.value }
        throw TemplateError("can't evaluate field \(name): there is no such field")
    }

    static func isTrue(_ value: JSONValue) -> Bool {
        switch value {
        case .null: false
        case .bool(let bool): bool
        case .integer(let number): number != 0
        case .unsigned(let number): number != 0
        case .double(let number): number != 0
        case .string(let text): !text.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        }
    }

    /// As Go prints it: lists in brackets, maps as `map[key:value]`.
    static func shown(_ value: JSONValue) -> String {
        switch value {
        case .null: "<no value>"
        case .bool(let bool): String(bool)
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .array(let elements): "[\(elements.map(shown).joined(separator: " "))]"
        case .object(let object):
            "map[\(object.members.sorted { $0.key < $1.key }.map { "\($0.key):\(shown($0.value))" }.joined(separator: " "))]"
        }
    }
}
