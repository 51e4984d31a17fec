/// The limits of a container, checked against what this host has.
struct ResourcePlan: Equatable, Sendable {
    /// Bytes.
    var memory: Int64?
    /// Memory and swap together, in bytes; -1 is no limit.
    var memoryAndSwap: Int64?
    /// Bytes.
    var memoryReservation: Int64?
    /// 0 to 100.
    var swappiness: UInt64?
    var disablesOOMKiller = false
    var cpuShares: UInt64?
    /// Microseconds.
    var cpuPeriod: UInt64?
    /// Microseconds of processor time in each period.
    var cpuQuota: Int64?
    var realtimePeriod: UInt64?
    var realtimeRuntime: Int64?
    var processors: String?
    var memoryNodes: String?
    var processes: Int64?
    var blockWeight: UInt16?
    var blockWeights: [WeightDevice] = []
    var readBytes: [ThrottleDevice] = []
    var writeBytes: [ThrottleDevice] = []
    var readOperations: [ThrottleDevice] = []
    var writeOperations: [ThrottleDevice] = []

    /// - Throws: `EngineError`, `invalidInput` but for what this host cannot do: `unsupported`.
    init(_ host: HostConfiguration, _ facts: HostFacts) throws(EngineError) {
        try memory(host, facts)
        try processorTime(host, facts)
        try blockIO(host, facts)
        if host.pidsLimit > 0 { processes = host.pidsLimit }
    }

    init() {}

    private mutating func memory(_ host: HostConfiguration, _ facts: HostFacts) throws(EngineError) {
        if host.memory != 0 {
            guard host.memory >= 6 << 20 else {
                throw EngineError(.invalidInput, "the minimum memory limit allowed is 6MB")
            }
            memory = host.memory
        }
        switch host.memorySwap {
        case 0:
            // Docker's default. Where swap is not counted there is nothing to limit, and nobody asked for it.
            let (twice, overflow) = host.memory.multipliedReportingOverflow(by: 2)
            if host.memory != 0, facts.countsSwap { memoryAndSwap = overflow ? -1 : twice }
        case -1:
            if facts.countsSwap, host.memory != 0 { memoryAndSwap = -1 }
        default:
            guard host.memory != 0 else {
                throw EngineError(.invalidInput, "you should always set --memory when you set --memory-swap")
            }
            guard host.memorySwap >= host.memory else {
                throw EngineError(.invalidInput, "--memory-swap should be larger than --memory")
            }
            guard facts.countsSwap else {
                throw EngineError(.unsupported, "--memory-swap: this kernel does not count swap for each cgroup")
            }
            memoryAndSwap = host.memorySwap
        }
        if host.memoryReservation != 0 {
            guard host.memoryReservation >= 6 << 20 else {
                throw EngineError(.invalidInput, "the minimum memory reservation allowed is 6MB")
            }
            guard host.memory == 0 || host.memoryReservation <= host.memory else {
                throw EngineError(
                    .invalidInput, "the minimum memory limit can not be less than the memory reservation limit")
            }
            memoryReservation = host.memoryReservation
        }
        if host.memorySwappiness != -1 {
            guard (0...100).contains(host.memorySwappiness) else {
                throw EngineError(
                    .invalidInput,
                    "invalid value: \(host.memorySwappiness), valid memory swappiness range is 0-100")
            }
            guard !facts.hasUnifiedCgroups else {
                throw EngineError(
                    .unsupported, "--memory-swappiness: cgroup v2 has none, only the host's vm.swappiness")
            }
            swappiness = UInt64(host.memorySwappiness)
        }
        if host.oomKillDisable {
            guard !facts.hasUnifiedCgroups else {
                throw EngineError(.unsupported, "--oom-kill-disable: cgroup v2 has no such switch")
            }
            disablesOOMKiller = true
        }
    }

