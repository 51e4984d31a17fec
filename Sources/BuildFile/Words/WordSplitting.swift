/// A word of an instruction, with its quotes and escapes as written.
struct Word: Equatable {
    var bytes: [UInt8]
    /// Where it begins in the instruction's text.
    var offset: Int

    var text: String { bytes.text }
}

/// The words between blanks; blanks in quotes and after the escape character separate nothing.
func splitWords(_ bytes: ArraySlice<UInt8>, escape: UInt8) -> [Word] {
    var words: [Word] = []
    var at = bytes.startIndex
    while true {
        while at < bytes.endIndex, bytes[at].isBlank { at += 1 }
        guard at < bytes.endIndex else { return words }
        let start = at
        var quote: UInt8?
        while at < bytes.endIndex {
            let byte = bytes[at]
            if byte == escape, quote != .singleQuote {
                at += min(2, bytes.endIndex - at)
                continue
            }
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == .singleQuote || byte == .doubleQuote {
                quote = byte
            } else if byte.isBlank {
                break
            }
            at += 1
        }
        words.append(Word(bytes: Array(bytes[start..<at]), offset: start))
    }
}

/// The words between blanks, whatever they contain.
func splitPlainWords(_ bytes: ArraySlice<UInt8>) -> [Word] {
    var words: [Word] = []
    var at = bytes.startIndex
    while true {
        while at < bytes.endIndex, bytes[at].isBlank { at += 1 }
        guard at < bytes.endIndex else { return words }
        let start = at
        while at < bytes.endIndex, !bytes[at].isBlank { at += 1 }
        words.append(Word(bytes: Array(bytes[start..<at]), offset: start))
    }
}

/// The word as a shell would take it, variables left as they are.
func unquoted(_ bytes: ArraySlice<UInt8>, escape: UInt8) -> [UInt8] {
    var result: [UInt8] = []
    var quote: UInt8?
    var rest = bytes
    while let byte = rest.popFirst() {
        if let open = quote, byte == open {
            quote = nil
        } else if quote == nil, byte == .singleQuote || byte == .doubleQuote {
            quote = byte
        } else if byte == escape, quote != .singleQuote, let next = rest.first {
            let isSpecial = next == escape || next == .doubleQuote || next == .dollar
            if quote == .doubleQuote, !isSpecial { result.append(byte) }
            result.append(next)
            rest.removeFirst()
        } else {
            result.append(byte)
        }
    }
    return result
}
