internal import Cgroups
internal import LinuxKernel

extension Watch {
    mutating func noteEnd(_ thread: Int32, _ state: ThreadState, _ ending: ExitStatus) {
        guard case .signalled(let signal, _) = ending else { return }
        let program = state.name ?? "process"
        switch signal.rawValue {
        case 31:
            // The filter killed it without another stop: the call is the one that it had begun.
            guard let name = tables.name(state.number, state.architecture),
                denials.last?.pid != thread || denials.last?.result != "SIGSYS"
            else {
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

    func memoryDirectory(_ pid: Int32) -> String? {
        guard let host, let hierarchy = host.hierarchy(of: .memory),
            let memberships = try? ProcessInformation(pid: pid).cgroups(),
            let membership = memberships.first(where: { $0.controllers.joined(separator: ",") == hierarchy.label })
        else { return nil }
        return CgroupPlace.directory(of: membership.path, in: hierarchy)
    }

    /// Remembers how often the process's cgroup has had somebody killed for memory, and has come to its limit.
    mutating func noteMemory(_ pid: Int32) {
        guard let directory = memoryDirectory(pid), killed[directory] == nil else { return }
        killed[directory] = Self.killCount(directory)?.count ?? 0
        shortages[directory] = Self.shortageCount(directory)?.count ?? 0
    }

    static func shortageCount(_ directory: String) -> (directory: String, file: String, count: UInt64)? {
        if let text = try? readText("\(directory)/memory.failcnt"),
            let count = text.split(separator: "\n").first.flatMap({ UInt64($0) })
        {
            return (directory, "\(directory)/memory.failcnt", count)
        }
        guard let text = try? readText("\(directory)/memory.events"),
            let count = CgroupKnob.fields(text)["max"].flatMap({ UInt64($0) })
        else { return nil }
        return (directory, "\(directory)/memory.events", count)
    }

    static func killCount(_ directory: String) -> (file: String, count: UInt64)? {
        for name in ["memory.oom_control", "memory.events"] {
            guard let text = try? readText("\(directory)/\(name)"),
                let count = CgroupKnob.fields(text)["oom_kill"].flatMap({ UInt64($0) })
            else { continue }
            return ("\(directory)/\(name)", count)
        }
        return nil
    }

    /// Four times as much as there was.
    static func memoryRemedy(_ directory: String) -> String {
        let limit = limitEvidence(directory).first.flatMap { UInt64($0.value) } ?? 0
        return limit > 0 && limit < 1 << 60 ? "--memory \(limit * 4), or more" : "--memory with a greater size"
    }

    static func limitEvidence(_ directory: String) -> [Evidence] {
        ["memory.limit_in_bytes", "memory.max"].compactMap { name in
            (try? readText("\(directory)/\(name)")).map { Evidence("\(directory)/\(name)", String($0.dropLast())) }
        }
    }
}
