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

    /// - Parameter spansDirectories: Whether `**` has its meaning; otherwise it is `*`.
    public init(_ text: String, spansDirectories: Bool) throws(Invalid) {
        var pieces: [Piece] = []
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*" where spansDirectories && rest.first == "*":
                rest.removeFirst()
                if rest.first == "/" { rest.removeFirst() }
                pieces.append(rest.isEmpty ? .all : .directories)
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

    /// Takes steps in proportion to both lengths at most, whatever the pattern.
    public func matches(_ path: String) -> Bool {
        let count = pieces.count
        var states = [Bool](repeating: false, count: count + 1)
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
        // A `**/` that has begun can only end after a `/`.
        var within = [Bool](repeating: false, count: count)
        open(&states)
        for scalar in path.unicodeScalars {
            var next = [Bool](repeating: false, count: count + 1)
            var nextWithin = [Bool](repeating: false, count: count)
            for index in 0..<count where states[index] || within[index] {
                switch pieces[index] {
                case .anything: if scalar != "/" { next[index] = true }
                case .all: next[index] = true
                case .directories:
                    nextWithin[index] = true
                    if scalar == "/" { next[index + 1] = true }
                default: if states[index], pieces[index].admits(scalar) { next[index + 1] = true }
                }
            }
            (states, within) = (next, nextWithin)
            open(&states)
        }
        return states[count]
    }
}
