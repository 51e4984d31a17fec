package import LinuxKernel
internal import OCISpec
package import Seccomp

/// Which calls a process may not make.
package struct SystemCallFilter: Equatable, Sendable {
    /// What the filters do with calls, whatever their arguments are.
    package struct Blocked: Equatable, Sendable {
        package var action: Action
        /// By name.
        package var calls: [String]

        package init(_ action: Action, _ calls: [String]) {
            self.action = action
            self.calls = calls
        }
    }

    /// 0 none, 1 strict, 2 filter.
    package var mode: Int
    /// `nil` where the kernel does not say (before 5.9).
    package var count: Int?
    /// With all arguments 0; `nil` where the filters could not be read.
    package var blocked: [Blocked]?
    /// Instructions of each filter, the one that was installed last first.
    package var lengths: [Int]
    /// Why the filters could not be read.
    package var unreadable: String?
    package var evidence: [Evidence]

    package init(
        mode: Int, count: Int? = nil, blocked: [Blocked]? = nil, lengths: [Int] = [], unreadable: String? = nil,
        evidence: [Evidence] = []
    ) {
        self.mode = mode
        self.count = count
        self.blocked = blocked
        self.lengths = lengths
        self.unreadable = unreadable
        self.evidence = evidence
    }

    package var blockedCount: Int? { blocked.map { $0.reduce(0) { $0 + $1.calls.count } } }

    /// Whether a call is blocked with all arguments 0; `nil` where the filters could not be read.
    package func blocks(_ call: String) -> Bool? {
        if mode == 0 { return false }
        return blocked.map { $0.contains { $0.calls.contains(call) } }
    }

    static func read(_ process: borrowing ProcessInformation, _ status: ProcessStatus, _ state: ProcessState?)
        -> SystemCallFilter
    {
        let file = "/proc/\(process.pid)/status"
        var result = SystemCallFilter(
            mode: status.seccompMode ?? 0, count: status.number("Seccomp_filters").map { Int(clamping: $0) })
        for name in ["Seccomp", "Seccomp_filters"] {
            if let value = status[name] { result.evidence.append(Evidence(file, "\(name): \(value)")) }
        }
        guard result.mode == 2, result.count != 0 else { return result }
        do {
            let programs = try FilterReading.programs(of: process.pid, state: state)
            result.lengths = programs.map(\.instructions.count)
            result.blocked = try FilterReading.blocked(by: programs)
            result.evidence.append(
                Evidence(
                    "ptrace PTRACE_SECCOMP_GET_FILTER \(process.pid)",
                    programs.map { "\($0.instructions.count) instructions" }.joined(separator: ", ")))
        } catch {
            result.unreadable = "\(error)"
        }
        return result
    }

    package var modeText: String {
        switch mode {
        case 0: "none: every call is made"
        case 1: "strict: only read, write, exit and sigreturn"
        case 2: "filter"
        default: "unknown"
        }
    }

    var json: JSONValue {
        [
            "mode": JSONValue(mode), "modeText": .string(modeText),
            "filters": count.map { JSONValue($0) } ?? .null, "instructions": .array(lengths.map { JSONValue($0) }),
            "unreadable": .optional(unreadable),
            "blocked": blocked.map { groups in
                .array(groups.map { ["action": .string($0.action.words), "calls": .list($0.calls)] })
            } ?? .null, "evidence": .array(evidence.map(\.json)),
        ]
    }
}

