internal import LinuxKernel

/// When a container is asked how it is. One question at a time; the next interval begins with the answer.
struct HealthTimer: Equatable {
    let options: HealthOptions
    private let startEnds: Int64
    /// On the monotonic clock, in milliseconds; `nil` while a question is open.
    private(set) var due: Int64?
    /// The process that asks.
    private var asking: Int32?
    private var wasWell = false

    init(_ options: HealthOptions, now: Int64) {
        self.options = options
        startEnds = now.addingReportingOverflow(options.startPeriod).partialValue
        due = now + (options.startPeriod > 0 ? min(options.startInterval, options.interval) : options.interval)
    }

    /// A process asks now.
    mutating func began(_ pid: Int32) {
        asking = pid
        due = nil
    }

    /// It could not be asked: the next time is as if it had answered.
    mutating func failed(now: Int64) {
        due = now + options.interval
    }

    /// A child of the monitor's has ended; only the one that asks counts.
    mutating func ended(_ pid: Int32, wasWell well: Bool, now: Int64) {
        guard asking == pid else { return }
        asking = nil
        if well { wasWell = true }
        due = now + (!wasWell && now < startEnds ? options.startInterval : options.interval)
    }
}

extension Watcher {
    /// Starts the command that finds out how the container is, if it is time.
    func askForHealth() {
        guard let timer = health, let due = timer.due, MonotonicClock.milliseconds >= due,
            let program = timer.options.command.first
        else { return }
        // What it starts in the container must not be spared when memory runs out.
        restoreScore(score)
        do throws(SyscallError) {
            let child = try Spawn(
                program: program, arguments: timer.options.command, environment: callerEnvironment(), newSession: true
            ).start()
            health?.began(child.release())
        } catch {
            note("health: \(error)")
            health?.failed(now: MonotonicClock.milliseconds)
        }
        if score != nil { _ = lowerMemoryScore() }
    }
}
