package import OCISpec

/// What `update` shall change; what is absent stays.
package struct UpdateRequest: Equatable, Sendable {
    /// Device rules are not among what can be changed.
    package var resources: RuntimeConfig.Linux.Resources
    package var l3CacheSchema: String?
    package var memoryBandwidthSchema: String?

    package init(
        resources: RuntimeConfig.Linux.Resources, l3CacheSchema: String? = nil, memoryBandwidthSchema: String? = nil
    ) {
        self.resources = resources
        self.l3CacheSchema = l3CacheSchema
        self.memoryBandwidthSchema = memoryBandwidthSchema
    }
}

extension RuntimeConfig.Linux.Resources {
    /// These resources with those changed that `change` names.
    func updated(by change: Self) -> Self {
        var result = self
        if let memory = change.memory { result.memory = (result.memory ?? Memory()).updated(by: memory) }
        if let cpu = change.cpu { result.cpu = (result.cpu ?? CPU()).updated(by: cpu) }
        if let pids = change.pids?.limit { result.pids = Pids(limit: pids) }
        if let blockIO = change.blockIO { result.blockIO = (result.blockIO ?? BlockIO()).updated(by: blockIO) }
        for limit in change.hugepageLimits {
            result.hugepageLimits.removeAll { $0.pageSize == limit.pageSize }
            result.hugepageLimits.append(limit)
        }
        if let network = change.network { result.network = network }
        for (device, limits) in change.rdma { result.rdma[device] = limits }
        for (file, value) in change.unified { result.unified[file] = value }
        return result
    }

    /// What must be written for `change`, given that the result will be `updated`: the changes, and what shares a file
    /// or an order with one of them.
    static func toWrite(_ change: Self, updated: Self) -> Self {
        var result = change
        result.devices = []
        if let memory = change.memory, memory.limit != nil || memory.swap != nil {
            // v1 refuses a limit above that of memory and swap together; v2's file holds the difference of the two.
            result.memory?.limit = updated.memory?.limit
            result.memory?.swap = updated.memory?.swap
        }
        if let cpu = change.cpu, cpu.quota != nil || cpu.period != nil || cpu.burst != nil {
            // One file on v2; and a burst may not exceed the quota.
            result.cpu?.quota = updated.cpu?.quota
            result.cpu?.period = updated.cpu?.period
            result.cpu?.burst = updated.cpu?.burst
        }
        return result
    }
}

extension RuntimeConfig.Linux.Resources.Memory {
    func updated(by change: Self) -> Self {
        var result = self
        result.limit = change.limit ?? limit
        result.reservation = change.reservation ?? reservation
        result.swap = change.swap ?? swap
        // Without a limit of memory there is none of memory and swap together.
        if change.limit == -1, change.swap == nil, swap != nil { result.swap = -1 }
        result.swappiness = change.swappiness ?? swappiness
        result.disableOOMKiller = change.disableOOMKiller ?? disableOOMKiller
        result.useHierarchy = change.useHierarchy ?? useHierarchy
        result.checkBeforeUpdate = change.checkBeforeUpdate ?? checkBeforeUpdate
        return result
    }
}

extension RuntimeConfig.Linux.Resources.CPU {
    func updated(by change: Self) -> Self {
        var result = self
        result.shares = change.shares ?? shares
        // As runc: 0 stands for what the container has.
        result.quota = change.quota.flatMap { $0 == 0 ? nil : $0 } ?? quota
        result.period = change.period.flatMap { $0 == 0 ? nil : $0 } ?? period
        result.burst = change.burst ?? burst
        result.realtimeRuntime = change.realtimeRuntime ?? realtimeRuntime
        result.realtimePeriod = change.realtimePeriod ?? realtimePeriod
        result.cpus = change.cpus ?? cpus
        result.mems = change.mems ?? mems
        result.idle = change.idle ?? idle
        return result
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO {
    func updated(by change: Self) -> Self {
        var result = self
        result.weight = change.weight ?? weight
        result.leafWeight = change.leafWeight ?? leafWeight
        for device in change.weightDevice {
            result.weightDevice.removeAll { $0.major == device.major && $0.minor == device.minor }
            result.weightDevice.append(device)
        }
        result.throttleReadBpsDevice = replaced(throttleReadBpsDevice, by: change.throttleReadBpsDevice)
        result.throttleWriteBpsDevice = replaced(throttleWriteBpsDevice, by: change.throttleWriteBpsDevice)
        result.throttleReadIOPSDevice = replaced(throttleReadIOPSDevice, by: change.throttleReadIOPSDevice)
        result.throttleWriteIOPSDevice = replaced(throttleWriteIOPSDevice, by: change.throttleWriteIOPSDevice)
        return result
    }

    private func replaced(_ old: [ThrottleDevice], by new: [ThrottleDevice]) -> [ThrottleDevice] {
        old.filter { one in !new.contains { $0.major == one.major && $0.minor == one.minor } } + new
    }
}
