/// A place in a Dockerfile. Lines and columns count from 1, columns in characters of UTF-8 text (Unicode scalars).
public struct SourcePosition: Hashable, Sendable, Comparable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
}

/// Why a Dockerfile cannot be used, and where in it.
public struct BuildFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public var problem: String
    public var position: SourcePosition

    public init(_ problem: String, at position: SourcePosition) {
        self.problem = problem
        self.position = position
    }

    public var description: String { "line \(position.line): \(problem)" }

    /// The problem with the file's name, the line and a caret below the place:
    ///
    ///     Dockerfile:3:5: unknown flag --fro
    ///        3 | COPY --fro a b
    ///          |      ^
    public func report(file: String, text: String) -> String {
        let head = Self.shown("\(file):\(position.line):\(position.column): \(problem)"[...].unicodeScalars)
        let lines = SourceLines(text).lines
        guard position.line >= 1, position.line <= lines.count else { return head }
        let scalars = lines[position.line - 1].text.unicodeScalars.prefix(200)
        let shown = Self.shown(scalars)
        var margin = String.UnicodeScalarView()
        margin.append(contentsOf: scalars.prefix(min(max(position.column - 1, 0), 200)).map { $0 == "\t" ? "\t" : " " })
        let number = String(position.line)
        let gutter = String(repeating: " ", count: max(4 - number.utf8.count, 0))
        let blank = String(repeating: " ", count: max(4, number.utf8.count))
        return "\(head)\n\(gutter)\(number) | \(shown)\n\(blank) | \(String(margin))^"
    }

    /// Tabs stay, so that the caret stands below its place on any terminal; other controls are not for terminals.
    private static func shown(_ text: Substring.UnicodeScalarView) -> String {
        String(
            String.UnicodeScalarView(
                text.map { $0.properties.generalCategory == .control && $0 != "\t" ? "\u{FFFD}" : $0 }))
    }
}
