/// Puts variables into text: `$NAME`, `${NAME}`, `:-` `-` `:?` `?` `:+` `+` with nested words, and `$$` for a dollar.
///
/// Source: compose specification, Interpolation.
struct Interpolation {
    struct Problem: Error, Equatable { let message: String }

    static let maximumDepth = 20
    static let maximumLength = 1 << 20

    let lookup: (String) -> String?
    /// Told of each variable that is used without a default and not set.
    let missing: (String) -> Void

    func expanded(_ text: String) throws(Problem) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var scanner = Scanner(characters: Array(text.unicodeScalars), whole: text)
        return try expand(&scanner, untilBrace: false, depth: 0)
    }

    private struct Scanner {
        let characters: [Unicode.Scalar]
        let whole: String
        var position = 0

        var peek: Unicode.Scalar? { position < characters.count ? characters[position] : nil }

        mutating func next() -> Unicode.Scalar? {
            guard position < characters.count else { return nil }
            defer { position += 1 }
            return characters[position]
        }

        mutating func name() -> String {
            var result = String.UnicodeScalarView()
            while let scalar = peek, Interpolation.isNameLetter(scalar, isFirst: result.isEmpty) {
                result.append(scalar)
                position += 1
            }
            return String(result)
        }
    }

    static func isNameLetter(_ scalar: Unicode.Scalar, isFirst: Bool) -> Bool {
        scalar == "_" || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
            || (!isFirst && ("0"..."9").contains(scalar))
    }

    private func invalid(_ scanner: Scanner, _ why: String) -> Problem {
        Problem(message: "invalid interpolation in \(quotedText(scanner.whole)): \(why)")
    }

    private func expand(
        _ scanner: inout Scanner, untilBrace: Bool, depth: Int
    ) throws(Problem) -> String {
        guard depth <= Self.maximumDepth else { throw invalid(scanner, "nested too deeply") }
        var result = String.UnicodeScalarView()
        var size = 0
        // Braces of the text itself within a nested word pair up.
        var open = 0
        while let scalar = scanner.next() {
            if scalar == "}", untilBrace, open == 0 { return String(result) }
            guard scalar == "$" else {
                if untilBrace { open += scalar == "{" ? 1 : scalar == "}" ? -1 : 0 }
                result.append(scalar)
                continue
            }
            if scanner.peek == "$" {
                scanner.position += 1
                result.append("$")
                continue
            }
            let value = try variable(&scanner, depth: depth)
            size += value.utf8.count
            guard size <= Self.maximumLength else { throw invalid(scanner, "the result is too long") }
            result.append(contentsOf: value.unicodeScalars)
        }
        guard !untilBrace else { throw invalid(scanner, "a closing brace is missing") }
        return String(result)
    }

    private func variable(_ scanner: inout Scanner, depth: Int) throws(Problem) -> String {
        guard scanner.peek == "{" else {
            let name = scanner.name()
            guard !name.isEmpty else {
                throw invalid(scanner, "a name must follow the dollar; write $$ for a dollar itself")
            }
            return value(of: name)
        }
        scanner.position += 1
        let name = scanner.name()
        guard !name.isEmpty else { throw invalid(scanner, "a name must follow ${") }
        guard let first = scanner.next() else { throw invalid(scanner, "a closing brace is missing") }
        if first == "}" { return value(of: name) }
        let hasColon = first == ":"
        guard let operation = hasColon ? scanner.next() : first, "-?+".unicodeScalars.contains(operation) else {
            throw invalid(scanner, "after ${\(name) comes one of } :- - :? ? :+ +")
        }
        // The word is read in any case, so that its end is found; what it says is looked at only if it is used.
        let found = lookup(name)
        let isThere = found.map { !(hasColon && $0.isEmpty) } ?? false
        let isUsed = operation == "+" ? isThere : !isThere
        let word: String
        if isUsed {
            word = try expand(&scanner, untilBrace: true, depth: depth + 1)
        } else {
            let silent = Interpolation(lookup: { _ in "x" }, missing: { _ in })
            _ = try? silent.expand(&scanner, untilBrace: true, depth: depth + 1)
            guard scanner.position > 0, scanner.characters[scanner.position - 1] == "}" else {
                throw invalid(scanner, "a closing brace is missing")
            }
            word = ""
        }
        switch operation {
        case "-": return isThere ? found ?? "" : word
        case "+": return isThere ? word : ""
        default:
            guard !isThere else { return found ?? "" }
            throw Problem(
                message: "the variable \(name) must be set" + (word.isEmpty ? "" : ": \(word)"))
        }
    }

    private func value(of name: String) -> String {
        if let value = lookup(name) { return value }
        missing(name)
        return ""
    }
}
