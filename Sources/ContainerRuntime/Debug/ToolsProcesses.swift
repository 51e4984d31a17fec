internal import Cgroups
internal import LinuxKernel

/// The mount namespace of a debugging process, in which nobody else is but those whom it started.
package struct ToolsProcesses: Sendable {
    private let namespace: NamespaceIdentity
    private let cgroup: ContainerCgroup

    init(of pid: Int32, _ cgroup: ContainerCgroup) throws(SyscallError) {
        namespace = try ProcessInformation(pid: pid).namespace(.mount)
        self.cgroup = cgroup
    }

    /// Kills what the debugging process has left running, so that nothing of it stays in the container.
    package func end() throws {
        // One that is started while we look is found the next time.
        for _ in 0..<100 {
            let left = try cgroup.processes().filter(isOurs)
            if left.isEmpty { return }
            for pid in left { kill(pid) }
        }
    }

    private func isOurs(_ pid: Int32) -> Bool {
        // One that has ended in the meantime is nobody's.
        (try? ProcessInformation(pid: pid).namespace(.mount)) == namespace
    }

    private func kill(_ pid: Int32) {
        guard let process = try? openProcess(pid), isOurs(pid) else { return }
        // It may have ended by itself.
        try? send(.kill, to: process)
        _ = try? pollReady([(process.raw, .readable)], .seconds(5))
    }
}

/// Where the maker of a debugging process writes down what to look for later.
final class ToolsNote {
    private let cgroup: ContainerCgroup
    private(set) var processes: ToolsProcesses?

    init(cgroup: ContainerCgroup) { self.cgroup = cgroup }

    func take(_ pid: Int32) {
        // If it has ended already, it has not run its program and left nothing.
        processes = try? ToolsProcesses(of: pid, cgroup)
    }
}
