/// The number of tasks; the same on v1 and v2.
///
/// Source: the kernel's admin-guide/cgroup-v2.rst, "PID".
enum PIDController {
    static func apply(_ limit: Limit, to group: CgroupDirectory) throws(CgroupError) {
        // With 0 no process could be cloned into the cgroup; with 1 there is still none that could make another.
        try group.write("pids.max", limit.amount == 0 ? "1" : limit.unifiedText)
    }
}

extension PIDController {
    static func statistics(_ group: CgroupDirectory) throws(CgroupError) -> Statistics.PIDs {
        var result = Statistics.PIDs()
        result.current = try group.number("pids.current") ?? 0
        result.limit = try group.limit("pids.max") ?? .unlimited
        result.failures = try group.numbers("pids.events")["max"]
        return result
    }
}
