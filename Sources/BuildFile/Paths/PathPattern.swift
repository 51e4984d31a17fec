/// A pattern for paths: `*` and `?` stand for what is no `/`, `[a-z]` and `[^a-z]` for one of these, `\` takes away a
/// character's meaning, and `**` stands for any number of directories where the rules have it.
///
/// Source: Go's path/filepath.Match; for `**`, the rules of `.dockerignore`.
public struct PathPattern: Sendable, Equatable {
    private enum Piece: Equatable {
        case exactly(Unicode.Scalar)
        case any
        case anything
        /// `**/`: nothing, or something that ends with `/`.
        case directories
        /// `**` at the end.
        case all
        case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)

        func admits(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .exactly(let own): own == scalar
            case .any: scalar != "/"
            case .anything, .directories, .all: false
            case .oneOf(let ranges, let negated): scalar != "/" && ranges.contains { $0.contains(scalar) } != negated
            }
        }
    }

    public struct Invalid: Error, Equatable, Sendable, CustomStringConvertible {
        public var pattern: String
        public var description: String {
            "invalid pattern \"\(pattern)\": a \"[\" has no \"]\", or a \"\\\" is the last character"
        }
    }

    private let pieces: [Piece]
    /// What the path, or with `**/` in front one of its names, begins with.
    private let prefix: [Unicode.Scalar]
    /// What the path ends with.
    private let suffix: [Unicode.Scalar]
    /// How many characters the path has at least.
    private let leastLength: Int

    /// - Parameter spansDirectories: Whether `**` has its meaning; otherwise it is `*`.
    public init(_ text: String, spansDirectories: Bool) throws(Invalid) {
        var pieces: [Piece] = []
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*" where spansDirectories && rest.first == "*":
                rest.removeFirst()
                if rest.first == "/" { rest.removeFirst() }
                if rest.isEmpty {
                    pieces.append(.all)
                } else if pieces.last != .directories {
                    pieces.append(.directories)
                }
            case "*": if pieces.last != .anything { pieces.append(.anything) }
            case "?": pieces.append(.any)
            case "[":
                guard let piece = Self.oneOf(&rest) else { throw Invalid(pattern: text) }
                pieces.append(piece)
            case "\\":
                guard let next = rest.popFirst() else { throw Invalid(pattern: text) }
                pieces.append(.exactly(next))
            default: pieces.append(.exactly(scalar))
            }
        }
        self.pieces = pieces
        prefix = Self.leading(pieces.first == .directories ? pieces.dropFirst() : pieces[...])
        suffix = Self.leading(pieces.reversed()[...]).reversed()
        leastLength = pieces.count { ![.anything, .all, .directories].contains($0) }
    }

    /// The characters that stand for themselves at the beginning.
    private static func leading(_ pieces: ArraySlice<Piece>) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        for case .exactly(let scalar) in pieces.prefix(while: { if case .exactly = $0 { true } else { false } }) {
            scalars.append(scalar)
        }
        return scalars
    }

    /// What stands after `[`, to its `]`.
    private static func oneOf(_ rest: inout Substring.UnicodeScalarView) -> Piece? {
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let negated = rest.first == "^"
        if negated { rest.removeFirst() }
        func next() -> Unicode.Scalar? {
            guard let scalar = rest.popFirst() else { return nil }
            return scalar == "\\" ? rest.popFirst() : scalar
        }
        while rest.first != "]" || ranges.isEmpty {
            guard let low = next() else { return nil }
            var high = low
            if rest.first == "-" {
                rest.removeFirst()
                guard let end = next() else { return nil }
                high = end
            }
            guard low <= high else { return nil }
            ranges.append(low...high)
        }
        rest.removeFirst()
        return .oneOf(ranges, negated: negated)
    }

    /// Whether a word holds something that makes a pattern of it.
    public static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[\\".utf8.contains($0) } }

    /// Whether the whole path is meant. Takes steps in proportion to the square of the path's length at most, whatever the
    /// pattern.
    public func matches(_ path: String) -> Bool { matches(PathScalars(path), orDirectoriesAbove: false) }

    /// - Parameter orDirectoriesAbove: Whether it counts, too, that one of the directories above the path is meant.
    func matches(_ path: PathScalars, orDirectoriesAbove: Bool) -> Bool {
        // Most patterns are of other files: what they begin and end with shows that without going through them.
        guard leastLength <= path.scalars.count, canBegin(path), canEnd(path, orDirectoriesAbove) else { return false }
        return goesThrough(path.scalars, orDirectoriesAbove: orDirectoriesAbove)
    }

    private func canBegin(_ path: PathScalars) -> Bool {
        if prefix.isEmpty { return true }
        guard pieces.first == .directories else { return path.has(prefix, at: 0) }
        return path.starts.contains { path.has(prefix, at: $0) }
    }

    private func canEnd(_ path: PathScalars, _ orDirectoriesAbove: Bool) -> Bool {
        if suffix.isEmpty { return true }
        guard orDirectoriesAbove else { return path.has(suffix, at: path.scalars.count - suffix.count) }
        return path.ends.contains { path.has(suffix, at: $0 - suffix.count) }
    }

    /// Follows all ways through the pattern at once.
    func goesThrough(_ path: [Unicode.Scalar], orDirectoriesAbove: Bool) -> Bool {
        let count = pieces.count
        // A `**/` that has begun can only end after a `/`.
        var (states, within) = ([Bool](repeating: false, count: count + 1), [Bool](repeating: false, count: count))
        var (next, nextWithin) = (states, within)
        /// Goes past pieces that may stand for nothing.
        func open(_ states: inout [Bool]) {
            for index in 0..<count where states[index] {
                switch pieces[index] {
                case .anything, .all, .directories: states[index + 1] = true
                default: break
                }
            }
        }
        states[0] = true
        open(&states)
        for scalar in path {
            if orDirectoriesAbove, scalar == "/", states[count] { return true }
            var isAlive = false
            for index in 0...count { next[index] = false }
            for index in 0..<count {
                nextWithin[index] = false
                guard states[index] || within[index] else { continue }
                switch pieces[index] {
                case .anything: if scalar != "/" { next[index] = true }
                case .all: next[index] = true
                case .directories:
                    nextWithin[index] = true
                    if scalar == "/" { next[index + 1] = true }
                default: if states[index], pieces[index].admits(scalar) { next[index + 1] = true }
                }
                isAlive = isAlive || next[index] || next[index + 1] || nextWithin[index]
            }
            guard isAlive else { return false }
            swap(&states, &next)
            swap(&within, &nextWithin)
            open(&states)
        }
        return states[count]
    }
}

/// A path taken apart once for many patterns.
struct PathScalars {
    let scalars: [Unicode.Scalar]
    /// Where each of its names begins.
    let starts: [Int]
    /// Where each of its names ends.
    let ends: [Int]

    init(_ path: String) {
        let scalars = Array(path.unicodeScalars)
        let slashes = scalars.indices.filter { scalars[$0] == "/" }
        self.scalars = scalars
        starts = [0] + slashes.map { $0 + 1 }
        ends = slashes + [scalars.count]
    }

    /// Whether these stand at a place.
    func has(_ part: [Unicode.Scalar], at start: Int) -> Bool {
        guard start >= 0, start <= scalars.count - part.count else { return false }
        for index in part.indices where scalars[start + index] != part[index] { return false }
        return true
    }
}
