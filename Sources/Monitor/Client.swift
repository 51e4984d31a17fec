internal import LinuxKernel
internal import MonitorProtocol

/// One attached client: what it has not taken yet, and what it sent that the container has not taken.
final class Client {
    let socket: UnixSocket
    /// How the event loop knows it. Never used again for another.
    let token: UInt64
    /// How long the container waits while this client takes nothing, in milliseconds.
    let patience: Int64

    /// What the event loop watches; `nil` for nothing at all.
    var watched: PollEvents?
    /// The other end is closed: there may still be input of it, and nobody reads what is sent.
    var isGone = false
    /// It sends no more.
    var hasEndedInput = false

    /// It cleans up after the container, and has not said yet that it has.
    var cleansUp = false
    /// It wants to be told of the container's end only.
    var isSilent = false

    var scanner = FrameScanner(from: .client)
    /// The payload of a `resize` frame as far as it has come.
    var collected: UInt32 = 0
    /// The payload of an `execute` frame as far as it has come.
    var collectedName: [UInt8] = []
    /// Bytes received that could not be used yet, as the container takes no input.
    var unused = ByteQueue()

    private var pending = ByteQueue()
    /// Output is thrown away until `pending` is taken.
    private(set) var isLossy = false
    private var dropped: UInt64 = 0
    /// When this client last took something, on the monotonic clock, and what was outstanding then.
    private var progress: (time: Int64, outstanding: Int) = (0, 0)

    /// As much as the rest of a container's output may take after its end, in bytes.
    static let largestRest = 1 << 20

    init(_ socket: consuming UnixSocket, token: UInt64, patience: Int64) {
        self.socket = socket
        self.token = token
        self.patience = patience
    }

    /// Whether something waits to be sent.
    var isBehind: Bool { !pending.isEmpty }
    /// Whether the container's output should wait for this client.
    var holdsOutput: Bool { isBehind && !isLossy }

    /// Sends output, or counts it as dropped.
    ///
    /// - Throws: If the other end is closed.
    func sendOutput(_ kind: FrameKind, _ bytes: UnsafeRawBufferPointer) throws(SyscallError) {
        if isLossy || pending.count > Self.largestRest {
            isLossy = true
            dropped += UInt64(bytes.count)
            return
        }
        try send(FrameHeader(kind: kind, length: bytes.count), bytes)
    }

    /// Sends a message after all output, whatever is pending.
    ///
    /// - Throws: If the other end is closed, or `ENOMEM`.
    func send(_ message: MonitorMessage) throws(SyscallError) {
        if dropped > 0, message.isLast { try reportDropped() }
        let bytes = message.encoded
        var failure: SyscallError?
        bytes.withUnsafeBytes { bytes in
            do throws(SyscallError) {
                try sendRaw(bytes, UnsafeRawBufferPointer(start: nil, count: 0))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func send(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws(SyscallError) {
        var wire = header.wire.littleEndian
        try withUnsafeBytes(of: &wire) { (header) throws(SyscallError) in try sendRaw(header, payload) }
    }

    private func sendRaw(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) throws(SyscallError) {
        var sent = 0
        if pending.isEmpty {
            sent = try socket.send(first, second) ?? 0
            guard sent < first.count + second.count else { return }
            progress = (MonotonicClock.milliseconds, try socket.unsentBytes())
        }
        try pending.append(UnsafeRawBufferPointer(rebasing: first[min(sent, first.count)...]))
        try pending.append(UnsafeRawBufferPointer(rebasing: second[max(0, sent - first.count)...]))
    }

    /// Sends what waits, as far as the socket takes it.
    ///
    /// - Throws: If the other end is closed.
    func sendPending() throws(SyscallError) {
        while isBehind {
            let waiting = pending.bytes
            guard let sent = try socket.send(waiting, UnsafeRawBufferPointer(start: nil, count: 0)) else { return }
            pending.dropFirst(sent)
            progress = (MonotonicClock.milliseconds, try socket.unsentBytes())
        }
        if isLossy {
            isLossy = false
            if dropped > 0 { try reportDropped() }
        }
    }

    private func reportDropped() throws(SyscallError) {
        let count = dropped
        dropped = 0
        try send(.dropped(bytes: count))
    }

    /// Whether this client, which is behind, has taken nothing for longer than its patience.
    func isStuck(now: Int64) throws(SyscallError) -> Bool {
        let outstanding = try socket.unsentBytes()
        if outstanding != progress.outstanding { progress = (now, outstanding) }
        return now - progress.time >= patience
    }

    /// Takes no more input, and reads what has come, as closing a socket with unread bytes in it is an error to the peer.
    func finishReceiving() {
        hasEndedInput = true
        unused.dropFirst(unused.count)
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { room in
            for _ in 0..<256 {
                // A failing read leaves bytes there, which the peer may notice.
                guard let count = try? socket.receive(into: room), count > 0 else { return }
            }
        }
    }

    /// Begins to wait anew, whatever was waited before.
    func restartPatience() { progress.time = MonotonicClock.milliseconds }

    /// Throws output away from now on, until what waits is taken.
    func giveUpWaiting() { isLossy = true }
}

extension MonitorMessage {
    /// Nothing follows it.
    fileprivate var isLast: Bool {
        switch self {
        case .exited, .failed: true
        case .standardOutput, .standardError, .started, .dropped, .executed: false
        }
    }
}
