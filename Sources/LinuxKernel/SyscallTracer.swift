internal import CLinux
internal import Glibc

/// What a traced thread did, or what became of it.
public struct TraceEvent: Equatable, Sendable {
    /// What has happened to a thread.
    public enum Kind: Equatable, Sendable {
        /// It is about to make a call.
        case entry(number: UInt64, arguments: [UInt64], architecture: UInt32)
        /// A call has returned: a value, or an error's number.
        case exit(value: Int64, isError: Bool)
        /// It executed a program.
        case executed
        /// It has a child or a new thread, which is traced as well.
        case child(Int32)
        /// A signal is about to be delivered.
        case signal(Int32)
        /// All its process's threads were stopped by a signal, such as by ^Z.
        case stopped
        /// Something else stopped it that means nothing here.
        case other
        case ended(ExitStatus)
    }

    /// The thread's number in the caller's pid namespace.
    public let thread: Int32
    /// What has happened to it.
    public let kind: Kind
}

/// Other processes, stopped before and after each of their calls.
///
/// Everything that they start is traced, too. When this process ends, however it does, they go on untraced.
/// Source: ptrace(2), `PTRACE_SEIZE`, and `PTRACE_GET_SYSCALL_INFO` of Linux 5.3. Only the thread that seized can wait.
public struct SyscallTracer: ~Copyable {
    /// Traces nothing yet.
    public init() {}

    private static let options =
        CLINUX_PTRACE_O_TRACESYSGOOD | CLINUX_PTRACE_O_TRACEFORK | CLINUX_PTRACE_O_TRACEVFORK
        | CLINUX_PTRACE_O_TRACECLONE | CLINUX_PTRACE_O_TRACEEXEC

    /// Begins to trace one thread, which soon stops.
    ///
    /// - Throws: `ESRCH`; `EPERM` without the right to, or if somebody else traces it.
    public borrowing func seize(_ thread: Int32) throws(SyscallError) {
        try kernel("ptrace", "thread \(thread)") {
            clinux_ptrace(
                UInt(CLINUX_PTRACE_SEIZE), thread, 0, UnsafeMutableRawPointer(bitPattern: Int(Self.options)))
        }
        try kernel("ptrace", "thread \(thread)") { clinux_ptrace(UInt(CLINUX_PTRACE_INTERRUPT), thread, 0, nil) }
    }

    /// The next event that has happened, or `nil` if none has yet.
    ///
    /// - Throws: `ECHILD` if nobody is traced any more, and there is no child.
    public borrowing func next() throws(SyscallError) -> TraceEvent? {
        var status: Int32 = 0
        let thread = try kernel("wait4", "traced processes") { clinux_wait_traced(WNOHANG, &status) }
        guard thread > 0 else { return nil }
        return TraceEvent(thread: thread, kind: Self.kind(thread, status))
    }

    private static func kind(_ thread: Int32, _ status: Int32) -> TraceEvent.Kind {
        let low = status & 0x7f
        guard low == 0x7f else {
            if low == 0 { return .ended(.exited(status >> 8 & 0xff)) }
            return Signal(rawValue: low).map { .ended(.signalled($0, coreDumped: status & 0x80 != 0)) } ?? .other
        }
        let (signal, event) = (status >> 8 & 0xff, status >> 16)
        if signal == SIGTRAP | 0x80 { return call(thread) }
        switch event {
        case CLINUX_PTRACE_EVENT_FORK, CLINUX_PTRACE_EVENT_VFORK, CLINUX_PTRACE_EVENT_CLONE:
            var child: UInt = 0
            _ = clinux_ptrace(UInt(CLINUX_PTRACE_GETEVENTMSG), thread, 0, &child)
            return .child(Int32(truncatingIfNeeded: child))
        case CLINUX_PTRACE_EVENT_EXEC: return .executed
        case CLINUX_PTRACE_EVENT_STOP:
            return [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU].contains(signal) ? .stopped : .other
        case 0: return .signal(signal)
        default: return .other
        }
    }

    /// What the kernel says about the call at which a thread is stopped: `struct ptrace_syscall_info`.
    private static func call(_ thread: Int32) -> TraceEvent.Kind {
        var words = [UInt64](repeating: 0, count: 11)
        let size = words.count * 8
        let answer = words.withUnsafeMutableBytes {
            clinux_ptrace(UInt(CLINUX_PTRACE_GET_SYSCALL_INFO), thread, UInt(size), $0.baseAddress)
        }
        guard answer > 0 else { return .other }
        switch words[0] & 0xff {
        case 1:
            return .entry(
                number: words[3], arguments: Array(words[4..<10]),
                architecture: UInt32(truncatingIfNeeded: words[0] >> 32))
        case 2: return .exit(value: Int64(bitPattern: words[3]), isError: words[4] & 0xff != 0)
        default: return .other
        }
    }

    /// Lets a stopped thread go on to its next call. One that is gone meanwhile is no error.
    ///
    /// - Parameter signal: Is delivered to it; 0 for none.
    public borrowing func goOn(_ thread: Int32, signal: Int32 = 0) {
        _ = clinux_ptrace(
            UInt(CLINUX_PTRACE_SYSCALL), thread, 0, UnsafeMutableRawPointer(bitPattern: Int(signal)))
    }

    /// Leaves a thread stopped by a signal as it is until it is told to go on.
    public borrowing func leaveStopped(_ thread: Int32) {
        _ = clinux_ptrace(UInt(CLINUX_PTRACE_LISTEN), thread, 0, nil)
    }

    /// The seccomp filters of a stopped thread, the one installed last first, as `TracedProcess.seccompFilter(_:)`.
    public borrowing func seccompFilters(_ thread: Int32) throws(SyscallError) -> [[UInt64]] {
        var programs: [[UInt64]] = []
        while let program = try seccompProgram(thread, programs.count) { programs.append(program) }
        return programs
    }
}

/// Memory of another process.
public enum ProcessMemory {
    /// Reads at most `count` bytes; fewer where mapped memory ends.
    ///
    /// - Throws: `EFAULT`, `EPERM`, `ESRCH`.
    public static func read(_ pid: Int32, at address: UInt64, count: Int) throws(SyscallError) -> [UInt8] {
        var bytes: [UInt8] = []
        // A page at a time at most: the call answers with nothing where one of the pages is missing.
        while bytes.count < count {
            let (start, overflow) = address.addingReportingOverflow(UInt64(bytes.count))
            if overflow { break }
            var page = [UInt8](repeating: 0, count: min(count - bytes.count, 4096 - Int(start % 4096)))
            do throws(SyscallError) {
                let size = page.count
                let length = try kernel("process_vm_readv", "process \(pid)") {
                    clinux_read_memory(pid, start, &page, size)
                }
                if length <= 0 { break }
                bytes += page.prefix(length)
            } catch {
                if bytes.isEmpty { throw error }
                break
            }
        }
        return bytes
    }

    /// A text that ends with a zero, at most `limit` bytes of it; `nil` if there is none to read.
    public static func text(_ pid: Int32, at address: UInt64, limit: Int = 4096) -> String? {
        guard address != 0 else { return nil }
        // Most texts are short, and end on their first page.
        for count in [256, limit] {
            guard let bytes = try? read(pid, at: address, count: count), !bytes.isEmpty else { return nil }
            if let end = bytes.firstIndex(of: 0) { return String(decoding: bytes[..<end], as: UTF8.self) }
            if bytes.count < count { return nil }
        }
        return nil
    }
}
