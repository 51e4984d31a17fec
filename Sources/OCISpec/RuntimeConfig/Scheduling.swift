extension RuntimeConfig.Process {
    /// Attributes for sched_setattr(2).
    public struct Scheduler: Equatable, Sendable {
        /// How its turn is decided: sched(7).
        public var policy: Policy
        /// From -20 to 19.
        public var nice: Int32
        /// The static priority for `fifo` and `roundRobin`.
        public var priority: Int32
        /// sched_setattr(2)'s flags.
        public var flags: [Flag]
        /// In nanoseconds, for `deadline`.
        public var runtime: UInt64
        /// In nanoseconds, for `deadline`.
        public var deadline: UInt64
        /// In nanoseconds, for `deadline`.
        public var period: UInt64

        public init(
            policy: Policy, nice: Int32 = 0, priority: Int32 = 0, flags: [Flag] = [], runtime: UInt64 = 0,
            deadline: UInt64 = 0, period: UInt64 = 0
        ) {
            self.policy = policy
            self.nice = nice
            self.priority = priority
            self.flags = flags
            self.runtime = runtime
            self.deadline = deadline
            self.period = period
        }
    }
}

extension RuntimeConfig.Process.Scheduler: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        policy = try fields.required("policy")
        nice = try fields.optional("nice") ?? 0
        priority = try fields.optional("priority") ?? 0
        flags = try fields.list("flags")
        runtime = try fields.optional("runtime") ?? 0
        deadline = try fields.optional("deadline") ?? 0
        period = try fields.optional("period") ?? 0
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("policy", policy)
        if nice != 0 { fields.put("nice", nice) }
        if priority != 0 { fields.put("priority", priority) }
        fields.list("flags", flags)
        if runtime != 0 { fields.put("runtime", runtime) }
        if deadline != 0 { fields.put("deadline", deadline) }
        if period != 0 { fields.put("period", period) }
        return fields.json
    }
}

extension RuntimeConfig.Process.Scheduler {
    /// sched_setattr(2)'s policies.
    public enum Policy: String, CaseIterable, Sendable, NamedValue {
        case other = "SCHED_OTHER"
        case fifo = "SCHED_FIFO"
        case roundRobin = "SCHED_RR"
        case batch = "SCHED_BATCH"
        /// Reserved; no kernel implements it.
        case iso = "SCHED_ISO"
        case idle = "SCHED_IDLE"
        case deadline = "SCHED_DEADLINE"
    }
}

extension RuntimeConfig.Process.Scheduler {
    /// sched_setattr(2)'s flags.
    public enum Flag: String, CaseIterable, Sendable, NamedValue {
        case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
        case reclaim = "SCHED_FLAG_RECLAIM"
        case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
        case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
        case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
        case utilizationClampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
        case utilizationClampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
    }
}

extension RuntimeConfig.Process {
    /// Class and level for ioprio_set(2).
    public struct IOPriority: Equatable, Sendable {
        /// Which of ioprio_set(2)'s classes.
        public var `class`: Class
        /// From 0, the highest, to 7.
        public var priority: Int

        public init(class: Class, priority: Int) {
            self.class = `class`
            self.priority = priority
        }
    }
}

extension RuntimeConfig.Process.IOPriority: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        self.class = try fields.required("class")
        priority = try fields.required("priority")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("class", `class`)
        fields.put("priority", priority)
        return fields.json
    }
}

extension RuntimeConfig.Process.IOPriority {
    /// ioprio_set(2)'s classes.
    public enum Class: String, CaseIterable, Sendable, NamedValue {
        case realtime = "IOPRIO_CLASS_RT"
        case bestEffort = "IOPRIO_CLASS_BE"
        case idle = "IOPRIO_CLASS_IDLE"
    }
}

extension RuntimeConfig.Process {
    /// Lists of CPUs such as `0-3,7` for processes that enter the container later.
    public struct CPUAffinity: Equatable, Sendable {
        /// Before the move to the cgroup of the container.
        public var initial: String?
        /// After it.
        public var `final`: String?

        public init(initial: String? = nil, final: String? = nil) {
            self.initial = initial
            self.final = `final`
        }
    }
}

extension RuntimeConfig.Process.CPUAffinity: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        initial = try fields.text("initial")
        self.final = try fields.text("final")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("initial", initial)
        fields.optional("final", `final`)
        return fields.json
    }
}
