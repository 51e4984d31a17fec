internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension Engine {
    /// Starts a created container and returns once its program runs.
    ///
    /// - Parameters:
    ///   - attached: Somebody is there to send it input, and the input ends with him where it was made so.
    ///   - cleansUp: Whoever starts it calls `conclude` as soon as it has ended, so that no program need be started for that.
    /// - Returns: The connection to its monitor, on which everything that the program puts out arrives.
    /// - Throws: `EngineError`; `notExecutable` and `programNotFound` as the runtime says. Whatever was made for the start
    ///   is gone again; the container is still there.
    public func start(
        _ id: Identifier, attached: Bool = true, cleansUp: Bool = false
    ) throws(EngineError) -> ContainerSession {
        try withLock(on: id) { () throws(EngineError) in
            guard var record = try store.container(id) else { throw .noSuchContainer(id.short) }
            switch try observe(record) {
            case .starting, .running:
                throw EngineError(.conflict, "container \(record.name) is running already")
            case .restarting: try cancelRestart(&record)
            case .created, .exited: break
            }
            try store.setWish(.nothing, of: id)
            record.restartCount = 0
            record.backoff = 0
            return try startLocked(record, attached: attached, cleansUp: cleansUp)
        }
    }

    /// Starts a container that does not run, and leaves it as it was if that fails.
    func startLocked(
        _ record: ContainerRecord, attached: Bool, cleansUp: Bool = false
    ) throws(EngineError) -> ContainerSession {
        guard record.phase != .dead else {
            throw EngineError(.conflict, "container \(record.name) is half removed and cannot be started: rm it")
        }
        guard var record = try cleanUpLocked(record, next: .start) else { throw .noSuchContainer(record.id.short) }
        if record.phase == .restarting {
            record.phase = .exited
            record.monitor = nil
        }
        let before = record
        let undo = Undo()
        do {
            let session = try start(&record, undo, attached: attached, cleansUp: cleansUp)
            if attached { self.record("attach", record) }
            recordStart(of: record)
            return session
        } catch {
            let failure = undo.run(after: .wrapping(error, while: "start container \(record.name)"))
            record = before
            record.error = failure.message
            record.exitCode =
                switch failure.kind {
                case .notExecutable: 126
                case .programNotFound: 127
                default: 128
                }
            try store.update(record)
            self.record("die", record, ["exitCode": String(record.exitCode)])
            throw failure
        }
    }

    private func start(
        _ record: inout ContainerRecord, _ undo: Undo, attached: Bool, cleansUp: Bool
    ) throws -> ContainerSession {
        let id = record.id
        let files = locations.container(id)
        let (configuration, host) = try store.configurations(of: id)
        let facts = try HostFacts.read()
        let mounts = try store.mounts(of: id)
        let plan = try ContainerPlan(id: id, configuration, host, facts, mounts: mounts)
        let devices = try DevicePlan(plan)
        let joined = try joinedNamespaces(of: plan)

        try HostDirectory.make(files.run, mode: 0o700)
        undo.add("remove \(files.run)") { try HostDirectory.removeTree(files.run) }
        try mountRoot(of: record, isMarked: true)
        undo.add("unmount \(files.rootfs)") { try self.unmountRoot(of: id) }
        let connection = try connect(record, plan, undo)
        var sources = try mountSources(of: record, mounts, undo)
        if plan.ipcMode == .shareable {
            try SharedMemory.mount(at: files.sharedMemory, size: plan.shmSize)
            undo.add("unmount \(files.sharedMemory)") { try SharedMemory.unmount(at: files.sharedMemory) }
            sources["/dev/shm"] = files.sharedMemory
        } else if let memory = joined.sharedMemory {
            sources["/dev/shm"] = memory
        }
        let specification = try SpecificationBuilder(
            plan: plan, facts: facts, user: resolve(plan.user, adding: plan.groups, in: files), rootfs: files.rootfs,
            generatedFiles: GeneratedFiles.write(plan, connection, to: files).filter {
                Self.hasPlace(for: $0.destination, in: plan.mounts, sources)
            }, seccomp: seccomp(for: plan),
            hostDevices: plan.privileged ? HostDevices.read() : [], networkNamespace: connection?.namespacePath,
            devices: devices, joined: joined.paths, sources: sources,
            initProgram: plan.hasInit ? try initProgram() : nil
        ).specification()
        try ConfinementProfile.prepare(for: specification.process?.apparmorProfile, runRoot: locations.runRoot)
        for mount in plan.mounts where mount.kind == .bind && mount.makesSource {
            try HostDirectory.makeUnlessPresent(mount.source, mode: 0o755)
        }
        try HostDirectory.write(specification.json.bytes(), to: files.specification, mode: 0o600)

        record.phase = .starting
        record.process = nil
        record.monitor = nil
        record.started = nil
        record.finished = nil
        record.error = ""
        record.reason = ""
        record.isPaused = false
        try store.update(record)
        try resetHealth(of: record, configuration)
        // One that its policy starts again has nobody to clean up after it the next time.
        let session = try launchMonitor(
            for: id, configuration, host, log: files, attached: attached,
            cleansUp: cleansUp && host.restartPolicy.isNone)
        record.monitor = session.monitorIdentity
        do {
            record.process = try session.awaitStart()
        } catch {
            // It ends by itself, and cleans up after the container while this command waits for it.
            try session.waitForMonitor()
            throw error
        }
        withExtendedLifetime(joined) {}
        session.process = record.process
        record.phase = .running
        record.started = .now
        try store.update(record)
        undo.keepAll()
        // Until now only this process may have held the network namespace.
        withExtendedLifetime(connection) {}
        return session
    }

    /// The plan's user as numbers; names are looked up in the mounted root.
    func resolve(
        _ user: UserSpec, adding groups: [UserSpec.Part] = [], in files: ContainerLocations
    ) throws -> ResolvedUser {
        let root = try OwnedDescriptor(open: files.rootfs, [.pathOnly, .directory, .noFollow])
        return try UserDatabase(
            passwd: RootFiles.text("/etc/passwd", in: root), group: RootFiles.text("/etc/group", in: root)
        ).resolve(user, adding: groups)
    }
}

