extension MemoryController {
    static func statistics(_ group: CgroupDirectory) throws(CgroupError) -> Statistics.Memory {
        switch group.hierarchy.version {
        case .v1: try legacyStatistics(group)
        case .v2: try unifiedStatistics(group)
        }
    }

    // MARK: v1

    private static func legacyStatistics(_ group: CgroupDirectory) throws(CgroupError) -> Statistics.Memory {
        var result = Statistics.Memory()
        result.usage = try legacyCounter(group, "memory.") ?? .init()
        result.withSwap = try legacyCounter(group, "memory.memsw.")
        result.kernel = try legacyCounter(group, "memory.kmem.")
        result.kernelTCP = try legacyCounter(group, "memory.kmem.tcp.")
        result.swap = result.withSwap.map { difference($0, result.usage) }
        let stat = try group.numbers("memory.stat")
        result.details = stat.details
        // With "total_" the cgroups below count, too.
        result.anonymous = stat["total_rss"] ?? stat["rss"] ?? 0
        result.file = stat["total_cache"] ?? stat["cache"] ?? 0
        result.inactiveFile = stat["total_inactive_file"] ?? stat["inactive_file"] ?? 0
        result.outOfMemoryKills = try group.numbers("memory.oom_control")["oom_kill"]
        return result
    }

    private static func legacyCounter(
        _ group: CgroupDirectory, _ prefix: String
    ) throws(CgroupError) -> Statistics.Memory.Counter? {
        guard let current = try group.number(prefix + "usage_in_bytes") else { return nil }
        var counter = Statistics.Memory.Counter()
        counter.current = current
        counter.peak = try group.number(prefix + "max_usage_in_bytes")
        counter.limit = try group.number(prefix + "limit_in_bytes").map { Limit(legacyBytes: $0) } ?? .unlimited
        counter.failures = try group.number(prefix + "failcnt") ?? 0
        return counter
    }

    /// Swap alone, from memory and swap together: the largest of it is not known.
    private static func difference(
        _ both: Statistics.Memory.Counter, _ memory: Statistics.Memory.Counter
    ) -> Statistics.Memory.Counter {
        func subtract(_ left: UInt64, _ right: UInt64) -> UInt64 { left > right ? left - right : 0 }
        var swap = Statistics.Memory.Counter()
        swap.current = subtract(both.current, memory.current)
        if let all = both.limit.amount, let part = memory.limit.amount { swap.limit = Limit(subtract(all, part)) }
        return swap
    }

    // MARK: v2

    private static func unifiedStatistics(_ group: CgroupDirectory) throws(CgroupError) -> Statistics.Memory {
        var result = Statistics.Memory()
        result.usage = try unifiedCounter(group, "memory.") ?? .init()
        result.swap = try unifiedCounter(group, "memory.swap.")
        result.withSwap = result.swap.map { sum($0, result.usage) }
        let stat = try group.numbers("memory.stat")
        result.details = stat.details
        result.anonymous = stat["anon"] ?? 0
        result.file = stat["file"] ?? 0
        result.inactiveFile = stat["inactive_file"] ?? 0
        if let kernel = stat["kernel"] {
            // Linux 5.18
            var counter = Statistics.Memory.Counter()
            counter.current = kernel
            result.kernel = counter
        }
        let events = try group.numbers("memory.events")
        result.usage.failures = events["max"] ?? 0
        result.outOfMemoryKills = events["oom_kill"]
        result.pressure = try group.pressure("memory.pressure")
        return result
    }

    private static func unifiedCounter(
        _ group: CgroupDirectory, _ prefix: String
    ) throws(CgroupError) -> Statistics.Memory.Counter? {
        guard let current = try group.number(prefix + "current") else { return nil }
        var counter = Statistics.Memory.Counter()
        counter.current = current
        // Linux 5.19, for swap 6.5
        counter.peak = try group.number(prefix + "peak")
        counter.limit = try group.limit(prefix + "max") ?? .unlimited
        return counter
    }

    private static func sum(
        _ swap: Statistics.Memory.Counter, _ memory: Statistics.Memory.Counter
    ) -> Statistics.Memory.Counter {
        var both = Statistics.Memory.Counter()
        both.current = swap.current.addingReportingOverflow(memory.current).partialValue
        if let one = swap.limit.amount, let other = memory.limit.amount {
            let (amount, overflow) = one.addingReportingOverflow(other)
            both.limit = overflow ? .unlimited : Limit(amount)
        }
        return both
    }
}

extension NamedNumbers {
    fileprivate var details: [Statistics.Memory.Detail] {
        entries.map { Statistics.Memory.Detail(name: String($0.name), value: $0.value) }
    }
}
