internal import LinuxKernel
internal import MonitorProtocol

extension Watcher {
    /// How long the loop may sleep; `nil` for ever.
    func timeout() -> Duration? {
        switch phase {
        case .draining(_, _, let idleDeadline, let deadline):
            let end = outputs.isEmpty ? reportDeadline(deadline) : min(idleDeadline, deadline)
            return .milliseconds(max(0, end - MonotonicClock.milliseconds))
        case .running, .lingering:
            // Clients' patience is looked at each second, and what could not be watched is tried again.
            let isRestless =
                clients.contains(where: isWaitedFor) || outputs.contains { !$0.isWatched }
                || (listener != nil && !listenerIsWatched)
            let restless: Duration? = isRestless || cleaningDeadline != nil ? .seconds(1) : nil
            guard phase == .running, let due = health?.due else { return restless }
            let left = Duration.milliseconds(max(0, due - MonotonicClock.milliseconds))
            return min(left, restless ?? left)
        case .over: return .zero
        }
    }

    /// Does what is due.
    func checkTimes() {
        switch phase {
        case .running, .lingering:
            checkPatience()
            if phase == .running {
                watchListener()
                askForHealth()
            }
            if phase == .lingering {
                checkCleaning()
                if clients.isEmpty { phase = .over }
            }
        case .draining(let status, let finished, let idleDeadline, let deadline):
            let now = MonotonicClock.milliseconds
            if now >= min(idleDeadline, deadline) { for output in outputs { close(output) } }
            if outputs.isEmpty, !owesReports || now >= reportDeadline(deadline) { conclude(status, finished) }
        case .over: break
        }
    }

    /// The container waits for it, or after its end the monitor.
    private func isWaitedFor(_ client: Client) -> Bool { phase == .lingering ? client.isBehind : client.holdsOutput }

    private func checkPatience() {
        guard clients.contains(where: isWaitedFor) else { return }
        let now = MonotonicClock.milliseconds
        for client in clients where isWaitedFor(client) {
            // A failing question to the kernel counts as a client that is stuck.
            guard (try? client.isStuck(now: now)) ?? true else { continue }
            if phase == .lingering {
                remove(client)
            } else {
                client.giveUpWaiting()
            }
        }
    }

    /// Reads what an output has and passes it on.
    func read(_ output: ContainerOutput) {
        var failed: [Client] = []
        let arrival = output.read(log: log) { bytes in
            for client in clients where !client.isGone && !client.isSilent {
                do throws(SyscallError) {
                    let wasBehind = client.isBehind
                    try client.sendOutput(output.frameKind, bytes)
                    if client.isBehind != wasBehind { updateInterest(client) }
                } catch {
                    failed.append(client)
                }
            }
        }
        for client in failed { remove(client) }
        switch arrival {
        case .bytes:
            if case .draining(let status, let finished, _, let deadline) = phase {
                phase = .draining(
                    status, finished: finished, idleDeadline: MonotonicClock.milliseconds + Self.idleGrace,
                    deadline: deadline)
            }
            // One pipe must not keep the others waiting: what is left is reported again.
            if isHeldBack { watchOutputs() }
        case .nothing: break
        case .end: close(output)
        }
    }

    /// Puts what is left of an output's last line into the log, and closes it.
    func close(_ output: ContainerOutput) {
        unwatch(output)
        output.finish(log: log)
        outputs.removeAll { $0 === output }
    }
}
