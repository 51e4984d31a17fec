/// A word of a template. Source: text/template/parse of Go's library.
struct TemplateToken: Equatable {
    enum Kind: Equatable {
        case text, leftDelimiter, rightDelimiter, end
        case space, assign, declare, pipe, open, close
        /// Any other character that can be printed.
        case character
        case string, rawString, characterConstant, number
        case identifier, field, variable, dot, keyword, bool, nothing
        /// What is wrong with the template; its text is the message.
        case error
    }

    let kind: Kind
    let text: String
    /// In bytes, from the beginning.
    let offset: Int
    let line: Int

    /// As Go names it in what it complains about.
    var description: String {
        switch kind {
        case .end: "EOF"
        case .error: text
        case .keyword, .dot, .nothing: "<\(text)>"
        default: text.utf8.count > 10 ? "\(ShownText.quoted(String(text.prefix(10))))..." : ShownText.quoted(text)
        }
    }
}

/// Takes a template apart.
struct TemplateLexer {
    private static let keywords: Set<String> = [
        "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
    ]

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var tokens: [TemplateToken] = []
    private var depth = 0

    /// The words of a template; the last one is its end or what is wrong with it.
    static func tokens(of text: String) -> [TemplateToken] {
        var lexer = TemplateLexer(bytes: Array(text.utf8))
        lexer.run()
        return lexer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func run() {
        while let start = find("{{", from: position) {
            let after = start + 2
            let trims = hasLeftTrim(after)
            var end = start
            while trims, end > position, Self.isSpace(bytes[end - 1]) { end -= 1 }
            if end > position { emit(.text, position, end) }
            count(position, start)
            position = after + (trims ? 2 : 0)
            if starts("/*", at: position) {
                guard comment() else { return }
            } else {
                emit(.leftDelimiter, start, after)
                depth = 0
                guard action() else { return }
            }
        }
        if position < bytes.count { emit(.text, position, bytes.count) }
        count(position, bytes.count)
        emit(.end, bytes.count, bytes.count)
    }

    private mutating func comment() -> Bool {
        guard let end = find("*/", from: position) else { return fail("unclosed comment") }
        count(position, end)
        position = end + 2
        guard let (length, trims) = rightDelimiter() else { return fail("comment ends before closing delimiter") }
        position += length
        if trims { skipSpace() }
        return true
    }

    /// Whether the action ends well.
    private mutating func action() -> Bool {
        while true {
            if let (length, trims) = rightDelimiter() {
                guard depth == 0 else { return fail("unclosed left paren") }
                emit(.rightDelimiter, position + length - 2, position + length)
                position += length
                if trims { skipSpace() }
                return true
            }
            guard position < bytes.count else { return fail("unclosed action") }
            guard word() else { return false }
        }
    }

    private mutating func word() -> Bool {
        let start = position
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
            // The space before `-}}` belongs to that.
            while let next = peek(), Self.isSpace(next), !(starts("-}}", at: position + 1)) { position += 1 }
            if position == start { position += 1 }
            emit(.space, start, position)
            count(start, position)
        case UInt8(ascii: "="): single(.assign)
        case UInt8(ascii: ":"):
            guard peek(1) == UInt8(ascii: "=") else { return fail("expected :=") }
            position += 2
            emit(.declare, start, position)
        case UInt8(ascii: "|"): single(.pipe)
        case UInt8(ascii: "\""): return quoted(.string, "unterminated quoted string")
        case UInt8(ascii: "'"): return quoted(.characterConstant, "unterminated character constant")
        case UInt8(ascii: "`"):
            guard let end = bytes[(position + 1)...].firstIndex(of: byte) else {
                return fail("unterminated raw quoted string")
            }
            position = end + 1
            emit(.rawString, start, position)
            count(start, position)
        case UInt8(ascii: "$"): return name(.variable)
        case UInt8(ascii: ".") where !(peek(1).map(Self.isDigit) ?? false): return name(.field)
        case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return number()
        case UInt8(ascii: "("):
            single(.open)
            depth += 1
        case UInt8(ascii: ")"):
            depth -= 1
            guard depth >= 0 else { return fail("unexpected right paren") }
            single(.close)
        case _ where Self.isAlphanumeric(byte): return name(.identifier)
        case 33...126: single(.character)
        default: return fail("unrecognized character in action: \(shownCharacter)")
        }
        return true
    }

