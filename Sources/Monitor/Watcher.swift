internal import LinuxKernel
internal import MonitorProtocol

/// The monitor at work: one loop that waits for the container's output, its clients and its end.
final class Watcher {
    let options: MonitorOptions
    let pid: Int32
    let started: Timestamp
    let earlierKills: UInt64
    let score: Int32?

    private let epoll: Epoll
    private let signals: SignalDescriptor
    let runDirectory: OwnedDescriptor
    let memoryEvents: OwnedDescriptor?
    var listener: UnixSocket?
    var listenerIsWatched = false

    var outputs: [ContainerOutput] = []
    var input: ContainerInput?
    /// Keeps the terminal's other side open, so that the controller does not hang up while no process has it open.
    var terminalPeer: OwnedDescriptor?
    let log: (any ContainerLog)?

    var clients: [Client] = []
    var nextToken = Token.firstClient
    /// The client with which the container's input ends, if it ends with one.
    var inputHolder: UInt64?

    var phase = Phase.running
    /// The cleanup command runs beside this process, or a client has cleaned up: nobody else needs to.
    var isCleanedUp = false
    /// Until when a client that cleans up has time, in milliseconds of the monotonic clock.
    var cleaningDeadline: Int64?
    /// When the container is asked how it is, if it is.
    var health: HealthTimer?
    /// Processes of `exec -d`, once there are some.
    var detached: DetachedProcesses?
    /// What has been noted already.
    var notes: Set<String> = []

    enum Phase: Equatable {
        /// The container runs.
        case running
        /// It has ended. Output is read until its end, or until nothing has come for some time, or until `deadline`.
        case draining(ExitStatus, finished: Timestamp, idleDeadline: Int64, deadline: Int64)
        /// All is recorded and the cleanup command runs. Clients that are behind take their rest.
        case lingering
        /// Nothing is left to do.
        case over
    }

    enum Token {
        static let signals: UInt64 = 1
        static let standardOutput: UInt64 = 2
        static let standardError: UInt64 = 3
        static let input: UInt64 = 4
        static let listener: UInt64 = 5
        static let firstClient: UInt64 = 16
    }

    /// Sent on to the container's first process, so that a shutdown of the host reaches it.
    private static let forwarded: SignalSet = [.terminate, .interrupt, .quit]

    /// Writing where nobody reads, or beyond the limit on a file's size, is an error to handle and no reason to end.
    static let ignored: [Signal] = [.brokenPipe, .fileSizeExceeded]

    /// Takes over the descriptors that the hand-over names.
    ///
    /// - Throws: If the kernel has no memory or no descriptors for the loop; then nobody watches.
    init(_ options: MonitorOptions, _ handover: Handover, log: (any ContainerLog)?) throws(SyscallError) {
        self.options = options
        self.log = log
        pid = handover.pid
        started = handover.started
        earlierKills = handover.earlierKills
        score = handover.score
        runDirectory = OwnedDescriptor(adopting: handover.runDirectory)
        listener = UnixSocket(adopting: OwnedDescriptor(adopting: handover.listener))
        memoryEvents = handover.memoryEvents.map { OwnedDescriptor(adopting: $0) }

        try SignalMask.set([.child, .terminate, .interrupt, .quit, .hangUp])
        for signal in Watcher.ignored { try signal.ignore() }
        signals = try SignalDescriptor([.child, .terminate, .interrupt, .quit])
        epoll = try Epoll()
        try epoll.add(signals.descriptor, .readable, token: Token.signals)

        if let terminal = handover.terminal {
            let controller = OwnedDescriptor(adopting: terminal)
            try controller.setNonBlocking(true)
            input = ContainerInput(try controller.duplicate(), isTerminal: true)
            terminalPeer = try controller.openTerminalPeer()
            outputs = [ContainerOutput(controller, .standardOutput, token: Token.standardOutput)]
        } else {
            input = handover.input.map { ContainerInput(OwnedDescriptor(adopting: $0), isTerminal: false) }
            if let output = handover.output {
                outputs.append(
                    ContainerOutput(OwnedDescriptor(adopting: output), .standardOutput, token: Token.standardOutput))
            }
            if let error = handover.error {
                outputs.append(
                    ContainerOutput(OwnedDescriptor(adopting: error), .standardError, token: Token.standardError))
            }
        }
        if let client = handover.client {
            let client = Client(
                UnixSocket(adopting: OwnedDescriptor(adopting: client)), token: takeToken(),
                patience: Watcher.ownClientPatience)
            if options.inputEndsWithClient { inputHolder = client.token }
            client.cleansUp = options.clientCleansUp
            clients.append(client)
        }
    }

    /// How long the container waits for a client that takes nothing, in milliseconds.
    static let patience: Int64 = 10_000
    /// As long as that for the client for which the container was started.
    static let ownClientPatience: Int64 = 600_000

