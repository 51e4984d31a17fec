package import LinuxKernel
package import OCISpec
internal import Cgroups

extension Runtime {
    /// Sends a signal to the container's first process.
    ///
    /// A container without a pid namespace of its own gets SIGKILL in every process: the end of the first one would
    /// leave the others.
    ///
    /// - Parameters:
    ///   - signal: `nil` sends none and only asks whether the process is there.
    ///   - all: Send it to every process in the container's cgroup; that nothing runs is no error then.
    /// - Throws: `RuntimeError` of kind `conflict` if the container is neither created nor running nor paused.
    package func kill(_ id: ContainerID, _ signal: Signal?, all: Bool = false) throws {
        let snapshot = try snapshot(id)
        if all || signal == .kill && !snapshot.record.ownsPidNamespace, snapshot.record.ownsCgroups {
            guard all || snapshot.process != nil else { throw notRunning(id) }
            guard let signal else { return }
            return try snapshot.record.openCgroup().kill(signal)
        }
        guard let process = snapshot.process, snapshot.status != .creating else {
            if all { return }
            throw notRunning(id)
        }
        guard let signal else { return }
        guard try ProcessHandle(process)?.send(signal) ?? false else { throw notRunning(id) }
        // The v1 freezer keeps even a killed process from ending.
        if signal == .kill, snapshot.status == .paused { try snapshot.record.openCgroup().thaw() }
    }

    func notRunning(_ id: ContainerID) -> RuntimeError { RuntimeError(.conflict, "container not running: \(id)") }
}