/// Filters as the kernel gives them out.
package enum FilterReading {
    /// The filters of a process, the one installed last first. The process stands still for the time of this call.
    ///
    /// - Parameter state: As procfs shows it: a process that waits in the kernel, such as a frozen one, would not stop.
    /// - Throws: As `TracedProcess`.
    package static func programs(of pid: Int32, state: ProcessState?) throws(SyscallError) -> [Program] {
        if state == .uninterruptible || state == .zombie {
            throw SyscallError(call: "ptrace", subject: "process \(pid), which does not stop now", code: .busy)
        }
        let process = try TracedProcess.stopping(pid)
        var programs: [Program] = []
        while let words = try process.seccompFilter(programs.count) {
            programs.append(Program(words: words))
        }
        return programs
    }

    /// The calls of this machine that are not made with all arguments 0, by what becomes of them; found by running the
    /// programs.
    package static func blocked(by programs: [Program]) throws -> [SystemCallFilter.Blocked] {
        guard let native = Architecture.native else { return [] }
        let interpreters = try programs.map { try Interpreter($0) }
        var groups: [Action: [String]] = [:]
        for call in Syscall.all(on: native) {
            guard let data = CallData(call.name, on: native) else { continue }
            let action = strictest(interpreters.map { $0.action(for: data) })
            if !action.lets { groups[action, default: []].append(call.name) }
        }
        return groups.map { SystemCallFilter.Blocked($0.key, $0.value.sorted()) }
            .sorted { ($1.calls.count, $0.action.returnValue) < ($0.calls.count, $1.action.returnValue) }
    }

    /// All filters are asked, and the strictest answer counts; among equal ones that of the filter installed last.
    ///
    /// Source: seccomp(2), "the action … with the highest precedence": as signed numbers, the lowest.
    package static func strictest(_ actions: [Action]) -> Action {
        var result = Action.allow
        func rank(_ action: Action) -> Int32 { Int32(bitPattern: action.returnValue & 0xffff_0000) }
        for action in actions where rank(action) < rank(result) { result = action }
        return result
    }
}

extension Program {
    /// From the kernel's words: code in the low 16 bits, then the two jumps, then the operand.
    package init(words: [UInt64]) {
        self.init(
            instructions: words.map { word in
                Instruction(
                    code: UInt16(truncatingIfNeeded: word), jumpTrue: UInt8(truncatingIfNeeded: word >> 16),
                    jumpFalse: UInt8(truncatingIfNeeded: word >> 24), operand: UInt32(truncatingIfNeeded: word >> 32))
            })
    }
}

extension Action {
    /// What becomes of a call, as a person says it.
    package var words: String {
        switch self {
        case .allow: "allowed"
        case .log: "allowed and logged"
        case .errno(let number): "fails with \(Errno(rawValue: Int32(number)).symbol)"
        case .killThread: "kills the thread"
        case .killProcess: "kills the process"
        case .trap: "gets SIGSYS"
        case .trace(let number): "is given to a tracer (\(number))"
        case .notify: "is given to a listener"
        }
    }
}

extension Errno {
    /// Such as `EPERM`; the number for the few without a name here. Source: errno(3), asm-generic/errno.h.
    package var symbol: String {
        let names: [Int32: String] = [
            1: "EPERM", 2: "ENOENT", 3: "ESRCH", 4: "EINTR", 5: "EIO", 6: "ENXIO", 7: "E2BIG", 8: "ENOEXEC", 9: "EBADF",
            10: "ECHILD", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 17: "EEXIST",
            18: "EXDEV", 19: "ENODEV", 20: "ENOTDIR", 21: "EISDIR", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE",
            25: "ENOTTY", 26: "ETXTBSY", 27: "EFBIG", 28: "ENOSPC", 29: "ESPIPE", 30: "EROFS", 31: "EMLINK",
            32: "EPIPE", 36: "ENAMETOOLONG", 38: "ENOSYS", 39: "ENOTEMPTY", 40: "ELOOP", 61: "ENODATA", 75: "EOVERFLOW",
            87: "EUSERS", 95: "EOPNOTSUPP", 97: "EAFNOSUPPORT", 98: "EADDRINUSE", 99: "EADDRNOTAVAIL",
            101: "ENETUNREACH", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 113: "EHOSTUNREACH", 122: "EDQUOT",
        ]
        return names[rawValue] ?? "errno \(rawValue)"
    }
}
