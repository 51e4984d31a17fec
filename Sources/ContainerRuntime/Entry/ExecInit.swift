internal import Cgroups
internal import LinuxKernel
internal import OCISpec

/// A further process of a container, from clone3 to exec of the user's program.
///
/// Other processes of the container can see it as soon as it is in their pid namespace: it is not dumpable, so they can
/// neither trace it nor open its files, and it runs from a file that nobody can write (SECURITY.md rule 5).
final class ExecInit {
    let process: RuntimeConfig.Process
    let linux: RuntimeConfig.Linux
    let confinement: Confinement
    let label: SecurityLabel
    let channel: ChildChannel
    var consoleSocket: UnixSocket?
    let streams: StandardStreams
    let procfs: HostProcfs
    let target: ExecTarget
    let cgroup: ContainerCgroup
    let isInUnifiedCgroup: Bool
    /// What the process brings along for debugging.
    let tools: ToolsSource?

    init(
        process: RuntimeConfig.Process, confinement: Confinement, label: SecurityLabel, channel: consuming ChildChannel,
        consoleSocket: consuming UnixSocket?, streams: StandardStreams, procfs: consuming HostProcfs,
        target: ExecTarget, cgroup: ContainerCgroup, isInUnifiedCgroup: Bool, tools: ToolsSource?
    ) {
        (self.process, self.confinement, self.label, self.streams) = (process, confinement, label, streams)
        (self.target, self.cgroup, self.isInUnifiedCgroup) = (target, cgroup, isInUnifiedCgroup)
        self.tools = tools
        linux = target.config.linux ?? RuntimeConfig.Linux()
        self.channel = channel
        self.consoleSocket = consoleSocket
        self.procfs = procfs
    }

    /// Becomes the user's program, or tells the runtime why not and ends.
    func run() -> Never {
        let failure = becomeProgram()
        // If the runtime is gone, nobody is left to be told.
        try? channel.tell(.failed(failure))
        exitNow(1)
    }

    /// - Returns: Only on failure.
    private func becomeProgram() -> RuntimeError {
        do throws(RuntimeError) {
            try enter()
            try setUpStreams()
            if !target.usesUserNamespace { try process.applyLimits(to: 0) }
            try process.applyScheduling()
            try linux.applyToProcess()
            try label.apply(procfs)
            let isThere = try process.enterWorkingDirectoryAsRoot()
            try confinement.apply(confinement.stepsBeforeStart, channel)
            if !isThere { try process.enterWorkingDirectory() }
            let program = try ProgramLookup.find(process.args.first ?? "", environment: process.env)
            // The parent's part, limits and the pid file, is done before the program runs.
            try tell(.ready)
            try waitForParent()
            try confinement.apply(confinement.stepsAfterStart, channel)
            try process.applyAffinity(process.execCPUAffinity?.final, "final")
            return try execute(program)
        } catch {
            return error
        }
    }

    private func enter() throws(RuntimeError) {
        try attempting("starting a session") { () throws(SyscallError) in
            try SignalMask.set(.none)
            try startSession()
        }
        try SessionKeyring.leaveCallers()
        try process.applyAffinity(process.execCPUAffinity?.initial, "initial")
        try attempting("cgroup of the container") { () throws(CgroupError) in
            try cgroup.addCallingProcess(exceptUnified: isInUnifiedCgroup)
        }
        guard let tools else { return try enterNamespaces() }
        let tree = try attempting("the tools") { () throws(SyscallError) in
            try ToolsTree(tools, scaffold: target.record.bundle)
        }
        try enterNamespaces()
        try attempting("the root with the tools") { () throws(SyscallError) in try tree.becomeRoot() }
    }

    private func enterNamespaces() throws(RuntimeError) {
        try attempting("entering the container's namespaces") { () throws(SyscallError) in
            try target.enter()
            if target.usesUserNamespace {
                if confinement.mayChangeGroups { try setSupplementaryGroups([]) }
                try setGroupID(0)
                try setUserID(0)
            }
        }
    }

    private func setUpStreams() throws(RuntimeError) {
        if let socket = consoleSocket.take() {
            try Console.set(
                up: Self.ownRoot(), socket: socket, size: process.consoleSize, owner: confinement.user.uid,
                isFirstProcess: false)
        } else {
            try streams.install(owner: confinement.user.uid)
        }
    }

    private static func ownRoot() throws(RuntimeError) -> ContainerRoot {
        do throws(SyscallError) {
            return ContainerRoot(directory: try OwnedDescriptor(open: "/", [.pathOnly, .directory]))
        } catch {
            throw RuntimeError("the container's root", error)
        }
    }

    private func tell(_ message: ChildMessage) throws(RuntimeError) {
        try attempting("telling the runtime") { () throws(SyscallError) in try channel.tell(message) }
    }

    private func waitForParent() throws(RuntimeError) {
        let word = try attempting("waiting for the runtime") { () throws(SyscallError) in try channel.hear() }
        guard word == .start else { exitNow(1) }
    }

    private func execute(_ program: String) throws(RuntimeError) -> RuntimeError {
        do throws(SyscallError) {
            try LinuxKernel.execute(program, arguments: process.args, environment: process.completeEnvironment)
        } catch {
            return RuntimeError(execFailure: error, program)
        }
    }
}
