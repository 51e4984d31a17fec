internal import OCISpec

/// Builds a template's trees. Source: text/template/parse of Go's library.
struct TemplateParser {
    private let tokens: [TemplateToken]
    private var index = 0
    private var depth = 0
    private var loops = 0
    private var variables = ["$"]
    /// What `define` and `block` have made.
    private var definitions: [String: [TemplateNode]] = [:]
    /// Where the action begins that is being read.
    private var actionLine = 0

    private static let deepest = 64

    /// The trees of a template and of those that it defines.
    static func parse(_ text: String) throws(TemplateError) -> (root: [TemplateNode], named: [String: [TemplateNode]]) {
        var parser = TemplateParser(tokens: TemplateLexer.tokens(of: text))
        var root: [TemplateNode] = []
        while parser.token.kind != .end {
            let start = parser.index
            if parser.token.kind == .leftDelimiter {
                parser.index += 1
                if parser.nextWord().isKeyword("define") {
                    try parser.definition()
                    continue
                }
                parser.index = start
            }
            switch try parser.part() {
            case .node(let node): root.append(node)
            case .finish: throw parser.error("unexpected {{end}}")
            case .otherwise: throw parser.error("unexpected {{else}}")
            }
        }
        return (root, parser.definitions)
    }

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    private enum Part {
        case node(TemplateNode)
        case finish, otherwise
    }
}

// Tokens. The last one is never passed.
extension TemplateParser {
    private var token: TemplateToken { tokens[min(index, tokens.count - 1)] }

    private mutating func next() -> TemplateToken {
        defer { index += 1 }
        return token
    }

    private mutating func skipSpace() { while token.kind == .space { index += 1 } }

    private mutating func peekWord() -> TemplateToken {
        skipSpace()
        return token
    }

    private mutating func nextWord() -> TemplateToken {
        skipSpace()
        return next()
    }

    private func error(_ message: String) -> TemplateError {
        TemplateError("template: :\(tokens[min(max(0, index - 1), tokens.count - 1)].line): \(message)")
    }

    private func unexpected(_ token: TemplateToken, _ context: String) -> TemplateError {
        guard token.kind == .error else { return error("unexpected \(token.description) in \(context)") }
        var place = ""
        if actionLine != 0, actionLine != token.line {
            place = "\(token.text.hasSuffix(" action") ? "" : " in action") started at :\(actionLine)"
        }
        return error(token.text + place)
    }

    private mutating func expectEnd(of context: String) throws(TemplateError) {
        let token = nextWord()
        guard token.kind == .rightDelimiter else { throw unexpected(token, context) }
    }

    private mutating func deeper() throws(TemplateError) {
        depth += 1
        guard depth < Self.deepest else { throw error("the template is nested too deeply") }
    }
}

// Actions.
extension TemplateParser {
    /// Text or an action.
    private mutating func part() throws(TemplateError) -> Part {
        let token = nextWord()
        switch token.kind {
        case .text: return .node(.text(token.text))
        case .leftDelimiter:
            actionLine = token.line
            defer { actionLine = 0 }
            return try action()
        default: throw unexpected(token, "input")
        }
    }

    private mutating func action() throws(TemplateError) -> Part {
        let word = peekWord()
        guard word.kind == .keyword, word.text != "define" else {
            return .node(.action(try pipeline("command", .rightDelimiter)))
        }
        index += 1
        switch word.text {
        case "if": return .node(try branch("if") { .condition($0, then: $1, otherwise: $2) })
        case "with": return .node(try branch("with") { .with($0, body: $1, otherwise: $2) })
        case "range": return .node(try branch("range") { .range($0, body: $1, otherwise: $2) })
        case "break", "continue":
            try expectEnd(of: "{{\(word.text)}}")
            guard loops > 0 else { throw error("{{\(word.text)}} outside {{range}}") }
            return .node(word.text == "break" ? .leaveLoop : .nextTurn)
        case "template": return .node(try template(at: word))
        case "block": return .node(try block(at: word))
        case "else":
            // `if` or `with` may follow, which the same `end` closes.
            if peekWord().isKeyword("if") || token.isKeyword("with") { return .otherwise }
            try expectEnd(of: "else")
            return .otherwise
        default:
            try expectEnd(of: "end")
            return .finish
        }
    }

