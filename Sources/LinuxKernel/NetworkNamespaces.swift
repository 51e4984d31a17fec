internal import CLinux

/// New network namespaces, and work inside of others, for the time of one call and the calling thread only.
public enum NetworkNamespaces {
    /// Makes a network namespace. It lives as long as a process, a socket or a descriptor holds it.
    ///
    /// - Throws: `EPERM` without CAP_SYS_ADMIN, `ENOSPC` at the limit of namespaces(7).
    public static func make() throws(SyscallError) -> OwnedDescriptor {
        let own = try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read)
        try kernel("unshare", "net") { clinux_unshare(NamespaceKind.network.cloneFlag) }
        let made: OwnedDescriptor
        do throws(SyscallError) {
            made = try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read)
        } catch {
            try back(to: own)
            throw error
        }
        try back(to: own)
        return made
    }

    /// Runs `body` with the calling thread in another network namespace. Sockets made and files of `/proc/sys/net` opened
    /// there belong to it.
    public static func inside<Value>(
        _ namespace: borrowing OwnedDescriptor, _ body: () throws(SyscallError) -> Value
    ) throws(SyscallError) -> Value {
        let own = try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read)
        try enter(namespace)
        let value: Value
        do throws(SyscallError) {
            value = try body()
        } catch {
            try back(to: own)
            throw error
        }
        try back(to: own)
        return value
    }

    private static func enter(_ namespace: borrowing OwnedDescriptor) throws(SyscallError) {
        let (raw, flag) = (namespace.raw, Int32(truncatingIfNeeded: NamespaceKind.network.cloneFlag))
        try kernel("setns", "network namespace") { clinux_setns(raw, flag) }
    }

    // Going on in a namespace that is not ours would configure the wrong one, so a failure is never passed over.
    private static func back(to own: borrowing OwnedDescriptor) throws(SyscallError) { try enter(own) }
}