    private mutating func quoted(_ kind: TemplateToken.Kind, _ message: String) -> Bool {
        let start = position
        position += 1
        while let byte = peek(), byte != UInt8(ascii: "\n") {
            position += 1
            if byte == bytes[start] {
                emit(kind, start, position)
                return true
            }
            if byte == UInt8(ascii: "\\"), let next = peek(), next != UInt8(ascii: "\n") { position += 1 }
        }
        return fail(message)
    }

    /// A field, a variable or a word by itself.
    private mutating func name(_ kind: TemplateToken.Kind) -> Bool {
        let start = position
        if kind != .identifier { position += 1 }
        while let byte = peek(), Self.isAlphanumeric(byte) { position += 1 }
        guard isAtTerminator else { return fail("bad character \(shownCharacter)") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch (kind, text) {
        case (.field, "."): emit(.dot, start, position)
        case (.identifier, _) where Self.keywords.contains(text): emit(.keyword, start, position)
        case (.identifier, "true"), (.identifier, "false"): emit(.bool, start, position)
        case (.identifier, "nil"): emit(.nothing, start, position)
        default: emit(kind, start, position)
        }
        return true
    }

    private mutating func number() -> Bool {
        let start = position
        func isOne(_ byte: UInt8?, of letters: String) -> Bool { byte.map { letters.utf8.contains($0) } ?? false }
        if isOne(peek(), of: "+-") { position += 1 }
        var digits = "0123456789_"
        if peek() == UInt8(ascii: "0"), isOne(peek(1), of: "xXoObB") {
            digits =
                isOne(peek(1), of: "xX") ? "0123456789abcdefABCDEF_" : isOne(peek(1), of: "bB") ? "01_" : "01234567_"
            position += 2
        }
        while isOne(peek(), of: digits) { position += 1 }
        if peek() == UInt8(ascii: ".") {
            position += 1
            while isOne(peek(), of: digits) { position += 1 }
        }
        if digits.utf8.count == 11, isOne(peek(), of: "eE") {
            position += 1
            if isOne(peek(), of: "+-") { position += 1 }
            while isOne(peek(), of: digits) { position += 1 }
        }
        if let next = peek(), Self.isAlphanumeric(next) {
            let text = String(decoding: bytes[start...position], as: UTF8.self)
            return fail("bad number syntax: \(ShownText.quoted(text))")
        }
        emit(.number, start, position)
        return true
    }
}

// Bytes.
extension TemplateLexer {
    private mutating func emit(_ kind: TemplateToken.Kind, _ start: Int, _ end: Int) {
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        tokens.append(TemplateToken(kind: kind, text: text, offset: start, line: line))
    }

    private mutating func single(_ kind: TemplateToken.Kind) {
        emit(kind, position, position + 1)
        position += 1
    }

    private mutating func fail(_ message: String) -> Bool {
        tokens.append(TemplateToken(kind: .error, text: message, offset: position, line: line))
        return false
    }

    private mutating func count(_ start: Int, _ end: Int) {
        for byte in bytes[start..<end] where byte == UInt8(ascii: "\n") { line += 1 }
    }

    private mutating func skipSpace() {
        let start = position
        while let byte = peek(), Self.isSpace(byte) { position += 1 }
        count(start, position)
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        let index = position + distance
        return index < bytes.count ? bytes[index] : nil
    }

    private func starts(_ text: String, at index: Int) -> Bool {
        index <= bytes.count && bytes[index...].starts(with: text.utf8)
    }

    private func find(_ text: String, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if starts(text, at: index) { return index }
            index += 1
        }
        return nil
    }

    /// `{{- ` takes the white space before it away, ` -}}` that behind it.
    private func hasLeftTrim(_ index: Int) -> Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "-") && Self.isSpace(bytes[index + 1])
    }

    private func rightDelimiter() -> (length: Int, trims: Bool)? {
        if let byte = peek(), Self.isSpace(byte), starts("-}}", at: position + 1) { return (4, true) }
        return starts("}}", at: position) ? (2, false) : nil
    }

    private var isAtTerminator: Bool {
        guard let next = peek() else { return true }
        return Self.isSpace(next) || ".,|:)(".utf8.contains(next) || starts("}}", at: position)
    }

    /// As Go's `%#U` writes it.
    private var shownCharacter: String {
        guard let scalar = String(decoding: bytes[position...], as: UTF8.self).unicodeScalars.first else {
            return "EOF"
        }
        return "\(PrintedNumber.unicode(scalar.value)) '\(scalar)'"
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [32, 9, 13, 10].contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// Letters of other scripts have bytes above ASCII alone.
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "_"), 128...: true
        default: false
        }
    }
}
