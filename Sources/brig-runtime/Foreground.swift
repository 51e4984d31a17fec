import ContainerRuntime
import LinuxKernel
import MonitorProtocol

/// How somebody at a terminal leaves the process there to itself.
final class Departure {
    let keys: KeySequence
    /// Told, once, by a byte.
    private var listener: OwnedDescriptor?

    init(keys: KeySequence, listener: consuming OwnedDescriptor) {
        self.keys = keys
        self.listener = consume listener
    }

    func tell() {
        // Nobody may be there any more.
        if let listener = listener.take() { _ = try? listener.write([UInt8(1)]) }
    }
}

/// What `run` and `exec` do beside a process until it ends: pass signals on, and serve its terminal or its pipes.
final class Foreground {
    /// Signals that a user or a service manager means for the program. Those of job control stay with this command.
    private static let forwarded: SignalSet = [
        .hangUp, .interrupt, .quit, .user1, .user2, .alarm, .terminate,
    ]

    private let signals: SignalDescriptor
    private let consoleSockets: UnixSocketPair?
    private var relay: ConsoleRelay?
    private var isAlone = false
    private let pipes: StreamRelay?
    private let departure: Departure?

    /// Blocks the signals that `stay` reads; the process itself starts with none blocked.
    ///
    /// - Parameter departure: For a process with a terminal, if it can be left to itself.
    init(terminal: Bool, departure: Departure? = nil) throws(SyscallError) {
        self.departure = departure
        // A broken pipe is to be an error where it happens, not the end of this command.
        let blocked = SignalSet(bits: Self.forwarded.bits | SignalSet(arrayLiteral: .windowChange, .brokenPipe).bits)
        _ = try SignalMask.block(blocked)
        signals = try SignalDescriptor(blocked)
        consoleSockets = terminal ? try UnixSocketPair(.stream) : nil
        pipes = terminal ? nil : try StreamRelay.make()
    }

    deinit { relay?.restore() }

    /// Where the process is to send the controller of its terminal; valid while this lives.
    var consoleNumber: Int32? {
        switch consoleSockets {
        case .some(let pair): pair.second.descriptor.raw
        case .none: nil
        }
    }

    /// The process's streams if it has no terminal; valid until `openConsole()`.
    var streams: StandardStreams { pipes?.streams ?? .inherited }

    /// Takes the controller of the terminal that the process has made; the process has its streams by now.
    func openConsole() throws(SyscallError) {
        pipes?.begin()
        switch consoleSockets {
        case .some(let pair):
            var message = try pair.first.receive(upTo: 4096)
            guard let controller = message.descriptors.takeFirst() else {
                throw SyscallError(call: "recvmsg", subject: "console", code: .badDescriptor)
            }
            relay = try ConsoleRelay(controller, keys: departure?.keys ?? KeySequence([]))
        case .none: return
        }
    }

    /// Stays until the process has ended.
    ///
    /// - Parameter readiness: Where the program may say that it is ready.
    func stay(
        with pid: Int32, _ pidfd: borrowing OwnedDescriptor, _ readiness: Readiness?
    ) throws -> ExitStatus {
        var isAwaited = true
        while true {
            var wanted: [(descriptor: CInt, events: PollEvents)] = [
                (pidfd.raw, .readable), (signals.descriptor.raw, .readable),
            ]
            if let relay { wanted += relay.interests }
            if let pipes { wanted += pipes.interests }
            if isAwaited, let descriptor = readiness?.descriptor { wanted.append((descriptor, .readable)) }
            let ready = try pollReady(wanted, nil)
            if ready.contains(where: { $0.index == 1 }) { try passSignals(to: pidfd) }
            if isAwaited, try readiness?.hears() == true {
                // This command stands for the container until it ends.
                try readiness?.tell(mainProcess: CallerIdentity.pid)
                isAwaited = false
            }
            if relay != nil || pipes != nil {
                let descriptors = ready.compactMap { $0.index >= 2 ? wanted[$0.index].descriptor : nil }
                relay?.transfer(descriptors)
                pipes?.transfer(descriptors)
                try leave()
            }
            if ready.contains(where: { $0.index == 0 }) {
                relay?.finish()
                try pipes?.finish(watching: signals.descriptor.raw) { try isToldToEnd() }
                return try Children.wait(for: pid)
            }
        }
    }

    /// Lets the caller go once the keys were typed, and stays beside the process, away from the caller's terminal.
    private func leave() throws(SyscallError) {
        guard let relay, relay.isLeft, !isAlone else { return }
        isAlone = true
        try relay.goOnAlone()
        // Who leads a group of processes, as nobody does whom a command has started, would stay in the session.
        try? startSession()
        departure?.tell()
    }

    /// Whether a signal has come that is to end the process, which has ended by now.
    private func isToldToEnd() throws(SyscallError) -> Bool {
        var result = false
        while let received = try signals.next() {
            if [.hangUp, .interrupt, .quit, .terminate].contains(received.signal) { result = true }
        }
        return result
    }

    private func passSignals(to process: borrowing OwnedDescriptor) throws(SyscallError) {
        while let received = try signals.next() {
            switch received.signal {
            case .windowChange: relay?.resize()
            case .brokenPipe: continue
            default:
                // It may have ended in this moment; its pidfd tells that next.
                try? send(received.signal, to: process)
            }
        }
    }
}
