public import LinuxKernel
internal import MonitorProtocol

extension Engine {
    /// Starts a container in the background.
    ///
    /// - Returns: Whose it is. One that runs already is no error.
    /// - Throws: `EngineError`, as `start(_:attached:)`; `conflict` if it is paused.
    @discardableResult
    public func startInBackground(_ reference: String) throws(EngineError) -> ContainerIdentity {
        let record = try store.container(reference)
        let identity = ContainerIdentity(id: record.id, name: record.name)
        if isFrozen(record), try observe(record).isActive {
            throw EngineError(.conflict, "cannot start a paused container, try unpause instead")
        }
        if try observe(record).isActive { return identity }
        do throws(EngineError) {
            _ = try start(record.id, attached: false)
        } catch {
            // Somebody else may have been faster, and that is what was asked for.
            guard error.kind == .conflict, let now = try store.container(record.id), try observe(now).isActive else {
                throw error
            }
        }
        return identity
    }

    /// Ends a container, if it runs, and starts it again.
    ///
    /// - Parameters:
    ///   - signal: In place of the container's own stop signal.
    ///   - seconds: How long it has to end; below zero for ever; `nil` is what the container says, or 10.
    /// - Throws: `EngineError`.
    @discardableResult
    public func restart(
        _ reference: String, signal: String? = nil, seconds: Int? = nil
    ) throws(EngineError) -> ContainerIdentity {
        let record = try store.container(reference)
        if try stop(record, signal: signal, seconds: seconds, wish: .restart) { self.record("stop", record) }
        _ = try start(record.id, attached: false)
        self.record("restart", record)
        return ContainerIdentity(id: record.id, name: record.name)
    }

    /// Waits until a container has ended for good: one that its policy starts again goes on.
    ///
    /// - Returns: Its exit code; 0 for one that was never started.
    /// - Throws: `EngineError`.
    public func wait(for reference: String) throws(EngineError) -> Int32 {
        let first = try store.container(reference)
        while let record = try store.container(first.id) {
            switch try observe(record) {
            case .created: return record.exitCode
            case .exited(let ending):
                guard record.phase == .running || record.phase == .starting else { return ending.exitCode }
                try settle(record)
            case .starting: sleep(for: .milliseconds(2))
            case .running(let process):
                try waitForEnd(of: process, "container \(record.name)")
                try settle(record)
            case .restarting: try waitForEnd(of: record.monitor, "the restart of container \(record.name)")
            }
        }
        guard let code = lastExitCode(of: first.id) else { throw .noSuchContainer(first.id.short) }
        return code
    }

    private func waitForEnd(of process: ProcessIdentity?, _ what: String) throws(EngineError) {
        do {
            if let process, let handle = try ProcessHandle(of: process) { _ = try handle.waitForEnd(timeout: nil) }
        } catch {
            throw .wrapping(error, while: "wait for \(what)")
        }
    }

    /// Gives a container another name.
    ///
    /// - Throws: `EngineError` of kind `conflict` if another container has it.
    public func rename(_ reference: String, to name: String) throws(EngineError) {
        let name = try ContainerName(name)
        var record = try store.container(reference)
        guard record.name != name else {
            throw EngineError(.invalidInput, "renaming a container with the same name as its current name")
        }
        let old = record.name
        try store.rename(record.id, to: name)
        record.name = name
        self.record("rename", record, ["oldName": "/\(old)"])
    }

    /// Connects to a container that runs.
    ///
    /// - Throws: `EngineError` of kind `conflict` if it does not.
    public func attach(_ reference: String) throws(EngineError) -> ContainerSession {
        let record = try store.container(reference)
        func refuse(_ what: String) -> EngineError {
            EngineError(.conflict, "you cannot attach to a \(what)")
        }
        switch try observe(record) {
        case .created, .exited: throw refuse("stopped container, start it first")
        case .restarting: throw refuse("restarting container, wait until it is running")
        case .starting, .running: break
        }
        if isFrozen(record) { throw refuse("paused container, unpause it first") }
        guard let monitor = record.monitor else {
            throw EngineError(.conflict, "container \(record.name) has no monitor to attach to")
        }
        do {
            let directory = try OwnedDescriptor(open: locations.container(record.id).run, [.read, .directory])
            let session = ContainerSession(
                id: record.id, socket: try UnixSocket.connect(in: directory, name: "attach.sock"), monitor: monitor,
                process: record.process)
            self.record("attach", record)
            return session
        } catch {
            throw .wrapping(error, while: "attach to container \(record.name)")
        }
    }

    /// How a container takes part in what its user types.
    public func streams(of reference: String) throws(EngineError) -> (openStdin: Bool, tty: Bool, isActive: Bool) {
        let record = try store.container(reference)
        let configuration = try store.configurations(of: record.id).container
        return (configuration.openStdin, configuration.tty, try observe(record).isActive)
    }
}

/// What a clean-up took away.
public struct ContainerPruneReport: Equatable, Sendable {
    /// Identifiers.
    public var deleted: [String] = []
    /// Bytes of their writable layers and logs.
    public var spaceReclaimed: Int64 = 0
}

/// Which stopped containers are wanted.
public struct ContainerPruneFilter: Equatable, Sendable {
    /// Made before this time.
    public var until: Timestamp?
    /// `KEY` or `KEY=VALUE`: those that have all, and none of the others.
    public var labels: [String] = []
    public var absentLabels: [String] = []

    public init() {}

    func admits(_ record: ContainerRecord, _ own: [String: String]) -> Bool {
        func has(_ text: String) -> Bool {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let value = own[parts[0]] else { return false }
            return parts.count == 1 || value == parts[1]
        }
        if let until, record.created >= until { return false }
        return labels.allSatisfy(has) && !absentLabels.contains(where: has)
    }
}

extension Engine {
    /// Removes all containers that do not run.
    public func pruneContainers(
        _ filter: ContainerPruneFilter = ContainerPruneFilter()
    ) throws(EngineError) -> ContainerPruneReport {
        var report = ContainerPruneReport()
        let labels = try store.labels()
        for record in try store.containers() where filter.admits(record, labels[record.id] ?? [:]) {
            switch try observe(record) {
            case .starting, .running, .restarting: continue
            case .created, .exited: break
            }
            let size = size(of: locations.container(record.id))
            do throws(EngineError) {
                try remove(record.id.text)
            } catch {
                // Somebody has started or removed it in the meantime.
                guard error.kind == .conflict || error.kind == .notFound else { throw error }
                continue
            }
            report.deleted.append(record.id.text)
            report.spaceReclaimed = report.spaceReclaimed.clampedAdding(size)
        }
        recordPrune(.container, reclaimed: report.spaceReclaimed)
        return report
    }
}