    private mutating func processorTime(_ host: HostConfiguration, _ facts: HostFacts) throws(EngineError) {
        if host.nanoCpus != 0 {
            guard host.cpuPeriod == 0, host.cpuQuota == 0 else {
                throw EngineError(
                    .invalidInput,
                    "conflicting options: --cpus and \(host.cpuPeriod == 0 ? "--cpu-quota" : "--cpu-period") cannot "
                        + "both be set")
            }
            let most = Int64(facts.processors) * 1_000_000_000
            guard (10_000_000...most).contains(host.nanoCpus) else {
                throw EngineError(
                    .invalidInput,
                    "range of CPUs is from 0.01 to \(facts.processors).00, as there are only \(facts.processors) CPUs "
                        + "available")
            }
            cpuPeriod = 100_000
            cpuQuota = host.nanoCpus / 10_000
        }
        guard host.cpuPeriod == 0 || (1000...1_000_000).contains(host.cpuPeriod) else {
            throw EngineError(
                .invalidInput,
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
        }
        guard host.cpuQuota <= 0 || host.cpuQuota >= 1000 else {
            throw EngineError(.invalidInput, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
        }
        if host.cpuPeriod > 0 { cpuPeriod = UInt64(host.cpuPeriod) }
        if host.cpuQuota != 0 { cpuQuota = host.cpuQuota < 0 ? -1 : host.cpuQuota }
        guard host.cpuShares >= 0 else {
            throw EngineError(
                .invalidInput, "invalid CPU shares (\(host.cpuShares)): value must be a positive integer")
        }
        if host.cpuShares > 0 { cpuShares = UInt64(host.cpuShares) }
        if host.cpuRealtimePeriod != 0 || host.cpuRealtimeRuntime != 0 {
            guard facts.hasRealtimeGroups else {
                throw EngineError(
                    .unsupported, "--cpu-rt-period and --cpu-rt-runtime: this kernel shares out no real-time scheduling"
                )
            }
            guard host.cpuRealtimePeriod >= 0, host.cpuRealtimeRuntime >= 0,
                host.cpuRealtimePeriod == 0 || host.cpuRealtimeRuntime <= host.cpuRealtimePeriod
            else {
                throw EngineError(
                    .invalidInput, "cpu real-time runtime cannot be higher than cpu real-time period")
            }
            if host.cpuRealtimePeriod > 0 { realtimePeriod = UInt64(host.cpuRealtimePeriod) }
            if host.cpuRealtimeRuntime > 0 { realtimeRuntime = host.cpuRealtimeRuntime }
        }
        processors = try Self.selection(
            host.cpusetCpus, of: facts.processorNumbers, "cpuset cpus", "requested CPUs are not available")
        memoryNodes = try Self.selection(
            host.cpusetMems, of: facts.memoryNodes, "cpuset mems", "requested memory nodes are not available")
    }

    /// - Returns: `nil` without a choice.
    private static func selection(
        _ text: String, of available: [ClosedRange<Int>], _ what: String, _ missing: String
    ) throws(EngineError) -> String? {
        guard !text.isEmpty else { return nil }
        guard let ranges = HostFacts.ranges(text) else {
            throw EngineError(.invalidInput, "invalid value \(quotedForError(text)) for \(what)")
        }
        for range in ranges where !range.allSatisfy({ number in available.contains { $0.contains(number) } }) {
            let shown = available.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            throw EngineError(
                .invalidInput, "\(missing) - requested \(text), available: \(shown.joined(separator: ","))")
        }
        return text
    }

    private mutating func blockIO(_ host: HostConfiguration, _ facts: HostFacts) throws(EngineError) {
        guard host.blkioWeight == 0 || (10...1000).contains(host.blkioWeight) else {
            throw EngineError(.invalidInput, "range of blkio weight is from 10 to 1000")
        }
        if host.blkioWeight != 0 || !host.blkioWeightDevice.isEmpty {
            guard facts.hasBlockWeights else {
                throw EngineError(
                    .unsupported, "--blkio-weight: no scheduler of this kernel shares out disks by weight (bfq does)")
            }
            blockWeight = host.blkioWeight == 0 ? nil : UInt16(clamping: host.blkioWeight)
            blockWeights = host.blkioWeightDevice
        }
        readBytes = host.blkioDeviceReadBps
        writeBytes = host.blkioDeviceWriteBps
        readOperations = host.blkioDeviceReadIOps
        writeOperations = host.blkioDeviceWriteIOps
    }
}
