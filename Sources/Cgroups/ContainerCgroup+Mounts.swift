public import LinuxKernel

/// One cgroup mount as a container is to see it below `/sys/fs/cgroup`.
public struct ContainerCgroupMount: Equatable, Sendable {
    /// Of the hierarchy that is mounted there.
    public let version: Hierarchy.Version
    /// The directory below `/sys/fs/cgroup`: `memory`, `cpu,cpuacct`, `systemd`, `unified`; empty for pure v2, where the
    /// mount is `/sys/fs/cgroup` itself.
    public let directoryName: String
    /// The options that name a v1 hierarchy to mount(2): `cpu,cpuacct` or `name=systemd`; empty for v2.
    public let options: String
    /// Names that lead to the directory by symbolic link, such as `cpu` and `cpuacct`.
    public let links: [String]
    /// The container's cgroup on the host, such as `/sys/fs/cgroup/memory/brig/web`; `nil` if it has none there.
    public let hostPath: String?
}

extension ContainerCgroup {
    /// What is mounted below a container's `/sys/fs/cgroup`, in order; pure v2 has one entry, with an empty name.
    public var mounts: [ContainerCgroupMount] {
        host.hierarchies.map { hierarchy in
            let isWhole = host.layout == .unified
            let own = directories.first { $0.hierarchy.label == hierarchy.label }
            return ContainerCgroupMount(
                version: hierarchy.version, directoryName: isWhole ? "" : hierarchy.directoryName,
                options: hierarchy.label, links: hierarchy.links, hostPath: own?.fullPath)
        }
    }

    /// Opens the container's own directory (`O_PATH`) behind one of its mounts, for open_tree(2).
    public func openDirectory(of mount: ContainerCgroupMount) throws(CgroupError) -> OwnedDescriptor? {
        guard let directory = directories.first(where: { $0.hierarchy.label == mount.options }) else { return nil }
        do throws(SyscallError) {
            return try directory.descriptor.duplicate()
        } catch {
            throw .failed(error)
        }
    }

    /// Gives the container's v2 directory to a user, so that its own manager can make cgroups in it: the directory and
    /// the files that the kernel names for this. v1 cannot be given away safely.
    ///
    /// Source: runtime-spec, config-linux.md, "Cgroup ownership"; cgroups(7), "Delegation".
    public func delegate(to uid: UInt32) throws(CgroupError) {
        guard let unified else { return }
        let listed = (try? readText("/sys/kernel/cgroup/delegate", limit: 65_536)) ?? ""
        var files = listed.split(separator: "\n").map { String($0) }
        if files.isEmpty { files = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"] }
        do throws(SyscallError) {
            try unified.descriptor.openBeneath(".").setOwner(uid: uid, gid: .max)
            for file in files where !file.contains("/") {
                do throws(SyscallError) {
                    try unified.descriptor.setOwner(of: file, uid: uid, gid: .max)
                } catch  where error.code == .noSuchFile {
                    // The list names files of controllers that are not enabled here.
                    continue
                }
            }
        } catch {
            throw .failed(SyscallError(call: error.call, subject: unified.fullPath, code: error.code))
        }
    }
}

extension Hierarchy {
    /// Controllers whose own name is not the directory's.
    fileprivate var links: [String] {
        label.split(separator: ",").map { String($0) }
            .filter { !$0.hasPrefix("name=") && $0 != directoryName }
    }
}
