internal import LinuxKernel
internal import OCISpec

extension RuntimeConfig.Process {
    /// Takes the scheduling that the bundle asks for, while there is privilege for it.
    func applyScheduling() throws(RuntimeError) {
        if let scheduler {
            try attempting("process.scheduler") { () throws(SyscallError) in
                try Scheduling.set(
                    policy: scheduler.policy.number, flags: scheduler.flags.reduce(0) { $0 | $1.bit },
                    nice: scheduler.nice, priority: UInt32(bitPattern: scheduler.priority), runtime: scheduler.runtime,
                    deadline: scheduler.deadline, period: scheduler.period)
            }
        }
        if let ioPriority {
            try attempting("process.ioPriority") { () throws(SyscallError) in
                try Scheduling.setIOPriority(
                    ioClass: ioPriority.class.number, level: UInt8(truncatingIfNeeded: ioPriority.priority))
            }
        }
    }

    /// Restricts the process to the processors of a list in `execCPUAffinity`.
    func applyAffinity(_ list: String?, _ field: String) throws(RuntimeError) {
        guard let list, !list.isEmpty else { return }
        guard let processors = IndexList(list) else {
            throw RuntimeError(.invalidInput, "process.execCPUAffinity.\(field): \(list) is no list such as 0-3,7")
        }
        try attempting("process.execCPUAffinity.\(field) \(list)") { () throws(SyscallError) in
            try Scheduling.setAffinity(processors)
        }
    }

    /// Sets the limits of the process `pid`.
    ///
    /// - Throws: A hard limit above the host's needs CAP_SYS_RESOURCE there.
    func applyLimits(to pid: Int32) throws(RuntimeError) {
        for limit in rlimits {
            guard let resource = LimitedResource(name: limit.type.rawValue) else {
                throw RuntimeError(.unsupported, "process.rlimits: \(limit.type.rawValue) is not known here")
            }
            do throws(SyscallError) {
                try ResourceLimit(soft: limit.soft, hard: limit.hard).set(resource, of: pid)
            } catch {
                var hint = ""
                if error.code == .notPermitted, let host = try? ResourceLimit.get(resource) {
                    hint = "; without CAP_SYS_RESOURCE the hard limit can be at most \(host.hard)"
                }
                throw RuntimeError(
                    .fault, "\(limit.type.rawValue) soft \(limit.soft) hard \(limit.hard): \(error.code)\(hint)")
            }
        }
    }
}

extension RuntimeConfig.Linux {
    /// Sets personality and memory policy of the calling process.
    func applyToProcess() throws(RuntimeError) {
        if let personality {
            try attempting("linux.personality") { () throws(SyscallError) in
                try Scheduling.setPersonality(personality.domain == .linux32 ? 0x0008 : 0)
            }
        }
        if let memoryPolicy {
            let nodes = memoryPolicy.nodes.flatMap { $0.isEmpty ? nil : $0 }
            let list = nodes.flatMap { IndexList($0) }
            guard nodes == nil || list != nil else {
                throw RuntimeError(.invalidInput, "linux.memoryPolicy.nodes: \(nodes ?? "") is no list such as 0-3,7")
            }
            try attempting("linux.memoryPolicy") { () throws(SyscallError) in
                try Scheduling.setMemoryPolicy(
                    mode: memoryPolicy.flags.reduce(memoryPolicy.mode.number) { $0 | $1.bit }, nodes: list)
            }
        }
    }
}

extension RuntimeConfig.Process.Scheduler.Policy {
    /// Source: sched(7); linux/sched.h.
    var number: UInt32 {
        switch self {
        case .other: 0
        case .fifo: 1
        case .roundRobin: 2
        case .batch: 3
        case .iso: 4
        case .idle: 5
        case .deadline: 6
        }
    }
}

extension RuntimeConfig.Process.Scheduler.Flag {
    /// Source: linux/sched.h.
    var bit: UInt64 {
        switch self {
        case .resetOnFork: 0x01
        case .reclaim: 0x02
        case .deadlineOverrun: 0x04
        case .keepPolicy: 0x08
        case .keepParameters: 0x10
        case .utilizationClampMinimum: 0x20
        case .utilizationClampMaximum: 0x40
        }
    }
}

extension RuntimeConfig.Process.IOPriority.Class {
    /// Source: ioprio_set(2).
    var number: UInt8 {
        switch self {
        case .realtime: 1
        case .bestEffort: 2
        case .idle: 3
        }
    }
}

extension RuntimeConfig.Linux.MemoryPolicy.Mode {
    /// Source: linux/mempolicy.h.
    var number: Int32 {
        switch self {
        case .default: 0
        case .preferred: 1
        case .bind: 2
        case .interleave: 3
        case .local: 4
        case .preferredMany: 5
        case .weightedInterleave: 6
        }
    }
}

extension RuntimeConfig.Linux.MemoryPolicy.Flag {
    /// Source: linux/mempolicy.h.
    var bit: Int32 {
        switch self {
        case .staticNodes: 1 << 15
        case .relativeNodes: 1 << 14
        case .numaBalancing: 1 << 13
        }
    }
}
