internal import CLinux
public import LinuxKernel

extension Program {
    /// Puts the calling thread under this filter, for good, and whatever it starts.
    ///
    /// - Parameter additional: Flags beside the program's own.
    /// - Returns: The descriptor on which notifications arrive, closed on exec, if the program has rules that notify.
    /// - Throws: `EACCES` without no_new_privs and CAP_SYS_ADMIN; `EINVAL` for flags or instructions that the kernel
    ///   lacks; `EBUSY` if the process has a listener already; `ESRCH` if another thread cannot take the filter.
    ///
    /// Source: seccomp(2), Linux 3.17.
    public func load(flags additional: FilterFlags = []) throws(SyscallError) -> OwnedDescriptor? {
        var flags = flags.union(additional)
        if flags.contains(.newListener), flags.contains(.synchroniseThreads) {
            flags.insert(.synchronisationFailsPlainly)
        }
        let subject = "filter of \(instructions.count) instructions, flags \(flags.rawValue)"
        guard let count = UInt16(exactly: instructions.count) else {
            throw SyscallError(call: "seccomp", subject: subject, code: .invalidArgument)
        }
        let answer = try kernel("seccomp", subject) {
            instructions.withUnsafeBytes { clinux_seccomp_load(flags.rawValue, $0.baseAddress, count) }
        }
        if flags.contains(.newListener) { return OwnedDescriptor(adopting: answer) }
        // With TSYNC alone the kernel names the thread that could not be brought along.
        if answer != 0 { throw SyscallError(call: "seccomp", subject: "thread \(answer)", code: .noSuchProcess) }
        return nil
    }
}
