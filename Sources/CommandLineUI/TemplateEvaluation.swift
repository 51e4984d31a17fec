internal import OCISpec

/// A template at work on one value.
struct TemplateEvaluation {
    private let template: Template
    private let methods: TemplateMethods
    /// Whether objects have Docker's types, or are any JSON; see `Template.text(inspecting:complete:)`.
    private let isTyped: Bool
    private var output = ""
    private var variables: [(name: String, value: TemplateValue)]
    /// The template within the template that is at work, and how deep they are nested.
    private var name = ""
    private var depth = 0
    /// What errors name.
    private var offset = 0
    private var context: () -> String = { "" }

    private static let deepest = 100

    private enum Leaving { case loop, turn }

    static func text(
        of template: Template, for value: JSONValue, methods: TemplateMethods, isTyped: Bool
    ) throws(TemplateError) -> String {
        let root = TemplateValue(root: value, isTyped: isTyped)
        var evaluation = TemplateEvaluation(
            template: template, methods: methods, isTyped: isTyped, variables: [("$", root)])
        _ = try evaluation.run(template.root, root)
        return evaluation.output
    }

    private init(
        template: Template, methods: TemplateMethods, isTyped: Bool, variables: [(name: String, value: TemplateValue)]
    ) {
        (self.template, self.methods, self.isTyped, self.variables) = (template, methods, isTyped, variables)
    }

    private mutating func at(_ offset: Int, _ context: @escaping () -> String) {
        (self.offset, self.context) = (offset, context)
    }

    private func error(_ message: String) -> TemplateError {
        let before = template.source.prefix(offset)
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return TemplateError(
            "template: :\(line):\(offset - start): executing \(ShownText.quoted(name)) at <\(context())>: \(message)")
    }
}

// Nodes.
extension TemplateEvaluation {
    private mutating func run(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Leaving? {
        for node in nodes {
            if let leaving = try run(node, dot) { return leaving }
        }
        return nil
    }

    private mutating func run(_ node: TemplateNode, _ dot: TemplateValue) throws(TemplateError) -> Leaving? {
        let outer = variables.count
        switch node {
        case .text(let text): output += text
        case .action(let pipeline):
            let value = try value(of: pipeline, dot)
            // Variables of an action stay to the end of what it is in.
            guard pipeline.variables.isEmpty else { return nil }
            output += value.kind == .nothing ? "<no value>" : value.shown
        case .condition(let pipeline, let then, let otherwise):
            defer { variables.removeSubrange(outer...) }
            return try scoped(try value(of: pipeline, dot).isTrue ? then : otherwise, dot)
        case .with(let pipeline, let body, let otherwise):
            defer { variables.removeSubrange(outer...) }
            let value = try value(of: pipeline, dot)
            return value.isTrue ? try scoped(body, value) : try scoped(otherwise, dot)
        case .range(let pipeline, let body, let otherwise):
            defer { variables.removeSubrange(outer...) }
            return try range(pipeline, body, otherwise, dot)
        case .template(let called, let pipeline, let place):
            try call(called, pipeline, place, dot)
        case .leaveLoop: return .loop
        case .nextTurn: return .turn
        }
        return nil
    }

    private mutating func scoped(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Leaving? {
        let outer = variables.count
        defer { variables.removeSubrange(outer...) }
        return try run(nodes, dot)
    }

    private mutating func range(
        _ pipeline: TemplateNode.Pipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: TemplateValue
    ) throws(TemplateError) -> Leaving? {
        let list = try value(of: pipeline, dot)
        let elements: [(key: TemplateValue, value: TemplateValue)]
        switch list.json {
        case .array: elements = list.elements
        case .object where list.kind == .map: elements = list.elements
        case .integer(let number): return try count(to: number, pipeline, body, otherwise, dot)
        case .null: elements = []
        default: throw error("range can't iterate over \(list.shown)")
        }
        if elements.isEmpty { return try scoped(otherwise, dot) }
        for (key, value) in elements {
            if try turn(pipeline, body, key, value) == .loop { break }
        }
        return nil
    }

    private mutating func count(
        to number: Int64, _ pipeline: TemplateNode.Pipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode],
        _ dot: TemplateValue
    ) throws(TemplateError) -> Leaving? {
        guard number > 0 else { return try scoped(otherwise, dot) }
        for index in 0..<number {
            let value = TemplateValue(.integer(index))
            if try turn(pipeline, body, value, value) == .loop { break }
        }
        return nil
    }

    private mutating func turn(
        _ pipeline: TemplateNode.Pipeline, _ body: [TemplateNode], _ key: TemplateValue, _ value: TemplateValue
    ) throws(TemplateError) -> Leaving? {
        let values = pipeline.variables.count > 1 ? [key, value] : [value]
        for (name, value) in zip(pipeline.variables, values) { try set(name, value) }
        return try scoped(body, value)
    }

    private mutating func call(
        _ called: String, _ pipeline: TemplateNode.Pipeline?, _ place: Int, _ dot: TemplateValue
    ) throws(TemplateError) {
        at(place) { "{{template \(ShownText.quoted(called))\(pipeline.map { " \($0.description)" } ?? "")}}" }
        guard let nodes = template.named[called] else {
            throw error("template \(ShownText.quoted(called)) not defined")
        }
        guard depth < Self.deepest else { throw error("exceeded maximum template depth (\(Self.deepest))") }
        var value = TemplateValue.nothing
        if let pipeline { value = try self.value(of: pipeline, dot) }
        let outer = (variables, name)
        (variables, name) = ([("$", value)], called)
        depth += 1
        _ = try run(nodes, value)
        depth -= 1
        (variables, name) = outer
    }

    private mutating func set(_ name: String, _ value: TemplateValue) throws(TemplateError) {
        guard let index = variables.lastIndex(where: { $0.name == name }) else {
            throw error("undefined variable: \(name)")
        }
        variables[index].value = value
    }
}

// Pipelines and words.
extension TemplateEvaluation {
    private mutating func value(
        of pipeline: TemplateNode.Pipeline, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        at(pipeline.offset) { pipeline.description }
        var result: TemplateValue?
        for command in pipeline.commands { result = try value(of: command, dot, result) }
        let value = result ?? .nothing
        for name in pipeline.variables {
            if pipeline.assigns { try set(name, value) } else { variables.append((name, value)) }
        }
        return value
    }

