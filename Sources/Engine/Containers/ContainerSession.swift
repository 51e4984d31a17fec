public import LinuxKernel
internal import MonitorProtocol

/// The engine's end of the conversation with a monitor.
public final class ContainerSession {
    public let id: Identifier
    /// Speaks the attach protocol (docs/protocols/attach.md).
    public let socket: UnixSocket
    /// The monitor. When it ends, the container has been cleaned up.
    public let monitorIdentity: ProcessIdentity
    /// The monitor, if it is a child of this process.
    private let child: ChildProcess?
    /// The container's first process; `nil` if it was gone before it could be looked at.
    public internal(set) var process: ProcessIdentity?
    /// The monitor counts on this process to clean up.
    var cleansUp = false

    /// For a monitor that this process has started.
    init(id: Identifier, socket: consuming UnixSocket, child: consuming ChildProcess, _ identity: ProcessIdentity) {
        self.id = id
        self.socket = socket
        self.child = .some(child)
        monitorIdentity = identity
    }

    /// For one that somebody else has started.
    init(id: Identifier, socket: consuming UnixSocket, monitor: ProcessIdentity, process: ProcessIdentity?) {
        self.id = id
        self.socket = socket
        child = nil
        monitorIdentity = monitor
        self.process = process
    }

    /// Waits until the program runs.
    ///
    /// - Throws: `EngineError` if it does not.
    func awaitStart() throws -> ProcessIdentity? {
        var decoder = FrameDecoder(from: .monitor)
        while true {
            // Byte by byte to the end of the first frame, so that what follows is left to the caller.
            let bytes = try socket.descriptor.read(upTo: 1)
            guard !bytes.isEmpty else {
                throw EngineError(.fault, "the monitor ended before the container was started")
            }
            guard let frame = try decoder.feed(bytes).first else { continue }
            switch try MonitorMessage(frame) {
            case .started(let pid): return try identity(of: pid)
            case .failed(let failure): throw EngineError(FailureKind(failure.kind), failure.message)
            default: throw EngineError(.fault, "the monitor spoke before the container was started")
            }
        }
    }

    private func identity(of pid: Int32) throws(SyscallError) -> ProcessIdentity? {
        do {
            return try ProcessIdentity(of: pid)
        } catch  where error.code == .noSuchFile || error.code == .noSuchProcess {
            return nil
        }
    }

    /// Tells the monitor something for which its socket has room in any case.
    func send(_ message: ClientMessage) throws(SyscallError) { try socket.sendAll(message.encoded) }

    /// Waits until the container has ended and the monitor has written down how. What it puts out meanwhile is thrown away.
    ///
    /// - Returns: Whether that came in time; not if the connection ended.
    func awaitEnd(timeout: Duration) throws -> Bool {
        var decoder = FrameDecoder(from: .monitor)
        let deadline = ContinuousClock.now + timeout
        while case let left = deadline - .now, left > .zero {
            guard try !socket.descriptor.wait(for: .readable, timeout: left).isEmpty else { break }
            let bytes = try socket.descriptor.read(upTo: 65_536)
            guard !bytes.isEmpty else { break }
            for frame in try decoder.feed(bytes) where frame.kind == .exited { return true }
        }
        return false
    }

    /// Waits until the monitor has ended, and with it the clean-up after the container.
    ///
    /// - Throws: `EngineError` if it does not end in time.
    public func waitForMonitor(timeout: Duration = .seconds(30)) throws(EngineError) {
        do {
            switch child {
            case .some(let child):
                if try child.wait(timeout: timeout) != nil { return }
            case .none:
                guard let handle = try ProcessHandle(of: monitorIdentity) else { return }
                if try handle.waitForEnd(timeout: timeout) { return }
            }
        } catch {
            throw .wrapping(error, while: "wait for the monitor")
        }
        throw EngineError(.fault, "the monitor of container \(id.short) does not end")
    }
}

extension FailureKind {
    init(_ kind: StartFailure.Kind) {
        self =
            switch kind {
            case .notExecutable: .notExecutable
            case .notFound: .programNotFound
            case .engine: .fault
            }
    }
}
