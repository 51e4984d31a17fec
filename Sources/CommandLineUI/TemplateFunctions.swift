internal import OCISpec

/// The functions of templates: Go's own and those that Docker adds.
enum TemplateFunctions {
    /// What a function takes, in Go's words.
    enum ArgumentType: String {
        case any = "interface {}"
        case text = "string"
        case number = "int"
        case texts = "[]string"
    }

    /// - Parameter more: What any number of further arguments are.
    typealias Signature = (types: [ArgumentType], more: ArgumentType?)

    static let known: Set<String> = [
        "and", "call", "eq", "ge", "gt", "html", "index", "join", "js", "json", "le", "len", "lower", "lt", "ne", "not",
        "or", "pad", "print", "printf", "println", "slice", "split", "title", "truncate", "upper", "urlquery",
    ]

    static func signature(of name: String) -> Signature? {
        switch name {
        case "and", "or", "eq", "index", "slice", "call": ([.any], .any)
        case "html", "js", "urlquery", "print", "println": ([], .any)
        case "printf": ([.text], .any)
        case "len", "not", "json": ([.any], nil)
        case "ne", "lt", "le", "gt", "ge": ([.any, .any], nil)
        case "lower", "upper", "title": ([.text], nil)
        case "split": ([.text, .text], nil)
        case "join": ([.texts, .text], nil)
        case "pad": ([.text, .number, .number], nil)
        case "truncate": ([.text, .number], nil)
        default: nil
        }
    }

    /// - Parameter first: How the first argument stands in the template.
    /// - Throws: `TemplateError` that says what is wrong with the arguments, whose number and types are as declared.
    static func call(_ name: String, _ arguments: [TemplateValue], _ first: String) throws(TemplateError)
        -> TemplateValue
    {
        func argument(_ index: Int) -> TemplateValue { index < arguments.count ? arguments[index] : .nothing }
        func text(_ index: Int) -> String { if case .string(let text) = argument(index).json { text } else { "" } }
        func number(_ index: Int) -> Int {
            if case .integer(let number) = argument(index).json { Int(clamping: number) } else { 0 }
        }
        func result(_ text: String) -> TemplateValue { TemplateValue(.string(text)) }
        switch name {
        case "json": return result(argument(0).json.text())
        case "lower": return result(text(0).lowercased())
        case "upper": return result(text(0).uppercased())
        case "title": return result(titled(text(0)))
        case "split": return TemplateValue(.array(split(text(0), by: text(1)).map(JSONValue.string)))
        case "join":
            return result(argument(0).elements.map(\.value.shown).joined(separator: text(1)))
        case "pad":
            let blanks = { (count: Int) in String(repeating: " ", count: max(0, min(count, 10_000))) }
            return result(text(0).isEmpty ? "" : blanks(number(1)) + text(0) + blanks(number(2)))
        case "truncate":
            guard number(1) >= 0 else {
                throw TemplateError("runtime error: slice bounds out of range [:\(number(1))]")
            }
            return result(String(decoding: text(0).utf8.prefix(number(1)), as: UTF8.self))
        case "len": return TemplateValue(JSONValue(try length(argument(0))))
        case "index":
            var value = argument(0)
            if value.kind == .nothing { throw TemplateError("index of untyped nil") }
            for key in arguments.dropFirst() { value = try element(key, of: value) }
            return value
        case "slice": return try slice(argument(0), Array(arguments.dropFirst()))
        case "call": throw TemplateError("non-function \(first) of type \(argument(0).typeName)")
        case "print": return result(PrintedText.print(arguments))
        case "println": return result(arguments.map(\.shown).joined(separator: " ") + "\n")
        case "printf": return result(PrintedText.format(text(0), Array(arguments.dropFirst())))
        case "html": return result(PrintedText.html(PrintedText.print(arguments)))
        case "js": return result(PrintedText.script(PrintedText.print(arguments)))
        case "urlquery": return result(PrintedText.query(PrintedText.print(arguments)))
        case "not": return TemplateValue(.bool(!argument(0).isTrue))
        case "eq": return TemplateValue(.bool(try TemplateComparison.equals(argument(0), Array(arguments.dropFirst()))))
        case "ne": return TemplateValue(.bool(!(try TemplateComparison.equals(argument(0), [argument(1)]))))
        default: return TemplateValue(.bool(try TemplateComparison.orders(name, argument(0), argument(1))))
        }
    }

