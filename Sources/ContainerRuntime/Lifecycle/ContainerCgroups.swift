internal import Cgroups
internal import LinuxKernel

extension ContainerRecord {
    /// Opens the container's cgroup; what is gone of it, or was never made, is left out.
    func openCgroup() throws(CgroupError) -> ContainerCgroup {
        try ContainerCgroup.open(cgroups, on: CgroupHost.detect())
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
