internal import LinuxKernel
internal import OCISpec

/// What `update` is to change; `nil` and 0 leave it as it is, as in Docker.
public struct ResourceChange: Equatable, Sendable {
    /// Bytes.
    public var memory: Int64 = 0
    public var memorySwap: Int64 = 0
    public var memoryReservation: Int64 = 0
    public var cpuShares: Int64 = 0
    public var cpuPeriod: Int64 = 0
    public var cpuQuota: Int64 = 0
    public var cpuRealtimePeriod: Int64 = 0
    public var cpuRealtimeRuntime: Int64 = 0
    public var nanoCpus: Int64 = 0
    public var cpusetCpus = ""
    public var cpusetMems = ""
    public var blkioWeight = 0
    /// Below zero is no limit.
    public var pidsLimit: Int64?
    public var restartPolicy: HostConfiguration.RestartPolicy?

    public init() {}

    /// The options of a container with these changed.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, in Docker's words.
    func applied(to old: HostConfiguration) throws(EngineError) -> HostConfiguration {
        var new = old
        if memory != 0 {
            if memorySwap == 0, old.memorySwap > 0, memory > old.memorySwap {
                throw EngineError(
                    .invalidInput,
                    "memory limit should be smaller than already set memoryswap limit, update the memoryswap at the "
                        + "same time")
            }
            new.memory = memory
        }
        if memorySwap != 0 { new.memorySwap = memorySwap }
        if memoryReservation != 0 { new.memoryReservation = memoryReservation }
        if cpuShares != 0 { new.cpuShares = cpuShares }
        if nanoCpus != 0, old.cpuPeriod != 0 || old.cpuQuota != 0 {
            throw EngineError(
                .invalidInput,
                "conflicting options: nano CPUs cannot be updated as CPU period or CPU quota has already been set")
        }
        if cpuPeriod != 0 || cpuQuota != 0, old.nanoCpus != 0 {
            throw EngineError(
                .invalidInput,
                "conflicting options: CPU period and quota cannot be updated as nano CPUs has already been set")
        }
        if cpuPeriod != 0 { new.cpuPeriod = cpuPeriod }
        if cpuQuota != 0 { new.cpuQuota = cpuQuota }
        if cpuRealtimePeriod != 0 { new.cpuRealtimePeriod = cpuRealtimePeriod }
        if cpuRealtimeRuntime != 0 { new.cpuRealtimeRuntime = cpuRealtimeRuntime }
        if nanoCpus != 0 { new.nanoCpus = nanoCpus }
        if !cpusetCpus.isEmpty { new.cpusetCpus = cpusetCpus }
        if !cpusetMems.isEmpty { new.cpusetMems = cpusetMems }
        if blkioWeight != 0 { new.blkioWeight = blkioWeight }
        if let pidsLimit { new.pidsLimit = max(0, pidsLimit) }
        if let restartPolicy {
            guard !old.autoRemove || !restartPolicy.isActive else {
                throw EngineError(
                    .invalidInput, "restart policy cannot be updated because AutoRemove is enabled for the container")
            }
            new.restartPolicy = restartPolicy
        }
        return new
    }
}

extension Engine {
    /// Changes the limits of a container, at once if it runs, and for its later starts.
    ///
    /// - Throws: `EngineError`; then nothing has changed.
    public func update(_ reference: String, _ change: ResourceChange) throws(EngineError) {
        let record = try store.container(reference)
        try withLock(on: record.id) { () throws(EngineError) in
            guard let current = try store.container(record.id) else { throw .noSuchContainer(reference) }
            let (container, old) = try store.configurations(of: current.id)
            var new = try change.applied(to: old)
            let facts = try HostFacts.read()
            let before = try ResourcePlan(old, facts)
            let after = try ResourcePlan(new, facts)
            // As in `create`: what goes with the memory is written down, and stays when only the memory is changed later.
            if new.memorySwap == 0, let both = after.memoryAndSwap { new.memorySwap = both }
            try PendingOptions.check(container, new)
            if case .running = try observe(current) {
                try apply(after.changes(since: before), to: current)
            }
            try store.update(current.id, new)
            self.record("update", current, [:], container)
        }
    }

    private func apply(_ resources: RuntimeConfig.Linux.Resources, to record: ContainerRecord) throws(EngineError) {
        guard resources != RuntimeConfig.Linux.Resources() else { return }
        let document = "\(locations.container(record.id).run)/update.json"
        do {
            try HostDirectory.write(resources.json.bytes(), to: document, mode: 0o600)
            defer { try? HostDirectory.removeTree(document) }
            let messages = try OwnedDescriptor(memoryFile: "messages")
            let status = try Spawn(
                program: runtime,
                arguments: [
                    runtime, "--root", locations.runtimeState, "update", "--resources", document, record.id.text,
                ]
            ).start([(messages.raw, 2)]).wait()
            guard !status.isSuccess else { return }
            try messages.seek(to: 0)
            let said = String(decoding: try messages.readAll(limit: 64 << 10), as: UTF8.self)
            throw EngineError(.fault, "cannot update container \(record.name): \(Self.lastLine(said))")
        } catch {
            throw .wrapping(error, while: "update container \(record.name)")
        }
    }

    /// What a helper said last, without its own name.
    static func lastLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).last.map(String.init) ?? "no reason given"
        let prefix = "brig-runtime: "
        return line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : line
    }
}

extension ResourcePlan {
    /// What the kernel must be told so that the one becomes the other: what is the same is absent.
    func changes(since old: ResourcePlan) -> RuntimeConfig.Linux.Resources {
        func changed<Value: Equatable>(_ new: Value?, _ old: Value?, none: Value? = nil) -> Value? {
            new == old ? nil : new ?? none
        }
        var result = RuntimeConfig.Linux.Resources()
        let memory = RuntimeConfig.Linux.Resources.Memory(
            limit: changed(memory, old.memory), reservation: changed(memoryReservation, old.memoryReservation),
            swap: changed(memoryAndSwap, old.memoryAndSwap))
        if memory != RuntimeConfig.Linux.Resources.Memory() { result.memory = memory }
        let cpu = RuntimeConfig.Linux.Resources.CPU(
            shares: changed(cpuShares, old.cpuShares), quota: changed(cpuQuota, old.cpuQuota),
            period: changed(cpuPeriod, old.cpuPeriod), realtimeRuntime: changed(realtimeRuntime, old.realtimeRuntime),
            realtimePeriod: changed(realtimePeriod, old.realtimePeriod), cpus: changed(processors, old.processors),
            mems: changed(memoryNodes, old.memoryNodes))
        if cpu != RuntimeConfig.Linux.Resources.CPU() { result.cpu = cpu }
        if let limit = changed(processes, old.processes, none: -1) { result.pids = .init(limit: limit) }
        if let weight = changed(blockWeight, old.blockWeight) { result.blockIO = .init(weight: weight) }
        return result
    }
}
