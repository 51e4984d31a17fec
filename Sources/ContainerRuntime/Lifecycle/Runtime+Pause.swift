package import OCISpec
internal import Cgroups

extension Runtime {
    /// Stops all processes of a container where they are.
    ///
    /// - Throws: `RuntimeError` of kind `conflict` unless it is created or running.
    package func pause(_ id: ContainerID) throws {
        let directory = try root.lock(id)
        guard let snapshot = try directory.snapshot(locked: true) else { throw StateError.notFound(id) }
        guard snapshot.status == .running || snapshot.status == .created else { throw notRunning(id) }
        try snapshot.record.openCgroup().freeze()
    }

    /// Lets the processes of a paused container go on.
    ///
    /// - Throws: `RuntimeError` of kind `conflict` unless it is paused.
    package func resume(_ id: ContainerID) throws {
        let directory = try root.lock(id)
        guard let snapshot = try directory.snapshot(locked: true) else { throw StateError.notFound(id) }
        guard snapshot.status == .paused else { throw RuntimeError(.conflict, "container not paused: \(id)") }
        try snapshot.record.openCgroup().thaw()
    }
}
