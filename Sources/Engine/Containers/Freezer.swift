internal import LinuxKernel

/// Whether a process stands still with its cgroup.
enum Freezer {
    /// Asked of the cgroup. Where that cannot be seen, what was done last is believed.
    static func holds(_ process: ProcessIdentity) -> Bool {
        guard let list = try? readText("/proc/\(process.pid)/cgroup", limit: 1 << 16) else { return false }
        var unified: Substring?
        for line in list.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].split(separator: ",").contains("freezer") {
                guard let state = try? readText("/sys/fs/cgroup/freezer\(parts[2])/freezer.state", limit: 64) else {
                    return true
                }
                return !state.hasPrefix("THAWED")
            }
            if parts[0] == "0" { unified = parts[2] }
        }
        guard let unified, let state = try? readText("/sys/fs/cgroup\(unified)/cgroup.freeze", limit: 64) else {
            return true
        }
        return state.hasPrefix("1")
    }
}
