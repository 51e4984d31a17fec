internal import CLinux
internal import Glibc

/// The eight kinds of namespaces. Source: namespaces(7).
public enum NamespaceKind: CaseIterable, Hashable, Sendable {
    case mount, pid, network, ipc, uts, user, cgroup, time

    /// The file below `/proc/PID/ns`.
    public var fileName: String {
        switch self {
        case .mount: "mnt"
        case .pid: "pid"
        case .network: "net"
        case .ipc: "ipc"
        case .uts: "uts"
        case .user: "user"
        case .cgroup: "cgroup"
        case .time: "time"
        }
    }

    /// `CLONE_NEWNS` and its kin.
    public var cloneFlag: UInt64 {
        switch self {
        case .mount: 0x0002_0000
        case .cgroup: 0x0200_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .user: 0x1000_0000
        case .pid: 0x2000_0000
        case .network: 0x4000_0000
        case .time: 0x0000_0080
        }
    }
}

/// A namespace held open.
public struct NamespaceDescriptor: ~Copyable {
    /// Its kind.
    public let kind: NamespaceKind
    /// A descriptor of nsfs.
    public let descriptor: OwnedDescriptor

    /// Opens a namespace by path, such as `/proc/1/ns/net` or a bind mount of one.
    ///
    /// - Throws: As open(2); `EINVAL` if the file is no namespace, or one of another kind.
    public init(_ kind: NamespaceKind, path: String) throws(SyscallError) {
        let opened = try OwnedDescriptor(open: path, .read)
        let raw = opened.raw
        // NS_GET_NSTYPE, ioctl_ns(2), Linux 4.11: fails with ENOTTY on anything that is not of nsfs. Other file systems
        // may take the number for a call of their own, so the magic number is asked first.
        var information = statfs()
        try kernel("fstatfs", path) { clinux_fstatfs(raw, &information) }
        guard information.f_type == 0x6e73_6673,
            UInt64(UInt32(bitPattern: try kernel("ioctl", path) { clinux_ioctl(raw, 0xb703, 0) })) == kind.cloneFlag
        else { throw SyscallError(call: "open \(kind.fileName) namespace", subject: path, code: .invalidArgument) }
        self.kind = kind
        descriptor = opened
    }

    /// The descriptor, without the kind.
    public consuming func intoDescriptor() -> OwnedDescriptor { descriptor }

    /// The inode number of the user namespace that owns this one.
    ///
    /// - Throws: `EPERM` if that is above the caller's own.
    ///
    /// Source: ioctl_ns(2), `NS_GET_USERNS`.
    public borrowing func owner() throws(SyscallError) -> UInt64 { try related(0xb701) }

    /// The inode number of the namespace above this one, of the kinds that nest: pid and user.
    ///
    /// - Throws: `EPERM` if that is above the caller's own, `EINVAL` for other kinds.
    ///
    /// Source: ioctl_ns(2), `NS_GET_PARENT`.
    public borrowing func parent() throws(SyscallError) -> UInt64 { try related(0xb702) }

    private borrowing func related(_ request: UInt) throws(SyscallError) -> UInt64 {
        let raw = descriptor.raw
        let opened = try kernel("ioctl", "\(kind.fileName) namespace") { clinux_ioctl(raw, request, 0) }
        return try OwnedDescriptor(adopting: opened).status().inode
    }

    /// Moves the calling process, which has one thread, into the namespace; for `pid` and `time`, its future children.
    ///
    /// - Throws: `EPERM`; `EINVAL` for the user namespace one is in already.
    public borrowing func enter() throws(SyscallError) {
        let (raw, flag) = (descriptor.raw, Int32(truncatingIfNeeded: kind.cloneFlag))
        try kernel("setns", kind.fileName) { clinux_setns(raw, flag) }
    }
}

/// Moves the calling process into several namespaces of another process at once, all or none.
///
/// - Parameter process: A pidfd.
/// - Throws: `EPERM`, `ESRCH`, `EINVAL`.
///
/// Source: setns(2), Linux 5.8.
public func enterNamespaces(
    of process: borrowing OwnedDescriptor, _ kinds: [NamespaceKind]
) throws(SyscallError) {
    var flags: UInt64 = 0
    for kind in kinds { flags |= kind.cloneFlag }
    guard flags != 0 else { return }
    let raw = process.raw
    try kernel("setns", "the container's namespaces") { clinux_setns(raw, Int32(truncatingIfNeeded: flags)) }
}

/// Gives the calling process, which has one thread, namespaces of its own.
///
/// - Throws: `EPERM`, `ENOSPC` at the limit of user_namespaces(7) or namespaces(7), `EINVAL` with several threads.
public func unshare(_ kinds: [NamespaceKind]) throws(SyscallError) {
    var flags: UInt64 = 0
    for kind in kinds { flags |= kind.cloneFlag }
    try kernel("unshare", kinds.map(\.fileName).joined(separator: ",")) { clinux_unshare(flags) }
}

/// Moves the calling process into the namespace that a descriptor names, whatever its kind.
public func enterNamespace(_ namespace: borrowing OwnedDescriptor) throws(SyscallError) {
    let raw = namespace.raw
    try kernel("setns", "namespace") { clinux_setns(raw, 0) }
}