    private mutating func value(
        of command: TemplateNode.Command, _ dot: TemplateValue, _ last: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        guard let first = command.operands.first else { return .nothing }
        let rest = Array(command.operands.dropFirst())
        switch first.kind {
        case .field(let names):
            at(first.offset) { first.description }
            return try fields(names, of: dot, rest, last, dot)
        case .chain(let start, let names):
            let value = try value(of: start, dot)
            at(first.offset) { first.description }
            return try fields(names, of: value, rest, last, dot)
        case .variable(let name, let names) where !names.isEmpty:
            let value = try variable(name)
            at(first.offset) { first.description }
            return try fields(names, of: value, rest, last, dot)
        case .function(let name):
            at(first.offset) { first.description }
            return try call(name, rest, last, dot) {
                command.description
            } at: {
                command.offset
            }
        case .nothing:
            at(first.offset) { first.description }
            throw error("nil is not a command")
        default:
            if case .pipeline = first.kind {} else { at(first.offset) { first.description } }
            guard rest.isEmpty, last == nil else {
                throw error("can't give argument to non-function \(first.description)")
            }
            return try value(of: first, dot)
        }
    }

    /// A word that is an argument.
    private mutating func value(
        of operand: TemplateNode.Operand, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        at(operand.offset) { operand.description }
        switch operand.kind {
        case .dot: return dot
        case .nothing: return .nothing
        case .literal(let value, _): return TemplateValue(value)
        case .field(let names): return try fields(names, of: dot, [], nil, dot)
        case .variable(let name, let names): return try fields(names, of: try variable(name), [], nil, dot)
        case .function(let name):
            return try call(name, [], nil, dot) {
                name
            } at: {
                operand.offset
            }
        case .pipeline(let pipeline): return try value(of: pipeline, dot)
        case .chain(let start, let names):
            let value = try value(of: start, dot)
            at(operand.offset) { operand.description }
            return try fields(names, of: value, [], nil, dot)
        }
    }

    private func variable(_ name: String) throws(TemplateError) -> TemplateValue {
        guard let found = variables.last(where: { $0.name == name }) else { throw error("undefined variable: \(name)") }
        return found.value
    }

    private mutating func fields(
        _ names: [String], of start: TemplateValue, _ arguments: [TemplateNode.Operand], _ last: TemplateValue?,
        _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        var result = start
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            let takesArguments = isLast && (!arguments.isEmpty || last != nil)
            if start.kind == .structure, index == 0, let method = methods[name] {
                return try call(method, name, arguments, last, dot)
            }
            result = try field(name, of: result, takesArguments)
        }
        return result
    }

