/// Bytes from the kernel that do not have netlink's form.
struct MalformedMessage: Error, Equatable {
    let what: StaticString

    static func == (left: MalformedMessage, right: MalformedMessage) -> Bool { "\(left.what)" == "\(right.what)" }
}

/// A message as it came, its length checked.
struct ReceivedMessage {
    let type: UInt16
    let flags: MessageFlags
    let sequence: UInt32
    /// What follows the header.
    let payload: ArraySlice<UInt8>

    /// Takes one datagram apart.
    static func list(_ bytes: ArraySlice<UInt8>) throws(MalformedMessage) -> [ReceivedMessage] {
        var result: [ReceivedMessage] = []
        var rest = bytes
        while !rest.isEmpty {
            var header = FieldReader(rest)
            let length = try Int(header.next(UInt32.self))
            guard length >= 16, length <= rest.count else { throw MalformedMessage(what: "message length") }
            let type = try header.next(UInt16.self)
            let flags = MessageFlags(rawValue: try header.next())
            let sequence = try header.next(UInt32.self)
            let end = rest.startIndex + length
            result.append(
                ReceivedMessage(
                    type: type, flags: flags, sequence: sequence, payload: rest[(rest.startIndex + 16)..<end]))
            rest = rest[min(rest.endIndex, rest.startIndex + aligned(length))...]
        }
        return result
    }
}

/// Reads numbers one after another, each checked against the end.
struct FieldReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(MalformedMessage) -> Value {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { throw MalformedMessage(what: "field beyond the end") }
        let value = rest.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
        rest = rest.dropFirst(size)
        return value
    }

    mutating func skip(_ count: Int) throws(MalformedMessage) {
        guard rest.count >= count else { throw MalformedMessage(what: "field beyond the end") }
        rest = rest.dropFirst(count)
    }
}

/// One attribute, its length checked.
struct Attribute {
    /// Without the bits that say that it is nested or in network order.
    let type: UInt16
    let value: ArraySlice<UInt8>

    /// Takes a run of attributes apart.
    static func list(_ bytes: ArraySlice<UInt8>) throws(MalformedMessage) -> [Attribute] {
        var result: [Attribute] = []
        var rest = bytes
        while rest.count >= 4 {
            var header = FieldReader(rest)
            let length = Int(try header.next(UInt16.self))
            let type = try header.next(UInt16.self) & 0x3fff
            guard length >= 4, length <= rest.count else { throw MalformedMessage(what: "attribute length") }
            let end = rest.startIndex + length
            result.append(Attribute(type: type, value: rest[(rest.startIndex + 4)..<end]))
            rest = rest[min(rest.endIndex, rest.startIndex + aligned(length))...]
        }
        return result
    }

    /// The value as a number of exactly this size.
    func number<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(MalformedMessage) -> Value {
        guard value.count == MemoryLayout<Value>.size else { throw MalformedMessage(what: "attribute size") }
        var reader = FieldReader(value)
        return try reader.next()
    }

    /// The value up to its first zero.
    var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }

    /// The attributes inside.
    func nested() throws(MalformedMessage) -> [Attribute] { try Attribute.list(value) }
}

private func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