/// Small files of a tree that a container shapes.
enum RootFiles {
    /// The text of a regular file, or nothing if there is none. Links lead to inside of the root only.
    ///
    /// - Throws: `SyscallError`; `EFBIG` above 4 MiB.
    static func text(_ path: String, in root: borrowing OwnedDescriptor) throws(SyscallError) -> String {
        do throws(SyscallError) {
            // Named before it is opened: to open a FIFO would wait for ever, to open a device may do something.
            let named = try root.resolve(path, .pathOnly)
            guard try named.status().isRegularFile else { return "" }
            let file = try OwnedDescriptor(open: "/proc/self/fd/\(named.raw)", .read)
            return String(decoding: try file.readAll(limit: 4 << 20), as: UTF8.self)
        } catch  where [.noSuchFile, .notDirectory, .tooManyLinks, .noSuchDeviceOrAddress].contains(error.code) {
            return ""
        }
    }
}

extension Engine {
    /// Whether a file of the engine's can be mounted: what is mounted above it may be read-only and have no such file.
    private static func hasPlace(
        for destination: String, in mounts: [ContainerMount], _ sources: [String: String]
    ) -> Bool {
        let above = mounts.filter { destination.hasPrefix($0.destination + "/") }
        guard let nearest = above.max(by: { $0.destination.utf8.count < $1.destination.utf8.count }),
            nearest.kind != .tmpfs, nearest.isReadOnly
        else { return true }
        let source = sources[nearest.destination] ?? nearest.source
        guard let root = try? OwnedDescriptor(open: source, [.pathOnly, .directory]) else { return true }
        let rest = String(destination.dropFirst(nearest.destination.count))
        return (try? root.resolve(rest, [.pathOnly, .noFollow])) != nil
    }
}