    private mutating func branch(
        _ context: String, _ make: (TemplateNode.Pipeline, [TemplateNode], [TemplateNode]) -> TemplateNode
    ) throws(TemplateError) -> TemplateNode {
        try deeper()
        defer { depth -= 1 }
        let outer = variables.count
        let pipeline = try pipeline(context, .rightDelimiter)
        if context == "range" { loops += 1 }
        let (body, end) = try list()
        if context == "range" { loops -= 1 }
        var otherwise: [TemplateNode] = []
        if case .otherwise = end {
            if context != "range", token.isKeyword(context) {
                index += 1
                otherwise = [try branch(context, make)]
            } else {
                let (nodes, last) = try list()
                guard case .finish = last else { throw error("expected end; found {{else}}") }
                otherwise = nodes
            }
        }
        variables.removeSubrange(outer...)
        return make(pipeline, body, otherwise)
    }

    /// Up to `end` or `else`.
    private mutating func list() throws(TemplateError) -> ([TemplateNode], Part) {
        var nodes: [TemplateNode] = []
        while peekWord().kind != .end {
            switch try part() {
            case .node(let node): nodes.append(node)
            case .finish: return (nodes, .finish)
            case .otherwise: return (nodes, .otherwise)
            }
        }
        throw error("unexpected EOF")
    }

    private mutating func definition() throws(TemplateError) {
        let name = try text(nextWord(), "define clause")
        try expectEnd(of: "define clause")
        try define(name, "define clause")
    }

    /// A template of its own, in which only `$` is known.
    private mutating func define(_ name: String, _ context: String) throws(TemplateError) {
        try deeper()
        defer { depth -= 1 }
        let outer = (variables, loops)
        (variables, loops) = (["$"], 0)
        let (nodes, end) = try list()
        (variables, loops) = outer
        guard case .finish = end else { throw error("unexpected {{else}} in \(context)") }
        // As in Go, what is empty does not take the place of what is not.
        if definitions[name] == nil || nodes.contains(where: \.saysSomething) { definitions[name] = nodes }
    }

    private mutating func template(at word: TemplateToken) throws(TemplateError) -> TemplateNode {
        let place = peekWord()
        let name = try text(nextWord(), "template clause")
        var argument: TemplateNode.Pipeline?
        if peekWord().kind == .rightDelimiter {
            index += 1
        } else {
            argument = try pipeline("template clause", .rightDelimiter)
        }
        return .template(name: name, argument, offset: place.offset)
    }

    private mutating func block(at word: TemplateToken) throws(TemplateError) -> TemplateNode {
        let place = peekWord()
        let name = try text(nextWord(), "block clause")
        let argument = try pipeline("block clause", .rightDelimiter)
        try define(name, "block clause")
        return .template(name: name, argument, offset: place.offset)
    }

    private func text(_ token: TemplateToken, _ context: String) throws(TemplateError) -> String {
        guard [.string, .rawString].contains(token.kind) else { throw unexpected(token, context) }
        return try literal(token)
    }

    private func literal(_ token: TemplateToken) throws(TemplateError) -> String {
        guard let text = TemplateLiteral.unquoted(token.text) else { throw error("invalid syntax") }
        return text
    }
}

// Pipelines.
extension TemplateParser {
    private mutating func pipeline(
        _ context: String, _ end: TemplateToken.Kind
    ) throws(TemplateError) -> TemplateNode.Pipeline {
        try deeper()
        defer { depth -= 1 }
        var pipeline = TemplateNode.Pipeline(offset: peekWord().offset)
        try declarations(&pipeline, context)
        while true {
            let token = peekWord()
            switch token.kind {
            case end:
                index += 1
                try check(pipeline, context)
                return pipeline
            case .bool, .characterConstant, .dot, .field, .identifier, .number, .nothing, .rawString, .string,
                .variable,
                .open:
                pipeline.commands.append(try command())
            default:
                index += 1
                throw unexpected(token, context)
            }
        }
    }

