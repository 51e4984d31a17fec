/// Files of environment variables: `.env` and `env_file`.
///
/// Source: compose specification, env_file format; what is not said there is as Compose v2 has it.
struct DotEnv {
    struct Entry: Equatable {
        let name: String
        /// `nil`: the name alone, whose value is the surrounding environment's.
        let value: String?
    }

    let file: String
    let lookup: (String) -> String?

    static let maximumBytes = 4 << 20

    /// Lines of `NAME=VALUE`, nothing quoted, nothing put in.
    static func raw(_ bytes: [UInt8], file: String) throws(ComposeFileError) -> [Entry] {
        var result: [Entry] = []
        let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == " " || $0 == "\t" }
            if text.isEmpty || text.first == "#" { continue }
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try check(String(parts[0]), file: file, line: index + 1)
            result.append(Entry(name: String(parts[0]), value: parts.count == 2 ? String(parts[1]) : nil))
        }
        return result
    }

    private static func check(_ name: String, file: String, line: Int) throws(ComposeFileError) {
        let isName =
            !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7f && $0 != "=" && $0 != "\"" && $0 != "'" && $0 != "$"
            }
        guard isName else {
            throw ComposeFileError(
                "not a variable's name: \(quotedText(name))", at: Mark(file: file, line: line))
        }
    }

    /// Quotes, `export`, comments, values over several lines, variables of the environment and of the lines above.
    func entries(_ bytes: [UInt8]) throws(ComposeFileError) -> [Entry] {
        guard bytes.count <= Self.maximumBytes else { throw ComposeFileError("\(file) is too large") }
        var scanner = Scanner(text: Array(String(decoding: bytes, as: UTF8.self).unicodeScalars))
        if scanner.peek == "\u{feff}" { scanner.position += 1 }
        var result: [Entry] = []
        var known: [String: String] = [:]
        while true {
            scanner.skipBlank()
            guard scanner.peek != nil else { return result }
            if scanner.peek == "#" {
                scanner.skipLine()
                continue
            }
            let line = scanner.line
            let entry = try entry(&scanner, line: line, known)
            if let value = entry.value ?? lookup(entry.name) { known[entry.name] = value }
            result.append(entry)
        }
    }

    private struct Scanner {
        let text: [Unicode.Scalar]
        var position = 0
        var line = 1

        var peek: Unicode.Scalar? { position < text.count ? text[position] : nil }

        mutating func next() -> Unicode.Scalar? {
            guard position < text.count else { return nil }
            let scalar = text[position]
            position += 1
            if scalar == "\n" { line += 1 }
            return scalar
        }

        mutating func skipBlank() {
            while let scalar = peek, scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" { _ = next() }
        }

        mutating func skipSpaces() {
            while let scalar = peek, scalar == " " || scalar == "\t" { position += 1 }
        }

        mutating func skipLine() { while let scalar = next(), scalar != "\n" {} }

        /// The rest of the line without its end.
        mutating func restOfLine() -> String {
            var result = String.UnicodeScalarView()
            while let scalar = peek, scalar != "\n" {
                result.append(scalar)
                position += 1
            }
            if result.last == "\r" { result.removeLast() }
            return String(result)
        }
    }

    private func entry(
        _ scanner: inout Scanner, line: Int, _ known: [String: String]
    ) throws(ComposeFileError) -> Entry {
        var name = readName(&scanner)
        if name == "export", scanner.peek == " " || scanner.peek == "\t" {
            scanner.skipSpaces()
            name = readName(&scanner)
        }
        scanner.skipSpaces()
        try Self.check(name, file: file, line: line)
        switch scanner.peek {
        case "="?, ":"?: scanner.position += 1
        case nil, "\n"?, "\r"?, "#"?:
            scanner.skipLine()
            return Entry(name: name, value: nil)
        default:
            throw ComposeFileError(
                "= is expected after \(quotedText(name))", at: Mark(file: file, line: line))
        }
        scanner.skipSpaces()
        return Entry(name: name, value: try value(&scanner, line: line, known))
    }

    private func readName(_ scanner: inout Scanner) -> String {
        var name = String.UnicodeScalarView()
        while let scalar = scanner.peek, !"=: \t\n\r#".unicodeScalars.contains(scalar) {
            name.append(scalar)
            scanner.position += 1
        }
        return String(name)
    }

    private func value(
        _ scanner: inout Scanner, line: Int, _ known: [String: String]
    ) throws(ComposeFileError) -> String {
        switch scanner.peek {
        case "'"?:
            scanner.position += 1
            let text = try quoted(&scanner, by: "'", line: line)
            scanner.skipLine()
            return text
        case "\""?:
            scanner.position += 1
            let text = try quoted(&scanner, by: "\"", line: line)
            scanner.skipLine()
            return try expanded(text, line: line, known)
        default:
            var text = scanner.restOfLine()
            if text.first == "#" { text = "" }
            for mark in [" #", "\t#"] {
                if let range = text.firstRange(of: mark) { text = String(text[..<range.lowerBound]) }
            }
            while text.last == " " || text.last == "\t" { text.removeLast() }
            return try expanded(text, line: line, known)
        }
    }

    private func quoted(
        _ scanner: inout Scanner, by quote: Unicode.Scalar, line: Int
    ) throws(ComposeFileError) -> String {
        var result = String.UnicodeScalarView()
        while let scalar = scanner.next() {
            if scalar == quote { return String(result) }
            guard scalar == "\\", let escaped = scanner.peek else {
                result.append(scalar)
                continue
            }
            if quote == "'" {
                // Only the quote itself can be escaped.
                if escaped == "'" { scanner.position += 1 }
                result.append(escaped == "'" ? "'" : "\\")
                continue
            }
            _ = scanner.next()
            switch escaped {
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "\"", "\\": result.append(escaped)
            case "$": result.append(contentsOf: "$$".unicodeScalars)
            default: result.append(contentsOf: ["\\", escaped])
            }
        }
        throw ComposeFileError("a closing \(quote) is missing", at: Mark(file: file, line: line))
    }

    private func expanded(
        _ text: String, line: Int, _ known: [String: String]
    ) throws(ComposeFileError) -> String {
        do throws(Interpolation.Problem) {
            return try Interpolation(lookup: { lookup($0) ?? known[$0] }, missing: { _ in }).expanded(text)
        } catch {
            throw ComposeFileError(error.message, at: Mark(file: file, line: line))
        }
    }
}
