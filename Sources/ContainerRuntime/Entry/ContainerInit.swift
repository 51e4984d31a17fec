internal import Cgroups
internal import LinuxKernel
internal import OCISpec

/// The first process of a container, from clone3 to exec of the user's program.
///
/// It has the runtime's memory and descriptors and is not dumpable; the container's files come into its sight only when
/// what it needs of the host is held open already. Every failure is told to the runtime, which ends the process.
struct ContainerInit: ~Copyable {
    let plan: CreationPlan
    let confinement: Confinement
    let channel: ChildChannel
    /// Where `start` is awaited if the runtime's process ends before; nobody connects without the right to the state
    /// directory.
    let startSocket: UnixSocket?
    /// Where the controller of the console goes.
    var consoleSocket: UnixSocket?
    let streams: StandardStreams
    let procfs: HostProcfs
    /// Prepared bind mounts, one for each mount of the plan; empty if this process must prepare them.
    var sources: [MountSource?]
    var hostNodes: [HostNode]
    var rootSource: RootSource?
    /// Where the process goes once its root is complete, if it is to have no mount namespace of its own.
    var sharedMounts: SharedMounts?
    let cgroup: ContainerCgroup
    let cgroupView: CgroupView
    /// Whether the process was cloned into its v2 cgroup.
    let isInUnifiedCgroup: Bool
    let hooks: ContainerHooks

    /// Becomes the user's program, or tells the runtime why not and ends.
    mutating func run() -> Never {
        let failure = becomeProgram()
        // If the runtime is gone, nobody is left to be told.
        try? channel.tell(.failed(failure))
        exitNow(1)
    }

    /// - Returns: Only on failure.
    private mutating func becomeProgram() -> RuntimeError {
        do throws(RuntimeError) {
            try enterNamespaces()
            try prepareRoot()
            try switchRoot()
            try finishRoot()
            try attachTerminal()
            if plan.limitsItself { try plan.process.applyLimits(to: 0) }
            try becomeUser()
            let program = try ProgramLookup.find(plan.process.args.first ?? "", environment: plan.process.env)
            try say(.ready)
            try execute(program)
            return RuntimeError(.fault, "exec \(program) returned")
        } catch {
            return error
        }
    }

    private borrowing func say(_ message: ChildMessage) throws(RuntimeError) {
        try attempting("telling the runtime") { () throws(SyscallError) in try channel.tell(message) }
    }

    private borrowing func waitForParent() throws(RuntimeError) {
        let answer = try attempting("waiting for the runtime") { () throws(SyscallError) in try channel.hear() }
        // The runtime ended; so does what it was making.
        guard answer == .proceed else { exitNow(1) }
    }

    // MARK: namespaces

    private borrowing func enterNamespaces() throws(RuntimeError) {
        setFileCreationMask(0)
        try attempting("starting a session") { () throws(SyscallError) in
            try SignalMask.set(.none)
            try startSession()
        }
        // Joining its cgroups itself is cheaper than having the parent do it, and needs no word between the two. The files
        // are the host's root's: before the user changes.
        try attempting("cgroup") { () throws(CgroupError) in
            try cgroup.addCallingProcess(exceptUnified: isInUnifiedCgroup)
        }
        try attempting("namespaces") { () throws(SyscallError) in
            for joined in plan.namespaces.joinedByProcess {
                try NamespaceDescriptor(joined.kind, path: joined.path).enter()
            }
        }
        try attempting("mount propagation") { () throws(SyscallError) in
            try setRootPropagation(plan.propagation.kind, recursive: plan.propagation.recursive)
        }
        // Maps and network devices are the parent's to set.
        if plan.waitsForParent { try waitForParent() }
        if plan.mapsOwnUser {
            try attempting("hiding from the container") { () throws(SyscallError) in
                try ProcessAttribute.setDumpable(false)
            }
        }
        // Its place may lie where only the host's root may go, which this still is, or (as Podman leaves it) only the
        // container's root, whose rights this has since the maps are there.
        try rootSource?.attach(plan)
        if plan.usesUserNamespace { try becomeRootOfUserNamespace() }
        if plan.namespaces.new.contains(.cgroup) {
            try attempting("cgroup namespace") { () throws(SyscallError) in try unshare([.cgroup]) }
        }
        if plan.newKeyring { try SessionKeyring.leaveCallers() }
        if plan.namespaces.new.contains(.network) { try NetworkSetUp.loopbackUp() }
    }

    private borrowing func becomeRootOfUserNamespace() throws(RuntimeError) {
        try attempting("root of the user namespace") { () throws(SyscallError) in
            if confinement.mayChangeGroups { try setSupplementaryGroups([]) }
            try setGroupID(0)
            try setUserID(0)
        }
    }

    // MARK: root file system

