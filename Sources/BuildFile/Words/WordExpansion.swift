/// Why a word's variables cannot be replaced.
public struct ExpansionError: Error, Equatable, Sendable, CustomStringConvertible {
    public var problem: String
    public var word: String

    public var description: String { "\(problem) in \"\(word)\"" }
}

/// Replaces variables in words of instructions and takes quotes away, as the Dockerfile reference says it:
/// `$name`, `${name}` with `:-` `-` `:+` `+` `:?` `?`, `#` `##` `%` `%%` and `/` `//`.
public struct WordExpansion {
    private let escape: UInt8
    private var bytes: ArraySlice<UInt8> = []
    private var variables: VariableLookup
    /// What a here-document's text is: quotes mean nothing in it.
    private var keepsQuotes = false
    private var depth = 0
    /// How many bytes may still come of variables: ten that hold ten each of the one before fill any memory.
    private var room = Self.limit

    /// In bytes. No variable of a program can be as long (`MAX_ARG_STRLEN`, execve(2)).
    public static let limit = 1 << 20

    /// Which variables have been asked for so far.
    public var used: Set<String> { variables.used }
    var missing: Set<String> { variables.missing }

    public init(_ variables: VariableLookup, escape: Character) {
        self.variables = variables
        self.escape = escape == "`" ? UInt8(ascii: "`") : .backslash
    }

    /// The word as one text.
    public mutating func word(_ text: String) throws(ExpansionError) -> String {
        try start(text) { (self) throws(ExpansionError) in
            var output = Output(splits: false)
            _ = try self.scan(until: nil, raw: false, into: &output)
            return output.joined.text
        }
    }

    /// The words that the text becomes: blanks that stand outside of quotes, or come from a variable there, separate.
    public mutating func words(_ text: String) throws(ExpansionError) -> [String] {
        try start(text) { (self) throws(ExpansionError) in
            var output = Output(splits: true)
            _ = try self.scan(until: nil, raw: false, into: &output)
            output.endWord()
            return output.words.map(\.text)
        }
    }

    /// The text of a here-document.
    public mutating func document(_ text: String) throws(ExpansionError) -> String {
        keepsQuotes = true
        defer { keepsQuotes = false }
        return try word(text)
    }

    private mutating func start<Value>(
        _ text: String, _ body: (inout Self) throws(ExpansionError) -> Value
    ) throws(ExpansionError) -> Value {
        bytes = Array(text.utf8)[...]
        depth = 0
        room = Self.limit
        do {
            return try body(&self)
        } catch {
            let shown = text.utf8.count > 80 ? String(text.prefix(80)) + "…" : text
            throw ExpansionError(problem: error.problem, word: shown)
        }
    }

    /// Text as it grows, and the words in it.
    private struct Output {
        let splits: Bool
        var joined: [UInt8] = []
        var words: [[UInt8]] = []
        private var current: [UInt8] = []
        private var inWord = false

        init(splits: Bool) { self.splits = splits }

        mutating func append(quoted part: some Sequence<UInt8>) {
            joined += part
            current += part
            inWord = true
        }

        mutating func append(plain part: some Sequence<UInt8>) {
            joined += part
            guard splits else { return }
            for byte in part {
                if byte.isBlank {
                    endWord()
                } else {
                    current.append(byte)
                    inWord = true
                }
            }
        }

        mutating func endWord() {
            if inWord { words.append(current) }
            current = []
            inWord = false
        }
    }

    private func failure(_ problem: String) -> ExpansionError { ExpansionError(problem: problem, word: "") }

    /// - Parameter raw: Escape characters stay, as a pattern needs them.
    /// - Returns: Whether `stop` was found; it is taken.
    private mutating func scan(
        until stop: UInt8?, raw: Bool, into output: inout Output
    ) throws(ExpansionError) -> Bool {
        while let byte = bytes.popFirst() {
            if byte == stop { return true }
            switch byte {
            case .singleQuote where !keepsQuotes: try singleQuoted(into: &output)
            case .doubleQuote where !keepsQuotes: try doubleQuoted(into: &output)
            case .dollar: output.append(plain: try dollar())
            case escape:
                if let next = bytes.popFirst() {
                    if raw { output.append(quoted: [byte]) }
                    output.append(quoted: [next])
                } else if raw {
                    output.append(quoted: [byte])
                }
            default: output.append(plain: [byte])
            }
        }
        return false
    }

    private mutating func singleQuoted(into output: inout Output) throws(ExpansionError) {
        guard let end = bytes.firstIndex(of: .singleQuote) else {
            throw failure("a single quote has no partner")
        }
        output.append(quoted: bytes[..<end])
        bytes = bytes[(end + 1)...]
    }

