internal import CLinux
internal import Glibc

/// Opens a process, so that a signal cannot reach another one that gets its number later.
///
/// - Returns: A pidfd, readable once the process has ended.
/// - Throws: `ESRCH`.
///
/// Source: pidfd_open(2), Linux 5.3.
public func openProcess(_ pid: Int32) throws(SyscallError) -> OwnedDescriptor {
    OwnedDescriptor(adopting: try kernel("pidfd_open", "process \(pid)") { clinux_pidfd_open(pid, 0) })
}

/// Sends a signal to the process that a pidfd names.
///
/// - Throws: `ESRCH` if it has ended and been waited for, `EPERM`.
public func send(_ signal: Signal, to process: borrowing OwnedDescriptor) throws(SyscallError) {
    let raw = process.raw
    try kernel("pidfd_send_signal", "\(signal)") { clinux_pidfd_send_signal(raw, signal.rawValue) }
}

/// Ends this process at once: nothing is flushed, no handler runs. For children that share their parent's image.
public func exitNow(_ code: Int32) -> Never { _exit(code) }

/// Sleeps until a signal ends this process.
public func pauseForever() -> Never { while true { pause() } }

/// What prctl(2) says of and does to the calling process.
public enum ProcessAttribute {
    /// Hides this process's memory, descriptors and executable from those that do not hold CAP_SYS_PTRACE over it, and
    /// makes root the owner of its files in `/proc` (`PR_SET_DUMPABLE`). execve(2) of a readable program ends it.
    public static func setDumpable(_ dumpable: Bool) throws(SyscallError) {
        try change("PR_SET_DUMPABLE", 4, dumpable ? 1 : 0)
    }

    /// Has the kernel send `signal` to this process when its parent's thread ends (`PR_SET_PDEATHSIG`).
    public static func setParentDeathSignal(_ signal: Signal) throws(SyscallError) {
        try change("PR_SET_PDEATHSIG", 1, UInt(signal.rawValue))
    }

    /// No program executed from now on gains privileges (`PR_SET_NO_NEW_PRIVS`).
    public static func setNoNewPrivileges() throws(SyscallError) { try change("PR_SET_NO_NEW_PRIVS", 38, 1) }

    /// Makes this process the parent of orphans among its descendants (`PR_SET_CHILD_SUBREAPER`).
    public static func setSubreaper() throws(SyscallError) { try change("PR_SET_CHILD_SUBREAPER", 36, 1) }

    private static func change(_ name: StaticString, _ option: Int32, _ value: UInt) throws(SyscallError) {
        try kernel("prctl", "\(name)") { clinux_prctl(option, value, 0, 0, 0) }
    }
}

/// Makes this process the leader of a session of its own, without a terminal.
public func startSession() throws(SyscallError) { try kernel("setsid", "session") { setsid() } }

/// Gives this process a new session keyring, so that it does not share the caller's keys.
///
/// It has no name: one that is joined by name can be somebody else's, made before with the same name.
///
/// - Throws: `ENOSYS`, `EPERM` under a filter, `EDQUOT` at the limit of keys. Source: keyctl(2).
public func joinNewSessionKeyring() throws(SyscallError) {
    try kernel("keyctl", "session keyring") { clinux_keyctl_join(nil) }
}

/// Marks every descriptor from `first` on to be closed by execve(2), whoever opened it.
///
/// Source: close_range(2), `CLOSE_RANGE_CLOEXEC`, Linux 5.11.
public func closeOnExec(from first: UInt32) throws(SyscallError) {
    try kernel("close_range", "from \(first)") { clinux_close_range(first, .max, 4) }
}

/// The working directory as the kernel names it; one outside the root starts with `(unreachable)`.
public func rawWorkingDirectory() throws(SyscallError) -> String {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer throws(SyscallError) in
        let count = try kernel("getcwd", "working directory") { clinux_getcwd(buffer.baseAddress, buffer.count) }
        return String(
            decoding: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<max(0, count - 1)]),
            as: UTF8.self)
    }
}

