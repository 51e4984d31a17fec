package import OCISpec

/// What `exec` is asked for: a further process in a running container.
package struct ExecRequest: Sendable {
    /// The whole process: what the container's own has, changed by the command line, or a document of its own.
    package var process: RuntimeConfig.Process
    /// A Unix socket that takes the console's controller; needed if `process.terminal` is set and `consoleDescriptor` is not.
    package var consoleSocket: String?
    /// A connected Unix socket, kept open by the caller, in place of `consoleSocket`.
    package var consoleDescriptor: Int32?
    /// A Unix socket that takes a pidfd of the process.
    package var pidfdSocket: String?
    /// A file that takes the pid.
    package var pidFile: String?
    /// Where the process goes below the container's cgroup, by controller; `""` stands for all of them.
    package var cgroupPaths: OrderedMap<String> = [:]
    /// Whether a frozen container is no error: the process will wait until it is thawed.
    package var ignorePaused = false
    /// How many descriptors from 3 on the program inherits.
    package var preserveDescriptors: UInt32 = 0
    package var streams = StandardStreams.inherited
    /// Tools that the process brings along: a root of its own, with the container's files at `/container`.
    package var tools: ToolsSource?

    package init(process: RuntimeConfig.Process) { self.process = process }
}
