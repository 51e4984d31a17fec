import CLinux
import LinuxKernel

/// CPU time.
///
/// Source: the kernel's scheduler/sched-bwc.rst and admin-guide/cgroup-v2.rst, "CPU".
enum CPUController {
    // MARK: v1

    static func applyLegacy(_ limits: Limits.CPU, to group: CgroupDirectory) throws(CgroupError) {
        // A cgroup that is idle takes no shares; so if it shall not be any longer, that goes first.
        if let idle = limits.idle { try group.write("cpu.idle", String(idle)) }
        try applyRealtime(limits, to: group)
        if let shares = limits.shares { try setShares(shares, on: group) }
        try setBandwidth(
            period: limits.periodMicroseconds, quota: limits.quotaMicroseconds, burst: limits.burstMicroseconds,
            on: group)
    }

    /// The kernel takes any number and moves it into its range; a number that was moved is an error of the caller's.
    private static func setShares(_ shares: UInt64, on group: CgroupDirectory) throws(CgroupError) {
        try group.write("cpu.shares", String(shares))
        guard !legacyRange.contains(shares) else { return }
        let actual = try group.readNumber("cpu.shares")
        if actual != shares {
            throw .invalidLimit(
                name: "cpu.shares", value: String(shares),
                reason: "the \(shares > actual ? "most" : "least") that the kernel takes is \(actual)")
        }
    }

    private static let legacyRange: ClosedRange<UInt64> = 2...262_144

    /// Quota, period and burst depend on each other and on the parent's: whichever the kernel refuses first may be fine
    /// once the quota is set.
    private static func setBandwidth(
        period: UInt64?, quota: Limit?, burst: UInt64?, on group: CgroupDirectory
    ) throws(CgroupError) {
        let periodIsSet = try period.map { value throws(CgroupError) in
            try tryFirst(group, "cpu.cfs_period_us", String(value), mayRetry: quota != nil)
        }
        let burstIsSet = try burst.map { value throws(CgroupError) in
            try tryFirst(group, "cpu.cfs_burst_us", String(value), mayRetry: quota != nil)
        }
        if let quota { try group.write("cpu.cfs_quota_us", quota.legacyText) }
        if let period, periodIsSet == false { try group.write("cpu.cfs_period_us", String(period)) }
        if let burst, burstIsSet == false { try group.write("cpu.cfs_burst_us", String(burst)) }
    }

    private static func applyRealtime(_ limits: Limits.CPU, to group: CgroupDirectory) throws(CgroupError) {
        let periodIsSet = try limits.realtimePeriodMicroseconds.map { value throws(CgroupError) in
            try tryFirst(
                group, "cpu.rt_period_us", String(value), mayRetry: limits.realtimeRuntimeMicroseconds != nil)
        }
        if let runtime = limits.realtimeRuntimeMicroseconds { try group.write("cpu.rt_runtime_us", String(runtime)) }
        if let period = limits.realtimePeriodMicroseconds, periodIsSet == false {
            try group.write("cpu.rt_period_us", String(period))
        }
    }

    /// - Returns: False if the kernel answered `EINVAL` and the caller has a second try.
    private static func tryFirst(
        _ group: CgroupDirectory, _ file: String, _ value: String, mayRetry: Bool
    ) throws(CgroupError) -> Bool {
        do throws(CgroupError) {
            try group.write(file, value)
            return true
        } catch  where mayRetry && error.code == .invalidArgument {
            return false
        }
    }

    // MARK: v2

    /// - Returns: What v2 has no counterpart for.
    static func applyUnified(_ limits: Limits.CPU, to group: CgroupDirectory) throws(CgroupError) -> [Unenforced] {
        if let idle = limits.idle { try group.write("cpu.idle", String(idle)) }
        if let shares = limits.shares { try group.write("cpu.weight", String(weight(shares: shares))) }
        var bandwidth = unifiedBandwidth(limits)
        if let period = limits.periodMicroseconds, limits.quotaMicroseconds == nil {
            // The file takes no period without a quota: the one that is there stays.
            let quota = try group.readText("cpu.max").prefix { $0 != " " }
            bandwidth = "\(quota) \(period)"
        }
        let burstIsSet = try limits.burstMicroseconds.map { value throws(CgroupError) in
            try tryFirst(group, "cpu.max.burst", String(value), mayRetry: bandwidth != nil)
        }
        if let bandwidth { try group.write("cpu.max", bandwidth) }
        if let burst = limits.burstMicroseconds, burstIsSet == false {
            try group.write("cpu.max.burst", String(burst))
        }
        var gaps: [Unenforced] = []
        if limits.realtimeRuntimeMicroseconds != nil || limits.realtimePeriodMicroseconds != nil {
            gaps.append(Unenforced(limit: "cpu.realtimeRuntime", reason: "cgroup v2 has no real-time budget"))
        }
        return gaps
    }

    /// `QUOTA PERIOD` for `cpu.max`; a quota alone keeps the period that is there.
    static func unifiedBandwidth(_ limits: Limits.CPU) -> String? {
        limits.quotaMicroseconds.map { quota in
            quota.unifiedText + (limits.periodMicroseconds.map { " \($0)" } ?? "")
        }
    }

    /// v1's shares on v2's scale: 2, 1024 and 262144 become 1, 100 and 10000, a curve through the three in between.
    ///
    /// Source: runc 1.3.2, crun 1.23 and Kubernetes 1.35, which gave up the straight line that made 39 of 1024; with
    /// s = log2(shares), weight = ceil(10^((s² + 125 s) / 612 - 7 / 34)).
    static func weight(shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let s = clinux_log2(Double(shares))
        let exact = clinux_pow(10, (s * s + 125 * s) / 612 - 7.0 / 34.0)
        return min(10_000, max(1, UInt64(exact.rounded(.up))))
    }
}
