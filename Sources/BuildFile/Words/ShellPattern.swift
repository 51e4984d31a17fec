/// A pattern in `${name#pattern}`: `*` stands for anything, `?` for one character; the escape character takes these
/// meanings away.
struct ShellPattern {
    private enum Piece: Equatable {
        case exactly(Unicode.Scalar)
        case any
        case anything
    }

    private var pieces: [Piece] = []

    init(_ bytes: [UInt8], escape: UInt8) {
        var scalars = bytes.text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "*": if pieces.last != .anything { pieces.append(.anything) }
            case "?": pieces.append(.any)
            case Unicode.Scalar(escape): pieces.append(.exactly(scalars.popFirst() ?? scalar))
            default: pieces.append(.exactly(scalar))
            }
        }
    }

    /// Which lengths of text from `start` on match, as one bit for each; `reversed` reads both from their ends.
    private func lengths(_ text: [Unicode.Scalar], from start: Int, reversed: Bool = false) -> [Int] {
        let size = text.count - start
        var reached = [Bool](repeating: false, count: size + 1)
        reached[0] = true
        for piece in reversed ? pieces.reversed() : pieces {
            var next = [Bool](repeating: false, count: size + 1)
            switch piece {
            case .anything:
                var open = false
                for length in 0...size {
                    open = open || reached[length]
                    next[length] = open
                }
            case .any, .exactly:
                for length in 0..<size where reached[length] {
                    let scalar = text[reversed ? text.count - 1 - length : start + length]
                    next[length + 1] = piece == .any || piece == .exactly(scalar)
                }
            }
            reached = next
        }
        return reached.indices.filter { reached[$0] }
    }

    private static func bytes(_ scalars: some Sequence<Unicode.Scalar>) -> [UInt8] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return Array(String(view).utf8)
    }

    func removingPrefix(of value: [UInt8], longest: Bool) -> [UInt8] {
        let text = Array(value.text.unicodeScalars)
        let lengths = lengths(text, from: 0)
        guard let length = longest ? lengths.last : lengths.first else { return value }
        return Self.bytes(text[length...])
    }

    func removingSuffix(of value: [UInt8], longest: Bool) -> [UInt8] {
        let text = Array(value.text.unicodeScalars)
        let lengths = lengths(text, from: 0, reversed: true)
        guard let length = longest ? lengths.last : lengths.first else { return value }
        return Self.bytes(text[..<(text.count - length)])
    }

    /// The longest match at each place, from the left; an empty one is replaced, too.
    ///
    /// - Returns: `nil` for more than `limit` bytes.
    func replacing(in value: [UInt8], with replacement: [UInt8], all: Bool, limit: Int) -> [UInt8]? {
        let text = Array(value.text.unicodeScalars)
        var result: [UInt8] = []
        var at = 0
        var mayBeEmpty = true
        while at <= text.count {
            let found = lengths(text, from: at).last
            if let length = found, length > 0 || mayBeEmpty {
                result += replacement
                guard result.count <= limit else { return nil }
                at += length
                mayBeEmpty = false
                if !all { return result + Self.bytes(text[at...]) }
                if length > 0 { continue }
            }
            if at < text.count { result += Self.bytes([text[at]]) }
            at += 1
            mayBeEmpty = true
        }
        return result
    }
}
