internal import Cgroups
internal import LinuxKernel

extension ContainerRecord {
    /// Opens the container's cgroup; what is gone of it, or was never made, is left out.
    ///
    /// - Parameter host: The host, if this process has looked at it already.
    func openCgroup(on host: CgroupHost? = nil) throws(CgroupError) -> ContainerCgroup {
        if let host { return try ContainerCgroup.open(cgroups, on: host) }
        return try ContainerCgroup.open(cgroups, on: CgroupHost.detect())
    }

    /// Whether what runs in the cgroup is the container's.
    var ownsCgroups: Bool { !cgroupsArePlanned && !cgroups.entries.isEmpty }

    /// Whether the cgroup is frozen. One that cannot be read counts as running: `pause` and `resume` say why it cannot.
    ///
    /// - Parameter opened: The container's cgroup, if it is open already.
    func cgroupIsFrozen(_ opened: ContainerCgroup? = nil) -> Bool {
        guard ownsCgroups else { return false }
        if let opened { return (try? opened.freezerState()) == .frozen }
        return (try? openCgroup().freezerState()) == .frozen
    }
}
