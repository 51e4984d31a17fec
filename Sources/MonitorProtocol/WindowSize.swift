/// How large a terminal is, in characters.
public struct WindowSize: Hashable, Sendable {
    public let rows: UInt16
    public let columns: UInt16

    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    /// The payload of a `resize` frame: rows, then columns, big-endian.
    package var wire: UInt32 { UInt32(rows) << 16 | UInt32(columns) }

    /// Takes a `resize` frame's payload, read as one big-endian number.
    package init(wire: UInt32) {
        self.init(rows: UInt16(truncatingIfNeeded: wire >> 16), columns: UInt16(truncatingIfNeeded: wire))
    }
}