    func takeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    /// Serves until the container has ended and everybody knows.
    func run() throws(SyscallError) {
        for client in clients { updateInterest(client) }
        (log as? LogFile)?.pack = { [unowned self] in packLog() }
        health = options.health.map { HealthTimer($0, now: MonotonicClock.milliseconds) }
        watchListener()
        watchOutputs()
        // Children that ended before SIGCHLD was blocked.
        reap()
        var wasBusy = true
        while phase != .over {
            let count = try epoll.wait(timeout: wasBusy ? .zero : timeout()) { token, events in
                handle(token, events)
            }
            // Only a loop that would sleep gives memory back: under a flood of output it stays.
            if count == 0, wasBusy { releaseMemory() }
            wasBusy = count > 0
            discardUnused()
            checkTimes()
            watchOutputs()
        }
    }

    private func handle(_ token: UInt64, _ events: PollEvents) {
        switch token {
        case Token.signals: handleSignals()
        case Token.standardOutput, Token.standardError:
            if let output = outputs.first(where: { $0.token == token }), output.isWatched { read(output) }
        case Token.input: continueInput()
        case Token.listener: acceptClients()
        default:
            if let client = clients.first(where: { $0.token == token }) { serve(client, events) }
        }
    }

    private func handleSignals() {
        // A failing read has no consequence: what is reaped and forwarded is asked of the kernel again next time.
        while let received = try? signals.next() {
            if received.signal == .child {
                reap()
            } else if Self.forwarded.contains(received.signal) {
                forward(received.signal)
            }
        }
    }

    private func forward(_ signal: Signal) {
        switch phase {
        case .running:
            // Not reaped yet, so the number is still its own; that it has just ended is no failure.
            try? signal.send(to: pid)
        case .draining: break
        case .lingering, .over: phase = .over
        }
    }

    /// Takes the status of each child that has ended: the container's first process, orphans of a container without a
    /// pid namespace, processes of `exec -d`, and the commands that this process starts.
    private func reap() {
        while let child = try? Children.reapAny() {
            if child.pid == pid, phase == .running { containerEnded(child.status) }
            health?.ended(child.pid, wasWell: child.status.isSuccess, now: MonotonicClock.milliseconds)
            if detached != nil { detachedEnded(child) }
        }
    }

    /// Gives back what is not needed while nothing happens.
    private func releaseMemory() {
        for output in outputs { output.releaseMemory() }
        log?.flushAndRelease()
    }

    // MARK: What is watched

    /// Watches for output, unless a client is behind for which it has to wait.
    ///
    /// An output that must wait is taken out of the loop: the kernel reports a pipe that was hung up whether it is asked
    /// for or not.
    func watchOutputs() {
        let mustWait = isHeldBack
        for output in outputs where output.isWatched == mustWait {
            // If the kernel has no memory for it, it is tried again: see `timeout`.
            if mustWait {
                if (try? epoll.remove(output.descriptor)) != nil { output.isWatched = false }
            } else if (try? epoll.add(output.descriptor, .readable, token: output.token)) != nil {
                output.isWatched = true
            }
        }
    }

    /// Whether output waits for a client.
    var isHeldBack: Bool { phase == .running && clients.contains(where: \.holdsOutput) }

    func unwatch(_ output: ContainerOutput) {
        guard output.isWatched else { return }
        try? epoll.remove(output.descriptor)  // It is closed next, which does the same.
        output.isWatched = false
    }

    func watchListener() {
        guard !listenerIsWatched else { return }
        switch listener {
        case .some(let listener):
            listenerIsWatched = (try? epoll.add(listener.descriptor, .readable, token: Token.listener)) != nil
        case .none: break
        }
    }

    func unwatchListener() {
        guard listenerIsWatched else { return }
        switch listener {
        case .some(let listener): listenerIsWatched = (try? epoll.remove(listener.descriptor)) == nil
        case .none: break
        }
    }

    /// Waits for room in the container's standard input.
    func watchInput(_ on: Bool) {
        guard let input, input.isWatched != on else { return }
        // Failing to watch would leave a client waiting for ever; it is tried again with its next bytes.
        if on {
            input.isWatched = (try? epoll.add(input.descriptor, .writable, token: Token.input)) != nil
        } else {
            input.isWatched = (try? epoll.remove(input.descriptor)) == nil
        }
    }

    /// Watches a client for what it can do next. A client that cannot be watched is closed.
    func updateInterest(_ client: Client) {
        var wanted: PollEvents = []
        if !client.hasEndedInput, client.unused.isEmpty { wanted.insert(.readable) }
        if client.isBehind { wanted.insert(.writable) }
        let target: PollEvents? = client.isGone ? nil : wanted
        guard target != client.watched else { return }
        do throws(SyscallError) {
            switch (client.watched, target) {
            case (nil, let target?): try epoll.add(client.socket.descriptor, target, token: client.token)
            case (_?, let target?): try epoll.modify(client.socket.descriptor, target, token: client.token)
            case (_?, nil): try epoll.remove(client.socket.descriptor)
            case (nil, nil): break
            }
            client.watched = target
        } catch {
            note("client: \(error)")
            remove(client)
        }
    }
}