    private mutating func call(
        _ method: @Sendable (String) -> String, _ name: String, _ arguments: [TemplateNode.Operand],
        _ last: TemplateValue?, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        let count = arguments.count + (last == nil ? 0 : 1)
        guard count == 1 else { throw error("wrong number of args for \(name): want 1 got \(count)") }
        let value: TemplateValue
        if let argument = arguments.first {
            value = try self.argument(argument, .text, dot)
        } else {
            value = last ?? .nothing
        }
        guard case .string(let text) = value.json else {
            throw error("wrong type for value; expected string; got \(value.typeName)")
        }
        return TemplateValue(.string(method(text)))
    }

    /// A member. In a structure letter case does not count behind the first letter, as Go's names (`.ID`) and those of the
    /// JSON (`.Id`) differ in it.
    private func field(
        _ name: String, of value: TemplateValue, _ hasArguments: Bool
    ) throws(TemplateError) -> TemplateValue {
        switch value.json {
        case .object(let object) where value.kind == .map:
            if hasArguments { throw error("\(name) is not a method but has arguments") }
            if let found = object[name] { return value.member(name, found) }
            if isTyped { return .nothing }
            throw error("map has no entry for key \(ShownText.quoted(name))")
        case .object(let object):
            let lower = name.lowercased()
            let isExported = name.first?.isUppercase == true
            let found =
                object.members.first { $0.key == name }
                ?? object.members.first { isExported && $0.key.lowercased() == lower }
            guard let found else {
                throw error(
                    "can't evaluate field \(name): there are \(object.members.map(\.key).joined(separator: ", "))")
            }
            if hasArguments { throw error("\(name) has arguments but cannot be invoked as function") }
            return value.member(found.key, found.value)
        case .null where value.kind == .nothing && isTyped, .null where value.kind == .map: return .nothing
        case .null where value.kind == .nothing: throw error("nil data; no entry for key \(ShownText.quoted(name))")
        case .null where value.kind == .pointer: throw error("nil pointer evaluating field \(name)")
        default: throw error("can't evaluate field \(name) in type \(isTyped ? value.typeName : "interface {}")")
        }
    }
}

// Functions.
extension TemplateEvaluation {
    private mutating func call(
        _ name: String, _ operands: [TemplateNode.Operand], _ last: TemplateValue?, _ dot: TemplateValue,
        _ description: @escaping () -> String, at place: () -> Int
    ) throws(TemplateError) -> TemplateValue {
        guard let function = TemplateFunctions.signature(of: name) else {
            throw error("\(name) is not a defined function")
        }
        let count = operands.count + (last == nil ? 0 : 1)
        if function.more != nil {
            guard count >= function.types.count else {
                throw error(
                    "wrong number of args for \(name): want at least \(function.types.count) got \(operands.count)")
            }
        } else if count != function.types.count {
            throw error("wrong number of args for \(name): want \(function.types.count) got \(count)")
        }
        if name == "and" || name == "or" {
            // What is behind the word that decides is not looked at.
            for operand in operands {
                let value = try value(of: operand, dot)
                if value.isTrue == (name == "or") || (last == nil && operand.offset == operands.last?.offset) {
                    return value
                }
            }
            return last ?? .nothing
        }
        var arguments: [TemplateValue] = []
        for operand in operands {
            let index = arguments.count
            let type = index < function.types.count ? function.types[index] : function.more ?? .any
            arguments.append(try argument(operand, type, dot))
        }
        if let last {
            let type = arguments.count < function.types.count ? function.types[arguments.count] : function.more ?? .any
            arguments.append(try checked(last, type))
        }
        do throws(TemplateError) {
            return try TemplateFunctions.call(name, arguments, operands.first?.description ?? "")
        } catch let problem {
            at(place(), description)
            throw error("error calling \(name): \(problem.description)")
        }
    }

    private mutating func argument(
        _ operand: TemplateNode.Operand, _ type: TemplateFunctions.ArgumentType, _ dot: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        let value = try value(of: operand, dot)
        guard case .literal(let literal, let text) = operand.kind else { return try checked(value, type) }
        switch (type, literal) {
        case (.any, _), (.text, .string), (.number, .integer): return value
        case (.text, _): throw error("expected string; found \(text)")
        case (.number, _): throw error("expected integer; found \(text)")
        case (.texts, _): throw error("can't handle \(text) for arg of type []string")
        }
    }

    private func checked(
        _ value: TemplateValue, _ type: TemplateFunctions.ArgumentType
    ) throws(TemplateError) -> TemplateValue {
        switch (type, value.json) {
        case (.any, _), (.text, .string), (.number, .integer), (.texts, .array): return value
        case (.texts, .null) where value.kind == .plain: return value
        default:
            if value.kind == .nothing { throw error("invalid value; expected \(type.rawValue)") }
            throw error("wrong type for value; expected \(type.rawValue); got \(value.typeName)")
        }
    }
}
