import LinuxKernel

/// Memory and swap.
///
/// Source: the kernel's admin-guide/cgroup-v1/memory.rst and admin-guide/cgroup-v2.rst, "Memory".
enum MemoryController {
    // MARK: v1

    /// - Returns: What does not hold, because the kernel has no such limit any more.
    static func applyLegacy(_ limits: Limits.Memory, to group: CgroupDirectory) throws(CgroupError) {
        try check(limits)
        try setLegacyLimits(limits, on: group)
        if let reservation = limits.reservation {
            try group.write("memory.soft_limit_in_bytes", reservation.legacyText)
        }
        if let disabled = limits.disableOOMKiller {
            // 0 is the default, which a kernel without the file keeps anyway.
            if disabled {
                try group.write("memory.oom_control", "1")
            } else {
                try group.writeIfPresent("memory.oom_control", "0")
            }
        }
        if let swappiness = limits.swappiness { try group.write("memory.swappiness", String(swappiness)) }
        if let hierarchy = limits.useHierarchy {
            try group.write("memory.use_hierarchy", hierarchy ? "1" : "0")
        }
    }

    private static func setLegacyLimits(_ limits: Limits.Memory, on group: CgroupDirectory) throws(CgroupError) {
        var current: Limit?
        if limits.limit != nil, limits.swap != nil {
            // Kernel says 9223372036854771712, the largest multiple of a page, for no limit.
            current = Limit(try group.readNumber("memory.limit_in_bytes"))
        }
        for step in legacySteps(limits, current: current) {
            switch step {
            case .memory(let limit): try setLegacyMemory(limit, on: group)
            case .swap(let limit): try group.write("memory.memsw.limit_in_bytes", limit.legacyText)
            case .swapIfCounted(let limit):
                try group.writeIfPresent("memory.memsw.limit_in_bytes", limit.legacyText)
            }
        }
    }

    enum LegacyStep: Equatable {
        case memory(Limit), swap(Limit)
        /// A value that holds anyway where swap is not counted (`swapaccount=0`).
        case swapIfCounted(Limit)
    }

    /// In which order the two limits are written.
    ///
    /// The kernel refuses whatever would make memory's limit larger than that of memory and swap, in between, too. So the
    /// second goes first if it is above the first's present value: then it can be raised, or both lowered, in two steps.
    ///
    /// - Parameter current: Memory's limit as it is, if both are to change.
    static func legacySteps(_ limits: Limits.Memory, current: Limit?) -> [LegacyStep] {
        switch (limits.limit, limits.swap) {
        case (nil, nil): return []
        case (let memory?, nil):
            // Unlimited memory with a limit for memory and swap would be none at all.
            return memory == .unlimited ? [.swapIfCounted(.unlimited), .memory(memory)] : [.memory(memory)]
        case (nil, let swap?): return [swap == .unlimited ? .swapIfCounted(swap) : .swap(swap)]
        case (let memory?, let swap?):
            if swap == .unlimited { return [.swapIfCounted(swap), .memory(memory)] }
            if let current, current < swap { return [.swap(swap), .memory(memory)] }
            return [.memory(memory), .swap(swap)]
        }
    }

    private static func setLegacyMemory(_ limit: Limit, on group: CgroupDirectory) throws(CgroupError) {
        let file = "memory.limit_in_bytes"
        do throws(CgroupError) {
            try group.write(file, limit.legacyText)
        } catch  where error.code == .busy {
            throw .memoryInUse(
                file: group.fullPath(file), limit: limit.amount ?? 0,
                usage: try group.readNumber("memory.usage_in_bytes"),
                peak: try group.readNumber("memory.max_usage_in_bytes"))
        }
    }

    // MARK: v2

    /// - Returns: What v2 has no counterpart for.
    static func applyUnified(
        _ limits: Limits.Memory, to group: CgroupDirectory
    ) throws(CgroupError) -> [Unenforced] {
        try check(limits)
        let swap = try unifiedSwap(limits)
        if limits.checkBeforeUpdate == true, let limit = limits.limit?.amount {
            let usage = try group.readNumber("memory.current")
            if usage > limit {
                throw .memoryInUse(file: group.fullPath("memory.max"), limit: limit, usage: usage, peak: nil)
            }
        }
        // Swap first: a smaller memory limit may have to push pages out.
        switch swap {
        case .some(let limit) where limit == .unlimited || limit.amount == 0:
            // Both hold anyway on a kernel that does not count swap.
            try group.writeIfPresent("memory.swap.max", limit.unifiedText)
        case .some(let limit): try group.write("memory.swap.max", limit.unifiedText)
        case .none: break
        }
        if let limit = limits.limit { try group.write("memory.max", limit.unifiedText) }
        if let reservation = limits.reservation { try group.write("memory.low", reservation.unifiedText) }
        return unifiedGaps(limits)
    }

    /// What is written to `memory.swap.max`, which counts swap alone where the runtime-spec counts memory and swap.
    static func unifiedSwap(_ limits: Limits.Memory) throws(CgroupError) -> Limit? {
        guard let swap = limits.swap else {
            // As on v1: unlimited memory takes the limit of memory and swap away, too.
            return limits.limit == .unlimited ? .unlimited : nil
        }
        guard let total = swap.amount else { return .unlimited }
        switch limits.limit {
        case nil:
            throw .invalidLimit(
                name: "memory.swap", value: swap.description,
                reason: "needs memory.limit beside it: it is the limit of memory and swap together")
        case .some(let memory):
            guard let memory = memory.amount else { return swap }
            let (difference, overflow) = total.subtractingReportingOverflow(memory)
            if overflow { throw belowMemory(swap, memory) }
            return Limit(difference)
        }
    }

    private static func unifiedGaps(_ limits: Limits.Memory) -> [Unenforced] {
        var gaps: [Unenforced] = []
        func missing(_ limit: String) { gaps.append(Unenforced(limit: limit, reason: "cgroup v2 has no such limit")) }
        if limits.swappiness != nil { missing("memory.swappiness") }
        if limits.disableOOMKiller == true { missing("memory.disableOOMKiller") }
        if limits.useHierarchy == false { missing("memory.useHierarchy") }
        return gaps
    }

    // MARK: both

    private static func check(_ limits: Limits.Memory) throws(CgroupError) {
        if let swappiness = limits.swappiness, swappiness > 100 {
            throw .invalidLimit(name: "memory.swappiness", value: String(swappiness), reason: "must be 0 to 100")
        }
        if let swap = limits.swap, let total = swap.amount, let memory = limits.limit?.amount, total < memory {
            throw belowMemory(swap, memory)
        }
    }

    private static func belowMemory(_ swap: Limit, _ memory: UInt64) -> CgroupError {
        .invalidLimit(
            name: "memory.swap", value: swap.description,
            reason: "is less than memory.limit (\(memory)), but counts memory and swap together")
    }
}
