internal import LinuxKernel
internal import MonitorProtocol

extension Engine {
    /// Sends a signal to a container's first process.
    ///
    /// - Parameter signal: A name or number; `nil` is KILL.
    /// - Returns: The container's name.
    /// - Throws: `EngineError` of kind `conflict` unless it runs.
    @discardableResult
    public func kill(_ reference: String, signal text: String? = nil) throws(EngineError) -> ContainerIdentity {
        let signal = try Self.signal(text ?? "KILL")
        let record = try store.container(reference)
        guard case .running(let process?) = try observe(record) else {
            throw EngineError(.conflict, "container \(record.name) is not running")
        }
        let configuration = try store.configurations(of: record.id).container
        let stopSignal = try Self.signal(configuration.stopSignal ?? "TERM")
        let ends = signal == .kill || signal == stopSignal
        // Whoever asks it to end does not want it back, whatever its restart policy.
        if ends { try store.setWish(.stop, of: record.id) }
        // Before it is sent: what follows is remembered by other processes, and later.
        self.record("kill", record, ["signal": String(signal.rawValue)], configuration)
        do {
            guard let handle = try ProcessHandle(of: process), try handle.send(signal) else {
                throw EngineError(.conflict, "container \(record.name) is not running")
            }
            if ends, isFrozen(record) { try thaw(record) }
            // As in Docker: what is said next, such as `rm`, finds it ended.
            if signal == .kill, try handle.waitForEnd(timeout: .seconds(10)) { try awaitRecord(of: record.id) }
        } catch {
            throw .wrapping(error, while: "send \(signal) to container \(record.name)")
        }
        return ContainerIdentity(id: record.id, name: record.name)
    }

    /// Waits until the monitor has written down how a container ended: between its end and that, it counts as running.
    private func awaitRecord(of id: Identifier) throws(EngineError) {
        let end = MonotonicClock.now + .seconds(10)
        while MonotonicClock.now < end, let record = try store.container(id), case .running(nil) = try observe(record) {
            sleep(for: .milliseconds(1))
        }
    }

    /// Ends a container: its stop signal, and if it still runs after the time it has, KILL.
    ///
    /// - Parameters:
    ///   - signal: In place of the container's own stop signal.
    ///   - seconds: How long it has; below zero for ever; `nil` is what the container says, or 10.
    /// - Throws: `EngineError`. A container that does not run is no error.
    @discardableResult
    public func stop(_ reference: String, signal: String? = nil, seconds: Int? = nil) throws(EngineError)
        -> ContainerIdentity
    {
        let record = try store.container(reference)
        if try stop(record, signal: signal, seconds: seconds, wish: .stop) { self.record("stop", record) }
        return ContainerIdentity(id: record.id, name: record.name)
    }

    /// - Returns: Whether there was anything to end.
    func stop(
        _ record: ContainerRecord, signal text: String? = nil, seconds: Int?, wish: ContainerRecord.Wish
    ) throws(EngineError) -> Bool {
        let configuration = try store.configurations(of: record.id).container
        let signal = try Self.signal(text ?? configuration.stopSignal ?? "TERM")
        let patience = seconds ?? configuration.stopTimeout ?? 10
        return try end(record, signal, patience: patience < 0 ? nil : .seconds(patience), wish: wish)
    }

    static func signal(_ text: String) throws(EngineError) -> Signal {
        do { return try Signal(parsing: text) } catch { throw EngineError(.invalidInput, "\(error)") }
    }

