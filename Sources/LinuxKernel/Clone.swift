internal import CLinux
internal import Glibc

/// What clone3 returned: the same program goes on twice.
public enum CloneResult: ~Copyable {
    /// In the new process.
    case child
    /// In the caller: the child's id as seen from here, and a pidfd for it.
    case parent(pid: Int32, pidfd: OwnedDescriptor)
}

/// Makes a child process of a program that has one thread.
///
/// - Parameters:
///   - namespaces: Those that the child gets of its own. Not `cgroup`: it would be rooted where the parent is.
///   - cgroup: The cgroup v2 directory that the child starts in (`CLONE_INTO_CGROUP`, Linux 5.7).
///   - asSibling: The child becomes a child of the caller's parent (`CLONE_PARENT`).
/// - Throws: `EPERM`, `ENOSPC`, `EAGAIN` at a process limit, `EBUSY` or `EOPNOTSUPP` for the cgroup.
///
/// Source: clone3(2), Linux 5.3. No `atfork` handler runs, and the C library's record of the thread id in the child is
/// the parent's, so neither may be relied on.
public func clone(
    namespaces: [NamespaceKind], cgroup: borrowing OwnedDescriptor?, asSibling: Bool = false
) throws(SyscallError) -> CloneResult {
    var flags = CLINUX_CLONE_PIDFD
    for kind in namespaces { flags |= kind.cloneFlag }
    var pidfd: CInt = -1
    var arguments = clone_args()
    if asSibling {
        flags |= CLINUX_CLONE_PARENT
    } else {
        arguments.exit_signal = UInt64(SIGCHLD)
    }
    switch cgroup {
    case .some(let cgroup):
        flags |= CLINUX_CLONE_INTO_CGROUP
        arguments.cgroup = UInt64(UInt32(bitPattern: cgroup.raw))
    case .none: break
    }
    arguments.flags = flags
    let pid = try withUnsafeMutablePointer(to: &pidfd) { pointer throws(SyscallError) in
        arguments.pidfd = UInt64(UInt(bitPattern: pointer))
        return try kernel("clone3", "a process with namespaces of its own") { clinux_clone3(&arguments) }
    }
    if pid == 0 { return .child }
    return .parent(pid: Int32(truncatingIfNeeded: pid), pidfd: OwnedDescriptor(adopting: pidfd))
}
