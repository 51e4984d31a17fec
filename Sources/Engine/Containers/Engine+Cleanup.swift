internal import ContainerRuntime
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// What becomes of a container that has ended, once it is cleaned up after.
enum AfterCleanup {
    /// It is started again or removed, as was said when it was made.
    case policy
    /// Whoever cleans up starts it next.
    case start
    /// The host was started anew: it is removed if it was to be, and who is started is decided later.
    case boot
}

extension Engine {
    /// Takes away what an ended container leaves in the kernel and in the run directory, and remembers how it ended; a
    /// container that was to be removed then is removed. The monitor calls this as its last deed.
    ///
    /// - Throws: `EngineError`; `conflict` while the container runs.
    public func cleanUp(_ reference: String) throws(EngineError) {
        let id = try store.container(reference).id
        try withLock(on: id) { () throws(EngineError) in
            guard let record = try store.container(id) else { return }
            try cleanUpLocked(record)
        }
    }

    /// Waits until a container that has ended is cleaned up after, by this process if it was started so.
    ///
    /// - Throws: `EngineError` if the monitor does not end in time.
    public func conclude(_ session: ContainerSession) throws(EngineError) {
        if session.cleansUp { cleanUp(for: session) }
        try session.waitForMonitor()
    }

    /// Cleans up in the monitor's place. Where that fails, the monitor starts the cleanup command as ever.
    func cleanUp(for session: ContainerSession) {
        do throws(EngineError) {
            try withLock(on: session.id) { () throws(EngineError) in
                if let record = try store.container(session.id) { try cleanUpLocked(record) }
            }
        } catch {
            // That somebody else has removed it is as good.
            guard error.kind == .notFound else {
                try? session.socket.shutdown(.both)
                return
            }
        }
        // A monitor that does not hear this cleans up once more, and finds nothing left to do.
        try? session.send(.cleaned)
    }

    /// Cleans up after the container if it has ended without anybody doing so.
    ///
    /// - Parameter next: What becomes of it.
    /// - Returns: What is remembered of it afterwards; `nil` if it is gone now.
    @discardableResult
    func cleanUpLocked(
        _ record: ContainerRecord, next: AfterCleanup = .policy
    ) throws(EngineError) -> ContainerRecord? {
        var record = record
        switch record.phase {
        case .created, .dead, .restarting: return record
        case .exited, .starting, .running: break
        }
        guard case .exited(let ending) = try observe(record) else {
            throw EngineError(.conflict, "container \(record.name) is running")
        }
        let files = locations.container(record.id)
        // What is made for a container is made after its run directory and taken away before it: without one there is nothing, but for
        // its leases where the host was started anew.
        if record.phase == .exited, !exists(files.run), try store.endpoints(of: record.id).isEmpty {
            guard next != .start, try store.configurations(of: record.id).host.autoRemove,
                try store.container(record.id)?.wish ?? record.wish != .restart
            else { return record }
            try removeLocked(record, volumes: true)
            return nil
        }
        let networks = networks(of: record.id)
        try deleteRuntimeState(of: record.id)
        try disconnect(record.id)
        do {
            try unmountRoot(of: record.id)
        } catch {
            throw .wrapping(error, while: "clean up after container \(record.name)")
        }
        let (configuration, host) = try store.configurations(of: record.id)
        recordLostExecs(of: record, host)
        if record.phase != .exited {
            record.phase = .exited
            record.isPaused = false
            record.process = nil
            record.monitor = nil
            record.exitCode = ending.exitCode
            record.oomKilled = ending.oomKilled
            record.started = ending.started ?? record.started
            record.finished = ending.finished ?? .now
            record.error = ending.error
            record.reason = ending.reason
            if next == .policy { try restartLater(&record, host.restartPolicy) }
            try store.update(record)
            recordEnd(of: record, configuration)
            recordDeparture(of: record, networks)
        }
        do {
            // The exit record goes with it: not before the row says the same.
            try HostDirectory.removeTree(files.run)
        } catch {
            throw .wrapping(error, while: "clean up after container \(record.name)")
        }
        // Somebody may have asked for something since the record was read.
        let wish = try store.container(record.id)?.wish ?? record.wish
        guard host.autoRemove, next != .start, wish != .restart else { return record }
        try removeLocked(record, volumes: true)
        return nil
    }

    /// Takes the cgroups and the runtime's state away: here and not by the runtime's own program, as nothing enters a
    /// container for that, and to start a program takes longer than this.
    func deleteRuntimeState(of id: Identifier) throws(EngineError) {
        guard exists("\(locations.runtimeState)/\(id.text)") else { return }
        do {
            let log = Log(file: nil, level: .error)
            try Runtime(root: try StateRoot(path: locations.runtimeState), log: log, cgroupUse: .required)
                .delete(try ContainerID(id.text), force: true)
        } catch {
            throw .wrapping(error, while: "delete container \(id.short) from the runtime")
        }
    }

    /// Forgets a container that does not run, with all its files.
    ///
    /// - Parameter volumes: Those without a name go with it.
    func removeLocked(_ record: ContainerRecord, volumes: Bool = false) throws(EngineError) {
        let mounts = volumes ? try store.mounts(of: record.id) : []
        let files = locations.container(record.id)
        try disconnect(record.id)
        do {
            try unmountRoot(of: record.id)
            try HostDirectory.removeTree(files.run)
            // The record goes last: as long as there are files, there is a name by which to remove them.
            try HostDirectory.removeTree(files.directory)
        } catch {
            var record = record
            record.phase = .dead
            record.error = "\(error)"
            try store.update(record)
            throw .wrapping(error, while: "remove container \(record.name)")
        }
        // Its labels are in its row.
        let labels = try? store.configurations(of: record.id).container
        try store.removeContainer(record.id)
        self.record("destroy", record, [:], labels ?? ContainerConfiguration())
        try removeAnonymousVolumes(mounts)
    }
}
