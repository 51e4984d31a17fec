import OCISpec

/// Makes an instruction of a logical line.
struct InstructionParser {
    let line: LogicalLine
    let escape: UInt8
    let keyword: String
    /// Everything after the keyword.
    private let tail: ArraySlice<UInt8>
    private let keywordOffset: Int

    init(_ line: LogicalLine, escape: UInt8, from start: Int = 0) {
        self.line = line
        self.escape = escape
        let text = line.bytes[start...].drop { $0.isBlank }
        let word = text.prefix { !$0.isBlank }
        keyword = word.text.uppercased()
        keywordOffset = text.startIndex
        tail = text[word.endIndex...]
    }

    /// Whether `<<NAME` in this line announces a here-document.
    var documentMarks: [HereDocument.Mark] {
        let words: ArraySlice<UInt8>
        switch keyword {
        case "RUN", "COPY", "ADD": words = tail
        case "ONBUILD": return InstructionParser(line, escape: escape, from: tail.startIndex).documentMarks
        default: return []
        }
        if (words.drop { $0.isBlank }).first == UInt8(ascii: "[") { return [] }
        // The words of COPY and ADD are files, and not for a shell.
        return HereDocument.marks(in: words, escape: escape, withBlanks: keyword == "RUN")
    }

    func failure(_ problem: String, at offset: Int? = nil) -> BuildFileError {
        BuildFileError(problem, at: line.position(at: offset ?? keywordOffset))
    }

    func step() throws(BuildFileError) -> Step {
        Step(
            try instruction(), position: line.position(at: keywordOffset), lastLine: line.lastLine,
            text: line.bytes[keywordOffset...].trimmed.text)
    }

    private func instruction() throws(BuildFileError) -> Instruction {
        switch keyword {
        case "FROM": return .from(try from())
        case "RUN": return .run(try run())
        case "COPY": return .copy(try copy())
        case "ADD": return .add(try add())
        case "CMD": return .cmd(try command(required: false))
        case "ENTRYPOINT": return .entrypoint(try command(required: false))
        case "ENV": return .env(try namedValues())
        case "LABEL": return .label(try namedValues())
        case "ARG": return .arg(try arguments())
        case "EXPOSE": return .expose(try someWords().map(\.text))
        case "VOLUME": return .volume(try volumes())
        case "USER": return .user(try singleText())
        case "WORKDIR": return .workdir(try singleText())
        case "STOPSIGNAL": return .stopSignal(try singleText())
        case "MAINTAINER": return .maintainer(try singleText())
        case "SHELL": return .shell(try shell())
        case "HEALTHCHECK": return .healthcheck(try healthcheck())
        case "ONBUILD": return .onBuild(try trigger())
        default:
            throw failure("unknown instruction: \(keyword.prefix(40))\(Self.suggestion(for: keyword))")
        }
    }

    static let keywords = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD",
        "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    private static func suggestion(for word: String) -> String {
        nearest(to: word, among: keywords).map { " (did you mean \($0)?)" } ?? ""
    }

    // MARK: parts that several instructions share

    /// The flags of the instruction, and what stands after them.
    func flags(_ allowed: Set<String>) throws(BuildFileError) -> (InstructionFlags, ArraySlice<UInt8>) {
        try InstructionFlags.take(from: tail, allowed: allowed, parser: self)
    }

    func noFlags() throws(BuildFileError) -> ArraySlice<UInt8> { try flags([]).1 }

    private func singleText() throws(BuildFileError) -> String {
        let text = try noFlags().trimmed
        guard !text.isEmpty else { throw failure("\(keyword) needs an argument") }
        return text.text
    }

    private func someWords() throws(BuildFileError) -> [Word] {
        let words = splitPlainWords(try noFlags())
        guard !words.isEmpty else { throw failure("\(keyword) needs at least one argument") }
        return words
    }

    /// The JSON array of strings, or nil where the text is none and so is meant for a shell.
    func jsonWords(_ text: ArraySlice<UInt8>) throws(BuildFileError) -> [String]? {
        let text = text.trimmed
        guard text.first == UInt8(ascii: "["),
            let value = try? JSONValue(parsing: Array(text), sizeLimit: 1 << 20),
            case .array(let elements) = value
        else { return nil }
        var words: [String] = []
        for element in elements {
            guard case .string(let word) = element else {
                throw failure("a JSON array here may only hold strings", at: text.startIndex)
            }
            guard !word.utf8.contains(0) else { throw failure("NUL in a word", at: text.startIndex) }
            words.append(word)
        }
        return words
    }

    func commandForm(_ text: ArraySlice<UInt8>) throws(BuildFileError) -> CommandForm {
        if let words = try jsonWords(text) { return .exec(words) }
        return .shell(text.trimmed.text)
    }

    private func command(required: Bool) throws(BuildFileError) -> CommandForm {
        let form = try commandForm(try noFlags())
        // An empty shell form is taken as an empty list, as in `CMD []`.
        if case .shell("") = form { return .exec([]) }
        return form
    }

    private func volumes() throws(BuildFileError) -> [String] {
        let rest = try noFlags()
        let paths = try jsonWords(rest) ?? splitPlainWords(rest).map(\.text)
        guard !paths.isEmpty else { throw failure("VOLUME needs at least one argument") }
        guard paths.allSatisfy({ !$0.utf8.allSatisfy(\.isBlank) }) else { throw failure("a volume's path is empty") }
        return paths
    }

    private func shell() throws(BuildFileError) -> [String] {
        guard let words = try jsonWords(try noFlags()), !words.isEmpty else {
            throw failure("SHELL needs a JSON array with at least one word, such as SHELL [\"/bin/bash\", \"-c\"]")
        }
        return words
    }

    private func trigger() throws(BuildFileError) -> Step {
        let rest = tail.drop { $0.isBlank }
        guard !rest.isEmpty else { throw failure("ONBUILD needs an instruction") }
        let inner = InstructionParser(line, escape: escape, from: rest.startIndex)
        guard !["ONBUILD", "FROM", "MAINTAINER"].contains(inner.keyword) else {
            throw inner.failure("\(inner.keyword) is not allowed as an ONBUILD trigger")
        }
        return try inner.step()
    }
}

/// The word among `candidates` that differs by at most two letters.
func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    guard word.utf8.count <= 40 else { return nil }
    func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = min(diagonal + (a == b ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
    let bytes = Array(word.utf8)
    return candidates.map { ($0, distance(bytes, Array($0.utf8))) }.filter { $0.1 <= min(2, bytes.count / 2) }
        .min { $0.1 < $1.1 }?.0
}
