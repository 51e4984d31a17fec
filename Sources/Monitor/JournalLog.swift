internal import LinuxKernel
internal import MonitorProtocol

/// A container's output as entries of the host's journal, with the fields of Docker's `journald` driver.
///
/// Each record is a datagram to journald's socket, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). A journal that
/// takes nothing for a second costs what comes until it takes something again, and the first entry then is preceded by one that
/// says how much is missing: no container waits for ever.
final class JournalLog: ContainerLog {
    private let path: String
    /// The fields that all entries have, as they are sent.
    private let fields: [UInt8]
    private let note: (String) -> Void

    private final class Connection {
        let socket: UnixSocket
        init(_ socket: consuming UnixSocket) { self.socket = socket }
    }

    private var connection: Connection?
    private var buffer = PageBuffer()
    /// Bytes of output that could not be sent, and why.
    private var lostOutput: UInt64 = 0
    private var reason: Errno?

    /// How long a journal that is behind is waited for.
    private static let patience: Duration = .seconds(1)

    init(_ options: JournalOptions, note: @escaping (String) -> Void) {
        path = options.socket
        fields = options.fields.flatMap { Self.field($0.name, Array($0.value.utf8)) }
        self.note = note
    }

    /// Connects, so that a host without a journal is found before the start. Otherwise the first entry does.
    ///
    /// - Throws: As connect(2).
    func open() throws(SyscallError) { _ = try connected() }

    func append(_ text: UnsafeRawBufferPointer, _ stream: LogStream, time: UnsafeRawBufferPointer) {
        do throws(SyscallError) {
            try reportLoss(time)
            let hasEnd = text.last == UInt8(ascii: "\n")
            let message = UnsafeRawBufferPointer(rebasing: hasEnd ? text.dropLast() : text[...])
            try send(
                message, priority: stream == .standardOutput ? 6 : 3, time,
                isPart: !hasEnd && text.count == ContainerOutput.longestRecord)
        } catch {
            if reason == nil { note("journal \(path): \(error); output is lost until it works again") }
            reason = error.code
            lostOutput += UInt64(text.count)
        }
    }

    func flush() {}

    func flushAndRelease() { buffer.release() }

    private func reportLoss(_ time: UnsafeRawBufferPointer) throws(SyscallError) {
        guard lostOutput > 0, let reason else { return }
        let text = Array("[brig] \(lostOutput) bytes of output are missing here: \(reason)".utf8)
        var failure: SyscallError?
        text.withUnsafeBytes { bytes in
            do throws(SyscallError) { try send(bytes, priority: 3, time, isPart: false) } catch { failure = error }
        }
        if let failure { throw failure }
        lostOutput = 0
        self.reason = nil
    }

    /// Sends one entry.
    private func send(
        _ message: UnsafeRawBufferPointer, priority: Int, _ time: UnsafeRawBufferPointer, isPart: Bool
    ) throws(SyscallError) {
        // Beside the message and the fields: a few names, a number, a time.
        try buffer.reserve(fields.count + message.count + time.count + 256)
        var used = 0
        func put(_ bytes: UnsafeRawBufferPointer) {
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[used..<used + bytes.count]).copyMemory(from: bytes)
            used += bytes.count
        }
        func put(_ text: StaticString) {
            put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        fields.withUnsafeBytes { put($0) }
        put(priority == 6 ? "PRIORITY=6\nSYSLOG_TIMESTAMP=" : "PRIORITY=3\nSYSLOG_TIMESTAMP=")
        put(time)
        put(isPart ? "\nCONTAINER_PARTIAL_MESSAGE=true\nMESSAGE\n" : "\nMESSAGE\n")
        // With its length before it, a message may hold any bytes.
        withUnsafeBytes(of: UInt64(message.count).littleEndian) { put($0) }
        put(message)
        put("\n")
        try sendWhole(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer.bytes)[..<used]))
    }

    private func sendWhole(_ datagram: UnsafeRawBufferPointer) throws(SyscallError) {
        // The first try may find a journal that was started anew.
        for attempt in 0..<2 {
            let connection = try connected()
            do throws(SyscallError) {
                _ = try connection.socket.send(datagram)
                return
            } catch {
                if error.code == .again {
                    // One that has let it wait already is not waited for again.
                    guard lostOutput == 0, try waitForRoom(connection) else { throw error }
                    continue
                }
                self.connection = nil
                guard attempt == 0, [.connectionRefused, .noSuchFile].contains(error.code) else {
                    throw error
                }
            }
        }
        throw SyscallError(call: "send", subject: path, code: .again)
    }

    private func waitForRoom(_ connection: Connection) throws(SyscallError) -> Bool {
        try !connection.socket.descriptor.wait(for: .writable, timeout: Self.patience).isEmpty
    }

    private func connected() throws(SyscallError) -> Connection {
        if let connection { return connection }
        let made = Connection(try UnixSocket.connect(to: path, kind: .datagram, nonBlocking: true))
        connection = made
        return made
    }

    /// A field as it is sent: `NAME=VALUE`, or where the value has line feeds, with its length before it.
    private static func field(_ name: String, _ value: [UInt8]) -> [UInt8] {
        guard value.contains(UInt8(ascii: "\n")) else { return Array("\(name)=".utf8) + value + [UInt8(ascii: "\n")] }
        let length = withUnsafeBytes(of: UInt64(value.count).littleEndian) { Array($0) }
        return Array("\(name)\n".utf8) + length + value + [UInt8(ascii: "\n")]
    }
}
