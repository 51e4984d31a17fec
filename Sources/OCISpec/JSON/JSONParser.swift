/// A recursive descent over the bytes of one document. Lines and columns are counted only for an error.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    private let depthLimit: Int
    var position = 0
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
    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ problem: String) -> JSONSyntaxError { JSONSyntaxError(position: position, problem: problem) }

    func unexpected(_ expected: String) -> JSONSyntaxError {
        guard let byte = peek() else { return error("expected \(expected), found the end of the document") }
        let found = 0x21...0x7E ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(hex(byte))"
        return error("expected \(expected), found \(found)")
    }
}
