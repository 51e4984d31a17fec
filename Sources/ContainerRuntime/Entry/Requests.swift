internal import Cgroups
package import LinuxKernel
package import OCISpec

/// What `create` and `run` are asked for besides the bundle's content.
package struct CreateRequest: Sendable {
    /// The bundle's directory.
    package var bundle: String
    /// A Unix socket that takes the console's controller; needed if `process.terminal` is set and `console` is not given.
    package var consoleSocket: String?
    /// A connected Unix socket, kept open by the caller, in place of `consoleSocket`.
    package var consoleDescriptor: Int32?
    /// A Unix socket that takes a pidfd of the container's first process.
    package var pidfdSocket: String?
    /// A file that takes the pid.
    package var pidFile: String?
    package var noPivot = false
    package var noNewKeyring = false
    /// How many descriptors from 3 on the program inherits.
    package var preserveDescriptors: UInt32 = 0
    /// The socket of a service manager that wants to know when the program is ready: the value of `NOTIFY_SOCKET`.
    package var notifySocket: String?
    package var streams = StandardStreams.inherited
    /// Whether the caller itself will start the container; then no socket is made on which another process could.
    package var startsItself = false

    package init(bundle: String) { self.bundle = bundle }
}

/// A process in a container that waits for its start, or runs.
package struct ContainerProcess: ~Copyable {
    /// As the caller sees it.
    package let pid: Int32
    package let pidfd: OwnedDescriptor
    /// The config of a container's first process, as it was taken from the bundle.
    package let config: RuntimeConfig?
    /// The cgroup directory, on the host, that counts that container's memory, if there is one.
    package let memoryDirectory: String?
    /// The line to a process that waits for its start.
    let channel: ChildChannel
    /// The container that was made with it; `nil` for a further process.
    let container: MadeContainer?
    /// What a debugging process may leave running.
    package let tools: ToolsProcesses?

    init(
        _ made: consuming MadeProcess, _ channel: consuming ChildChannel, config: RuntimeConfig? = nil,
        memoryDirectory: String? = nil, container: MadeContainer? = nil,
        tools: ToolsProcesses? = nil
    ) {
        (self.config, self.memoryDirectory, self.container) = (config, memoryDirectory, container)
        self.tools = tools
        pid = made.pid
        pidfd = made.pidfd
        self.channel = channel
    }
}

/// What the maker of a container keeps at hand, so that it can take it away without looking all of it up again.
final class MadeContainer {
    /// Not locked: other commands work on the container, too.
    var directory: ContainerDirectory?
    let record: ContainerRecord
    let cgroup: ContainerCgroup?

    init(_ directory: consuming ContainerDirectory, _ record: ContainerRecord, _ cgroup: ContainerCgroup?) {
        (self.record, self.cgroup) = (record, cgroup)
        self.directory = consume directory
    }
}
