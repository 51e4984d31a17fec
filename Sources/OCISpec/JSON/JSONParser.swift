/// A recursive descent over the bytes of one document. Lines and columns are counted only for an error.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let depthLimit: Int
    private var position = 0
    private var depth = 0
    /// Elements and members of the containers that are still open, so that each becomes an array of the right size
    /// in one allocation.
    private var elements: [JSONValue] = []
    private var members: [JSONObject.Member] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func parseDocument() throws(JSONSyntaxError) -> JSONValue {
        let value = try parseValue()
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the document") }
        return value
    }

    private mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
        skipSpace()
        switch peek() ?? 0 {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func parseObject() throws(JSONSyntaxError) -> JSONObject {
        try enter()
        let start = members.count
        var names: Set<NameBytes>?
        if try !leaveIfEmpty(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let keyPosition = position
                guard peek() == UInt8(ascii: "\"") else { throw unexpected("a name in double quotes") }
                let key = try parseString()
                guard isNew(key, since: start, &names) else {
                    throw JSONSyntaxError(position: keyPosition, problem: "the name \(quoted(key)) is given twice")
                }
                skipSpace()
                guard peek() == UInt8(ascii: ":") else { throw unexpected("':'") }
                position += 1
                members.append(JSONObject.Member(key, try parseValue()))
            } while try continues(until: UInt8(ascii: "}"))
        }
        depth -= 1
        let object = JSONObject(distinct: Array(members[start...]))
        members.removeSubrange(start...)
        return object
    }

    /// Whether no member of the object that begins at `start` has this name. A scan while there are few, a set from
    /// then on: a hostile document must not cost quadratic time.
    private func isNew(_ key: String, since start: Int, _ names: inout Set<NameBytes>?) -> Bool {
        if names != nil { return names?.insert(NameBytes(text: key)).inserted ?? false }
        let seen = members[start...]
        if seen.count < 16 { return !seen.contains { sameBytes($0.key, key) } }
        var set = Set(seen.lazy.map { NameBytes(text: $0.key) })
        let inserted = set.insert(NameBytes(text: key)).inserted
        names = set
        return inserted
    }

    private mutating func parseArray() throws(JSONSyntaxError) -> [JSONValue] {
        try enter()
        let start = elements.count
        if try !leaveIfEmpty(UInt8(ascii: "]")) {
            repeat {
                let value = try parseValue()
                elements.append(value)
            } while try continues(until: UInt8(ascii: "]"))
        }
        depth -= 1
        let array = Array(elements[start...])
        elements.removeSubrange(start...)
        return array
    }

    private mutating func enter() throws(JSONSyntaxError) {
        guard depth < depthLimit else { throw error("more than \(depthLimit) levels of arrays and objects") }
        depth += 1
        position += 1
    }

    private mutating func leaveIfEmpty(_ end: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        guard peek() == end else { return false }
        position += 1
        return true
    }

    /// After an element: true past a comma, false past the end of the container.
    private mutating func continues(until end: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        switch peek() {
        case UInt8(ascii: ","):
            position += 1
            return true
        case end:
            position += 1
            return false
        default:
            throw unexpected("',' or '\(Character(Unicode.Scalar(end)))'")
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            (0..<length).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw unexpected("a value") }
        position += length
        return value
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// The next byte, nil at the end.
    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ problem: String) -> JSONSyntaxError { JSONSyntaxError(position: position, problem: problem) }

    private func unexpected(_ expected: String) -> JSONSyntaxError {
        guard let byte = peek() else { return error("expected \(expected), found the end of the document") }
        let found = 0x21...0x7E ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(hex(byte))"
        return error("expected \(expected), found \(found)")
    }
}

// MARK: Strings

extension JSONParser {
    /// Parses from the opening quote to past the closing one.
    private mutating func parseString() throws(JSONSyntaxError) -> String {
        let start = position + 1
        var end = start
        var all: UInt8 = 0
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                position = end + 1
                return try makeString(UnsafeBufferPointer(rebasing: bytes[start..<end]), at: start, ascii: all < 0x80)
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start, firstEscape: end) }
            if byte < 0x20 { break }
            all |= byte
            end += 1
        }
        position = end
        throw unterminated()
    }

    private mutating func parseEscapedString(from start: Int, firstEscape: Int) throws(JSONSyntaxError) -> String {
        var text = Array(bytes[start..<firstEscape])
        position = firstEscape
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try text.withUnsafeBufferPointer { (buffer) throws(JSONSyntaxError) in
                    try makeString(buffer, at: start, ascii: false)
                }
            case UInt8(ascii: "\\"):
                try parseEscape(into: &text)
            case 0..<0x20:
                throw unterminated()
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unterminated()
    }

    private func makeString(
        _ text: UnsafeBufferPointer<UInt8>, at start: Int, ascii: Bool
    ) throws(JSONSyntaxError) -> String {
        if ascii { return String(decoding: text, as: UTF8.self) }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw JSONSyntaxError(position: start, problem: "this string is not UTF-8")
        }
        return string
    }

    private func unterminated() -> JSONSyntaxError {
        guard let byte = peek() else { return error("the document ends inside a string") }
        return error("control character 0x\(hex(byte)) in a string")
    }

    /// From a backslash to past its escape.
    private mutating func parseEscape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        position += 1
        let letter = peek()
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter ?? 0)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try parseUnicodeEscape().utf8Bytes)
        default:
            position -= 1
            throw unexpected("one of \"\\/bfnrtu after a backslash")
        }
    }

    /// Four hexadecimal digits, or a pair of surrogates with `\u` between, as one character.
    private mutating func parseUnicodeEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = position - 2
        let lone = JSONSyntaxError(position: start, problem: "half of a surrogate pair")
        let first = try parseHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, peek() == UInt8(ascii: "\\") else { throw lone }
        position += 1
        guard peek() == UInt8(ascii: "u") else { throw lone }
        position += 1
        let second = try parseHexDigits()
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw lone }
        return scalar
    }

    private mutating func parseHexDigits() throws(JSONSyntaxError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap(hexDigit) else { throw unexpected("four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}

// MARK: Numbers

extension JSONParser {
    private mutating func parseNumber() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        let negative = peek() == UInt8(ascii: "-")
        if negative { position += 1 }
        let magnitude = try parseDigits(leadingZero: false)
        var whole = true
        if peek() == UInt8(ascii: ".") {
            whole = false
            position += 1
            _ = try parseDigits(leadingZero: true)
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            whole = false
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            _ = try parseDigits(leadingZero: true)
        }
        if whole, let magnitude {
            if !negative { return Int64(exactly: magnitude).map { .integer($0) } ?? .unsigned(magnitude) }
            if magnitude <= Int64.min.magnitude { return .integer(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            throw JSONSyntaxError(position: start, problem: "the number is out of range")
        }
        return .double(number)
    }

    /// One digit or more as a number, nil if it does not fit. A leading zero must be alone.
    private mutating func parseDigits(leadingZero: Bool) throws(JSONSyntaxError) -> UInt64? {
        let start = position
        var value: UInt64? = 0
        while let byte = peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            if let number = value {
                let (product, overflow) = number.multipliedReportingOverflow(by: 10)
                let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                value = overflow || carry ? nil : sum
            }
            position += 1
        }
        guard position > start else { throw unexpected("a digit") }
        guard leadingZero || position == start + 1 || bytes[start] != UInt8(ascii: "0") else {
            throw JSONSyntaxError(position: start, problem: "a number must not begin with 0")
        }
        return value
    }
}
