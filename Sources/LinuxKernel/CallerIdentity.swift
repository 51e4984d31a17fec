internal import CLinux
internal import Glibc

/// Who this process is.
public enum CallerIdentity {
    /// The real user id.
    public static var uid: UInt32 { getuid() }
    /// The user id that the kernel checks.
    public static var effectiveUid: UInt32 { geteuid() }
    /// The real group id.
    public static var gid: UInt32 { getgid() }
    /// The group id that the kernel checks.
    public static var effectiveGid: UInt32 { getegid() }
    /// The process id in its own pid namespace.
    public static var pid: Int32 { getpid() }
    /// The calling thread's id in its own pid namespace: the process's own for the first thread.
    public static var threadIdentifier: Int32 { clinux_gettid() }
    /// The parent's process id, 0 if it is outside of the pid namespace.
    public static var parentPid: Int32 { getppid() }

    /// The supplementary groups.
    public static func groups() throws(SyscallError) -> [UInt32] {
        while true {
            let count = try kernel("getgroups", "count") { getgroups(0, nil) }
            guard count > 0 else { return [] }
            var failure: SyscallError?
            let groups = [gid_t](unsafeUninitializedCapacity: Int(count)) { buffer, used in
                do throws(SyscallError) {
                    used = Int(try kernel("getgroups", "list") { getgroups(count, buffer.baseAddress) })
                } catch {
                    failure = error
                    used = 0
                }
            }
            guard let failure else { return groups }
            guard failure.code == .invalidArgument else { throw failure }
        }
    }
}
