internal import Capabilities
internal import LinuxKernel
internal import Seccomp

extension Watch {
    // MARK: - Calls

    /// A call under the name that 64-bit programs have for it, whatever program made it, and with its own arguments.
    struct MadeCall {
        var name: String
        var arguments: [UInt64]
        /// As the program's own table names it.
        var ownName: String
    }

    func made(_ thread: Int32, _ state: ThreadState) -> MadeCall? {
        guard let name = tables.name(state.number, state.architecture) else { return nil }
        if name == "socketcall", state.arguments.count > 1,
            let words = try? ProcessMemory.read(thread, at: state.arguments[1], count: 24),
            let call = CallTables.socketCall(state.arguments[0], words)
        {
            return MadeCall(name: call.name, arguments: call.arguments, ownName: name)
        }
        let isNarrow = tables.isNarrow(state.architecture)
        return MadeCall(name: isNarrow ? CallTables.plain(name) : name, arguments: state.arguments, ownName: name)
    }

    func reading(_ thread: Int32, _ state: ThreadState) -> ThreadReading {
        ThreadReading(thread: thread, host: host, isNarrow: tables.isNarrow(state.architecture))
    }

    /// The call as it is told, with the number by which a filter knows it.
    func call(_ thread: Int32, _ state: ThreadState, _ made: MadeCall, errno: Int32) -> FailedCall {
        var call = reading(thread, state).call(made.name, made.arguments, errno: errno)
        if state.architecture != tables.native || made.name != made.ownName {
            call.number = state.number
            call.architecture = state.architecture
        }
        return call
    }

    func facts(_ thread: Int32, _ state: ThreadState, _ call: FailedCall) -> DenialFacts {
        let filters = ((try? tracer.seccompFilters(thread)) ?? []).map { Program(words: $0) }
        var seen = call
        // A filter sees the registers, and not what socketcall(2) reads from memory.
        if call.number != nil { seen.arguments = state.arguments }
        let reading = reading(thread, state)
        var facts = reading.facts(call, filters: [])
        reading.readFilter(seen, filters, &facts)
        if facts.memory != nil, let now = memoryDirectory(thread).flatMap({ Self.shortageCount($0) }) {
            let before = shortages[now.directory] ?? now.count
            facts.memory?.shortages = now.count - min(before, now.count)
            facts.evidence["shortages"] = Evidence(now.file, "\(now.count), \(before) before")
        }
        return facts
    }

    // MARK: - Refusals

    mutating func finish(_ thread: Int32, _ state: ThreadState, _ value: Int64, _ isError: Bool) {
        guard let made = made(thread, state) else { return }
        let name = made.name
        // -512 and its kin mean that the call is made again.
        let errno = isError ? Int32(clamping: -value) : 0
        func record() {
            recorded.calls.insert(made.ownName)
        }
        if errno == 0 {
            record()
            if let use = state.use { recorded.add(use) }
            if ["open", "openat", "openat2"].contains(name) { noteMask(thread, state, made, value) }
            if name == "recvmsg" || name == "recvfrom" || name == "recv" { noteAnswer(thread, state, made, value) }
            return
        }
        if errno == 38 { recorded.missing.insert(made.ownName) }
        let isHidden = errno == 2 && CallSignature.path(name) != nil
        guard Verdict.isDenial(name, errno: errno) || isHidden else {
            // The kernel answered, and not a filter.
            record()
            return
        }
        let call = call(thread, state, made, errno: errno)
        if isHidden, !lies(call.path, belowMaskOf: thread) {
            record()
            return
        }
        let facts = facts(thread, state, call)
        let verdict = Verdict(call, facts)
        if verdict.refuser != .seccomp, errno != 38 { record() }
        // A call that the kernel itself has not got is no refusal.
        if errno == 38, verdict.refuser != .seccomp { return }
        add(thread, call.text, Errno(rawValue: errno).symbol, verdict, facts)
    }

    /// What is read from behind a mask is empty, without an error.
    mutating func noteMask(_ thread: Int32, _ state: ThreadState, _ made: MadeCall, _ value: Int64) {
        guard let path = try? readSymbolicLink("/proc/\(thread)/fd/\(value)"),
            path.hasPrefix("/proc/") || path.hasPrefix("/sys/") || path == "/dev/null" || path == "/null"
        else { return }
        let call = call(thread, state, made, errno: 0)
        guard let asked = call.path, asked.hasPrefix("/proc/") || asked.hasPrefix("/sys/"),
            lies(asked, belowMaskOf: thread)
        else { return }
        let facts = reading(thread, state).facts(call, filters: [])
        add(thread, call.text, "nothing", Verdict(call, facts), facts)
    }

    /// What is refused by netlink is refused in an answer, and all calls succeed.
    mutating func noteAnswer(_ thread: Int32, _ state: ThreadState, _ made: MadeCall, _ value: Int64) {
        guard value >= 36, made.arguments.count > 3 else { return }
        // MSG_PEEK looks at what is received later.
        guard made.arguments[made.name == "recvmsg" ? 2 : 3] & 2 == 0 else { return }
        let reading = reading(thread, state)
        guard let bytes = reading.received(made.name, made.arguments, Int(clamping: value)),
            let refusal = NetlinkRefusal(bytes, family: { reading.netlinkFamily(made.arguments[0]) })
        else { return }
        let call = FailedCall(name: "sendmsg", errno: refusal.errno)
        let facts = reading.facts(call, filters: [])
        add(
            thread, "sendmsg(\(Int32(truncatingIfNeeded: made.arguments[0])), {\(refusal.words)})",
            Errno(rawValue: refusal.errno).symbol, Verdict(refusal, facts), facts)
    }

    func lies(_ path: String?, belowMaskOf thread: Int32) -> Bool {
        guard let path, path.hasPrefix("/proc/") || path.hasPrefix("/sys/"),
            let process = try? ProcessInformation(pid: thread), let table = try? process.mounts(),
            let entry = ThreadReading.mount(of: path, table)
        else { return false }
        return MountPurpose(entry) == .masked
    }

    mutating func blockedBySignal(_ thread: Int32, _ state: ThreadState) {
        guard let made = made(thread, state) else { return }
        let call = call(thread, state, made, errno: 0)
        let facts = facts(thread, state, call)
        guard !facts.filterAction.lets else { return }
        add(thread, call.text, "SIGSYS", Verdict(call, facts), facts)
    }
}
