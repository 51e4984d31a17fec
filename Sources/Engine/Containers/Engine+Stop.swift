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
        guard try send(signal, to: process) else {
            throw EngineError(.conflict, "container \(record.name) is not running")
        }
        return ContainerIdentity(id: record.id, name: record.name)
    }

    /// Ends a container: its stop signal, and if it still runs after the time it has, KILL.
    ///
    /// - Parameter seconds: How long it has; below zero for ever; `nil` is what the container says, or 10.
    /// - Throws: `EngineError`. A container that does not run is no error.
    @discardableResult
    public func stop(_ reference: String, seconds: Int? = nil) throws(EngineError) -> ContainerIdentity {
        let record = try store.container(reference)
        let configuration = try store.configurations(of: record.id).container
        let signal = try Self.signal(configuration.stopSignal ?? "TERM")
        let patience = seconds ?? configuration.stopTimeout ?? 10
        try end(record, signal, patience: patience < 0 ? nil : .seconds(patience))
        return ContainerIdentity(id: record.id, name: record.name)
    }

    static func signal(_ text: String) throws(EngineError) -> Signal {
        do { return try Signal(parsing: text) } catch { throw EngineError(.invalidInput, "\(error)") }
    }

    /// Signals a container, kills it if that does not end it, and waits until it is cleaned up after.
    func end(_ record: ContainerRecord, _ signal: Signal, patience: Duration?) throws(EngineError) {
        guard case .running(let process) = try observe(record) else { return try settle(record) }
        do {
            if let process, let handle = try ProcessHandle(of: process) {
                try handle.send(signal)
                if try !handle.waitForEnd(timeout: patience) {
                    try handle.send(.kill)
                    guard try handle.waitForEnd(timeout: .seconds(30)) else {
                        throw EngineError(.fault, "container \(record.name) could not be killed")
                    }
                }
            }
        } catch {
            throw .wrapping(error, while: "stop container \(record.name)")
        }
        try settle(record)
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
                if let left = try store.container(record.id) { try cleanUpLocked(left) }
            }
        } catch  where error.kind == .notFound {
            // The clean-up has removed it.
        }
    }

    /// - Returns: Whether the process was still there.
    private func send(_ signal: Signal, to process: ProcessIdentity) throws(EngineError) -> Bool {
        do {
            guard let handle = try ProcessHandle(of: process) else { return false }
            return try handle.send(signal)
        } catch {
            throw .wrapping(error, while: "send \(signal) to process \(process.pid)")
        }
    }
}
