internal import CLinux
internal import Glibc

/// Changes the real, effective and saved user id of this thread.
public func setUserID(_ id: UInt32) throws(SyscallError) {
    try kernel("setresuid", "\(id)") { clinux_setresuid(id, id, id) }
}

/// Changes the real, effective and saved group id of this thread.
public func setGroupID(_ id: UInt32) throws(SyscallError) {
    try kernel("setresgid", "\(id)") { clinux_setresgid(id, id, id) }
}

/// Replaces this thread's supplementary groups.
///
/// - Throws: `EPERM` where `/proc/self/setgroups` says `deny` (user_namespaces(7)).
public func setSupplementaryGroups(_ groups: [UInt32]) throws(SyscallError) {
    try kernel("setgroups", groups.map { String($0) }.joined(separator: " ")) {
        clinux_setgroups(groups.count, groups)
    }
}
