internal import Cgroups
internal import LinuxKernel
package import OCISpec

extension Runtime {
    /// Starts a further process in a running container.
    ///
    /// - Returns: The process, which runs its program.
    /// - Throws: `notFound`, `conflict` unless the container runs (or is created), `programNotFound`,
    ///   `programNotExecutable`. Nothing of the process remains then.
    package func exec(_ id: ContainerID, _ request: ExecRequest) throws -> ContainerProcess {
        try ProtectedExecutable.demand()
        try closeOnExec(from: 3 + request.preserveDescriptors)
        let target = try ExecTarget.open(root, id, ignorePaused: request.ignorePaused)
        try attempting("exec") { () throws(SpecError) in try request.process.validate() }
        if request.tools != nil { try target.checkDebugging() }
        let confinement = try confinement(
            of: request.process, target.config.linux?.seccomp, mayChangeGroups: target.mayChangeGroups,
            mayLackCapabilities: !target.usesUserNamespace)
        if target.namespaces.sharesMounts { try SharedMounts.permit(confinement.capabilities) }
        let line = try ChildChannel.pair()
        let made = try launch(
            request, target, confinement, ChildChannel(socket: line.first), closing: line.second.descriptor.raw)
        return try finish(made, ChildChannel(socket: line.second), request, target)
    }

    /// Makes the process, which goes on as `ExecInit`.
    ///
    /// - Parameter ownEnd: Our end of the line: as long as the process has a copy, it cannot see that we have ended.
    private func launch(
        _ request: ExecRequest, _ target: ExecTarget, _ confinement: Confinement, _ channel: consuming ChildChannel,
        closing ownEnd: Int32
    ) throws -> MadeProcess {
        let cgroup = try target.cgroup(request.cgroupPaths)
        let unified = target.isRootless ? nil : try cgroup.unifiedDirectory()
        let procfs = try HostProcfs()
        let console = try UnixSocket.console(
            wanted: request.process.terminal, path: request.consoleSocket, number: request.consoleDescriptor)
        let process = ExecInit(
            process: request.process, confinement: confinement, label: try SecurityLabel(request.process),
            channel: channel,
            consoleSocket: console,
            streams: request.streams, procfs: procfs, target: target, cgroup: cgroup,
            isInUnifiedCgroup: unified != nil, tools: request.tools)
        do throws(SyscallError) {
            return try target.maker.make(in: unified) {
                closeDescriptor(ownEnd)
                process.run()
            }
        } catch {
            throw RuntimeError("making a process in container \(target.id.text)", error)
        }
    }

    private func finish(
        _ made: consuming MadeProcess, _ channel: consuming ChildChannel, _ request: ExecRequest, _ target: ExecTarget
    ) throws -> ContainerProcess {
        var left: ToolsProcesses?
        do {
            try serve(made, channel, request, target, &left)
        } catch {
            // It may have ended by itself; what counts is that it is not left.
            try? send(.kill, to: made.pidfd)
            _ = try? Children.wait(for: made.pid)
            throw error
        }
        return ContainerProcess(made, channel, tools: left)
    }

    /// Does what only the maker can do, and waits until the program runs.
    private func serve(
        _ made: borrowing MadeProcess, _ channel: borrowing ChildChannel, _ request: ExecRequest, _ target: ExecTarget,
        _ left: inout ToolsProcesses?
    ) throws {
        // Pid and time namespaces are named by the first process's number: it was still the container's when they were opened.
        guard try target.identity.isRunning() else {
            throw RuntimeError(.conflict, "container \(target.id.text) is not running")
        }
        if let score = request.process.oomScoreAdj { try OutOfMemoryScore.set(score, of: made.pid) }
        // In a user namespace the process has no right to raise a limit; elsewhere it sets them itself, while it is root.
        if target.usesUserNamespace { try request.process.applyLimits(to: made.pid) }
        if let path = request.pidFile {
            try attempting("pid file \(path)") { () throws(SyscallError) in try replaceFile(path, "\(made.pid)") }
        }
        if let path = request.pidfdSocket {
            try attempting("pidfd socket \(path)") { () throws(SyscallError) in
                try UnixSocket.connect(to: path).send(Array("pidfd".utf8), descriptor: made.pidfd)
            }
        }
        var starter = Starter(id: target.id, config: target.config, bundle: target.record.bundle, log: log)
        guard request.tools != nil else { return try starter.startExec(channel, pid: made.pid, pidfd: made.pidfd) }
        let note = ToolsNote(cgroup: target.containerCgroup)
        // It waits in its last mount namespace then; once it runs its program it may have ended before we look.
        starter.whenReady = note.take
        try starter.startExec(channel, pid: made.pid, pidfd: made.pidfd)
        left = note.processes
    }
}

/// The running container that a process is to enter.
final class ExecTarget {
    let id: ContainerID
    let record: ContainerRecord
    let config: RuntimeConfig
    let identity: ProcessIdentity
    let containerCgroup: ContainerCgroup
    private var pid: Int32 { identity.pid }
    /// Opened while the number was the container's.
    let pidfd: OwnedDescriptor
    /// The kinds of namespaces that the container does not share with the runtime.
    let namespaces: NamespacePlan
    /// The root of the container's first process, if no mount namespace leads there.
    private let root: OwnedDescriptor?

