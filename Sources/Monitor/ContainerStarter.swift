package import LinuxKernel
package import MonitorProtocol

/// Makes the container and lets its program run: the runtime, or a plain child process in tests.
package protocol ContainerStarter {
    /// Creates and starts. What was made is undone by the time it throws.
    ///
    /// - Parameter stdio: The container's ends of the pipes, for a container without a terminal.
    func start(_ stdio: borrowing ContainerStdio) throws(StartFailure) -> StartedContainer
}

/// Standard input, output and error as the container is to have them.
package struct ContainerStdio: ~Copyable {
    package let input: OwnedDescriptor
    package let output: OwnedDescriptor
    package let error: OwnedDescriptor
}

/// A container whose program runs, as a child of this process.
package struct StartedContainer: ~Copyable {
    package var pid: Int32
    /// The controller of its terminal, if it has one; then the pipes are not used.
    package var terminal: OwnedDescriptor?
    /// An open `memory.events` (v2) or `memory.oom_control` (v1) of its cgroup.
    package var memoryEvents: OwnedDescriptor?
    /// What the counter in it said before the start.
    package var earlierKills: UInt64

    package init(
        pid: Int32, terminal: consuming OwnedDescriptor?, memoryEvents: consuming OwnedDescriptor?, earlierKills: UInt64
    ) {
        self.pid = pid
        self.terminal = terminal
        self.memoryEvents = memoryEvents
        self.earlierKills = earlierKills
    }
}
