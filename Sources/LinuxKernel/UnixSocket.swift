internal import CLinux
internal import Glibc

/// How bytes stay together on a Unix socket.
public enum UnixSocketKind: Sendable {
    /// `SOCK_STREAM`
    case stream
    /// `SOCK_SEQPACKET`: a connection that keeps message borders.
    case packets
    /// `SOCK_DGRAM`
    case datagram

    var number: CInt {
        switch self {
        case .stream: CLINUX_SOCK_STREAM
        case .packets: CLINUX_SOCK_SEQPACKET
        case .datagram: CLINUX_SOCK_DGRAM
        }
    }
}

/// A Unix domain socket: a listener, one end of a connection or of a pair. Source: unix(7).
public struct UnixSocket: ~Copyable, Sendable {
    /// The socket, closed on exec.
    public let descriptor: OwnedDescriptor

    /// Takes over a descriptor that is such a socket.
    public init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    init(_ kind: UnixSocketKind, nonBlocking: Bool) throws(SyscallError) {
        let type = kind.number | CLINUX_SOCK_CLOEXEC | (nonBlocking ? CLINUX_SOCK_NONBLOCK : 0)
        descriptor = OwnedDescriptor(adopting: try kernel("socket", "unix") { socket(AF_UNIX, type, 0) })
    }

    /// Gives up the socket for its descriptor.
    public consuming func intoDescriptor() -> OwnedDescriptor { descriptor }

    /// Listens on a new socket file. Paths of 108 bytes and more need `listen(in:name:)`.
    ///
    /// - Parameters:
    ///   - mode: The permissions of the file, whatever the umask is. The parent directory should keep others out: until
    ///     this returns, the file has the umask's permissions, but nobody can connect before it listens.
    ///   - backlog: How many connections may wait.
    /// - Throws: As bind(2): `EADDRINUSE` if the file exists; `ENAMETOOLONG`.
    public static func listen(
        at path: String, mode: UInt32 = 0o600, kind: UnixSocketKind = .stream, backlog: Int32 = 64,
        nonBlocking: Bool = false
    ) throws(SyscallError) -> UnixSocket {
        let result = try UnixSocket(kind, nonBlocking: nonBlocking)
        let own = result.descriptor.raw
        try withAddress(path) { (address, length) throws(SyscallError) in
            try kernel("bind", path) { clinux_bind_unix(own, address, length) }
        }
        try kernel("chmod", path) { fchmodat(AT_FDCWD, path, mode, 0) }
        try kernel("listen", path) { Glibc.listen(own, backlog) }
        return result
    }

    /// Listens on a new socket file in a directory, however long that directory's path is.
    ///
    /// - Throws: As `listen(at:mode:)`.
    public static func listen(
        in directory: borrowing OwnedDescriptor, name: String, mode: UInt32 = 0o600, kind: UnixSocketKind = .stream,
        backlog: Int32 = 64, nonBlocking: Bool = false
    ) throws(SyscallError) -> UnixSocket {
        try listen(
            at: try shortPath(directory, name), mode: mode, kind: kind, backlog: backlog, nonBlocking: nonBlocking)
    }

    /// Takes datagrams on a new socket file in a directory, however long that directory's path is.
    ///
    /// - Parameter mode: The permissions of the file; who may write to it may send.
    /// - Throws: As `listen(at:mode:)`.
    public static func receiver(
        in directory: borrowing OwnedDescriptor, name: String, mode: UInt32, nonBlocking: Bool = false
    ) throws(SyscallError) -> UnixSocket {
        let path = try shortPath(directory, name)
        let result = try UnixSocket(.datagram, nonBlocking: nonBlocking)
        let own = result.descriptor.raw
        try withAddress(path) { (address, length) throws(SyscallError) in
            try kernel("bind", path) { clinux_bind_unix(own, address, length) }
        }
        try kernel("chmod", path) { fchmodat(AT_FDCWD, path, mode, 0) }
        return result
    }

    /// Connects to the socket file at a path of at most 107 bytes.
    ///
    /// - Throws: As connect(2): `ENOENT`, `ECONNREFUSED` if nobody listens, `EAGAIN` if non-blocking and too many wait.
    public static func connect(
        to path: String, kind: UnixSocketKind = .stream, nonBlocking: Bool = false
    ) throws(SyscallError) -> UnixSocket {
        let result = try UnixSocket(kind, nonBlocking: nonBlocking)
        let own = result.descriptor.raw
        try withAddress(path) { (address, length) throws(SyscallError) in
            try kernel("connect", path) { clinux_connect_unix(own, address, length) }
        }
        return result
    }

