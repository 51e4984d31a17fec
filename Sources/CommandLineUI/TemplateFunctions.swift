internal import OCISpec

/// The functions of templates: Go's own and those that Docker adds.
enum TemplateFunctions {
    static func call(_ name: String, _ arguments: [JSONValue]) throws(TemplateError) -> JSONValue {
        switch name {
        case "json": return .string(try only(name, arguments).text())
        case "join":
            let (list, separator) = try two(name, arguments)
            guard case .array(let elements) = list else { throw TemplateError("join takes a list") }
            return .string(elements.map(TemplateEvaluation.shown).joined(separator: try text(separator, name)))
        case "split":
            let (whole, separator) = try two(name, arguments)
            return .array(try split(try text(whole, name), by: try text(separator, name)).map(JSONValue.string))
        case "lower": return .string(try text(try only(name, arguments), name).lowercased())
        case "upper": return .string(try text(try only(name, arguments), name).uppercased())
        case "title":
            let text = try text(try only(name, arguments), name)
            return .string(text.prefix(1).uppercased() + text.dropFirst())
        case "truncate":
            let (whole, length) = try two(name, arguments)
            return .string(String(try text(whole, name).prefix(max(0, try integer(length, name)))))
        case "len": return JSONValue(try length(try only(name, arguments)))
        case "index":
            var result = arguments.first ?? .null
            for key in arguments.dropFirst() { result = try element(key, of: result) }
            return result
        case "print": return .string(arguments.map(TemplateEvaluation.shown).joined())
        case "println": return .string(arguments.map(TemplateEvaluation.shown).joined(separator: " ") + "\n")
        case "printf": return .string(try formatted(arguments))
        case "not": return .bool(!TemplateEvaluation.isTrue(try only(name, arguments)))
        case "and": return arguments.first { !TemplateEvaluation.isTrue($0) } ?? arguments.last ?? .null
        case "or": return arguments.first { TemplateEvaluation.isTrue($0) } ?? arguments.last ?? .null
        case "eq":
            guard let first = arguments.first, arguments.count > 1 else { throw TemplateError("eq takes two values") }
            return .bool(arguments.dropFirst().contains(first))
        case "ne":
            let (one, other) = try two(name, arguments)
            return .bool(one != other)
        case "lt", "le", "gt", "ge":
            let (one, other) = try two(name, arguments)
            return .bool(try compare(name, one, other))
        default: throw TemplateError("function \"\(name)\" not defined")
        }
    }

    private static func only(_ name: String, _ arguments: [JSONValue]) throws(TemplateError) -> JSONValue {
        guard arguments.count == 1 else {
            throw TemplateError("wrong number of args for \(name): want 1 got \(arguments.count)")
        }
        return arguments[0]
    }

    private static func two(
        _ name: String, _ arguments: [JSONValue]
    ) throws(TemplateError) -> (JSONValue, JSONValue) {
        guard arguments.count == 2 else {
            throw TemplateError("wrong number of args for \(name): want 2 got \(arguments.count)")
        }
        return (arguments[0], arguments[1])
    }

    private static func text(_ value: JSONValue, _ name: String) throws(TemplateError) -> String {
        guard case .string(let text) = value else { throw TemplateError("\(name) takes text") }
        return text
    }

    private static func integer(_ value: JSONValue, _ name: String) throws(TemplateError) -> Int {
        guard case .integer(let number) = value, let result = Int(exactly: number) else {
            throw TemplateError("\(name) takes a number")
        }
        return result
    }

    private static func length(_ value: JSONValue) throws(TemplateError) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .array(let elements): elements.count
        case .object(let object): object.count
        case .null: 0
        default: throw TemplateError("len takes text, a list or a map")
        }
    }

    private static func element(_ key: JSONValue, of value: JSONValue) throws(TemplateError) -> JSONValue {
        switch (value, key) {
        // As in Go, a map gives nothing for a key that it does not have, and a list an error.
        case (.object(let object), .string(let name)): return object[name] ?? ""
        case (.array(let elements), .integer(let number)):
            guard let index = Int(exactly: number), elements.indices.contains(index) else {
                throw TemplateError("index out of range: \(number)")
            }
            return elements[index]
        case (.null, _): return .null
        default: throw TemplateError("can't index with \(TemplateEvaluation.shown(key))")
        }
    }

    private static func compare(
        _ name: String, _ one: JSONValue, _ other: JSONValue
    ) throws(TemplateError) -> Bool {
        let order: Int
        switch (one, other) {
        case (.integer(let left), .integer(let right)): order = left < right ? -1 : left > right ? 1 : 0
        case (.string(let left), .string(let right)): order = left < right ? -1 : left > right ? 1 : 0
        default: throw TemplateError("incompatible types for comparison")
        }
        switch name {
        case "lt": return order < 0
        case "le": return order <= 0
        case "gt": return order > 0
        default: return order >= 0
        }
    }

    private static func split(_ text: String, by separator: String) throws(TemplateError) -> [String] {
        guard !separator.isEmpty else { return text.map { String($0) } }
        var parts: [String] = []
        var part = ""
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix(separator) {
                parts.append(part)
                part = ""
                rest = rest.dropFirst(separator.count)
            } else {
                part.append(rest.removeFirst())
            }
        }
        return parts + [part]
    }

    /// `%s`, `%v`, `%d`, `%q`, `%t` with an optional width, and `%%`.
    private static func formatted(_ arguments: [JSONValue]) throws(TemplateError) -> String {
        var values = arguments.dropFirst()
        var result = ""
        var rest = Substring(try text(arguments.first ?? .null, "printf"))
        while let character = rest.popFirst() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            let isLeft = rest.hasPrefix("-")
            if isLeft { rest = rest.dropFirst() }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest[digits.endIndex...]
            guard let verb = rest.popFirst() else { throw TemplateError("printf: no verb after %") }
            if verb == "%" {
                result.append("%")
                continue
            }
            guard let value = values.popFirst() else { throw TemplateError("printf: too few values") }
            guard "svdqt".contains(verb) else { throw TemplateError("printf: unknown verb %\(verb)") }
            let shown = TemplateEvaluation.shown(value)
            let text = verb == "q" ? ShownText.quoted(shown) : shown
            let padding = String(repeating: " ", count: max(0, min(Int(digits) ?? 0, 1000) - text.count))
            result += isLeft ? text + padding : padding + text
        }
        return result
    }
}
