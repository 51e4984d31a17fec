/// A pattern for names of several components, as Go's `path.Match` has it: `*` and `?` stand for what is no `/`, `[a-z]` and
/// `[^a-z]` for one of these, and `\` takes away a character's meaning.
struct NamePattern: Equatable, Sendable {
    private enum Piece: Equatable {
        case exactly(Unicode.Scalar)
        case any
        case anything
        case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)

        func admits(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .exactly(let own): own == scalar
            case .any: true
            case .anything: false
            case .oneOf(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
            }
        }
    }

    private let components: [[Piece]]

    /// - Throws: `EngineError` of kind `invalidInput` for a class that does not end or has no order.
    init(_ text: String) throws(EngineError) {
        var components: [[Piece]] = [[]]
        var rest = text.unicodeScalars[...]
        let invalid = EngineError(.invalidInput, "invalid pattern: \(quotedForError(text))")
        while let scalar = rest.popFirst() {
            switch scalar {
            case "/": components.append([])
            case "*": components[components.count - 1].append(.anything)
            case "?": components[components.count - 1].append(.any)
            case "[":
                guard let piece = Self.oneOf(&rest) else { throw invalid }
                components[components.count - 1].append(piece)
            case "\\":
                guard let next = rest.popFirst() else { throw invalid }
                components[components.count - 1].append(.exactly(next))
            default: components[components.count - 1].append(.exactly(scalar))
            }
        }
        self.components = components
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

    func matches(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == components.count
            && zip(components, parts).allSatisfy { Self.match($0, Array($1.unicodeScalars)) }
    }

    /// Goes back to the last `*` alone, so that no pattern takes long.
    private static func match(_ pieces: [Piece], _ text: [Unicode.Scalar]) -> Bool {
        var (piece, position) = (0, 0)
        var star: (piece: Int, position: Int)?
        while position < text.count {
            if piece < pieces.count, pieces[piece] == .anything {
                star = (piece, position)
                piece += 1
            } else if piece < pieces.count, pieces[piece].admits(text[position]) {
                piece += 1
                position += 1
            } else if let last = star {
                star = (last.piece, last.position + 1)
                (piece, position) = (last.piece + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anything }
    }
}
