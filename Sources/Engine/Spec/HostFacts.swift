internal import LinuxKernel

/// What this host offers, as far as a container's configuration depends on it. Read once, then only a value.
public struct HostFacts: Equatable, Sendable {
    /// How many processors are online.
    public var processors = 1
    /// Whether cgroup version 2 holds every controller.
    public var hasUnifiedCgroups = true
    /// Whether the kernel counts swap for each cgroup.
    public var countsSwap = true
    /// Whether AppArmor confines programs here.
    public var hasAppArmor = false
    /// Whether a bind mount can be made read-only with all mounts below it (mount_setattr(2), Linux 5.12).
    public var hasRecursiveReadOnly = true
    public var hostname = "localhost"
    /// The caller's own limit on open files, above which a container's cannot be without CAP_SYS_RESOURCE.
    public var openFilesHardLimit: UInt64 = .max
    /// The caller's own `oom_score_adj`, below which a container's cannot be without CAP_SYS_RESOURCE.
    public var oomScoreAdjustment = 0
    /// Whether CAP_SYS_RESOURCE lets both of them be passed.
    public var canRaiseLimits = true
    /// The processors that are online, and the nodes of memory.
    public var processorNumbers = [0...0]
    public var memoryNodes = [0...0]
    /// Whether the kernel shares out real-time scheduling (`CONFIG_RT_GROUP_SCHED`).
    public var hasRealtimeGroups = false
    /// Whether a scheduler shares out disks by weight.
    public var hasBlockWeights = false
    /// The highest capability that the kernel knows.
    public var lastCapability = 40

    public init() {}
}

extension HostFacts {
    /// Asks the kernel.
    ///
    /// - Throws: `EngineError` where procfs or sysfs are not there.
    public static func read() throws(EngineError) -> HostFacts {
        do { return try ask() } catch { throw .wrapping(error, while: "look at this host") }
    }

    private static func ask() throws(SyscallError) -> HostFacts {
        var facts = HostFacts()
        let online = try readText("/sys/devices/system/cpu/online")
        facts.processors = count(ofList: online)
        facts.processorNumbers = ranges(online) ?? [0...(facts.processors - 1)]
        // A kernel without NUMA has one node and no list.
        facts.memoryNodes = (try? readText("/sys/devices/system/node/online")).flatMap(ranges) ?? [0...0]
        facts.hasUnifiedCgroups = (try? FileSystemType(of: "/sys/fs/cgroup")) == .cgroup2
        facts.countsSwap =
            facts.hasUnifiedCgroups
            ? exists("/proc/swaps") : exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
        facts.hasRealtimeGroups = exists("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
        facts.hasBlockWeights = hasBlockWeights(unified: facts.hasUnifiedCgroups)
        facts.hasAppArmor = try ConfinementProfile.isUsable()
        let name = try SystemName()
        facts.hostname = name.hostname
        facts.hasRecursiveReadOnly = name.version.map { $0 >= (5, 12) } ?? false
        facts.openFilesHardLimit = try ResourceLimit.get(.openFiles).hard
        let trimmed = try readText("/proc/self/oom_score_adj").split(whereSeparator: \.isWhitespace).first
        facts.oomScoreAdjustment = trimmed.flatMap { Int($0) } ?? 0
        let status = try ProcessInformation(pid: CallerIdentity.pid).status()
        facts.canRaiseLimits = status.mask("CapEff").map { $0 & (1 << 24) != 0 } ?? false
        let last = try readText("/proc/sys/kernel/cap_last_cap").split(whereSeparator: \.isWhitespace).first
        facts.lastCapability = last.flatMap { Int($0) } ?? 40
        return facts
    }

    /// On version 2 the root has no file that tells, but a scheduler that works by weights is there to be chosen.
    private static func hasBlockWeights(unified: Bool) -> Bool {
        guard unified else {
            return exists("/sys/fs/cgroup/blkio/blkio.weight") || exists("/sys/fs/cgroup/blkio/blkio.bfq.weight")
        }
        guard let blocks = try? OwnedDescriptor(open: "/sys/block", [.read, .directory]).entries() else { return false }
        return blocks.contains { entry in
            (try? readText("/sys/block/\(entry.name)/queue/scheduler"))?.contains("bfq") ?? false
        } || exists("/sys/fs/cgroup/io.cost.model")
    }

    /// The ranges of a list such as `0-3,8`; `nil` if it is none.
    static func ranges(_ text: String) -> [ClosedRange<Int>]? {
        var result: [ClosedRange<Int>] = []
        let trimmed = text.filter { !$0.isWhitespace }
        for part in trimmed.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end in
                end.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(end) : nil
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                last < 1 << 20
            else { return nil }
            result.append(first...last)
        }
        return result.isEmpty ? nil : result
    }

    /// How many numbers a list such as `0-3,8` holds, at least 1.
    static func count(ofList text: String) -> Int {
        let total = text.split { $0 == "," || $0.isWhitespace }.reduce(0) { sum, range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, 0...last ~= first, last < 1 << 20 else { return sum }
            return sum + last - first + 1
        }
        return max(1, total)
    }
}

/// Whether the host has this file; one that cannot be looked at counts as missing.
func exists(_ path: String) -> Bool { (try? OwnedDescriptor(open: path, .pathOnly)) != nil }
