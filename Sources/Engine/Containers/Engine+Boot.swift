internal import LinuxKernel

/// What `boot` did with one container.
public struct BootReport: Equatable, Sendable {
    public var name: String
    /// Why it could not be started; `nil` if it was.
    public var problem: String?
}

extension Engine {
    /// Starts what should run after the host was started, as the containers' restart policies say: the oldest first.
    ///
    /// Before that it cleans up after containers that ended with the host. What runs is left alone, so to call this again
    /// does no harm.
    /// - Returns: One entry for each container that was to be started.
    public func boot() throws(EngineError) -> [BootReport] {
        var reports: [BootReport] = []
        for record in try store.containers().reversed() {
            let report: BootReport?
            do throws(EngineError) {
                report = try withLock(on: record.id) { () throws(EngineError) in try bootLocked(record.id) }
            } catch {
                // Somebody removes it meanwhile.
                guard error.kind != .notFound else { continue }
                report = BootReport(name: record.name.text, problem: error.message)
            }
            if let report { reports.append(report) }
        }
        return reports
    }

    private func bootLocked(_ id: Identifier) throws(EngineError) -> BootReport? {
        guard var record = try store.container(id) else { return nil }
        let exitCode: Int32
        switch try observe(record) {
        case .created, .starting, .running, .restarting: return nil
        case .exited(let ending): exitCode = ending.exitCode
        }
        guard record.phase != .dead, let cleaned = try cleanUpLocked(record, next: .boot) else { return nil }
        record = cleaned
        let policy = try store.configurations(of: id).host.restartPolicy
        guard
            RestartQuestion.startsAtBoot(
                policy, exitCode: exitCode, count: record.restartCount, wish: record.wish)
        else {
            if record.phase == .restarting {
                record.phase = .exited
                record.monitor = nil
                try store.update(record)
            }
            return nil
        }
        try store.setWish(.nothing, of: id)
        record.backoff = 0
        do throws(EngineError) {
            _ = try startLocked(record, attached: false)
            return BootReport(name: record.name.text, problem: nil)
        } catch {
            return BootReport(name: record.name.text, problem: error.message)
        }
    }

    /// Takes away what commands and monitors that were killed have left.
    ///
    /// - Returns: What was done, a line each.
    /// - Throws: `EngineError` for the first thing that could not be done, when all else is.
    public func repair() throws(EngineError) -> [String] {
        var done: [String] = []
        var problem: EngineError?
        func attempt(_ body: () throws -> Void) {
            do {
                try body()
            } catch let error as EngineError where error.kind == .notFound {
                // Gone meanwhile.
            } catch {
                problem = problem ?? .wrapping(error, while: "repair")
            }
        }
        let records = try store.containers()
        for record in records {
            attempt {
                if try forgetRemoved(record) {
                    return done.append("forgot container \(record.name), which was removed")
                }
                try withLock(on: record.id) { () throws(EngineError) in
                    if let line = try repairLocked(record.id) { done.append(line) }
                }
            }
        }
        let known = Set(records.map(\.id))
        for id in try strangers() where !known.contains(id) {
            attempt {
                if try removeStranger(id) { done.append("removed what was left of container \(id.short)") }
            }
        }
        attempt { done += try releaseVolumes() }
        attempt { try sweepVolumes() }
        if let problem { throw problem }
        return done
    }

    /// Forgets a container whose files are gone: its removal was cut off before the last step.
    func forgetRemoved(_ record: ContainerRecord) throws(EngineError) -> Bool {
        guard !exists(locations.container(record.id).directory) else { return false }
        try store.removeContainer(record.id)
        return true
    }

    private func repairLocked(_ id: Identifier) throws(EngineError) -> String? {
        guard let record = try store.container(id) else { return nil }
        switch try observe(record) {
        case .starting, .running, .restarting: return nil
        case .created, .exited: break
        }
        let files = locations.container(id)
        switch record.phase {
        case .starting, .running:
            try cleanUpLocked(record)
            return "cleaned up after container \(record.name)"
        case .restarting:
            // Whoever waited to start it was killed.
            var record = record
            record.phase = .exited
            record.monitor = nil
            try restartLater(&record, try store.configurations(of: id).host.restartPolicy)
            try store.update(record)
            return "container \(record.name) is to be started again"
        case .dead:
            try removeLocked(record)
            return "removed container \(record.name), which was half removed"
        case .created, .exited:
            guard exists(files.run) || exists("\(locations.runtimeState)/\(id.text)") else { return nil }
            try deleteRuntimeState(of: id)
            do {
                try unmountRoot(of: id)
                try HostDirectory.removeTree(files.run)
            } catch {
                throw .wrapping(error, while: "clean up after container \(record.name)")
            }
            return "cleaned up after container \(record.name)"
        }
    }

    /// Takes away what there is under an identifier of which the store knows nothing.
    ///
    /// Whoever makes a container holds the lock of its directory until the store knows it, and whoever runs a step of a
    /// build that of the build's, however long that takes.
    /// - Returns: Whether it was nobody's.
    private func removeStranger(_ id: Identifier) throws -> Bool {
        let files = locations.container(id)
        if let directory = try HostDirectory.openIfPresent(files.directory) {
            guard let lock = try FileLock.attempt(directory) else { return false }
            guard try store.container(id) == nil else { return false }
            try removeFiles(of: id)
            withExtendedLifetime(lock) {}
            return true
        }
        guard try store.container(id) == nil, try !isStepOfBuild(id) else { return false }
        try removeFiles(of: id)
        return true
    }

    private func removeFiles(of id: Identifier) throws {
        try deleteRuntimeState(of: id)
        try unmountRoot(of: id)
        try HostDirectory.removeTree(locations.container(id).run)
        try HostDirectory.removeTree(locations.container(id).directory)
    }

    /// Identifiers under which there is something, in the run directory, the runtime's state or among the containers'
    /// files.
    private func strangers() throws(EngineError) -> Set<Identifier> {
        var found: Set<Identifier> = []
        do {
            for path in [locations.runRoot, locations.runtimeState, locations.containers] where exists(path) {
                for entry in try OwnedDescriptor(open: path, [.read, .directory]).entries() {
                    if let id = Identifier(entry.name) { found.insert(id) }
                }
            }
        } catch {
            throw .wrapping(error, while: "look for what was left")
        }
        return found
    }
}
