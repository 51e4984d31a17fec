/// The number of tasks; the same on v1 and v2.
///
/// Source: the kernel's admin-guide/cgroup-v2.rst, "PID".
enum PIDController {
    static func apply(_ limit: Limit, to group: CgroupDirectory) throws(CgroupError) {
        // With 0 no process could be cloned into the cgroup; with 1 there is still none that could make another.
        try group.write("pids.max", limit.amount == 0 ? "1" : limit.unifiedText)
    }
}
