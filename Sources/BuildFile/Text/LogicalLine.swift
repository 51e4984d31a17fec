/// An instruction's text: lines joined where one ends with the escape character, comments between them left out, and the
/// here-documents after them.
struct LogicalLine {
    /// Where a part of the text stood in the file.
    private struct Origin {
        var offset: Int
        var line: Int
        /// Bytes before the part on its line.
        var skipped: Int
        var source: [UInt8]
    }

    private(set) var bytes: [UInt8] = []
    private(set) var firstLine: Int
    var lastLine: Int
    private var origins: [Origin] = []
    var documents: [HereDocument] = []
    /// Those right above it, without `#`.
    var comments: [String] = []
    /// The last of its lines, if an empty one stands between them.
    var emptyContinuation: Int?

    init(firstLine: Int) {
        self.firstLine = firstLine
        lastLine = firstLine
    }

    mutating func append(_ part: ArraySlice<UInt8>, of line: SourceLines.Line) {
        origins.append(
            Origin(offset: bytes.count, line: line.number, skipped: part.startIndex, source: line.bytes))
        bytes += part
        lastLine = line.number
    }

    /// Where the byte at this offset stood.
    func position(at offset: Int) -> SourcePosition {
        guard let origin = origins.last(where: { $0.offset <= offset }) ?? origins.first else {
            return SourcePosition(line: firstLine, column: 1)
        }
        let byte = min(origin.skipped + max(offset - origin.offset, 0), origin.source.count)
        // A column is a character, and a character's first byte is none of 10xxxxxx.
        let column = origin.source[..<byte].count { $0 & 0xC0 != 0x80 }
        return SourcePosition(line: origin.line, column: column + 1)
    }
}

/// Takes instructions out of the lines, one after the other.
struct LogicalLineReader {
    private var rest: ArraySlice<SourceLines.Line>
    let escape: UInt8
    /// How many lines at the beginning look like comments and are none.
    private let directives: Int

    init(_ lines: [SourceLines.Line], escape: UInt8, directives: Int = 0) {
        rest = lines[...]
        self.escape = escape
        self.directives = directives
    }

    mutating func next() throws(BuildFileError) -> LogicalLine? {
        var comments: [String] = []
        while let line = rest.first {
            let content = line.bytes.trimmed
            guard content.isEmpty || content.first == .hash else { break }
            rest.removeFirst()
            let comment = content.dropFirst().trimmed
            if comment.isEmpty {
                comments = []
            } else if line.number > directives {
                comments.append(comment.text)
            }
        }
        guard let first = rest.popFirst() else { return nil }
        var logical = LogicalLine(firstLine: first.number)
        logical.comments = comments
        var hasEmptyLine = false
        var open = append(first, from: Self.indentation(first.bytes), to: &logical)
        while open, let line = rest.popFirst() {
            let content = line.bytes.trimmed
            // A comment or an empty line does not end what the line before has begun.
            if content.isEmpty || content.first == .hash {
                hasEmptyLine = hasEmptyLine || content.isEmpty
                continue
            }
            open = append(line, from: 0, to: &logical)
        }
        if hasEmptyLine { logical.emptyContinuation = logical.lastLine }
        return logical
    }

    /// Adds a line without its escape character, and says whether it goes on.
    private func append(_ line: SourceLines.Line, from start: Int, to logical: inout LogicalLine) -> Bool {
        var end = line.bytes.count
        while end > start, line.bytes[end - 1] == .space || line.bytes[end - 1] == .tab { end -= 1 }
        let goesOn =
            end > start && line.bytes[end - 1] == escape && (end - 2 < start || line.bytes[end - 2] != escape)
        logical.append(line.bytes[start..<(goesOn ? end - 1 : line.bytes.count)], of: line)
        return goesOn
    }

    private static func indentation(_ bytes: [UInt8]) -> Int { bytes.firstIndex { !$0.isBlank } ?? bytes.count }

    /// Whether a here-document ends somewhere in what follows.
    func hasEnd(of mark: HereDocument.Mark) -> Bool { rest.contains { Self.ends(mark, $0) } }

    private static func ends(_ mark: HereDocument.Mark, _ line: SourceLines.Line) -> Bool {
        (mark.removesTabs ? line.bytes[...].drop { $0 == .tab } : line.bytes[...]).text == mark.name
    }

    /// Takes the lines of a here-document up to its end.
    mutating func takeDocument(_ mark: HereDocument.Mark, of logical: inout LogicalLine) throws(BuildFileError) {
        var content: [UInt8] = []
        while let line = rest.popFirst() {
            logical.lastLine = line.number
            if Self.ends(mark, line) {
                logical.documents.append(HereDocument(mark: mark, content: content.text))
                return
            }
            content += line.raw
        }
        throw BuildFileError(
            "the here-document \"\(mark.name)\" does not end: no line has only this word",
            at: logical.position(at: mark.offset))
    }
}
