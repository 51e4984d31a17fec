/// Builds one netlink message: the only place that knows about lengths, alignment and padding.
///
/// A message is a header of 16 bytes, a family's fixed part and attributes; an attribute is its length and type, 16 bits
/// each, and its value; everything starts at a multiple of 4 bytes. Numbers are in the machine's order.
/// Source: netlink(7), rtnetlink(7).
struct MessageWriter {
    private(set) var bytes: [UInt8]

    /// Starts a message; its length and sequence number come with `finished(sequence:)`.
    init(_ type: MessageType, _ flags: MessageFlags) { self.init(number: type.rawValue, flags) }

    /// Starts a message of a protocol that numbers its messages itself.
    init(number type: UInt16, _ flags: MessageFlags) {
        bytes = []
        bytes.reserveCapacity(128)
        append(UInt32(0))
        append(type)
        append(flags.rawValue)
        append(UInt32(0))
        append(UInt32(0))  // The port: the kernel fills in the socket's own.
    }

    /// Adds a field of a fixed part.
    mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// Adds an attribute that holds a number.
    mutating func attribute(_ type: UInt16, _ value: some FixedWidthInteger) {
        attribute(type) { $0.append(value) }
    }

    /// Adds an attribute that holds bytes as they are.
    mutating func attribute(_ type: UInt16, bytes value: some Sequence<UInt8>) {
        attribute(type) { $0.bytes.append(contentsOf: value) }
    }

    /// Adds an attribute that holds a text, ended by a zero.
    mutating func attribute(_ type: UInt16, text: String) {
        attribute(type) {
            $0.bytes.append(contentsOf: text.utf8)
            $0.bytes.append(0)
        }
    }

    /// Adds an attribute that holds further ones.
    mutating func nested(_ type: UInt16, _ content: (inout MessageWriter) -> Void) { attribute(type, content) }

    private mutating func attribute(_ type: UInt16, _ content: (inout MessageWriter) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type)
        content(&self)
        // Values are names, addresses and numbers of our own types, far below 64 KiB.
        let length = bytes.count - start
        precondition(length <= UInt16.max, "a netlink attribute of \(length) bytes")
        put(UInt16(length), at: start)
        pad()
    }

    private mutating func pad() { while bytes.count % 4 != 0 { bytes.append(0) } }

    private mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
    }

    /// The message with its length and sequence number.
    consuming func finished(sequence: UInt32) -> [UInt8] {
        put(UInt32(bytes.count), at: 0)
        put(sequence, at: 8)
        return bytes
    }
}
