internal import CLinux
internal import Glibc

/// Another process, stopped for as long as this value lives, to be asked what procfs does not show.
///
/// Source: ptrace(2), `PTRACE_SEIZE` and `PTRACE_INTERRUPT`: it gets no signal, and goes on where it was.
public struct TracedProcess: ~Copyable {
    /// The process that is stopped.
    public let pid: Int32

    private init(seized pid: Int32) { self.pid = pid }

    /// Stops a process.
    ///
    /// - Throws: `ESRCH`; `EPERM` without the right to trace it, or if somebody else does; `EBUSY` if it does not stop within
    ///   a quarter of a second, as one that waits in the kernel or is frozen.
    public static func stopping(_ pid: Int32) throws(SyscallError) -> TracedProcess {
        try kernel("ptrace", "process \(pid)") { clinux_ptrace(UInt(CLINUX_PTRACE_SEIZE), pid, 0, nil) }
        let process = TracedProcess(seized: pid)
        try kernel("ptrace", "process \(pid)") { clinux_ptrace(UInt(CLINUX_PTRACE_INTERRUPT), pid, 0, nil) }
        var (status, attempts): (Int32, Int) = (0, 0)
        while try kernel("wait4", "process \(pid)", { waitpid(pid, &status, CLINUX_WALL | WNOHANG) }) == 0 {
            guard attempts < 250 else {
                // It stays seized until this process ends, and is stopped by nothing.
                throw SyscallError(call: "ptrace", subject: "process \(pid), which does not stop now", code: .busy)
            }
            attempts += 1
            sleep(for: attempts < 20 ? .microseconds(50) : .milliseconds(1))
        }
        return process
    }

    deinit { _ = clinux_ptrace(UInt(CLINUX_PTRACE_DETACH), pid, 0, nil) }

    /// A seccomp filter of the process, the one installed last first, as the kernel's instructions: code in the low 16
    /// bits, then the two jumps of 8 bits, then the operand; `nil` if it has not so many.
    ///
    /// - Throws: `EACCES` without CAP_SYS_ADMIN or with a filter of one's own; `EIO` or `EINVAL` if this kernel gives none.
    public borrowing func seccompFilter(_ index: Int) throws(SyscallError) -> [UInt64]? {
        try seccompProgram(pid, index)
    }
}

/// A filter of a thread that this one traces and that is stopped.
func seccompProgram(_ thread: Int32, _ index: Int) throws(SyscallError) -> [UInt64]? {
    do throws(SyscallError) {
        let count = try kernel("ptrace", "filter \(index) of process \(thread)") {
            clinux_ptrace(UInt(CLINUX_PTRACE_SECCOMP_GET_FILTER), thread, UInt(index), nil)
        }
        var instructions = [UInt64](repeating: 0, count: Int(count))
        try kernel("ptrace", "filter \(index) of process \(thread)") {
            clinux_ptrace(UInt(CLINUX_PTRACE_SECCOMP_GET_FILTER), thread, UInt(index), &instructions)
        }
        return instructions
    } catch  where error.code == .noSuchFile {
        return nil
    }
}
