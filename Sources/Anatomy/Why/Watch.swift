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
    private struct ThreadState {
        var number: UInt64 = 0
        var arguments: [UInt64] = []
        var architecture: UInt32 = 0
        var isInCall = false
        /// What the call uses if it succeeds; only where that is recorded.
        var use: Capability?
        /// Whether it still runs Brig's own code, whose failed attempts are nobody's.
        var isEngine = false
        /// Of the program that it last executed, for when it is gone.
        var name: String?
    }

    package private(set) var denials: [Denial] = []
    /// Whether capabilities are found out that calls use, which costs time at each of them.
    package var recordsPrivileges = false
    /// What was needed so far.
    package private(set) var recorded = RecordedProfile(calls: [])
    /// Whether a program was executed that is not Brig's own.
    package private(set) var hasRunProgram = false
    /// Of the command that was started, once it has ended.
    package private(set) var status: ExitStatus?
    private let tracer = SyscallTracer()
    private var threads: [Int32: ThreadState] = [:]
    private var killed: [String: UInt64] = [:]
    private var command: Int32?
    private let host = try? CgroupHost.detect()
    private let names: [UInt64: String]
    private let token: UInt32?
    /// Called for each new refusal.
    package var report: (Denial) -> Void = { _ in }

    package init() {
        let native = Architecture.native
        names = Dictionary(
            (native.map { Syscall.all(on: $0) } ?? []).map { (UInt64($0.number), $0.name) },
            uniquingKeysWith: { first, _ in first })
        token = native.flatMap { CallData("read", on: $0)?.architecture }
    }

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
            if recordsPrivileges, !state.isEngine, let name = names[number] {
                state.use = ThreadReading(thread: thread, host: host).privilegeUse(name, arguments)
            }
            threads[thread] = state
            tracer.goOn(thread)
        case .exit(let value, let isError):
            if let state = threads[thread], state.isInCall, state.architecture == token {
                if !state.isEngine {
                    finish(thread, state, value, isError)
                } else if recordsPrivileges, let name = names[state.number], Self.isFiltered(thread) {
                    // What the runtime itself still calls under the container's filter, before it executes the program.
                    recorded.calls.insert(name)
                }
            }
            threads[thread]?.isInCall = false
            tracer.goOn(thread)
        case .executed:
            let isEngine = Self.isEngine(thread)
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
            if threads[thread] == nil { threads[thread] = ThreadState(isEngine: Self.isEngine(thread)) }
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

    private static func isEngine(_ thread: Int32) -> Bool {
        let name = (try? readSymbolicLink("/proc/\(thread)/exe"))?.split(separator: "/").last ?? ""
        return name == "brig" || name.hasPrefix("brig-runtime")
    }

    // MARK: - Refusals

    private mutating func finish(_ thread: Int32, _ state: ThreadState, _ value: Int64, _ isError: Bool) {
        guard let name = names[state.number] else { return }
        // -512 and its kin mean that the call is made again.
        let errno = isError ? Int32(clamping: -value) : 0
        if errno == 0 {
            recorded.calls.insert(name)
            if let use = state.use { recorded.capabilities.formUnion(CapabilitySet([use])) }
            if ["open", "openat", "openat2"].contains(name) { noteMask(thread, state, name, value) }
            return
        }
        if errno == 38 { recorded.missing.insert(name) }
        let isHidden = errno == 2 && CallSignature.path(name) != nil
        guard Verdict.isDenial(name, errno: errno) || isHidden else {
            // The kernel answered, and not a filter.
            recorded.calls.insert(name)
            return
        }
        let reading = ThreadReading(thread: thread, host: host)
        let call = reading.call(name, state.arguments, errno: errno)
        if isHidden, !lies(call.path, belowMaskOf: thread) {
            recorded.calls.insert(name)
            return
        }
        let filters = ((try? tracer.seccompFilters(thread)) ?? []).map { Program(words: $0) }
        let facts = reading.facts(call, filters: filters)
        let verdict = Verdict(call, facts)
        if verdict.refuser != .seccomp, errno != 38 { recorded.calls.insert(name) }
        // A call that the kernel itself has not got is no refusal.
        if errno == 38, verdict.refuser != .seccomp { return }
        add(thread, call.text, Errno(rawValue: errno).symbol, verdict, facts)
    }

    /// What is read from behind a mask is empty, without an error.
    private mutating func noteMask(_ thread: Int32, _ state: ThreadState, _ name: String, _ value: Int64) {
        guard let path = try? readSymbolicLink("/proc/\(thread)/fd/\(value)"),
            path.hasPrefix("/proc/") || path.hasPrefix("/sys/") || path == "/dev/null" || path == "/null"
        else { return }
        let reading = ThreadReading(thread: thread, host: host)
        let call = reading.call(name, state.arguments, errno: 0)
        guard let asked = call.path, asked.hasPrefix("/proc/") || asked.hasPrefix("/sys/"),
            lies(asked, belowMaskOf: thread)
        else { return }
        let facts = reading.facts(call, filters: [])
        add(thread, call.text, "nothing", Verdict(call, facts), facts)
    }

    private func lies(_ path: String?, belowMaskOf thread: Int32) -> Bool {
        guard let path, path.hasPrefix("/proc/") || path.hasPrefix("/sys/"),
            let process = try? ProcessInformation(pid: thread), let table = try? process.mounts(),
            let entry = ThreadReading.mount(of: path, table)
        else { return false }
        return MountPurpose(entry) == .masked
    }

    private mutating func blockedBySignal(_ thread: Int32, _ state: ThreadState) {
        guard let name = names[state.number] else { return }
        let reading = ThreadReading(thread: thread, host: host)
        let call = reading.call(name, state.arguments, errno: 0)
        let filters = ((try? tracer.seccompFilters(thread)) ?? []).map { Program(words: $0) }
        let facts = reading.facts(call, filters: filters)
        guard !facts.filterAction.lets else { return }
        add(thread, call.text, "SIGSYS", Verdict(call, facts), facts)
    }

    private mutating func noteEnd(_ thread: Int32, _ state: ThreadState, _ ending: ExitStatus) {
        guard case .signalled(let signal, _) = ending else { return }
        let program = state.name ?? "process"
        switch signal.rawValue {
        case 31:
            // The filter killed it without another stop: the call is the one that it had begun.
            guard let name = names[state.number], denials.last?.pid != thread || denials.last?.result != "SIGSYS" else {
                return
            }
            var denial = Denial(
                pid: thread, program: program, call: name + "(…)", result: "SIGSYS", refuser: .seccomp,
                explanation: "the filter ends a process that calls \(name)",
                remedy: "--security-opt seccomp=unconfined, or a profile that allows \(name)")
            denial.evidence = [Evidence("wait4 \(thread)", "\(ending)")]
            append(denial)
        case 9:
            for (directory, before) in killed {
                guard let now = Self.killCount(directory), now.count > before else { continue }
                killed[directory] = now.count
                append(
                    Denial(
                        pid: thread, program: program, call: "(any use of memory)", result: "SIGKILL",
                        refuser: .limit,
                        explanation: "the cgroup was out of memory, and the kernel killed this process",
                        remedy: Self.memoryRemedy(directory),
                        evidence: [Evidence(now.file, "oom_kill \(now.count)")] + Self.limitEvidence(directory)))
            }
        case 25:
            append(
                Denial(
                    pid: thread, program: program, call: "write(…)", result: "SIGXFSZ", refuser: .limit,
                    explanation: "a file became larger than RLIMIT_FSIZE allows", remedy: "--ulimit fsize=-1",
                    evidence: [Evidence("wait4 \(thread)", "\(ending)")]))
        case 24:
            append(
                Denial(
                    pid: thread, program: program, call: "(running)", result: "SIGXCPU", refuser: .limit,
                    explanation: "it used more processor time than RLIMIT_CPU allows", remedy: "--ulimit cpu=-1",
                    evidence: [Evidence("wait4 \(thread)", "\(ending)")]))
        default: break
        }
    }

    // MARK: - Memory

    /// Remembers how often the process's cgroup has had somebody killed for memory.
    private mutating func noteMemory(_ pid: Int32) {
        guard let host, let hierarchy = host.hierarchy(of: .memory),
            let memberships = try? ProcessInformation(pid: pid).cgroups(),
            let membership = memberships.first(where: { $0.controllers.joined(separator: ",") == hierarchy.label }),
            let directory = CgroupPlace.directory(of: membership.path, in: hierarchy), killed[directory] == nil
        else { return }
        killed[directory] = Self.killCount(directory)?.count ?? 0
    }

    private static func killCount(_ directory: String) -> (file: String, count: UInt64)? {
        for name in ["memory.oom_control", "memory.events"] {
            guard let text = try? readText("\(directory)/\(name)"),
                let count = CgroupKnob.fields(text)["oom_kill"].flatMap({ UInt64($0) })
            else { continue }
            return ("\(directory)/\(name)", count)
        }
        return nil
    }

    /// Four times as much as there was.
    private static func memoryRemedy(_ directory: String) -> String {
        let limit = limitEvidence(directory).first.flatMap { UInt64($0.value) } ?? 0
        return limit > 0 && limit < 1 << 60 ? "--memory \(limit * 4), or more" : "--memory with a greater size"
    }

    private static func limitEvidence(_ directory: String) -> [Evidence] {
        ["memory.limit_in_bytes", "memory.max"].compactMap { name in
            (try? readText("\(directory)/\(name)")).map { Evidence("\(directory)/\(name)", String($0.dropLast())) }
        }
    }

    // MARK: - The list

    private mutating func add(
        _ thread: Int32, _ call: String, _ result: String, _ verdict: Verdict, _ facts: DenialFacts
    ) {
        var denial = Denial(
            pid: thread, program: (try? ProcessStat(of: thread).name) ?? "process", call: call, result: result,
            refuser: verdict.refuser, explanation: verdict.explanation, remedy: verdict.remedy,
            evidence: verdict.grounds.compactMap { facts.evidence[$0] })
        denial.isOrdinary = verdict.isOrdinary
        append(denial)
    }

    private mutating func append(_ denial: Denial) {
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
