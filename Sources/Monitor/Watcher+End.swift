internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension Watcher {
    /// How long output may pause after the container's end, and how long it is read at most, in milliseconds. Only
    /// processes that outlive the container's first one keep its pipes open, and only without a pid namespace.
    static let idleGrace: Int64 = 100
    static let longestDrain: Int64 = 2_000
    /// How long a client that cleans up has for it, in milliseconds. That the cleanup command does so, too, does no harm: one waits
    /// for the other, and finds nothing left to do.
    static let longestCleaning: Int64 = 5_000

    /// The container's first process has ended.
    func containerEnded(_ status: ExitStatus) {
        let now = MonotonicClock.milliseconds
        phase = .draining(
            status, finished: .now, idleDeadline: now + Self.idleGrace, deadline: now + Self.longestDrain)
        // The terminal reports its end from now on.
        terminalPeer = nil
        watchOutputs()
    }

    /// All output is there: records the end, tells the clients and starts the cleanup.
    func conclude(_ status: ExitStatus, _ finished: Timestamp) {
        for output in outputs { close(output) }
        log?.flushAndRelease()
        let record = exitRecord(status, finished)
        writeExitRecord(record)
        // Whoever connected until now is told; whoever comes later finds exit.json.
        acceptClients()
        unwatchListener()
        try? runDirectory.removeFile("attach.sock")  // The cleanup command removes the whole directory.
        listener = nil
        input = nil
        // Who was first to stop the container has said before that it would clean up.
        for client in clients { receive(client) }
        phase = .lingering
        if clients.contains(where: \.cleansUp) { cleaningDeadline = MonotonicClock.milliseconds + Self.longestCleaning }
        for client in clients {
            do throws(SyscallError) {
                try client.send(.exited(record))
                client.restartPatience()
                if !client.cleansUp { client.finishReceiving() }
                updateInterest(client)
                if !isKept(client) { remove(client) }
            } catch {
                remove(client)
            }
        }
        if clients.isEmpty { phase = .over } else { checkCleaning() }
    }

    /// Whether a client is waited for after the container's end: it has not taken all, or cleans up.
    func isKept(_ client: Client) -> Bool { client.isBehind || client.cleansUp }

    /// Starts the cleanup command, unless a client cleans up and has time left.
    func checkCleaning() {
        guard !isCleanedUp, !clients.isEmpty else { return }
        if let deadline = cleaningDeadline, clients.contains(where: \.cleansUp), MonotonicClock.milliseconds < deadline
        {
            return
        }
        startCleanup()
        releaseCleaners()
    }

    /// A client says that it has cleaned up.
    func clientHasCleaned(_ client: Client) {
        guard phase == .lingering, client.cleansUp else { return }
        isCleanedUp = true
        releaseCleaners()
    }

    private func releaseCleaners() {
        cleaningDeadline = nil
        for client in clients where client.cleansUp {
            client.cleansUp = false
            client.hasEndedInput = true
            if client.isBehind { updateInterest(client) } else { remove(client) }
        }
    }

    private func exitRecord(_ status: ExitStatus, _ finished: Timestamp) -> ExitRecord {
        var signal: Int32?
        if case .signalled(let number, _) = status { signal = number.rawValue }
        let kills = memoryKills()
        var record = ExitRecord(
            exitCode: status.shellCode, signal: signal, oomKilled: kills > earlierKills, startedAt: started,
            finishedAt: finished)
        if kills > earlierKills { record.outOfMemory = outOfMemory(kills - earlierKills) }
        return record
    }

    private func memoryKills() -> UInt64 {
        switch memoryEvents {
        case .some(let file): MemoryEvents.kills(file)
        case .none: 0
        }
    }

    private func outOfMemory(_ kills: UInt64) -> OutOfMemory? {
        switch memoryEvents {
        case .some(let file): OutOfMemory.ask(kills: kills, file, of: options.id.text)
        case .none: nil
        }
    }

    /// Writes `exit.json` under another name and renames it, so that nobody reads a part of it.
    private func writeExitRecord(_ record: ExitRecord) {
        do throws(SyscallError) {
            let file = try runDirectory.open("exit.json.new", [.write, .create, .truncate, .noFollow], mode: 0o640)
            try file.write(record.json)
            try file.write("\n")
            try runDirectory.rename("exit.json.new", to: "exit.json")
        } catch {
            note("exit.json: \(error)")
        }
    }

    /// Runs the cleanup command beside this process, which still serves clients.
    private func startCleanup() {
        guard let program = options.cleanup.first else { return }
        restoreScore(score)
        do throws(SyscallError) {
            // It is waited for with the other children, or adopted by this process's own parent.
            _ = try Spawn(program: program, arguments: options.cleanup, environment: callerEnvironment()).start()
                .release()
            isCleanedUp = true
        } catch {
            note("cleanup: \(error)")
        }
    }

    /// Writes down what nobody is there to be told, in `monitor.log` beside `exit.json`.
    func note(_ text: String) {
        guard notes.count < 100, notes.insert(text).inserted else { return }
        writeNote(text, in: options.runDirectory)
    }
}

/// Adds a line to `monitor.log` in a run directory. That it cannot be written has no consequence.
func writeNote(_ text: String, in runDirectory: String) {
    let flags: OpenFlags = [.write, .create, .append, .noFollow]
    try? OwnedDescriptor(open: runDirectory + "/monitor.log", flags, mode: 0o640).write("\(Timestamp.now) \(text)\n")
}