    private mutating func doubleQuoted(into output: inout Output) throws(ExpansionError) {
        output.append(quoted: [])
        while let byte = bytes.popFirst() {
            switch byte {
            case .doubleQuote: return
            case .dollar: output.append(quoted: try dollar())
            case escape:
                guard let next = bytes.popFirst() else { throw failure("a double quote has no partner") }
                if next != .doubleQuote, next != .dollar, next != escape { output.append(quoted: [byte]) }
                output.append(quoted: [next])
            default: output.append(quoted: [byte])
            }
        }
        throw failure("a double quote has no partner")
    }

    /// What stands after a `$`.
    private mutating func dollar() throws(ExpansionError) -> [UInt8] {
        let value = try unlimitedDollar()
        room -= value.count
        guard room >= 0 else { throw tooLong }
        return value
    }

    private var tooLong: ExpansionError { failure("more than \(Self.limit >> 20) MiB comes of variables") }

    private mutating func unlimitedDollar() throws(ExpansionError) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "{") else {
            let name = takeName()
            guard !name.isEmpty else { return [.dollar] }
            guard let value = variables.value(name) else {
                variables.note(missing: name)
                return []
            }
            return Array(value.utf8)
        }
        bytes.removeFirst()
        // Each level takes stack, and the file may come from anywhere.
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw failure("variables are nested more than 50 times") }
        guard bytes.first != nil else { throw failure("\"${\" has no \"}\"") }
        let name = takeName()
        guard !name.isEmpty else { throw failure("bad substitution: \"${\" is not followed by a name") }
        return try substitution(of: name)
    }

    private mutating func takeName() -> String {
        guard let first = bytes.first else { return "" }
        if first.isDigit {
            let digits = bytes.prefix { $0.isDigit }
            bytes = bytes.dropFirst(digits.count)
            return digits.text
        }
        if "@*#?-$!".utf8.contains(first) {
            bytes.removeFirst()
            return String(decoding: [first], as: UTF8.self)
        }
        let name = bytes.prefix { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
        bytes = bytes.dropFirst(name.count)
        return name.text
    }

    private mutating func argument(until stop: UInt8, raw: Bool) throws(ExpansionError) -> [UInt8] {
        var output = Output(splits: false)
        guard try scan(until: stop, raw: raw, into: &output) else {
            throw failure("\"${\" has no \"\(String(decoding: [stop], as: UTF8.self))\"")
        }
        return output.joined
    }

    private mutating func substitution(of name: String) throws(ExpansionError) -> [UInt8] {
        let end = UInt8(ascii: "}")
        let value = variables.value(name).map { Array($0.utf8) }
        guard var modifier = bytes.popFirst() else { throw failure("\"${\" has no \"}\"") }
        var emptyIsUnset = false
        if modifier == UInt8(ascii: ":") {
            guard let next = bytes.popFirst() else { throw failure("\"${\" has no \"}\"") }
            guard "-+?".utf8.contains(next) else {
                throw failure("unsupported modifier (:\(String(decoding: [next], as: UTF8.self)))")
            }
            (modifier, emptyIsUnset) = (next, true)
        }
        let known = value.flatMap { emptyIsUnset && $0.isEmpty ? nil : $0 }
        if value == nil, !"-+?".utf8.contains(modifier) { variables.note(missing: name) }
        switch modifier {
        case end: return value ?? []
        case UInt8(ascii: "-"):
            let other = try argument(until: end, raw: false)
            return known ?? other
        case UInt8(ascii: "+"):
            let other = try argument(until: end, raw: false)
            return known == nil ? [] : other
        case UInt8(ascii: "?"):
            let message = try argument(until: end, raw: false)
            guard let known else {
                let reason = message.isEmpty ? (emptyIsUnset ? "is not set or empty" : "is not set") : message.text
                throw failure("the variable \(name) is needed: \(reason)")
            }
            return known
        case .hash, UInt8(ascii: "%"):
            let longest = bytes.first == modifier
            if longest { bytes.removeFirst() }
            let pattern = try pattern(until: end)
            return modifier == .hash
                ? pattern.removingPrefix(of: value ?? [], longest: longest)
                : pattern.removingSuffix(of: value ?? [], longest: longest)
        case UInt8(ascii: "/"):
            let all = bytes.first == modifier
            if all { bytes.removeFirst() }
            let pattern = try pattern(until: modifier)
            let replacement = try argument(until: end, raw: false)
            let result = pattern.replacing(in: value ?? [], with: replacement, all: all, limit: room)
            guard let result else { throw tooLong }
            return result
        default: throw failure("unsupported modifier (\(String(decoding: [modifier], as: UTF8.self)))")
        }
    }

    private mutating func pattern(until stop: UInt8) throws(ExpansionError) -> ShellPattern {
        ShellPattern(try argument(until: stop, raw: true), escape: escape)
    }
}