    private init(
        record: ContainerRecord, config: RuntimeConfig, identity: ProcessIdentity, pidfd: consuming OwnedDescriptor,
        root: consuming OwnedDescriptor?, cgroup: ContainerCgroup
    ) {
        (id, self.record, self.config, self.identity, containerCgroup) = (record.id, record, config, identity, cgroup)
        namespaces = NamespacePlan(config.linux?.namespaces ?? [])
        self.pidfd = pidfd
        self.root = root
    }

    /// Opens a container that runs, or waits for its start.
    static func open(_ root: StateRoot, _ id: ContainerID, ignorePaused: Bool) throws -> ExecTarget {
        let (record, config) = try read(root, id)
        guard let record, let config, let identity = record.process else {
            throw RuntimeError(.conflict, "container \(id.text) has no process yet")
        }
        let target = ExecTarget(
            record: record, config: config, identity: identity, pidfd: try open(identity.pid, of: id),
            root: try openRoot(identity.pid, config), cgroup: try record.openCgroup())
        // It runs still, so its number was not another's when that was opened.
        guard try identity.isRunning() else { throw RuntimeError(.conflict, "container \(id.text) is not running") }
        if !ignorePaused, record.cgroupIsFrozen(target.containerCgroup) {
            throw RuntimeError(.conflict, "container \(id.text) is paused; resume it first, or use --ignore-paused")
        }
        return target
    }

    private static func read(_ root: StateRoot, _ id: ContainerID) throws -> (ContainerRecord?, RuntimeConfig?) {
        let directory = try root.open(id)
        return (try directory.record(), try directory.config())
    }

    private static func open(_ pid: Int32, of id: ContainerID) throws(RuntimeError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try openProcess(pid)
        } catch {
            throw RuntimeError(.conflict, "container \(id.text) is not running: \(error.code)")
        }
    }

    private static func openRoot(_ pid: Int32, _ config: RuntimeConfig) throws(RuntimeError) -> OwnedDescriptor? {
        guard NamespacePlan(config.linux?.namespaces ?? []).sharesMounts else { return nil }
        return try attempting("the container's root") { () throws(SyscallError) in
            try OwnedDescriptor(open: "/proc/\(pid)/root", [.pathOnly, .directory])
        }
    }

    /// Asked once: in the container's user namespace the same user is root.
    let isRootless = CallerIdentity.effectiveUid != 0

    /// The v2 directory to start the process in; an ordinary user may not.
    func unifiedDirectory(of cgroup: ContainerCgroup) throws -> OwnedDescriptor? {
        if isRootless { return nil }
        return try cgroup.unifiedDirectory()
    }

    /// - Throws: `unsupported` for what no mount namespace of the container's leads to, and for an ordinary user.
    func checkDebugging() throws(RuntimeError) {
        guard !namespaces.sharesMounts else {
            throw RuntimeError(.unsupported, "container \(id.text) has no mount namespace of its own to look into")
        }
        guard !isRootless else { throw RuntimeError(.unsupported, "bringing tools into a container needs root") }
    }

    var mayChangeGroups: Bool {
        let mappings = config.linux?.gidMappings ?? []
        return !(isRootless && mappings.count == 1 && mappings[0].size == 1)
    }

    var usesUserNamespace: Bool { namespaces.all.contains(.user) }

    func cgroup(_ paths: OrderedMap<String>) throws -> ContainerCgroup {
        var cgroup = containerCgroup
        if paths.members.isEmpty { return try cgroup.joinable(beside: pid) }
        for entry in paths {
            let path = try CgroupPath(entry.value)
            var controllers = ControllerSet()
            for name in entry.key.split(separator: ",") {
                guard let controller = Controller(name: name) else {
                    throw RuntimeError(.invalidInput, "exec --cgroup: \(name) is no controller")
                }
                controllers.formUnion(ControllerSet(controller))
            }
            cgroup = try cgroup.subgroup(path, of: entry.key.isEmpty ? nil : controllers)
        }
        return cgroup
    }

    /// Makes a process of the container. Pid and time namespaces take in future children only, so they are entered before,
    /// and left again; where the privilege for that comes with the user namespace, a short-lived process goes ahead.
    var maker: ProcessMaker {
        var kinds = namespaces.all.filter { $0 == .pid || $0 == .time }
        if isRootless && usesUserNamespace { kinds.append(.user) }
        let joined = kinds.map { NamespacePlan.Joined(kind: $0, path: "/proc/\(pid)/ns/\($0.fileName)") }
        return ProcessMaker(new: [], joined: joined, timeOffsets: nil)
    }

    /// Enters all namespaces that are not entered yet.
    func enter() throws(SyscallError) {
        let throughUser = isRootless && usesUserNamespace
        try enterNamespaces(
            of: pidfd,
            namespaces.all.filter { kind in
                kind != .pid && kind != .time && !(throughUser && kind == .user)
            })
        switch root {
        case .some(let root): try changeRoot(to: root)
        case .none: return
        }
    }
}
