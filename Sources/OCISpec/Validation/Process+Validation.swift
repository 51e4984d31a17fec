extension RuntimeConfig.Process: Validated {
    /// Checks the process alone, as for a further process in a container.
    public func validate() throws(SpecError) {
        try requireAbsolute(cwd, "cwd")
        try require(!args.isEmpty, "args", "must not be empty")
        try requireTexts(args, "args")
        try requireEnvironment(env, "env")
        try OCISpec.validate("user", user)
        if let consoleSize, terminal { try OCISpec.validate("consoleSize", consoleSize) }
        try validateRlimits()
        try requireLine(apparmorProfile, "apparmorProfile")
        try requireLine(selinuxLabel, "selinuxLabel")
        if let oomScoreAdj { try requireRange(oomScoreAdj, -1000...1000, "oomScoreAdj") }
        try OCISpec.validate("scheduler", scheduler)
        try OCISpec.validate("ioPriority", ioPriority)
        try OCISpec.validate("execCPUAffinity", execCPUAffinity)
    }

    private func validateRlimits() throws(SpecError) {
        for (index, limit) in rlimits.enumerated() {
            try require(
                !rlimits[..<index].contains { $0.type == limit.type }, "rlimits[\(index)].type",
                "\(limit.type.rawValue) is given twice")
            try require(
                limit.soft <= limit.hard, "rlimits[\(index)].soft",
                "\(limit.soft) is above the hard limit, \(limit.hard)")
        }
    }
}

extension RuntimeConfig.Process.User: Validated {
    public func validate() throws(SpecError) {
        try requireID(uid, "uid")
        try requireID(gid, "gid")
        if let umask { try require(umask <= 0o777, "umask", "\(umask) is above 511 (octal 777)") }
        // NGROUPS_MAX of the kernel.
        try require(
            additionalGids.count <= 65536, "additionalGids",
            "has \(additionalGids.count) entries, at most 65536 are possible")
        for (index, gid) in additionalGids.enumerated() { try requireID(gid, "additionalGids[\(index)]") }
    }

    /// -1 means "leave as it is" in the system calls that set ids, so it is no id.
    private func requireID(_ id: UInt32, _ field: String) throws(SpecError) {
        try require(id != .max, field, "\(id) is not an id")
    }
}

extension RuntimeConfig.Process.ConsoleSize: Validated {
    public func validate() throws(SpecError) {
        try requireRange(height, 0...65535, "height")
        try requireRange(width, 0...65535, "width")
    }
}

extension RuntimeConfig.Process.Scheduler: Validated {
    /// The rules of sched_setattr(2).
    public func validate() throws(SpecError) {
        switch policy {
        case .iso:
            throw .field(path: "policy", problem: "SCHED_ISO is not supported by Linux")
        case .other, .batch, .idle:
            try requireRange(nice, -20...19, "nice")
        case .fifo, .roundRobin:
            try requireRange(priority, 1...99, "priority")
        case .deadline:
            try require(runtime > 0, "runtime", "missing, SCHED_DEADLINE needs it")
        }
        if policy != .fifo, policy != .roundRobin {
            try require(priority == 0, "priority", "needs the policy SCHED_FIFO or SCHED_RR")
        }
        if policy != .deadline {
            try require(runtime == 0, "runtime", "needs the policy SCHED_DEADLINE")
            try require(deadline == 0, "deadline", "needs the policy SCHED_DEADLINE")
            try require(period == 0, "period", "needs the policy SCHED_DEADLINE")
        }
    }
}

extension RuntimeConfig.Process.IOPriority: Validated {
    public func validate() throws(SpecError) { try requireRange(priority, 0...7, "priority") }
}

extension RuntimeConfig.Process.CPUAffinity: Validated {
    public func validate() throws(SpecError) {
        try requireNumberList(initial, "initial")
        try requireNumberList(self.final, "final")
    }
}
