internal import LinuxKernel
internal import MonitorProtocol

/// What came of asking a container how it is.
public enum HealthAnswer: Equatable, Sendable {
    case well
    /// With what the probe said.
    case ill(String)
    /// It does not run or stands still: nothing was asked.
    case notNow(String)
}

extension Engine {
    /// Asks a container how it is, remembers the answer, and does what was said for one that is not well. The monitor
    /// calls this at the intervals of the container's health check.
    ///
    /// - Throws: `EngineError`; `invalidInput` if it has no health check.
    public func checkHealth(_ reference: String) throws(EngineError) -> HealthAnswer {
        let record = try store.container(reference)
        let (configuration, host) = try store.configurations(of: record.id)
        guard let plan = try HealthPlan(configuration.healthcheck) else {
            throw EngineError(.invalidInput, "container \(record.name) has no health check")
        }
        guard case .running(let process?) = try observe(record) else {
            return .notNow("container \(record.name) is not running")
        }
        guard !isFrozen(record) else { return .notNow("container \(record.name) is paused") }
        let start = Timestamp.now
        let (code, output) = probe(plan, record, process, configuration, host)
        // An answer that came while it ended says nothing of its health.
        guard let now = try store.container(record.id), now.process == process,
            case .running(_?) = try observe(now)
        else { return .notNow("container \(record.name) has ended") }
        var state = try healthState(of: record.id) ?? HealthState()
        let before = state.status
        let started = record.started ?? start
        state.take(
            .init(start: start.description, end: Timestamp.now.description, exitCode: code, output: output), plan,
            age: max(
                0,
                start.nanosecondsSince1970.subtractingReportingOverflow(started.nanosecondsSince1970).partialValue
                    / 1_000_000))
        try write(state, of: record.id)
        if state.status != before {
            try store.setHealth(state.status, of: record.id)
            self.record("health_status: \(state.status)", record, [:], configuration)
            if state.status == "unhealthy" { try react(to: record, configuration) }
        }
        return code == 0 ? .well : .ill(output)
    }

    /// A process of its own does it, as this one is the monitor's child and would be waited for by it.
    private func react(to record: ContainerRecord, _ configuration: ContainerConfiguration) throws(EngineError) {
        let action = configuration.healthcheck?.onFailure ?? ""
        guard ["restart", "stop", "kill"].contains(action) else { return }
        do {
            _ = try Spawn(
                program: ownExecutable,
                arguments: [ownExecutable] + ownArguments(["container", action, record.id.text]), newSession: true
            ).start().release()
        } catch {
            throw .wrapping(error, while: "\(action) container \(record.name), which is not well")
        }
    }

    /// Forgets how a container was, as it starts.
    func resetHealth(of record: ContainerRecord, _ configuration: ContainerConfiguration) throws(EngineError) {
        guard try HealthPlan(configuration.healthcheck) != nil else { return }
        try write(HealthState(), of: record.id)
        try store.setHealth("starting", of: record.id)
    }

    private func write(_ state: HealthState, of id: Identifier) throws(EngineError) {
        do {
            try HostDirectory.write(Array(try state.storedText().utf8), to: locations.container(id).health, mode: 0o600)
        } catch {
            throw .wrapping(error, while: "remember the health of container \(id.short)")
        }
    }

    private func healthState(of id: Identifier) throws(EngineError) -> HealthState? {
        do {
            guard let bytes = try optionalFile(locations.container(id).health) else { return nil }
            return try HealthState(stored: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .wrapping(error, while: "read the health of container \(id.short)")
        }
    }

    /// What the record's container is doing, and how well it is.
    func stateWithHealth(of record: ContainerRecord) throws(EngineError) -> ContainerInspection.State {
        var state = try state(of: record)
        if state.running, !state.restarting { state.oomKilled = hasLostProcesses(record.id) }
        if !record.health.isEmpty { state.health = try healthState(of: record.id) }
        return state
    }
}
