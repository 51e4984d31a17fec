/// How a document is laid out.
public enum JSONLayout: Equatable, Sendable {
    /// On one line without spaces.
    case compact
    /// One member or element per line, each level further in by this text.
    case indented(String)
}

extension JSONValue {
    /// The document as UTF-8, without a newline at the end.
    public func bytes(_ layout: JSONLayout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self)
        return writer.output
    }

    /// The document as text, without a newline at the end.
    public func text(_ layout: JSONLayout = .compact) -> String { String(decoding: bytes(layout), as: UTF8.self) }
}

private struct JSONWriter {
    let layout: JSONLayout
    var output: [UInt8] = []
    private var depth = 0

    init(layout: JSONLayout) { self.layout = layout }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write("null")
        case .bool(let bool): write(bool ? "true" : "false")
        case .integer(let number): write(String(number))
        case .unsigned(let number): write(String(number))
        // JSON has no infinities and no NaN.
        case .double(let number): write(number.isFinite ? number.description : "null")
        case .string(let text): writeQuoted(text)
        case .array(let elements):
            writeContainer("[", "]", elements) { writer, element in writer.write(element) }
        case .object(let object):
            writeContainer("{", "}", object.members) { writer, member in
                writer.writeQuoted(member.key)
                writer.write(writer.layout == .compact ? ":" : ": ")
                writer.write(member.value)
            }
        }
    }

    private mutating func writeContainer<Item>(
        _ start: StaticString, _ end: StaticString, _ items: [Item], _ writeItem: (inout JSONWriter, Item) -> Void
    ) {
        write(start)
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { write(",") }
            writeLineBreak()
            writeItem(&self, item)
        }
        depth -= 1
        if !items.isEmpty { writeLineBreak() }
        write(end)
    }

    private mutating func writeLineBreak() {
        guard case .indented(let indentation) = layout else { return }
        output.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { output.append(contentsOf: indentation.utf8) }
    }

    private mutating func write(_ text: StaticString) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func writeQuoted(_ text: String) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var written = 0
            for (position, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x7F || byte == 0x22 || byte == 0x5C
            {
                output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[written..<position]))
                writeEscape(byte)
                written = position + 1
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[written...]))
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write("\\\"")
        case UInt8(ascii: "\\"): write("\\\\")
        case UInt8(ascii: "\n"): write("\\n")
        case UInt8(ascii: "\r"): write("\\r")
        case UInt8(ascii: "\t"): write("\\t")
        default: write("\\u00" + hex(byte))
        }
    }
}
