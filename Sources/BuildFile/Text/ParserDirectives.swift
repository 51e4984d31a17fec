/// What the first lines of a Dockerfile say about how to read it: `# syntax=…`, `# escape=…`, `# check=…`.
public struct ParserDirectives: Equatable, Sendable {
    /// The front end that the author asks for. Brig reads the file itself and only tells.
    public var syntax: String?
    /// The settings of Docker's build checks.
    public var check: String?
    /// The character that joins lines and takes away a character's meaning: `\` or a backquote.
    var escape: UInt8 = .backslash
    /// How many lines they take.
    private(set) var count = 0
    /// Where ``check`` stands.
    private(set) var checkLine = 0

    /// The directives stand before everything else; the first line that is none ends them, and is a comment if it looks like
    /// one.
    init(_ lines: [SourceLines.Line]) throws(BuildFileError) {
        var seen: Set<String> = []
        for line in lines {
            guard let (name, value) = Self.assignment(line.bytes) else { return }
            let key = name.lowercased()
            guard ["syntax", "escape", "check"].contains(key) else { return }
            let position = SourcePosition(line: line.number, column: 1)
            guard seen.insert(key).inserted else {
                throw BuildFileError("only one \(key) parser directive can be used", at: position)
            }
            switch key {
            case "syntax": syntax = value
            case "check": (check, checkLine) = (value, line.number)
            default:
                guard value == "\\" || value == "`" else {
                    throw BuildFileError("invalid escape token \"\(value)\": it must be ` or \\", at: position)
                }
                escape = value == "`" ? UInt8(ascii: "`") : .backslash
            }
            count += 1
        }
    }

    /// `# name = value`.
    private static func assignment(_ bytes: [UInt8]) -> (String, String)? {
        guard bytes.first == .hash, let equals = bytes.firstIndex(of: .equals) else { return nil }
        let name = bytes[1..<equals].trimmed
        let value = bytes[(equals + 1)...].trimmed
        guard let first = name.first, first.isLetter, !value.isEmpty,
            name.allSatisfy({ $0.isLetter || $0.isDigit })
        else { return nil }
        return (name.text, value.text)
    }
}
