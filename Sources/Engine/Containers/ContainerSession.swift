public import LinuxKernel
internal import MonitorProtocol

/// The engine's end of the conversation with a monitor that it has just started.
public final class ContainerSession {
    public let id: Identifier
    /// Speaks the attach protocol (docs/protocols/attach.md).
    public let socket: UnixSocket
    /// A child of this process. When it ends, the container has been cleaned up.
    public let monitor: ChildProcess
    /// The container's first process; `nil` if it was gone before it could be looked at.
    public internal(set) var process: ProcessIdentity?

    init(id: Identifier, socket: consuming UnixSocket, monitor: consuming ChildProcess) {
        self.id = id
        self.socket = socket
        self.monitor = monitor
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

    /// Waits until the monitor has ended, and with it the clean-up after the container.
    ///
    /// - Throws: `EngineError` if it does not end in time.
    public func waitForMonitor(timeout: Duration = .seconds(30)) throws(EngineError) {
        do {
            if try monitor.wait(timeout: timeout) != nil { return }
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
