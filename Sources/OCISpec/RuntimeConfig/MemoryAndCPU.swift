extension RuntimeConfig.Linux.Resources {
    /// Limits in bytes; -1 is no limit.
    public struct Memory: Equatable, Sendable {
        /// Bytes; -1 is no limit.
        public var limit: Int64?
        /// The soft limit.
        public var reservation: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        /// Deprecated.
        public var kernel: Int64?
        /// Deprecated.
        public var kernelTCP: Int64?
        /// From 0 to 100.
        public var swappiness: UInt64?
        /// Processes wait for memory instead of being killed; v1.
        public var disableOOMKiller: Bool?
        /// Children count, too; v1, where newer kernels always do that.
        public var useHierarchy: Bool?
        /// Whether a limit below the present use is refused.
        public var checkBeforeUpdate: Bool?

        public init(
            limit: Int64? = nil, reservation: Int64? = nil, swap: Int64? = nil, kernel: Int64? = nil,
            kernelTCP: Int64? = nil, swappiness: UInt64? = nil, disableOOMKiller: Bool? = nil,
            useHierarchy: Bool? = nil, checkBeforeUpdate: Bool? = nil
        ) {
            self.limit = limit
            self.reservation = reservation
            self.swap = swap
            self.kernel = kernel
            self.kernelTCP = kernelTCP
            self.swappiness = swappiness
            self.disableOOMKiller = disableOOMKiller
            self.useHierarchy = useHierarchy
            self.checkBeforeUpdate = checkBeforeUpdate
        }
    }
}

extension RuntimeConfig.Linux.Resources.Memory: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        limit = try fields.optional("limit")
        reservation = try fields.optional("reservation")
        swap = try fields.optional("swap")
        kernel = try fields.optional("kernel")
        kernelTCP = try fields.optional("kernelTCP")
        swappiness = try fields.optional("swappiness")
        disableOOMKiller = try fields.optional("disableOOMKiller")
        useHierarchy = try fields.optional("useHierarchy")
        checkBeforeUpdate = try fields.optional("checkBeforeUpdate")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("limit", limit)
        fields.optional("reservation", reservation)
        fields.optional("swap", swap)
        fields.optional("kernel", kernel)
        fields.optional("kernelTCP", kernelTCP)
        fields.optional("swappiness", swappiness)
        fields.optional("disableOOMKiller", disableOOMKiller)
        fields.optional("useHierarchy", useHierarchy)
        fields.optional("checkBeforeUpdate", checkBeforeUpdate)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources {
    /// Limits of the controllers cpu and cpuset.
    public struct CPU: Equatable, Sendable {
        /// Relative weight as in cgroup v1, 1024 being the usual one.
        public var shares: UInt64?
        /// In microseconds per period; below 0 is no limit.
        public var quota: Int64?
        /// In microseconds.
        public var burst: UInt64?
        /// In microseconds.
        public var period: UInt64?
        /// In microseconds.
        public var realtimeRuntime: Int64?
        /// In microseconds.
        public var realtimePeriod: UInt64?
        /// A list such as `0-3,7`.
        public var cpus: String?
        /// A list of memory nodes such as `0-3,7`.
        public var mems: String?
        /// 1 for the scheduling of idle tasks, 0 for the usual one.
        public var idle: Int64?

        public init(
            shares: UInt64? = nil, quota: Int64? = nil, burst: UInt64? = nil, period: UInt64? = nil,
            realtimeRuntime: Int64? = nil, realtimePeriod: UInt64? = nil, cpus: String? = nil, mems: String? = nil,
            idle: Int64? = nil
        ) {
            self.shares = shares
            self.quota = quota
            self.burst = burst
            self.period = period
            self.realtimeRuntime = realtimeRuntime
            self.realtimePeriod = realtimePeriod
            self.cpus = cpus
            self.mems = mems
            self.idle = idle
        }
    }
}

extension RuntimeConfig.Linux.Resources.CPU: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        shares = try fields.optional("shares")
        quota = try fields.optional("quota")
        burst = try fields.optional("burst")
        period = try fields.optional("period")
        realtimeRuntime = try fields.optional("realtimeRuntime")
        realtimePeriod = try fields.optional("realtimePeriod")
        cpus = try fields.text("cpus")
        mems = try fields.text("mems")
        idle = try fields.optional("idle")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("shares", shares)
        fields.optional("quota", quota)
        fields.optional("burst", burst)
        fields.optional("period", period)
        fields.optional("realtimeRuntime", realtimeRuntime)
        fields.optional("realtimePeriod", realtimePeriod)
        fields.optional("cpus", cpus)
        fields.optional("mems", mems)
        fields.optional("idle", idle)
        return fields.json
    }
}