    /// Signals a container, kills it if that does not end it, and waits until it is cleaned up after.
    ///
    /// - Parameter wish: What its restart policy is to know.
    /// - Returns: Whether it ran, or waited to be started again.
    @discardableResult
    func end(
        _ record: ContainerRecord, _ signal: Signal, patience: Duration?, wish: ContainerRecord.Wish
    ) throws(EngineError) -> Bool {
        var hasRun = false
        var isSettled = false
        try store.setWish(wish, of: record.id)
        // Its restart policy may start it in the moment before the wish is known: then it is ended once more.
        while let current = try store.container(record.id) {
            switch try observe(current) {
            case .created, .exited:
                if isSettled, current.phase != .restarting { return hasRun }
                try settle(current)
                guard let left = try store.container(record.id) else { return hasRun }
                switch try observe(left) {
                case .created, .exited: if left.phase != .restarting { return hasRun }
                case .restarting, .starting, .running: break
                }
            case .restarting:
                hasRun = true
                try withLockIfThere(on: record.id) { () throws(EngineError) in
                    guard var waiting = try store.container(record.id), waiting.phase == .restarting else { return }
                    try cancelRestart(&waiting)
                }
            case .starting:
                // Whoever starts it holds its lock.
                try withLockIfThere(on: record.id) {}
                sleep(for: .milliseconds(1))
            case .running(let process):
                hasRun = true
                // This process is there already: no program need be started to clean up.
                let session = process.flatMap { _ in claim(current) }
                if let process { try end(current, process, signal, patience) }
                if let session, (try? session.awaitEnd(timeout: .seconds(10))) == true { cleanUp(for: session) }
                try settle(current)
                isSettled = true
            }
        }
        return hasRun
    }

    /// Tells the monitor of a container that is to end that this process cleans up after it.
    ///
    /// - Returns: `nil` if it cannot be told: then it does so itself.
    private func claim(_ record: ContainerRecord) -> ContainerSession? {
        guard let monitor = record.monitor else { return nil }
        do {
            let directory = try OwnedDescriptor(open: locations.container(record.id).run, [.read, .directory])
            let session = ContainerSession(
                id: record.id, socket: try UnixSocket.connect(in: directory, name: "attach.sock"), monitor: monitor,
                process: record.process)
            try session.send(.claim)
            return session
        } catch {
            return nil
        }
    }

    private func end(
        _ record: ContainerRecord, _ process: ProcessIdentity, _ signal: Signal, _ patience: Duration?
    ) throws(EngineError) {
        do {
            guard let handle = try ProcessHandle(of: process) else { return }
            // Before it is sent: what follows is remembered by other processes, and later.
            self.record("kill", record, ["signal": String(signal.rawValue)])
            try handle.send(signal)
            if isFrozen(record) { try thaw(record) }
            if try handle.waitForEnd(timeout: patience) { return }
            if signal != .kill { self.record("kill", record, ["signal": "9"]) }
            try handle.send(.kill)
            guard try handle.waitForEnd(timeout: .seconds(30)) else {
                throw EngineError(.fault, "container \(record.name) could not be killed")
            }
        } catch {
            throw .wrapping(error, while: "stop container \(record.name)")
        }
    }

    /// As `withLock`, of a container that may be gone.
    private func withLockIfThere(on id: Identifier, _ body: () throws(EngineError) -> Void) throws(EngineError) {
        do throws(EngineError) {
            try withLock(on: id, body)
        } catch {
            guard error.kind == .notFound else { throw error }
        }
    }

    /// Waits for the monitor of a container that has ended, and cleans up in its place if it did not.
    func settle(_ record: ContainerRecord) throws(EngineError) {
        // The record may be older than the monitor.
        guard let current = try store.container(record.id) else { return }
        do {
            if let monitor = current.monitor, let handle = try ProcessHandle(of: monitor),
                try !handle.waitForEnd(timeout: .seconds(30))
            {
                throw EngineError(.fault, "the monitor of container \(record.name) does not end")
            }
        } catch {
            throw .wrapping(error, while: "wait for the monitor of container \(record.name)")
        }
        do {
            try withLock(on: record.id) { () throws(EngineError) in
                guard let left = try store.container(record.id) else { return }
                // Its restart policy may have started it in the meantime: the caller looks again.
                if case .running = try observe(left) { return }
                try cleanUpLocked(left)
            }
        } catch  where error.kind == .notFound {
            // The clean-up has removed it.
        }
    }
}
