internal import LinuxKernel

/// The kernel's keys that a process has in its session.
enum SessionKeyring {
    /// Gives the calling process a session keyring of its own, so that the caller's keys stay the caller's.
    ///
    /// - Throws: What the kernel answers, such as `EDQUOT`: the container would have the caller's keys otherwise.
    static func leaveCallers() throws(RuntimeError) {
        do throws(SyscallError) {
            try joinNewSessionKeyring()
        } catch  where error.code == .noSuchCall || error.code == .notPermitted {
            // A kernel without keys, or a filter that forbids them and holds for the container as well.
        } catch {
            throw RuntimeError("a session keyring of its own", error)
        }
    }
}
