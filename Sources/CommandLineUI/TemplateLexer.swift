/// The words inside of a template's `{{ }}`.
enum TemplateToken: Equatable {
    case word(String)
    case field(String)
    /// A field of the value right before it.
    case chained(String)
    case variable(String)
    case string(String)
    case number(Int64)
    case open, close, pipe, comma, assign, declare
}

extension TemplateToken {
    fileprivate var canHaveFields: Bool {
        switch self {
        case .field, .chained, .variable, .close: true
        default: false
        }
    }
}

/// Takes a template apart into plain text and actions.
struct TemplateLexer {
    enum Part: Equatable {
        case text(String)
        case action([TemplateToken])
    }

    static func parts(of template: String) throws(TemplateError) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(template)
        var trimNext = false
        while let start = rest.firstRange(ofText: "{{") {
            var text = String(rest[..<start])
            rest = rest[rest.index(start, offsetBy: 2)...]
            if trimNext { text = String(text.drop(while: \.isWhitespace)) }
            // `{{- ` and ` -}}` take the white space beside them away.
            if rest.hasPrefix("- ") || rest.hasPrefix("-\n") {
                rest = rest.dropFirst()
                while text.last?.isWhitespace == true { text.removeLast() }
            }
            if !text.isEmpty { parts.append(.text(text)) }
            if rest.hasPrefix("/*") {
                guard let end = rest.firstRange(ofText: "*/}}") else { throw TemplateError("unclosed comment") }
                rest = rest[rest.index(end, offsetBy: 4)...]
                trimNext = false
                continue
            }
            var lexer = TemplateLexer(rest: rest)
            let tokens = try lexer.action()
            rest = lexer.rest
            trimNext = lexer.trimsAfter
            parts.append(.action(tokens))
        }
        let text = trimNext ? String(rest.drop(while: \.isWhitespace)) : String(rest)
        if !text.isEmpty { parts.append(.text(text)) }
        return parts
    }

    private var rest: Substring
    private var trimsAfter = false

    private init(rest: Substring) { self.rest = rest }

    private mutating func action() throws(TemplateError) -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        while true {
            let gap = rest.prefix(while: \.isWhitespace)
            rest = rest[gap.endIndex...]
            if rest.hasPrefix("}}") {
                rest = rest.dropFirst(2)
                return tokens
            }
            if rest.hasPrefix("-}}") {
                rest = rest.dropFirst(3)
                trimsAfter = true
                return tokens
            }
            let token = try token()
            if case .field(let name) = token, gap.isEmpty, tokens.last?.canHaveFields == true {
                tokens.append(.chained(name))
            } else {
                tokens.append(token)
            }
        }
    }

    private mutating func token() throws(TemplateError) -> TemplateToken {
        guard let first = rest.first else { throw TemplateError("unclosed action") }
        switch first {
        case "(": return single(.open)
        case ")": return single(.close)
        case "|": return single(.pipe)
        case ",": return single(.comma)
        case "=": return single(.assign)
        case ":":
            guard rest.hasPrefix(":=") else { throw TemplateError("unexpected \":\" in action") }
            rest = rest.dropFirst(2)
            return .declare
        case "\"": return .string(try quoted())
        case "`":
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: "`") else { throw TemplateError("unterminated raw quoted string") }
            defer { rest = rest[rest.index(after: end)...] }
            return .string(String(rest[..<end]))
        case ".":
            rest = rest.dropFirst()
            return .field(name())
        case "$":
            rest = rest.dropFirst()
            return .variable(name())
        case "0"..."9", "-":
            let text = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "-") }
            guard let number = Int64(text) else { throw TemplateError("bad number syntax: \(text)") }
            rest = rest[text.endIndex...]
            return .number(number)
        default:
            let word = name()
            guard !word.isEmpty else { throw TemplateError("unexpected \"\(first)\" in action") }
            return .word(word)
        }
    }

    private mutating func single(_ token: TemplateToken) -> TemplateToken {
        rest = rest.dropFirst()
        return token
    }

    private mutating func name() -> String {
        let text = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest[text.endIndex...]
        return String(text)
    }

    private mutating func quoted() throws(TemplateError) -> String {
        rest = rest.dropFirst()
        var result = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return result
            case "\\":
                switch rest.popFirst() {
                case "n": result += "\n"
                case "t": result += "\t"
                case "r": result += "\r"
                case let other?: result.append(other)
                case nil: throw TemplateError("unterminated quoted string")
                }
            default: result.append(character)
            }
        }
        throw TemplateError("unterminated quoted string")
    }
}

extension Substring {
    /// Where `text` begins.
    fileprivate func firstRange(ofText text: String) -> Index? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return at }
            at = index(after: at)
        }
        return nil
    }
}
