public import LinuxKernel

/// What a monitor tells its clients.
public enum MonitorMessage: Equatable, Sendable {
    /// Bytes of standard output, or of the terminal.
    case standardOutput([UInt8])
    /// Bytes of standard error.
    case standardError([UInt8])
    /// The container's program runs; `pid` is the host's number of its first process.
    case started(pid: Int32)
    /// It could not be started.
    case failed(StartFailure)
    /// It has ended; nothing follows.
    case exited(ExitRecord)
    /// So many bytes of output are missing here, because this client took none for too long.
    case dropped(bytes: UInt64)
    /// What this client asked for was tried: 0 if the process runs, else what `exec` exits with.
    case executed(code: Int32)

    /// Reads a frame that came from a monitor.
    ///
    /// - Throws: `FrameError.badPayload`, or `wrongSender` for a client's frame.
    public init(_ frame: Frame) throws(FrameError) {
        do {
            switch frame.kind {
            case .standardOutput: self = .standardOutput(frame.payload)
            case .standardError: self = .standardError(frame.payload)
            case .started: self = .started(pid: try FlatObject(json: frame.payload).integer("pid"))
            case .failed: self = .failed(try StartFailure(json: frame.payload))
            case .exited: self = .exited(try ExitRecord(json: frame.payload))
            case .dropped: self = .dropped(bytes: try FlatObject(json: frame.payload).integer("droppedBytes"))
            case .executed: self = .executed(code: try FlatObject(json: frame.payload).integer("code"))
            case .input, .endOfInput, .resize, .claim, .cleaned, .execute: throw FrameError.wrongSender(frame.kind)
            }
        } catch let error as FrameError {
            throw error
        } catch {
            throw .badPayload(frame.kind)
        }
    }

    /// Header and payload, as they go over the wire. Output beyond `Frame.maximumPayload` becomes several frames.
    public var encoded: [UInt8] {
        switch self {
        case .standardOutput(let bytes): encodeSplit(.standardOutput, bytes)
        case .standardError(let bytes): encodeSplit(.standardError, bytes)
        case .started(let pid): Frame.encode(.started, Array("{\"pid\":\(pid)}".utf8))
        case .failed(let failure): Frame.encode(.failed, failure.json)
        case .exited(let record): Frame.encode(.exited, record.json)
        case .dropped(let bytes): Frame.encode(.dropped, Array("{\"droppedBytes\":\(bytes)}".utf8))
        case .executed(let code): Frame.encode(.executed, Array("{\"code\":\(code)}".utf8))
        }
    }
}

/// What a client tells a monitor.
public enum ClientMessage: Equatable, Sendable {
    /// Bytes for the container's standard input.
    case input([UInt8])
    /// No more input from this client.
    case endOfInput
    /// The client's terminal has this size now.
    case resize(WindowSize)
    /// This client cleans up after the container in the monitor's place, and wants to be told of the end only.
    case claim
    /// It has cleaned up.
    case cleaned
    /// Start the process that `exec-ID.json` in the run directory describes, and wait for it in the client's place. From
    /// then on this client is sent no output.
    case execute(ExecName)

    /// Reads a frame that came from a client.
    ///
    /// - Throws: `FrameError.wrongSender` for a monitor's frame.
    public init(_ frame: Frame) throws(FrameError) {
        switch frame.kind {
        case .input: self = .input(frame.payload)
        case .endOfInput: self = .endOfInput
        case .claim: self = .claim
        case .cleaned: self = .cleaned
        case .resize:
            self = .resize(WindowSize(wire: frame.payload.reduce(0) { $0 << 8 | UInt32($1) }))
        case .execute:
            guard let name = ExecName(frame.payload) else { throw .badPayload(.execute) }
            self = .execute(name)
        case .standardOutput, .standardError, .started, .failed, .exited, .dropped, .executed:
            throw .wrongSender(frame.kind)
        }
    }

    /// Header and payload, as they go over the wire. Input beyond `Frame.maximumPayload` becomes several frames.
    public var encoded: [UInt8] {
        switch self {
        case .input(let bytes): encodeSplit(.input, bytes)
        case .endOfInput: Frame.encode(.endOfInput, [])
        case .claim: Frame.encode(.claim, [])
        case .cleaned: Frame.encode(.cleaned, [])
        case .execute(let name): Frame.encode(.execute, Array(name.text.utf8))
        case .resize(let size):
            Frame.encode(.resize, [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size.wire >> $0) })
        }
    }
}

private func encodeSplit(_ kind: FrameKind, _ bytes: [UInt8]) -> [UInt8] {
    if bytes.count <= Frame.maximumPayload { return Frame.encode(kind, bytes) }
    return stride(from: 0, to: bytes.count, by: Frame.maximumPayload).flatMap {
        Frame.encode(kind, Array(bytes[$0..<min($0 + Frame.maximumPayload, bytes.count)]))
    }
}

extension WindowSize {
    /// The payload of a `resize` frame as one number: rows, then columns.
    package var wire: UInt32 { UInt32(rows) << 16 | UInt32(columns) }

    /// Takes a `resize` frame's payload, read as one big-endian number.
    package init(wire: UInt32) {
        self.init(rows: UInt16(truncatingIfNeeded: wire >> 16), columns: UInt16(truncatingIfNeeded: wire))
    }
}
