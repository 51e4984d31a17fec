/// The lines that follow an instruction with `<<NAME`.
public struct HereDocument: Hashable, Sendable {
    public var name: String
    /// As it stands in the file, with tabs.
    public var content: String
    /// Variables in the content are replaced: the name stood without quotes.
    public var expands: Bool
    /// Tabs at the beginning of lines are no content: `<<-`.
    public var removesTabs: Bool
    /// `3<<NAME`: the descriptor that a shell gets it as; 0 where none is written.
    public var descriptor: UInt

    /// The content without the tabs that `<<-` removes.
    public var text: String {
        guard removesTabs else { return content }
        var atStart = true
        var kept: [UInt8] = []
        for byte in content.utf8 {
            if atStart, byte == .tab { continue }
            atStart = byte == .lineFeed
            kept.append(byte)
        }
        return kept.text
    }
}

extension HereDocument {
    /// The word that announces a here-document.
    struct Mark {
        var name: String
        var expands: Bool
        var removesTabs: Bool
        var descriptor: UInt
        /// Where the word stands in the instruction.
        var offset: Int
        /// A blank stands before the name: that is a here-document only if it ends somewhere, as `$((1 << 2))` does not.
        var isSpaced = false
    }

    init(mark: Mark, content: String) {
        name = mark.name
        self.content = content
        expands = mark.expands
        removesTabs = mark.removesTabs
        descriptor = mark.descriptor
    }

    /// The words of an instruction that announce here-documents.
    ///
    /// - Parameter withBlanks: A name may stand apart, as for shells: `<< NAME`.
    static func marks(in bytes: ArraySlice<UInt8>, escape: UInt8, withBlanks: Bool = false) -> [Mark] {
        guard bytes.contains(UInt8(ascii: "<")) else { return [] }
        let words = splitWords(bytes, escape: escape)
        return words.indices.compactMap { index in
            if let mark = Self.mark(words[index]) { return mark }
            guard withBlanks, index + 1 < words.count else { return nil }
            return Self.mark(words[index], words[index + 1])
        }
    }

    /// Whether a command is nothing but a here-document.
    public static func isAlone(in command: String) -> Bool {
        let words = splitWords(Array(command.utf8)[...], escape: .backslash)
        switch words.count {
        case 1: return mark(words[0]) != nil
        case 2: return mark(words[0], words[1]) != nil
        default: return false
        }
    }

    /// `<< NAME`, `<<- NAME`.
    private static func mark(_ opening: Word, _ name: Word) -> Mark? {
        let digits = opening.bytes.prefix { $0.isDigit }
        let rest = opening.bytes.dropFirst(digits.count)
        let angle = UInt8(ascii: "<")
        guard rest.elementsEqual([angle, angle]) || rest.elementsEqual([angle, angle, .dash]),
            !name.bytes.contains(angle)
        else { return nil }
        let plain = unquoted(name.bytes[...], escape: .backslash)
        guard !plain.isEmpty, !plain.contains(.lineFeed) else { return nil }
        return Mark(
            name: plain.text, expands: plain == name.bytes, removesTabs: rest.count == 3,
            descriptor: UInt(digits.text) ?? 0, offset: opening.offset, isSpaced: true)
    }

    /// `<<NAME`, `<<-NAME`, `3<<'NAME'`: nothing else in the word.
    static func mark(_ word: Word) -> Mark? {
        var rest = word.bytes[...]
        let digits = rest.prefix { $0.isDigit }
        rest = rest.dropFirst(digits.count)
        let opening = UInt8(ascii: "<")
        guard rest.starts(with: [opening, opening]) else { return nil }
        rest = rest.dropFirst(2)
        let removesTabs = rest.first == .dash
        if removesTabs { rest = rest.dropFirst() }
        guard !rest.isEmpty, !rest.contains(opening) else { return nil }
        let plain = unquoted(rest, escape: .backslash)
        guard !plain.isEmpty, !plain.contains(.lineFeed) else { return nil }
        return Mark(
            name: plain.text, expands: plain == Array(rest), removesTabs: removesTabs,
            descriptor: UInt(digits.text) ?? 0, offset: word.offset)
    }
}