    private mutating func declarations(
        _ pipeline: inout TemplateNode.Pipeline, _ context: String
    ) throws(TemplateError) {
        while peekWord().kind == .variable {
            let start = index
            let name = next().text
            let sign = peekWord()
            switch sign.kind {
            case .assign, .declare:
                index += 1
                pipeline.assigns = sign.kind == .assign
                pipeline.variables.append(name)
                variables.append(name)
                return
            case .character where sign.text == ",":
                index += 1
                pipeline.variables.append(name)
                variables.append(name)
                guard context == "range", pipeline.variables.count < 2 else {
                    throw error("too many declarations in \(context)")
                }
                guard [.variable, .rightDelimiter, .close].contains(peekWord().kind) else {
                    throw error("range can only initialize variables")
                }
            default:
                index = start
                return
            }
        }
    }

    private func check(_ pipeline: TemplateNode.Pipeline, _ context: String) throws(TemplateError) {
        guard !pipeline.commands.isEmpty else { throw error("missing value for \(context)") }
        for (index, command) in pipeline.commands.enumerated().dropFirst() {
            switch command.operands.first?.kind {
            case .literal, .dot, .nothing: throw error("non executable command in pipeline stage \(index + 1)")
            default: break
            }
        }
    }

    private mutating func command() throws(TemplateError) -> TemplateNode.Command {
        var command = TemplateNode.Command(operands: [], offset: peekWord().offset)
        while true {
            skipSpace()
            if let operand = try operand() { command.operands.append(operand) }
            let token = token
            switch token.kind {
            case .space:
                index += 1
                continue
            case .rightDelimiter, .close: break
            case .pipe: index += 1
            default:
                index += 1
                throw unexpected(token, "operand")
            }
            guard !command.operands.isEmpty else { throw error("empty command") }
            return command
        }
    }

    private mutating func operand() throws(TemplateError) -> TemplateNode.Operand? {
        guard let start = try term() else { return nil }
        let first = token.offset
        var names: [String] = []
        while token.kind == .field { names.append(String(next().text.dropFirst())) }
        guard !names.isEmpty else { return start }
        switch start.kind {
        case .field(let before): return .init(kind: .field(before + names), offset: first)
        case .variable(let name, _): return .init(kind: .variable(name, names), offset: first)
        case .literal, .nothing, .dot:
            throw error("unexpected . after term \(ShownText.quoted(start.description))")
        default: return .init(kind: .chain(start, names), offset: first)
        }
    }

    private mutating func term() throws(TemplateError) -> TemplateNode.Operand? {
        let token = peekWord()
        index += 1
        let kind: TemplateNode.Operand.Kind
        switch token.kind {
        case .identifier:
            guard TemplateFunctions.known.contains(token.text) else {
                throw error("function \(ShownText.quoted(token.text)) not defined")
            }
            kind = .function(token.text)
        case .dot: kind = .dot
        case .nothing: kind = .nothing
        case .variable:
            guard variables.contains(token.text) else {
                throw error("undefined variable \(ShownText.quoted(token.text))")
            }
            kind = .variable(token.text, [])
        case .field: kind = .field([String(token.text.dropFirst())])
        case .bool: kind = .literal(.bool(token.text == "true"), token.text)
        case .characterConstant, .number:
            do throws(TemplateError) {
                kind = .literal(try TemplateLiteral.number(token.text), token.text)
            } catch let problem {
                throw error(problem.description)
            }
        case .open:
            let inner = try pipeline("parenthesized pipeline", .close)
            return TemplateNode.Operand(kind: .pipeline(inner), offset: inner.offset)
        case .string, .rawString: kind = .literal(.string(try literal(token)), token.text)
        default:
            index -= 1
            return nil
        }
        return TemplateNode.Operand(kind: kind, offset: token.offset)
    }
}

extension TemplateToken {
    fileprivate func isKeyword(_ word: String) -> Bool { kind == .keyword && text == word }
}

extension TemplateNode {
    /// Whether it is more than white space.
    fileprivate var saysSomething: Bool {
        guard case .text(let text) = self else { return true }
        return !text.allSatisfy(\.isWhitespace)
    }
}
