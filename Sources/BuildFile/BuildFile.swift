/// A Dockerfile, read and checked: what does not depend on images, files or build arguments.
///
/// Source: the Dockerfile reference (docs.docker.com/reference/dockerfile), frontend version 1.
public struct BuildFile: Sendable, Equatable {
    public var directives: ParserDirectives
    /// `ARG` before the first `FROM`, for use in `FROM` alone.
    public var globalArguments: [Step]
    public var stages: [Stage]

    /// One `FROM` and what follows it.
    public struct Stage: Sendable, Equatable {
        public var index: Int
        public var from: From
        /// The `FROM`.
        public var head: Step
        public var steps: [Step]

        public var name: String? { from.name }
    }

    /// In bytes.
    public static let sizeLimit = 4 << 20

    /// The character that `# escape=` sets, for ``WordExpansion``.
    public var escape: Character { directives.escape == UInt8(ascii: "`") ? "`" : "\\" }

    public init(parsing text: String) throws(BuildFileError) {
        guard text.utf8.count <= Self.sizeLimit else {
            throw BuildFileError("longer than \(Self.sizeLimit >> 20) MiB", at: SourcePosition(line: 1, column: 1))
        }
        let lines = SourceLines(text).lines
        if let line = lines.first(where: { $0.bytes.contains(0) }) {
            throw BuildFileError(
                "a NUL byte: this is no text",
                at: SourcePosition(line: line.number, column: 1))
        }
        directives = try ParserDirectives(lines)
        (globalArguments, stages) = ([], [])
        for step in try Self.steps(lines, escape: directives.escape, directives: directives.count) { try add(step) }
        guard !stages.isEmpty else {
            throw BuildFileError(
                lines.isEmpty ? "the Dockerfile is empty" : "there is no FROM: a Dockerfile begins with FROM IMAGE",
                at: SourcePosition(line: 1, column: 1))
        }
    }

    /// What the file says of its checks.
    public var checkSettings: CheckSettings {
        get throws(BuildFileError) {
            do throws(CheckSettings.Invalid) {
                return try directives.check.map { (text) throws(CheckSettings.Invalid) in
                    try CheckSettings(parsing: text)
                }
                    ?? CheckSettings()
            } catch {
                throw BuildFileError(error.description, at: SourcePosition(line: directives.checkLine, column: 1))
            }
        }
    }

    /// The instruction of an `ONBUILD` that an image has kept.
    public static func trigger(_ text: String) throws(BuildFileError) -> Step {
        let steps = try steps(SourceLines(text).lines, escape: .backslash)
        guard let step = steps.first, steps.count == 1 else {
            throw BuildFileError("not one instruction: \(text.prefix(80))", at: SourcePosition(line: 1, column: 1))
        }
        switch step.instruction {
        case .from, .onBuild, .maintainer:
            throw BuildFileError(
                "\(step.instruction.keyword) is not allowed as an ONBUILD trigger", at: step.position)
        default: return step
        }
    }

    private static func steps(
        _ lines: [SourceLines.Line], escape: UInt8, directives: Int = 0
    ) throws(BuildFileError) -> [Step] {
        var reader = LogicalLineReader(lines, escape: escape, directives: directives)
        var steps: [Step] = []
        while var line = try reader.next() {
            for mark in InstructionParser(line, escape: escape).documentMarks
            where !mark.isSpaced || reader.hasEnd(of: mark) {
                try reader.takeDocument(mark, of: &line)
            }
            var step = try InstructionParser(line, escape: escape).step()
            (step.comments, step.emptyContinuation) = (line.comments, line.emptyContinuation)
            steps.append(step)
        }
        return steps
    }

    private mutating func add(_ step: Step) throws(BuildFileError) {
        if case .from(let from) = step.instruction {
            stages.append(Stage(index: stages.count, from: from, head: step, steps: []))
        } else if !stages.isEmpty {
            stages[stages.count - 1].steps.append(step)
        } else if case .arg = step.instruction {
            globalArguments.append(step)
        } else {
            throw BuildFileError(
                "\(step.instruction.keyword) stands before the first FROM; only ARG may", at: step.position)
        }
    }
}
