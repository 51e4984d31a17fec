internal import Cgroups
internal import LinuxKernel
internal import OCISpec

extension Runtime {
    /// Takes away what belongs to a container whose record cannot be read, as far as the config tells that was kept
    /// beside it: its cgroup with all that runs there, and the group that was made for it in resctrl.
    ///
    /// The config is kept once the cgroup is the container's own. Without it, or with a path that depends on who asks,
    /// only what is empty at the cgroup's place is removed: what runs there may be somebody else's.
    ///
    /// - Throws: `CgroupError` if processes remain; then the directory must stay, too, so that it can be tried again.
    func destroyByConfig(_ directory: borrowing ContainerDirectory) throws {
        guard cgroupUse != .none else { return }
        let id = directory.id
        var config: RuntimeConfig?
        do {
            config = try directory.config()
        } catch StateError.damaged(_, let problem) {
            log.warning("the config of container \(id) is damaged, too: \(problem)")
        }
        let text = config?.linux?.cgroupsPath ?? ""
        let path = try CgroupPath(text.isEmpty ? "/\(id)" : text)
        let host = try CgroupHost.detect()
        let cgroup = try ContainerCgroup.open(host.placement(of: path), on: host)
        let isOwned = config != nil && path.isAbsolute
        if isOwned { try cgroup.kill(.kill) }
        do throws(CgroupError) {
            try cgroup.delete(patience: isOwned ? .seconds(10) : .zero)
        } catch {
            guard case .stillInUse = error, !isOwned else { throw error }
            log.warning("cgroup \(path) is used by processes of which nothing tells whose they are; it stays")
        }
        if let resctrl = config?.linux?.intelRdt, resctrl.closID == nil {
            try removeResctrlGroup(ResctrlGroup.path(of: id))
        }
    }
}