    /// Connects to the socket file of that name in a directory.
    ///
    /// - Throws: As `connect(to:)`.
    public static func connect(
        in directory: borrowing OwnedDescriptor, name: String, kind: UnixSocketKind = .stream,
        nonBlocking: Bool = false
    ) throws(SyscallError) -> UnixSocket {
        try connect(to: try shortPath(directory, name), kind: kind, nonBlocking: nonBlocking)
    }

    /// Takes the next connection.
    ///
    /// - Throws: `EAGAIN` if this listener is non-blocking and nobody waits.
    public borrowing func accept(nonBlocking: Bool = false) throws(SyscallError) -> UnixSocket {
        let own = descriptor.raw
        let flags = CLINUX_SOCK_CLOEXEC | (nonBlocking ? CLINUX_SOCK_NONBLOCK : 0)
        return UnixSocket(
            adopting: OwnedDescriptor(adopting: try kernel("accept4", "socket \(own)") { clinux_accept4(own, flags) }))
    }

    /// Ends sending, receiving or both; the other side reads the end of the stream.
    public borrowing func shutdown(_ direction: SocketDirection) throws(SyscallError) {
        let own = descriptor.raw
        try kernel("shutdown", "socket \(own)") { Glibc.shutdown(own, direction.rawValue) }
    }

    /// A name that fits into a socket address, through this process's own procfs.
    private static func shortPath(
        _ directory: borrowing OwnedDescriptor, _ name: String
    ) throws(SyscallError) -> String {
        // One component only: the directory is where the file is to be.
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else {
            throw SyscallError(call: "bind", subject: name, code: .invalidArgument)
        }
        return "/proc/self/fd/\(directory.raw)/\(name)"
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr_un>, socklen_t) throws(SyscallError) -> Void
    ) throws(SyscallError) {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        // An empty path would bind an abstract socket, which any process of the network namespace can reach.
        guard !bytes.isEmpty, !bytes.contains(0) else {
            throw SyscallError(call: "bind", subject: path, code: .invalidArgument)
        }
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SyscallError(call: "bind", subject: path, code: .nameTooLong)
        }
        let length = bytes.withUnsafeBytes { clinux_unix_address(&address, $0.baseAddress, $0.count) }
        try body(&address, length)
    }
}

/// shutdown(2)'s direction.
public enum SocketDirection: Int32, Sendable {
    case receiving = 0
    case sending
    case both
}

/// Two sockets connected to each other, both closed on exec: socketpair(2).
@frozen public struct UnixSocketPair: ~Copyable, Sendable {
    public var first: UnixSocket
    /// The other end of the same connection.
    public var second: UnixSocket

    /// Two connected sockets without names: socketpair(2).
    public init(_ kind: UnixSocketKind = .stream, nonBlocking: Bool = false) throws(SyscallError) {
        var ends: (CInt, CInt) = (-1, -1)
        let type = kind.number | CLINUX_SOCK_CLOEXEC | (nonBlocking ? CLINUX_SOCK_NONBLOCK : 0)
        try kernel("socketpair", "unix") {
            withUnsafeMutableBytes(of: &ends) {
                socketpair(AF_UNIX, type, 0, $0.assumingMemoryBound(to: CInt.self).baseAddress)
            }
        }
        first = UnixSocket(adopting: OwnedDescriptor(adopting: ends.0))
        second = UnixSocket(adopting: OwnedDescriptor(adopting: ends.1))
    }

    /// Closes the second socket and keeps the first.
    public consuming func keepFirst() -> UnixSocket { first }

    /// Closes the first socket and keeps the second.
    public consuming func keepSecond() -> UnixSocket { second }
}

/// Who is at the other end of a Unix connection, as it was when the connection was made: `SO_PEERCRED`.
public struct PeerCredentials: Equatable, Sendable {
    /// As this pid namespace numbers it; 0 if it is not visible here.
    public let pid: Int32
    /// The peer's effective user when it connected, as the caller's user namespace shows it.
    public let uid: UInt32
    /// The peer's effective group when it connected.
    public let gid: UInt32
}

extension UnixSocket {
    /// Who connected.
    public borrowing func peerCredentials() throws(SyscallError) -> PeerCredentials {
        var result = CLinux.clinux_peer_credentials()
        let own = descriptor.raw
        try kernel("getsockopt", "SO_PEERCRED") { clinux_peer_credentials(own, &result) }
        return PeerCredentials(pid: result.pid, uid: result.uid, gid: result.gid)
    }
}
