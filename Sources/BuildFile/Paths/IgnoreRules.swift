/// The rules of a `.dockerignore`: which files of a build context do not exist for the build.
///
/// Source: docs.docker.com/build/concepts/context (".dockerignore files"). The last rule that speaks of a file or of one of
/// the directories above it counts.
public struct IgnoreRules: Sendable, Equatable {
    private struct Rule: Equatable {
        var pattern: PathPattern
        var isException: Bool
    }

    private var rules: [Rule] = []
    /// Each file is compared with each rule: more rules than this are nobody's who means well.
    private static let limit = 10_000

    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        public var line: Int
        public var problem: String
        public var description: String { "line \(line): \(problem)" }
    }

    /// Nothing is left out.
    public init() {}

    public init(parsing text: String) throws(Invalid) {
        for line in SourceLines(text).lines where line.bytes.first != .hash {
            var pattern = line.bytes.trimmed
            guard !pattern.isEmpty else { continue }
            let isException = pattern.first == UInt8(ascii: "!")
            if isException { pattern = Array(pattern.dropFirst()).trimmed }
            guard !pattern.isEmpty else { throw Invalid(line: line.number, problem: "\"!\" without a pattern") }
            guard rules.count < Self.limit else {
                throw Invalid(line: line.number, problem: "more than \(Self.limit) patterns")
            }
            do {
                try add(pattern.text, isException: isException)
            } catch {
                throw Invalid(line: line.number, problem: error.description)
            }
        }
    }

    /// The rules of `--exclude`, one pattern each.
    public init(patterns: [String]) throws(PathPattern.Invalid) {
        for pattern in patterns {
            let isException = pattern.hasPrefix("!")
            try add(isException ? String(pattern.dropFirst()) : pattern, isException: isException)
        }
    }

    private mutating func add(_ text: String, isException: Bool) throws(PathPattern.Invalid) {
        var clean = cleanPath(text)
        if clean.utf8.count > 1, clean.utf8.first == UInt8(ascii: "/") { clean.removeFirst() }
        rules.append(
            Rule(pattern: try PathPattern(clean, spansDirectories: true), isException: isException))
        hasExceptions = hasExceptions || isException
    }

    public var isEmpty: Bool { rules.isEmpty }

    /// Whether something in a directory that is left out may be there all the same.
    public private(set) var hasExceptions = false

    /// - Parameter path: From the context's root, without `/` at the beginning.
    public func excludes(_ path: String) -> Bool {
        guard !rules.isEmpty else { return false }
        // The last rule that speaks of it counts.
        let scalars = PathScalars(path)
        for rule in rules.reversed() where rule.pattern.matches(scalars, orDirectoriesAbove: true) {
            return !rule.isException
        }
        return false
    }
}

/// The shortest way to write a path, without looking at files: Go's `path.Clean`.
public func cleanPath(_ path: String) -> String {
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
        switch part {
        case ".": continue
        case "..":
            if let last = parts.last, last != ".." {
                parts.removeLast()
            } else if !isAbsolute {
                parts.append(part)
            }
        default: parts.append(part)
        }
    }
    let joined = parts.joined(separator: "/")
    if isAbsolute { return "/" + joined }
    return joined.isEmpty ? "." : joined
}
