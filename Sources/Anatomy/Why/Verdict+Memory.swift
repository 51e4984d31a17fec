internal import Capabilities
internal import LinuxKernel

extension Verdict {
    /// Why there is not enough memory: a limit is named only if it is really reached.
    static func memory(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        if call.name.hasPrefix("mlock"), [1, 11, 12].contains(call.errno) {
            return call.errno == 12 && facts.effective.contains(.ipcLock) ? nil : locked(call, facts)
        }
        guard call.errno == 12 else { return nil }
        let makesProcess = ["clone", "clone3", "fork", "vfork"].contains(call.name)
        if makesProcess, facts.childrenGoElsewhere {
            return Verdict(
                .limit,
                "the pid namespace that its children would be in has lost its first process, and takes no more",
                "unshare --fork, so that the first process stays", ["children"])
        }
        let length = call.name == "mremap" ? call.argument(2) : makesProcess ? 0 : call.argument(1)
        return space(call, length, facts) ?? machine(call, length, facts) ?? cgroup(facts)
    }

    /// Limits of the process itself.
    private static func space(_ call: FailedCall, _ length: UInt64, _ facts: DenialFacts) -> Verdict? {
        func exceeds(_ used: UInt64?, _ most: UInt64) -> Bool {
            guard let used else { return true }
            let (sum, overflow) = used.addingReportingOverflow(length)
            return overflow || sum > most
        }
        if let most = facts.limits["as"], most != .max, exceeds(facts.memory?.space, most) {
            return Verdict(
                .limit,
                "the address space may be \(shownSize(most)) large (RLIMIT_AS), by ulimit -v or by who started it",
                nil, ["limits", "memory"])
        }
        let isPrivateData = call.name != "mmap" || call.argument(2) & 2 != 0 && call.argument(3) & 0xf == 2
        if let most = facts.limits["data"], most != .max, isPrivateData, exceeds(facts.memory?.data, most) {
            return Verdict(
                .limit, "the process may have \(shownSize(most)) of data (RLIMIT_DATA)", "--ulimit data=-1",
                ["limits", "memory"])
        }
        if let mappings = facts.memory?.mappings, let most = facts.settings["vm.max_map_count"], mappings >= most {
            return Verdict(
                .limit, "the process has \(mappings) mappings, and \(most) are the most (vm.max_map_count)",
                "sysctl -w vm.max_map_count=\(times(4, most)) on the host, for all of it", ["memory", "setting"])
        }
        return nil
    }

    /// What the machine has, and what the kernel promises of it.
    private static func machine(_ call: FailedCall, _ length: UInt64, _ facts: DenialFacts) -> Verdict? {
        guard call.name == "mmap" || call.name == "mremap" else { return nil }
        let flags = call.name == "mmap" ? call.argument(3) : 0
        if flags & 0x40000 != 0 {
            return Verdict(
                .limit,
                "it asks for huge pages (MAP_HUGETLB), of which \(facts.memory?.freeHugePages.map { "\($0)" } ?? "too few") are free",
                "sysctl -w vm.nr_hugepages=NUMBER on the host", ["memory"])
        }
        if length >= 1 << 47 {
            return Verdict(.limit, "it asks for \(shownSize(length)), more than an address space holds", nil)
        }
        let isWritable = call.name != "mmap" || call.argument(2) & 2 != 0
        let isAccounted = isWritable && flags & 0xf != 1 && flags & 0x4000 == 0
        let rule = facts.settings["vm.overcommit_memory"] ?? 0
        if isAccounted, rule == 0, let total = facts.memory?.total, length > total {
            return Verdict(
                .limit,
                "it asks for \(shownSize(length)) at once, and the machine has \(shownSize(total)) of memory and swap space (vm.overcommit_memory=0)",
                "sysctl -w vm.overcommit_memory=1 on the host, for all of it, or MAP_NORESERVE in the program",
                ["memory", "setting"])
        }
        if isWritable, rule == 2, let limit = facts.memory?.commitLimit, let committed = facts.memory?.committed,
            committed.addingReportingOverflow(length).partialValue > limit
        {
            return Verdict(
                .limit,
                "the machine promises \(shownSize(limit)) of memory at most, of which \(shownSize(committed)) are taken (vm.overcommit_memory=2)",
                "sysctl -w vm.overcommit_memory=0 on the host, for all of it", ["memory", "setting"])
        }
        return nil
    }

    private static func cgroup(_ facts: DenialFacts) -> Verdict {
        if let memory = facts.memory, memory.shortages > 0 {
            return Verdict(
                .limit, "the cgroup came to its limit of memory, \(memory.shortages) times since the watch began",
                "--memory with a greater size", ["shortages"])
        }
        return Verdict(
            .unknown,
            "there was no memory for it, and no limit that is looked at is reached: the cgroup did not come to its own while it was watched",
            nil, ["limits", "memory"])
    }

    static func locked(_ call: FailedCall, _ facts: DenialFacts) -> Verdict {
        // What this call wants and as much as was locked before, in pages, on both of which it may border.
        let already = facts.limits["memlock"] ?? 0
        let (wanted, overflow) = call.argument(1).addingReportingOverflow(already)
        let enough =
            call.name == "mlockall" || overflow || wanted > 1 << 40 ? "-1" : "\((wanted / 4096 + 2) * 4096)"
        return Verdict(
            .limit,
            "the process may lock \(facts.limits["memlock"].map(shownSize) ?? "so much") of memory (RLIMIT_MEMLOCK)",
            facts.effective.contains(.ipcLock) ? nil : "--ulimit memlock=\(enough), or --cap-add IPC_LOCK",
            ["limits", "capabilities"])
    }
}
