package import OCISpec
internal import Cgroups
internal import LinuxKernel

extension Runtime {
    /// How long killed processes may take to end.
    private static let killWait = Duration.seconds(10)

    /// Takes away a container with all that was made for it, then runs its `poststop` hooks.
    ///
    /// - Parameter force: Kill what runs, take away what a crash left, and take an unknown ID for done.
    /// - Throws: `RuntimeError` of kind `conflict` for a container that is not stopped; `StateError`.
    package func delete(_ id: ContainerID, force: Bool = false) throws {
        do {
            try deleteKnown(id, force: force)
        } catch StateError.notFound(id) where force {
            log.debug("nothing to delete: no container \(id)")
        }
    }

    /// As `delete(_:force:)` with force, by the process that made the container, once its first process has ended: what was
    /// made is known, and nothing is read again.
    package func delete(_ id: ContainerID, madeAs process: borrowing ContainerProcess) throws {
        guard let container = process.container, let directory = container.directory.take() else {
            return try delete(id, force: true)
        }
        guard try directory.lockAgain() else { return log.debug("container \(id) was deleted by somebody else") }
        let record = container.record
        if let cgroup = container.cgroup {
            if record.ownsCgroups, !record.ownsPidNamespace { try cgroup.kill(.kill) }
            try delete(cgroup, record)
        }
        if let group = record.resctrlGroup { try removeResctrlGroup(group) }
        try directory.remove()
        let hooks = process.config?.hooks?.poststop ?? []
        if !hooks.isEmpty { runPoststop(hooks, ContainerSnapshot(record: record, status: .stopped, process: nil)) }
    }

    private func runPoststop(_ hooks: [RuntimeConfig.Hooks.Hook], _ snapshot: ContainerSnapshot) {
        var state = snapshot.state
        (state.status, state.pid) = (.stopped, nil)
        HookRunner.runAll(.poststop, hooks, state: state.json) { log.warning($0.description) }
    }

    private func deleteKnown(_ id: ContainerID, force: Bool) throws {
        if force { try killHolder(of: id) }
        let directory = try root.lock(id)
        let snapshot: ContainerSnapshot?
        do {
            snapshot = try directory.snapshot(locked: true)
        } catch StateError.damaged(_, let problem) where force {
            log.warning("the record of container \(id) is damaged (\(problem)); what its config tells of is removed")
            try destroyByConfig(directory)
            return try directory.remove()
        }
        guard let snapshot else {
            // Create died before it had made anything but the directory.
            try directory.remove()
            if force { return }
            throw StateError.notFound(id)
        }
        guard force || snapshot.status == .stopped else {
            throw RuntimeError(
                .conflict, "cannot delete container \(id) that is not stopped: \(snapshot.status.rawValue)")
        }
        // The config of a create that has died may be half of one.
        let hooks = try poststopHooks(directory, force: force || snapshot.record.isCreating)
        try destroy(snapshot)
        try directory.remove()
        runPoststop(hooks, snapshot)
    }

    /// A create that hangs, or one whose first process has outlived it with a copy of the lock, would keep us waiting.
    private func killHolder(of id: ContainerID) throws {
        let directory = try root.open(id)
        guard try !directory.isFree(), let process = try? directory.record()?.process else { return }
        try ProcessHandle(process)?.send(.kill)
    }

    private func poststopHooks(
        _ directory: borrowing ContainerDirectory, force: Bool
    ) throws -> [RuntimeConfig.Hooks.Hook] {
        do {
            return try directory.config()?.hooks?.poststop ?? []
        } catch StateError.damaged(let id, let problem) where force {
            log.warning("no poststop hooks are run for container \(id): \(problem)")
            return []
        }
    }

    /// Undoes what create has done outside of the state directory, last things first.
    func destroy(_ snapshot: ContainerSnapshot) throws {
        let record = snapshot.record
        let cgroup = try record.openCgroup()
        let process = try snapshot.process.map { try ProcessHandle($0) } ?? nil
        try process?.send(.kill)
        if record.ownsCgroups, process != nil || !record.ownsPidNamespace || record.isCreating {
            try cgroup.kill(.kill)
        }
        if let process { try wait(for: process, record) }
        try delete(cgroup, record)
        if let group = record.resctrlGroup { try removeResctrlGroup(group) }
    }

    private func wait(for process: ProcessHandle, _ record: ContainerRecord) throws {
        guard try !process.waitForEnd(Self.killWait) else { return }
        throw RuntimeError(
            .fault, "process \(process.pid) of container \(record.id) was killed and has not ended; try again later")
    }

    private func delete(_ cgroup: ContainerCgroup, _ record: ContainerRecord) throws(CgroupError) {
        do throws(CgroupError) {
            try cgroup.delete()
        } catch {
            guard case .stillInUse = error, !record.ownsCgroups else { throw error }
            log.warning("the cgroup planned for container \(record.id) is used by others and stays")
        }
    }

    func removeResctrlGroup(_ path: String) throws(SyscallError) {
        do throws(SyscallError) {
            try OwnedDescriptor(open: "/", [.pathOnly, .directory]).removeDirectory(String(path.dropFirst()))
        } catch  where error.code == .noSuchFile {
            // Gone is what was wanted.
        }
    }
}
