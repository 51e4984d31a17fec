internal import OCISpec

/// Builds a template's tree. Source: text/template of Go's library.
struct TemplateParser {
    private var parts: ArraySlice<TemplateLexer.Part>
    private var depth = 0

    static func parse(_ text: String) throws(TemplateError) -> [TemplateNode] {
        var parser = TemplateParser(parts: try TemplateLexer.parts(of: text)[...])
        let (nodes, end) = try parser.block()
        guard end == nil else { throw TemplateError("unexpected {{\(end ?? "")}}") }
        return nodes
    }

    private init(parts: ArraySlice<TemplateLexer.Part>) { self.parts = parts }

    /// Nodes up to `else` or `end`, which is returned, or to the end.
    private mutating func block() throws(TemplateError) -> ([TemplateNode], String?) {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw TemplateError("the template is nested too deeply") }
        var nodes: [TemplateNode] = []
        while let part = parts.popFirst() {
            switch part {
            case .text(let text): nodes.append(.text(text))
            case .action(let tokens):
                guard let first = tokens.first else { throw TemplateError("missing value for command") }
                switch first {
                case .word("end"): return (nodes, "end")
                case .word("else"):
                    // `else if` is an `if` in the other branch, which the same `end` closes.
                    if tokens.count > 1 { parts = [.action(Array(tokens.dropFirst()))] + parts }
                    return (nodes, tokens.count > 1 ? "else if" : "else")
                case .word("if"):
                    nodes.append(try branch(tokens) { .condition($0, then: $1, otherwise: $2) })
                case .word("with"): nodes.append(try branch(tokens) { .with($0, body: $1, otherwise: $2) })
                case .word("range"): nodes.append(try range(tokens))
                case .variable(let name) where tokens.count > 2 && [.declare, .assign].contains(tokens[1]):
                    nodes.append(.assign(name, try expression(tokens.dropFirst(2))))
                default: nodes.append(.output(try expression(tokens[...])))
                }
            }
        }
        return (nodes, nil)
    }

    private mutating func branch(
        _ tokens: [TemplateToken],
        _ make: (TemplateNode.Expression, [TemplateNode], [TemplateNode]) -> TemplateNode
    ) throws(TemplateError) -> TemplateNode {
        let condition = try expression(tokens.dropFirst())
        let (body, otherwise) = try bodies()
        return make(condition, body, otherwise)
    }

    private mutating func range(_ tokens: [TemplateToken]) throws(TemplateError) -> TemplateNode {
        var rest = tokens.dropFirst()
        var variables: [String] = []
        if let declaration = rest.firstIndex(of: .declare) {
            for token in rest[..<declaration] where token != .comma {
                guard case .variable(let name) = token else { throw TemplateError("range declares a variable") }
                variables.append(name)
            }
            rest = rest[(declaration + 1)...]
        }
        let list = try expression(rest)
        let (body, otherwise) = try bodies()
        return .range(variables: variables, list, body: body, otherwise: otherwise)
    }

    private mutating func bodies() throws(TemplateError) -> ([TemplateNode], [TemplateNode]) {
        let (body, end) = try block()
        switch end {
        case "end": return (body, [])
        case "else if":
            // The `if` that was put back takes the `end` with it.
            guard case .action(let tokens)? = parts.popFirst() else { break }
            return (body, [try branch(tokens) { .condition($0, then: $1, otherwise: $2) }])
        case "else":
            let (otherwise, last) = try block()
            if last == "end" { return (body, otherwise) }
        default: break
        }
        throw TemplateError("unexpected EOF")
    }

    private func expression(_ tokens: ArraySlice<TemplateToken>) throws(TemplateError) -> TemplateNode.Expression {
        var reader = ExpressionReader(tokens: tokens)
        let expression = try reader.pipeline()
        guard reader.tokens.isEmpty else { throw TemplateError("unexpected \")\" in operand") }
        return expression
    }
}

private struct ExpressionReader {
    var tokens: ArraySlice<TemplateToken>
    var depth = 0

    mutating func pipeline() throws(TemplateError) -> TemplateNode.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw TemplateError("the expression is nested too deeply") }
        var commands: [[TemplateNode.Operand]] = []
        repeat {
            var command: [TemplateNode.Operand] = []
            while let token = tokens.first, token != .close, token != .pipe {
                tokens.removeFirst()
                command.append(try operand(token))
            }
            guard !command.isEmpty else { throw TemplateError("missing value for command") }
            commands.append(command)
        } while take(.pipe)
        return TemplateNode.Expression(commands: commands)
    }

    private mutating func take(_ token: TemplateToken) -> Bool {
        guard tokens.first == token else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func operand(_ token: TemplateToken) throws(TemplateError) -> TemplateNode.Operand {
        switch token {
        case .string(let text): return .literal(.string(text))
        case .number(let number): return .literal(.integer(number))
        case .word("true"): return .literal(true)
        case .word("false"): return .literal(false)
        case .word("nil"): return .literal(nil)
        case .word(let name): return .function(name)
        case .field(let name): return .path(.dot, (name.isEmpty ? [] : [name]) + fields())
        case .variable(let name): return .path(.variable(name), fields())
        case .open:
            let inner = try pipeline()
            guard take(.close) else { throw TemplateError("unclosed left paren") }
            return .path(.expression(inner), fields())
        case .close, .pipe, .comma, .assign, .declare, .chained: throw TemplateError("unexpected operand")
        }
    }

    /// `.A.B` right after a value.
    private mutating func fields() -> [String] {
        var names: [String] = []
        while case .chained(let name)? = tokens.first {
            tokens.removeFirst()
            names.append(name)
        }
        return names
    }
}