    private mutating func prepareRoot() throws(RuntimeError) {
        let source: RootSource
        if let prepared = rootSource {
            source = prepared
        } else {
            // An ordinary user's process has the right to mount in this namespace only.
            sources = try plan.prepareSources()
            hostNodes = try plan.hostNodes()
            source = try RootSource(plan)
            try source.attach(plan)
            rootSource = source
        }
        let executor = MountExecutor(
            cgroups: cgroupView, inUserNamespace: plan.usesUserNamespace,
            hasOwnProcesses: plan.namespaces.all.contains(.pid), devices: plan.devices, hostNodes: hostNodes,
            links: DeviceNode.links(beside: plan.mounts), label: plan.linux.mountLabel ?? "")
        for (index, mount) in plan.mounts.enumerated() {
            try executor.mount(mount, index < sources.count ? sources[index] : nil, in: source.root)
        }
        if plan.makesDevices, !plan.mountsOwnDevices { try executor.setUpDevices(in: source.root) }
        plan.process.makeWorkingDirectory(in: source.root)
        sources = []
        try runHooksBeforePivot()
    }

    private borrowing func runHooksBeforePivot() throws(RuntimeError) {
        if hooks.parentHasHooks {
            try say(.mounted)
            try waitForParent()
        }
        try hooks.runCreateContainer(pid: CallerIdentity.pid)
    }

    private mutating func switchRoot() throws(RuntimeError) {
        guard let rootSource else { return }
        try attempting("names") { () throws(SyscallError) in
            if let hostname = plan.config.hostname, !hostname.isEmpty { try setHostname(hostname) }
            if let domainname = plan.config.domainname, !domainname.isEmpty { try setDomainName(domainname) }
        }
        if let socket = consoleSocket.take(), plan.process.terminal {
            try Console.set(
                up: rootSource.root, socket: socket, size: plan.process.consoleSize, owner: confinement.user.uid,
                isFirstProcess: true)
        }
        try writeSysctls()
        // Before the host's root is gone: masking may need its place to stand on.
        try attempting("masked and read-only paths") { () throws(SyscallError) in
            for path in plan.linux.readonlyPaths { try rootSource.root.makeReadOnly(path) }
            if !plan.linux.maskedPaths.isEmpty {
                let masking = try Masking(in: rootSource.root)
                for path in plan.linux.maskedPaths { try masking.mask(path, in: rootSource.root) }
                try masking.finish()
            }
        }
        try attempting("changing the root to \(plan.rootPath)") { () throws(SyscallError) in
            if plan.noPivot {
                try rootSource.moveOverRoot()
            } else {
                try pivotRoot(to: rootSource.root.directory)
            }
        }
    }

    private borrowing func writeSysctls() throws(RuntimeError) {
        for member in plan.linux.sysctl {
            // A key that is one names only what belongs to the container's own namespaces.
            let key = try attempting("linux.sysctl.\(member.key)") { () throws(SpecError) in try SysctlKey(member.key) }
            try attempting("linux.sysctl.\(member.key)=\(member.value)") { () throws(SyscallError) in
                try procfs.write(member.value, to: "sys/\(key.path)")
            }
        }
    }

    private mutating func finishRoot() throws(RuntimeError) {
        guard let rootSource else { return }
        try attempting("the container's root") { () throws(SyscallError) in
            if let propagation = plan.linux.rootfsPropagation {
                let wanted = TreePropagation(propagation)
                try setRootPropagation(wanted.kind, recursive: wanted.recursive)
            }
            if plan.isRootReadOnly { try rootSource.makeReadOnly() }
        }
        guard let sharedMounts = sharedMounts.take() else { return }
        try attempting("the runtime's mount namespace") { () throws(SyscallError) in try sharedMounts.enter() }
    }

    private borrowing func attachTerminal() throws(RuntimeError) {
        guard !plan.process.terminal else { return }
        try streams.install(owner: confinement.user.uid)
    }

    // MARK: the process

    private borrowing func becomeUser() throws(RuntimeError) {
        try plan.process.applyScheduling()
        try plan.linux.applyToProcess()
        try plan.label.apply(procfs)
        let isThere = try plan.process.enterWorkingDirectoryAsRoot()
        try confinement.apply(confinement.stepsBeforeStart, channel)
        if !isThere { try plan.process.enterWorkingDirectory() }
    }

    private borrowing func execute(_ program: String) throws(RuntimeError) {
        switch startSocket {
        case .none: try start(program, channel)
        case .some(let socket):
            let connection = try attempting("waiting for start") { () throws(SyscallError) in
                ChildChannel(socket: try socket.accept())
            }
            do throws(RuntimeError) {
                try start(program, connection)
            } catch {
                // The runtime that made this process has gone; `start` is told instead.
                try? connection.tell(.failed(error))
                exitNow(1)
            }
        }
    }

    /// Waits for the word on `starter`, and becomes the program.
    private borrowing func start(_ program: String, _ starter: borrowing ChildChannel) throws(RuntimeError) {
        let word = try attempting("waiting for start") { () throws(SyscallError) in try starter.hear() }
        guard word == .start else { exitNow(1) }
        // The filter before the hooks: they are programs of the image, and what one leaves running stays in the container.
        try confinement.apply(confinement.stepsAfterStart, starter)
        try hooks.runStartContainer(pid: CallerIdentity.pid)
        try become(program)
    }

    private borrowing func become(_ program: String) throws(RuntimeError) {
        do throws(SyscallError) {
            try LinuxKernel.execute(
                program, arguments: plan.process.args, environment: plan.process.completeEnvironment)
        } catch {
            throw RuntimeError(execFailure: error, program)
        }
    }
}
