/// Who sends a frame: a monitor and its clients each have kinds of their own.
public enum FrameSender: Sendable {
    case monitor, client
}

/// What a frame carries. The raw value is the first byte on the wire (docs/protocols/attach.md).
public enum FrameKind: UInt8, Sendable, CaseIterable {
    /// From a client: bytes for the container's standard input.
    case input = 0
    /// From the monitor: bytes of standard output, or of the terminal.
    case standardOutput = 1
    /// From the monitor: bytes of standard error.
    case standardError = 2
    /// From the monitor: the container's program runs. `{"pid":N}`.
    case started = 3
    /// From the monitor: it could not be started. A `StartFailure`.
    case failed = 4
    /// From the monitor: it has ended; nothing follows. An `ExitRecord`.
    case exited = 5
    /// From a client: no more input from here. Empty.
    case endOfInput = 6
    /// From a client: the terminal's new size, rows and columns, 16 bits each.
    case resize = 7
    /// From the monitor: this client was too slow, and output is missing before what follows. `{"droppedBytes":N}`.
    case dropped = 8
    /// From a client: it cleans up after the container in the monitor's place, and wants to be told of the end only. Empty.
    case claim = 9
    /// From a client that was to: it has cleaned up. Empty.
    case cleaned = 10
    /// From a client: start a further process that nobody waits for. Its identifier, 64 hexadecimal digits.
    case execute = 11
    /// From the monitor: how that went. `{"code":N}`, 0 if it runs.
    case executed = 12

    /// Who may send it.
    public var sender: FrameSender {
        switch self {
        case .input, .endOfInput, .resize, .claim, .cleaned, .execute: .client
        case .standardOutput, .standardError, .started, .failed, .exited, .dropped, .executed: .monitor
        }
    }

    /// How long its payload may be, in bytes.
    public var payloadSizes: ClosedRange<Int> {
        switch self {
        case .input, .standardOutput, .standardError: 0...Frame.maximumPayload
        case .started, .failed, .exited, .dropped, .executed: 2...Frame.maximumPayload
        case .endOfInput, .claim, .cleaned: 0...0
        case .resize: 4...4
        case .execute: 64...64
        }
    }
}

/// Why bytes are no frame of this protocol. The connection cannot go on after it.
public enum FrameError: Error, Equatable, Sendable {
    /// No kind has this first byte.
    case unknownKind(UInt8)
    /// The kind exists, but the other side sends it.
    case wrongSender(FrameKind)
    /// Bytes two to four are not zero.
    case reservedBytesUsed
    /// A payload of that many bytes is not of this kind.
    case badLength(FrameKind, UInt32)
    /// The payload is not what the kind promises.
    case badPayload(FrameKind)
}