/// Replaces this process's program.
///
/// - Parameters:
///   - program: The file to execute.
///   - environment: `NAME=value` entries, exactly those that the program gets.
/// - Throws: As execve(2); it returns in no other case.
public func execute(
    _ program: String, arguments: [String], environment: [String]
) throws(SyscallError) -> Never {
    let code = withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
            _ = execve(program, arguments, environment)
            return Errno.current
        }
    }
    throw SyscallError(call: "execve", subject: program, code: code)
}

/// Replaces this process's program by the file that a descriptor names.
///
/// - Throws: As execveat(2); it returns in no other case.
public func execute(
    _ program: borrowing OwnedDescriptor, arguments: [String], environment: [String]
) throws(SyscallError) -> Never {
    let raw = program.raw
    let code = withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
            _ = clinux_execveat(raw, "", arguments, environment, CLINUX_AT_EMPTY_PATH)
            return Errno.current
        }
    }
    throw SyscallError(call: "execveat", subject: "descriptor \(raw)", code: code)
}

/// Asks as faccessat(2) with `AT_EACCESS` does whether this process may execute `path`.
public func mayExecute(_ path: String) throws(SyscallError) {
    try kernel("faccessat", path) { faccessat(AT_FDCWD, path, X_OK, 0x200 /* AT_EACCESS */) }
}

/// The number that the next descriptor of this process will have.
public func nextDescriptorNumber() throws(SyscallError) -> Int32 { try OwnedDescriptor(open: "/", .pathOnly).raw }

/// Fetches a copy of another process's descriptor.
///
/// - Throws: `EBADF` if it has none of that number, `EPERM` without the right to trace it.
///
/// Source: pidfd_getfd(2), Linux 5.6.
public func fetchDescriptor(_ number: Int32, of process: borrowing OwnedDescriptor) throws(SyscallError)
    -> OwnedDescriptor
{
    let raw = process.raw
    return OwnedDescriptor(
        adopting: try kernel("pidfd_getfd", "descriptor \(number)") { clinux_pidfd_getfd(raw, number) })
}

/// Makes `descriptor` the standard stream `number` (0, 1 or 2), which stays open across execve(2).
public func makeStandardStream(_ number: Int32, of descriptor: borrowing OwnedDescriptor) throws(SyscallError) {
    try makeStandardStream(number, ofNumber: descriptor.raw)
}

/// Makes the descriptor `source` the standard stream `number`; the caller goes on owning `source`.
public func makeStandardStream(_ number: Int32, ofNumber source: Int32) throws(SyscallError) {
    try kernel("dup2", "standard stream \(number)") {
        source == number ? clinux_fcntl(source, F_SETFD, 0) : dup2(source, number)
    }
}

/// Gives a standard stream to a user, so that the user may open it anew through `/proc/self/fd`: a pipe or a socket.
///
/// A terminal or a file stays whose it is. It would belong to that user of the host's for good, who could then read what
/// is typed there. The open descriptor works all the same.
public func giveStream(_ number: Int32, to uid: UInt32) {
    var status = stat()
    guard clinux_fstatat(number, "", &status, CLINUX_AT_EMPTY_PATH) == 0, status.st_uid != uid,
        [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    else { return }
    // One that cannot be given works all the same, too.
    _ = fchown(number, uid, gid_t.max)
}

/// Closes a descriptor that another copy of this process owns: in a child right after clone3.
public func closeDescriptor(_ number: Int32) { _ = Glibc.close(number) }

/// A descriptor of our own for the open file behind `number`, which somebody else owns.
public func duplicateDescriptor(_ number: Int32) throws(SyscallError) -> OwnedDescriptor {
    OwnedDescriptor(
        adopting: try kernel("fcntl", "F_DUPFD_CLOEXEC \(number)") { clinux_fcntl(number, F_DUPFD_CLOEXEC, 0) })
}
