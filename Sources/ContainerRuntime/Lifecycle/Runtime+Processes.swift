package import Cgroups
package import OCISpec
internal import LinuxKernel

extension Runtime {
    /// The processes of a container as this process numbers them, in ascending order.
    package func processes(_ id: ContainerID) throws -> [Int32] {
        let snapshot = try snapshot(id)
        let cgroup = try snapshot.record.openCgroup()
        if snapshot.record.ownsCgroups, !cgroup.isEmpty { return try cgroup.processes() }
        // Without a cgroup of its own, the pid namespace tells; without that, only the first process is known.
        guard let first = snapshot.process else { return [] }
        return snapshot.record.ownsPidNamespace ? try members(ofPidNamespaceOf: first.pid) : [first.pid]
    }

    /// The processes whose pid namespace is that of `first`. Those in namespaces below it are not among them.
    private func members(ofPidNamespaceOf first: Int32) throws -> [Int32] {
        let namespace = try ProcessInformation(pid: first).namespace(.pid)
        let entries = try OwnedDescriptor(open: "/proc", [.read, .directory]).entries()
        return entries.compactMap { Int32($0.name) }.filter { pid in
            // One that has ended meanwhile is none.
            (try? ProcessInformation(pid: pid).namespace(.pid)) == namespace
        }.sorted()
    }

    /// What a container has used so far.
    ///
    /// - Throws: `RuntimeError` of kind `conflict` if it is stopped.
    package func statistics(_ id: ContainerID) throws -> Statistics { try runningCgroup(id).statistics() }

    /// The cgroup of a container that has not ended.
    package func runningCgroup(_ id: ContainerID) throws -> ContainerCgroup {
        let snapshot = try snapshot(id)
        guard snapshot.process != nil else {
            throw RuntimeError(.conflict, "container with id \(id) is not running")
        }
        return try snapshot.record.openCgroup()
    }
}
