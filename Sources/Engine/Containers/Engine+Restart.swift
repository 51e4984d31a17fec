internal import LinuxKernel
internal import MonitorProtocol

/// How a container came to its end, as far as its restart policy asks.
struct RestartQuestion: Equatable, Sendable {
    var policy: HostConfiguration.RestartPolicy
    var exitCode: Int32
    /// How long it ran, in milliseconds.
    var ran: Int64
    /// How often the policy has started it already.
    var count: Int
    /// How long the policy waited the last time, in milliseconds; 0 if it did not.
    var backoff: Int64
    var wish: ContainerRecord.Wish

    /// How long to wait before it is started again, in milliseconds; `nil` if it is not.
    ///
    /// Docker's way: 100 ms, twice as long each time, a minute at most; whoever ran for ten seconds begins anew.
    var delay: Int64? {
        guard wish == .nothing else { return nil }
        switch policy.name {
        case "always", "unless-stopped": break
        case "on-failure":
            guard exitCode != 0, policy.maximumRetryCount == 0 || count < policy.maximumRetryCount else { return nil }
        default: return nil
        }
        return backoff == 0 || ran >= 10_000 ? 100 : min(2 * min(backoff, 60_000), 60_000)
    }

    /// Whether it is started after the host was.
    ///
    /// Docker's way: `always` also if somebody had stopped it, all others only if nobody had.
    static func startsAtBoot(
        _ policy: HostConfiguration.RestartPolicy, exitCode: Int32, count: Int, wish: ContainerRecord.Wish
    ) -> Bool {
        switch policy.name {
        case "always": true
        case "unless-stopped": wish != .stop
        case "on-failure":
            wish != .stop && exitCode != 0 && (policy.maximumRetryCount == 0 || count < policy.maximumRetryCount)
        default: false
        }
    }
}

extension Engine {
    /// Has a container that has just ended started again, if its policy says so: by a small process that waits until
    /// then and becomes `brig container revive`. It stands in the record's place for the monitor.
    func restartLater(
        _ record: inout ContainerRecord, _ policy: HostConfiguration.RestartPolicy
    ) throws(EngineError) {
        let started = record.started?.nanosecondsSince1970 ?? 0
        let finished = record.finished?.nanosecondsSince1970 ?? 0
        let question = RestartQuestion(
            policy: policy, exitCode: record.exitCode,
            ran: max(0, finished.subtractingReportingOverflow(started).partialValue / 1_000_000),
            count: record.restartCount, backoff: record.backoff,
            wish: try store.container(record.id)?.wish ?? record.wish)
        guard let delay = question.delay else { return }
        let words =
            [runtime, "monitor", "--wait", String(delay), ownExecutable]
            + ownArguments(["container", "revive", record.id.text])
        do {
            let waiter = try Spawn(program: runtime, arguments: words, newSession: true).start()
            record.monitor = try ProcessIdentity(of: waiter.pid)
            _ = waiter.release()
        } catch {
            throw .wrapping(error, while: "restart container \(record.name)")
        }
        record.phase = .restarting
        record.backoff = delay
        record.restartCount += 1
    }

    /// Starts a container whose restart policy has waited long enough. Only the process that was to wait does so.
    public func revive(_ reference: String) throws(EngineError) {
        let id = try store.container(reference).id
        do {
            try withLock(on: id) { () throws(EngineError) in
                guard var record = try store.container(id), record.phase == .restarting,
                    record.monitor?.pid == CallerIdentity.pid
                else { return }
                guard record.wish == .nothing else { return try cancelRestart(&record) }
                _ = try startLocked(record, attached: false)
            }
        } catch {
            // Its directory may have gone with it.
            if try store.container(id) != nil { throw error }
        }
    }

    /// Ends the wait of a container for its next start. Its lock is held.
    func cancelRestart(_ record: inout ContainerRecord) throws(EngineError) {
        do {
            // Not this process, where the one that waits finds out that it need not have.
            if let waiter = record.monitor, waiter.pid != CallerIdentity.pid, let handle = try ProcessHandle(of: waiter)
            {
                try handle.send(.kill)
                _ = try handle.waitForEnd(timeout: .seconds(10))
            }
        } catch {
            throw .wrapping(error, while: "stop container \(record.name)")
        }
        record.phase = .exited
        record.monitor = nil
        try store.update(record)
    }

    /// Writes the events of a container's end.
    func recordEnd(of record: ContainerRecord, _ configuration: ContainerConfiguration) {
        if record.oomKilled {
            self.record("oom", record, record.reason.isEmpty ? [:] : ["reason": record.reason], configuration)
        }
        let ran = max(0, (record.finished?.seconds ?? 0) - (record.started?.seconds ?? 0))
        self.record(
            "die", record, ["exitCode": String(record.exitCode), "execDuration": String(ran)], configuration)
    }
}