    private static func titled(_ text: String) -> String {
        var result = ""
        var isStart = true
        for character in text {
            result += isStart ? character.uppercased() : String(character)
            isStart =
                character.isASCII
                ? !(character.isLetter || character.isNumber || character == "_") : character.isWhitespace
        }
        return result
    }

    private static func length(_ value: TemplateValue) throws(TemplateError) -> Int {
        switch value.json {
        case .string(let text): return text.utf8.count
        case .array(let elements): return elements.count
        case .object(let object) where value.kind == .map: return object.count
        case .null where value.kind == .plain || value.kind == .map: return 0
        case .null: throw TemplateError("len of nil pointer")
        default: throw TemplateError("len of type \(value.typeName)")
        }
    }

    private static func element(_ key: TemplateValue, of value: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch value.json {
        case .object(let object) where value.kind == .map:
            guard case .string(let name) = key.json else {
                throw TemplateError("value has type \(key.typeName); should be string")
            }
            if value.hasOwnKeys { throw TemplateError("value has type string; should be nat.Port") }
            return object[name].map(value.element) ?? value.missingElement
        case .null where value.kind == .map: return value.missingElement
        case .array(let elements):
            return value.element(elements[try place(key, below: elements.count)])
        case .string(let text):
            let bytes = Array(text.utf8)
            return TemplateValue(.integer(Int64(bytes[try place(key, below: bytes.count)])))
        case .null where value.kind == .plain: throw TemplateError("index out of range: \(key.shown)")
        case .null: throw TemplateError(value.kind == .pointer ? "index of nil pointer" : "index of untyped nil")
        default: throw TemplateError("can't index item of type \(value.typeName)")
        }
    }

    /// A place in a list of so many elements.
    private static func place(_ key: TemplateValue, below count: Int) throws(TemplateError) -> Int {
        guard case .integer(let number) = key.json else {
            if key.isNil { throw TemplateError("cannot index slice/array with nil") }
            throw TemplateError("cannot index slice/array with type \(key.typeName)")
        }
        guard let place = Int(exactly: number), (0..<count).contains(place) else {
            throw TemplateError("index out of range: \(number)")
        }
        return place
    }

    private static func slice(_ value: TemplateValue, _ keys: [TemplateValue]) throws(TemplateError) -> TemplateValue {
        guard keys.count <= 3 else { throw TemplateError("too many slice indexes: \(keys.count)") }
        let count: Int
        switch value.json {
        case .string(let text):
            if keys.count == 3 { throw TemplateError("cannot 3-index slice a string") }
            count = text.utf8.count
        case .array(let elements): count = elements.count
        case .null where value.kind == .plain: count = 0
        case .null: throw TemplateError("slice of untyped nil")
        default: throw TemplateError("can't slice item of type \(value.typeName)")
        }
        var places = [0, count]
        for (index, key) in keys.enumerated() {
            let place = try place(key, below: count + 1)
            if index < 2 { places[index] = place }
            if index == 2, places[1] > place { throw TemplateError("invalid slice index: \(places[1]) > \(place)") }
        }
        guard places[0] <= places[1] else { throw TemplateError("invalid slice index: \(places[0]) > \(places[1])") }
        switch value.json {
        case .string(let text):
            return TemplateValue(.string(String(decoding: Array(text.utf8)[places[0]..<places[1]], as: UTF8.self)))
        case .array(let elements): return TemplateValue(.array(Array(elements[places[0]..<places[1]])))
        default: return value
        }
    }

    private static func split(_ text: String, by separator: String) -> [String] {
        guard !separator.isEmpty else { return text.unicodeScalars.map { String($0) } }
        let bytes = Array(text.utf8)
        let mark = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if bytes[index..<(index + mark.count)].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
