import LinuxKernel

/// One mounted tree of cgroups: on v1 one of several, with some controllers or a name; on v2 the only one.
public struct Hierarchy: Equatable, Sendable {
    /// Of the interface, and so of the files in it.
    public enum Version: Sendable { case v1, v2 }

    /// The interface that it has.
    public let version: Version
    /// On v1 those of the mount; on v2 those that `cgroup.controllers` of the mount's root gives, and the implicit ones.
    public let controllers: ControllerSet
    /// What tells the hierarchy from the others: `cpu,cpuacct`, `name=systemd`, and nothing for v2, as in
    /// `/proc/self/cgroup`.
    public let label: String
    /// Where it is mounted, such as `/sys/fs/cgroup/memory`.
    public let mountPoint: String
    /// Which cgroup of the hierarchy the mount shows as its root: `/` but in a container with the host's cgroup namespace.
    public let mountRoot: String
    /// The cgroup of this process, as `/proc/self/cgroup` has it.
    public let ownPath: String

    /// The last component of the mount point, such as `cpu,cpuacct`.
    public var directoryName: String { pathComponents(mountPoint).last.map { String($0) } ?? "" }

    /// Where a container's cgroup lies below the mount point, without slashes around it.
    ///
    /// A relative path is below this process's own cgroup on v1. On v2 it is beside it: a cgroup that holds processes
    /// cannot hand controllers to its children. Other runtimes do the same, so that their tools find the place.
    ///
    /// - Parameter besideOwn: Whether this is the only hierarchy of the host's (pure v2).
    func directory(of path: CgroupPath, besideOwn: Bool) -> String {
        if path.isAbsolute { return path.joined }
        var base = ownComponents
        if besideOwn, !base.isEmpty { base.removeLast() }
        return (base.map { String($0) } + path.components).joined(separator: "/")
    }

    /// The components of this process's cgroup below the mount's root; none if it lies outside of what is mounted.
    private var ownComponents: [Substring] {
        let own = pathComponents(ownPath)
        let root = pathComponents(mountRoot)
        guard own.starts(with: root), !own.contains("..") else { return [] }
        return Array(own.dropFirst(root.count))
    }
}
