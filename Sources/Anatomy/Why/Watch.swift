internal import Capabilities
internal import Cgroups
package import LinuxKernel
internal import Seccomp

/// Processes that are watched for what the kernel refuses them.
///
/// Each is stopped before and after every call (ptrace(2)), since only the answer itself is the truth about a refusal:
/// seccomp's notification tells of a call before the kernel has decided, and a filter that notified would come beside the
/// one whose rules are asked about. What is found out about a refusal is read while the thread stands still.
package struct Watch: ~Copyable {
    struct ThreadState {
        var number: UInt64 = 0
        var arguments: [UInt64] = []
        var architecture: UInt32 = 0
        var isInCall = false
        /// What the call uses if it succeeds; only where that is recorded.
        var use: RecordedUse?
        /// Whether it still runs Brig's own code, whose failed attempts are nobody's.
        var isEngine = false
        /// Of the program that it last executed, for when it is gone.
        var name: String?
    }

    package internal(set) var denials: [Denial] = []
    /// Whether capabilities are found out that calls use, which costs time at each of them.
    package var recordsPrivileges = false
    /// What was needed so far.
    package internal(set) var recorded = RecordedProfile(calls: [])
    /// Whether a program was executed that is not Brig's own.
    package private(set) var hasRunProgram = false
    /// Of the command that was started, once it has ended.
    package private(set) var status: ExitStatus?
    let tracer = SyscallTracer()
    var threads: [Int32: ThreadState] = [:]
    var killed: [String: UInt64] = [:]
    private var command: Int32?
    let host = try? CgroupHost.detect()
    let tables = CallTables()
    let engine = EngineProgram()
    /// How often a cgroup had come to its limit of memory when the watch began.
    var shortages: [String: UInt64] = [:]
    /// Called for each new refusal.
    package var report: (Denial) -> Void = { _ in }

    package init() {}

    // MARK: - Beginning

    /// Starts a command, which is watched from its first moment.
    ///
    /// - Parameter execute: Replaces the child by the command; comes back only if it cannot.
    package mutating func start(_ execute: () -> Void) throws(SyscallError) {
        let gate = try Pipe()
        switch try clone(namespaces: [], cgroup: nil) {
        case .child:
            _ = try? gate.readEnd.read(upTo: 1)
            execute()
            exitNow(127)
        case .parent(let pid, _):
            command = pid
            try tracer.seize(pid)
            threads[pid] = ThreadState(isEngine: true)
            try gate.writeEnd.write("x")
        }
    }

    /// Begins to watch processes that run. Threads that are made meanwhile are found by looking again.
    ///
    /// - Parameter pids: The caller's own, whom nobody can trace to any use, is left out.
    /// - Throws: `EPERM` if one is traced by somebody else already.
    package mutating func join(_ pids: [Int32]) throws(SyscallError) {
        for pid in pids where pid != CallerIdentity.pid {
            var hasNew = true
            while hasNew {
                hasNew = false
                guard let directory = try? OwnedDescriptor(open: "/proc/\(pid)/task", [.read, .directory]),
                    let entries = try? directory.entries()
                else { break }
                for thread in entries.compactMap({ Int32($0.name) }) where threads[thread] == nil {
                    do throws(SyscallError) {
                        try tracer.seize(thread)
                    } catch  where error.code == .noSuchProcess {
                        continue
                    }
                    threads[thread] = ThreadState()
                    hasNew = true
                }
            }
            noteMemory(pid)
        }
    }

    /// Whether nothing is left that could be watched.
    package var isEmpty: Bool { threads.isEmpty }

    // MARK: - Watching

    /// Watches until everything that was watched has ended, the time is over, or this process is told to end (`SIGINT`,
    /// `SIGTERM`), which the caller has blocked together with `SIGCHLD`.
    package mutating func run(for duration: Duration? = nil) throws(SyscallError) {
        let signals = try SignalDescriptor([.child, .interrupt, .terminate])
        let end = duration.map { ContinuousClock.now + $0 }
        while !threads.isEmpty {
            do throws(SyscallError) {
                while let event = try tracer.next() { handle(event) }
            } catch  where error.code == .noChild {
                return
            }
            // A monitor that stays behind is not waited for.
            if status != nil, threads.values.allSatisfy(\.isEngine) { return }
            if let end, ContinuousClock.now >= end { return }
            _ = try signals.wait(
                end.map { min(max(.zero, $0 - ContinuousClock.now), .milliseconds(200)) } ?? .milliseconds(200))
            while let signal = try signals.next() {
                // What is typed at the terminal reaches the command by itself.
                if signal.signal != .child, command == nil || signal.signal == .terminate { return }
            }
        }
    }

    private mutating func handle(_ event: TraceEvent) {
        let thread = event.thread
        switch event.kind {
        case .entry(let number, let arguments, let architecture):
            var state = threads[thread] ?? ThreadState()
            (state.number, state.arguments, state.architecture) = (number, arguments, architecture)
            state.isInCall = true
            if recordsPrivileges, !state.isEngine, let made = made(thread, state) {
                state.use = reading(thread, state).privilegeUse(made.name, made.arguments)
            }
            threads[thread] = state
            // Even where none of its calls succeeds, a profile without its kind would not let it begin.
            if !state.isEngine, architecture != tables.native, let kind = tables.profileName(architecture) {
                recorded.architectures.insert(kind)
            }
            tracer.goOn(thread)
        case .exit(let value, let isError):
            if let state = threads[thread], state.isInCall {
                if !state.isEngine {
                    finish(thread, state, value, isError)
                } else if recordsPrivileges, let name = tables.name(state.number, state.architecture),
                    Self.isFiltered(thread)
                {
                    // What the runtime itself still calls under the container's filter, before it executes the program.
                    recorded.calls.insert(name)
                }
            }
            threads[thread]?.isInCall = false
            tracer.goOn(thread)
        case .executed:
            let isEngine = engine.runs(in: thread, wasEngine: threads[thread]?.isEngine ?? false)
            if !isEngine {
                hasRunProgram = true
                noteMemory(thread)
            }
            threads[thread, default: ThreadState()].isEngine = isEngine
            threads[thread]?.name = try? ProcessStat(of: thread).name
            tracer.goOn(thread)
        case .child(let child):
            // The child may have stopped before its parent told of it.
            var state = threads[child] ?? ThreadState()
            state.isEngine = threads[thread]?.isEngine ?? false
            state.name = state.name ?? threads[thread]?.name
            threads[child] = state
            tracer.goOn(thread)
        case .signal(let signal):
            if signal == 31, let state = threads[thread], !state.isEngine { blockedBySignal(thread, state) }
            tracer.goOn(thread, signal: signal)
        case .stopped: tracer.leaveStopped(thread)
        case .other:
            if threads[thread] == nil {
                threads[thread] = ThreadState(isEngine: engine.runs(in: thread, wasEngine: false))
            }
            tracer.goOn(thread)
        case .ended(let ending):
            if let state = threads[thread], !state.isEngine { noteEnd(thread, state, ending) }
            threads[thread] = nil
            if thread == command { status = ending }
        }
    }

    private static func isFiltered(_ thread: Int32) -> Bool {
        guard let bytes = try? readFile("/proc/\(thread)/status") else { return false }
        return ProcessStatus(parsing: bytes).seccompMode == 2
    }

    // MARK: - The list

    mutating func add(
        _ thread: Int32, _ call: String, _ result: String, _ verdict: Verdict, _ facts: DenialFacts
    ) {
        var denial = Denial(
            pid: thread, program: (try? ProcessStat(of: thread).name) ?? "process", call: call, result: result,
            refuser: verdict.refuser, explanation: verdict.explanation, remedy: verdict.remedy,
            evidence: verdict.grounds.compactMap { facts.evidence[$0] })
        denial.isOrdinary = verdict.isOrdinary
        append(denial)
    }

    mutating func append(_ denial: Denial) {
        if let index = denials.firstIndex(where: { $0.isSame(as: denial) }) {
            denials[index].count += 1
            return
        }
        // A program that is refused without end must not fill memory.
        guard denials.count < 1000 else { return }
        denials.append(denial)
        report(denial)
    }
}
