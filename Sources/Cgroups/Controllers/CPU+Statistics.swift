extension CPUController {
    /// CPU time from v1's cpuacct and throttling from v1's cpu, or both from v2.
    static func statistics(
        cpu: CgroupDirectory?, accounting: CgroupDirectory?
    ) throws(CgroupError) -> Statistics.CPU? {
        guard cpu != nil || accounting != nil else { return nil }
        var result = Statistics.CPU()
        if let accounting, accounting.hierarchy.version == .v1 {
            try readLegacyTimes(accounting, into: &result)
        } else if let accounting {
            try readUnified(accounting, into: &result)
        }
        if let cpu, cpu.hierarchy.version == .v1 {
            let stat = try cpu.numbers("cpu.stat")
            result.throttling.periods = stat["nr_periods"] ?? 0
            result.throttling.throttledPeriods = stat["nr_throttled"] ?? 0
            result.throttling.throttledNanoseconds = stat["throttled_time"] ?? 0
            result.throttling.bursts = stat["nr_bursts"] ?? 0
            result.throttling.burstNanoseconds = stat["burst_time"] ?? 0
        }
        return result
    }

    private static func readLegacyTimes(
        _ group: CgroupDirectory, into result: inout Statistics.CPU
    ) throws(CgroupError) {
        result.usageNanoseconds = try group.number("cpuacct.usage") ?? 0
        // Lines of CPU, user and system, in nanoseconds, after a heading. cpuacct.stat has ticks only.
        for words in try group.readIfPresent("cpuacct.usage_all")?.lines ?? [] {
            guard words.count == 3, let user = UInt64(words[1]), let system = UInt64(words[2]) else { continue }
            let usage = user.addingReportingOverflow(system).partialValue
            result.perCPU.append(
                .init(usageNanoseconds: usage, userNanoseconds: user, systemNanoseconds: system))
        }
        result.userNanoseconds = sum(result.perCPU.map { $0.userNanoseconds })
        result.systemNanoseconds = sum(result.perCPU.map { $0.systemNanoseconds })
    }

    private static func sum(_ numbers: [UInt64]) -> UInt64 {
        numbers.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    private static func readUnified(
        _ group: CgroupDirectory, into result: inout Statistics.CPU
    ) throws(CgroupError) {
        // The first three are there without the controller.
        let stat = try group.numbers("cpu.stat")
        result.usageNanoseconds = stat["usage_usec"]?.thousandfold ?? 0
        result.userNanoseconds = stat["user_usec"]?.thousandfold ?? 0
        result.systemNanoseconds = stat["system_usec"]?.thousandfold ?? 0
        result.throttling.periods = stat["nr_periods"] ?? 0
        result.throttling.throttledPeriods = stat["nr_throttled"] ?? 0
        result.throttling.throttledNanoseconds = stat["throttled_usec"]?.thousandfold ?? 0
        result.throttling.bursts = stat["nr_bursts"] ?? 0
        result.throttling.burstNanoseconds = stat["burst_usec"]?.thousandfold ?? 0
        result.pressure = try group.pressure("cpu.pressure")
    }
}
