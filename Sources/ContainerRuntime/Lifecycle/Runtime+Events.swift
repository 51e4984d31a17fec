package import Cgroups
package import OCISpec
internal import LinuxKernel

/// Something that `events` tells of.
package enum ContainerEvent {
    case statistics(Statistics)
    /// The kernel has killed a process of the container for want of memory.
    case outOfMemory
}

extension Runtime {
    /// Reports what happens in a container until it ends: its statistics once in every `interval`, and processes killed
    /// for want of memory at once.
    ///
    /// - Throws: `RuntimeError` of kind `conflict` if it is stopped; what `report` throws.
    package func watch(
        _ id: ContainerID, every interval: Duration, _ report: (ContainerEvent) throws -> Void
    ) throws {
        let snapshot = try snapshot(id)
        guard let identity = snapshot.process, let process = try ProcessHandle(identity) else {
            throw notRunning(id)
        }
        let cgroup = try snapshot.record.openCgroup()
        guard var watch = try cgroup.watchOutOfMemory() else {
            log.warning("no memory controller: events of kind oom are not reported")
            return try reportStatistics(cgroup, process, interval, report)
        }
        var next = MonotonicClock.now + interval
        while true {
            let left = max(.zero, next - MonotonicClock.now)
            let ready = try pollReady(
                [(process.raw, .readable), (watch.descriptor.raw, watch.interest)], left)
            if ready.contains(where: { $0.index == 1 }) {
                for _ in 0..<min(1000, try watch.newKills()) { try report(.outOfMemory) }
            }
            if ready.contains(where: { $0.index == 0 }) { return }
            if ready.isEmpty {
                try report(.statistics(cgroup.statistics()))
                next = next + interval
            }
        }
    }

    private func reportStatistics(
        _ cgroup: ContainerCgroup, _ process: ProcessHandle, _ interval: Duration,
        _ report: (ContainerEvent) throws -> Void
    ) throws {
        while try !process.waitForEnd(interval) { try report(.statistics(cgroup.statistics())) }
    }
}
