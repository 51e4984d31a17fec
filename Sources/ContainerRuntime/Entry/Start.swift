internal import Cgroups
internal import LinuxKernel
package import OCISpec

extension ContainerProcess {
    /// Has the process execute its program.
    ///
    /// - Throws: `programNotFound`, `programNotExecutable`, or what a `startContainer` hook or the filter failed with.
    package borrowing func start(_ runtime: Runtime, _ id: ContainerID, _ config: RuntimeConfig, bundle: String) throws
    {
        try Starter(id: id, config: config, bundle: bundle, log: runtime.log).start(channel, pid: pid, pidfd: pidfd)
        container?.cgroup?.releaseClaim()
    }
}

extension Runtime {
    /// Has a created container execute its program.
    ///
    /// - Parameter notifySocket: A service manager's socket, which is told when the program says that it is ready; until
    ///   then, or the program's end, this does not return.
    /// - Throws: `conflict` if the container is not in the state `created`.
    package func start(_ id: ContainerID, notifySocket: String? = nil) throws {
        let readiness = try Readiness.listen(notifySocket, root, id)
        let process = try startCreated(id)
        // Without the lock: it may take as long as the program wants.
        try readiness?.wait(for: process.pid, process.pidfd)
    }

    private func startCreated(_ id: ContainerID) throws -> MadeProcess {
        let directory = try root.lock(id)
        guard let record = try directory.record(), let process = record.process, let config = try directory.config(),
            try process.state() != nil
        else { throw RuntimeError(.conflict, "container \(id.text) is not created: its process is gone") }
        guard try directory.waitsForStart() else {
            throw RuntimeError(.conflict, "container \(id.text) is not in the state created: it was started before")
        }
        let pidfd = try openProcess(process.pid)
        // The number was the container's when the pidfd was opened, and so the pidfd is.
        guard try process.state() != nil else {
            throw RuntimeError(.conflict, "container \(id.text): its process has ended")
        }
        let socket = try attempting("container \(id.text)") { () throws(SyscallError) in
            try UnixSocket.connect(
                in: directory.descriptor, name: ContainerDirectory.startSocketName, kind: .packets)
        }
        // Whatever comes of it: a process that was told to start waits no more.
        defer { try? directory.descriptor.removeFile(ContainerDirectory.startSocketName) }
        try Starter(id: id, config: config, bundle: record.bundle, log: log)
            .start(ChildChannel(socket: socket), pid: process.pid, pidfd: pidfd)
        return MadeProcess(pid: process.pid, pidfd: pidfd)
    }
}

/// Starts the program of a container whose process waits for that.
struct Starter {
    let id: ContainerID
    let config: RuntimeConfig
    let bundle: String
    let log: Log
    /// Told the pid of a process that is ready and waits.
    var whenReady: ((Int32) -> Void)?

    /// Starts the first process, which waits for nothing else.
    func start(_ channel: borrowing ChildChannel, pid: Int32, pidfd: borrowing OwnedDescriptor) throws(RuntimeError) {
        try tellToStart(channel)
        try watch(channel, .created, pid: pid, pidfd: pidfd)
        do throws(RuntimeError) {
            try ContainerHooks(id: id, bundle: bundle, config: config).runPoststart(pid: pid)
        } catch {
            // It may have ended by itself.
            try? send(.kill, to: pidfd)
            throw error
        }
    }

    /// Starts a further process once it is ready.
    func startExec(
        _ channel: borrowing ChildChannel, pid: Int32, pidfd: borrowing OwnedDescriptor
    ) throws(RuntimeError) {
        try watch(channel, .running, pid: pid, pidfd: pidfd)
    }

    private func tellToStart(_ channel: borrowing ChildChannel) throws(RuntimeError) {
        try attempting("telling the process to start") { () throws(SyscallError) in
            try channel.tell(ParentMessage.start)
        }
    }

    /// Serves the process until it has executed its program.
    private func watch(
        _ channel: borrowing ChildChannel, _ status: ContainerState.Status, pid: Int32,
        pidfd: borrowing OwnedDescriptor
    ) throws(RuntimeError) {
        while true {
            let message = try attempting("waiting for the program's start") { () throws(SyscallError) in
                try channel.hearChild()
            }
            switch message {
            case .failed(let error): throw error
            case .listener(let number):
                let state = ContainerHooks(id: id, bundle: bundle, config: config).containerState(status, pid: pid)
                try SeccompListener(config.linux?.seccomp, state).deliver(number, of: pidfd, pid: pid)
                try attempting("telling the process that its listener is fetched") { () throws(SyscallError) in
                    try channel.tell(ParentMessage.proceed)
                }
            case .ready:
                whenReady?(pid)
                try tellToStart(channel)
            case .mounted: continue
            // The line closes with exec, and also if somebody has killed the process: then it was started and has ended.
            case nil: return
            }
        }
    }
}
