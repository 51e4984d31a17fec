internal import CLinux
internal import Glibc

/// Where an internet socket is bound to or sends to: 4 or 16 bytes of an address, and a port.
public struct InternetEndpoint: Equatable, Sendable {
    /// In network order.
    public let address: [UInt8]
    /// In the machine's byte order; 0 lets the kernel choose one.
    public let port: UInt16

    /// An address of four bytes (IPv4) or sixteen (IPv6), in the order of the network.
    public init(address: [UInt8], port: UInt16) {
        self.address = address
        self.port = port
    }

    fileprivate func make(_ result: inout clinux_inet_address) -> socklen_t {
        address.withUnsafeBytes { clinux_inet_address_make(&result, $0.baseAddress, $0.count, port) }
    }
}

/// A peer as the kernel wrote it, to be answered.
public struct InternetPeer {
    fileprivate var address = clinux_inet_address()
    fileprivate var length: socklen_t = 0
}

/// A non-blocking socket of IP: ip(7), ipv6(7). One of version 6 has nothing to do with version 4.
public struct InternetSocket: ~Copyable, Sendable {
    /// The socket, closed on exec.
    public let descriptor: OwnedDescriptor

    /// Connections or single packets.
    public enum Kind: Sendable {
        case stream, datagram
    }

    /// A socket in the caller's network namespace.
    public init(_ kind: Kind, version6: Bool) throws(SyscallError) {
        let type = kind == .stream ? CLINUX_SOCK_STREAM : CLINUX_SOCK_DGRAM
        let opened = OwnedDescriptor(
            adopting: try kernel("socket", "internet") { clinux_inet_socket(version6 ? 1 : 0, type) })
        let raw = opened.raw
        if version6 {
            try kernel("setsockopt", "IPV6_V6ONLY") {
                clinux_inet_option(raw, CInt(IPPROTO_IPV6), 26 /* IPV6_V6ONLY */, 1)
            }
        }
        descriptor = opened
    }

    /// Takes over a descriptor that is such a socket and does not block.
    public init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// The port that it is bound to.
    public borrowing func localPort() throws(SyscallError) -> UInt16 {
        let raw = descriptor.raw
        let port = try kernel("getsockname", "internet socket") { clinux_inet_local_port(raw) }
        return UInt16(truncatingIfNeeded: port)
    }

    /// - Parameter reusing: Connections that have just ended on this address do not matter: `SO_REUSEADDR`.
    /// - Throws: `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`.
    public borrowing func bind(_ endpoint: InternetEndpoint, reusing: Bool = false) throws(SyscallError) {
        let raw = descriptor.raw
        if reusing {
            try kernel("setsockopt", "SO_REUSEADDR") { clinux_inet_option(raw, SOL_SOCKET, SO_REUSEADDR, 1) }
        }
        var address = clinux_inet_address()
        let length = endpoint.make(&address)
        try kernel("bind", "port \(endpoint.port)") { clinux_inet_bind(raw, &address, length) }
    }

    /// - Throws: `EADDRINUSE` where somebody else listens.
    public borrowing func listen(backlog: Int32 = 64) throws(SyscallError) {
        let raw = descriptor.raw
        try kernel("listen", "internet socket") { Glibc.listen(raw, backlog) }
    }

    /// The next connection; `nil` if nobody waits.
    public borrowing func accept() throws(SyscallError) -> InternetSocket? {
        let raw = descriptor.raw
        do throws(SyscallError) {
            return InternetSocket(
                adopting: OwnedDescriptor(
                    adopting: try kernel("accept4", "internet socket") {
                        clinux_accept4(raw, CLINUX_SOCK_CLOEXEC | CLINUX_SOCK_NONBLOCK)
                    }))
        } catch  where error.code == .again || error.code.rawValue == ECONNABORTED {
            return nil
        }
    }

    /// Begins to connect. Whether it succeeds shows when the socket can be written.
    public borrowing func connect(_ endpoint: InternetEndpoint) throws(SyscallError) {
        let raw = descriptor.raw
        var address = clinux_inet_address()
        let length = endpoint.make(&address)
        do throws(SyscallError) {
            try kernel("connect", "port \(endpoint.port)") { clinux_inet_connect(raw, &address, length) }
        } catch  where error.code.rawValue == EINPROGRESS {
            return
        }
    }

    /// The next datagram and its sender; `nil` if there is none. What is longer than `limit` counts as empty.
    public borrowing func receive(limit: Int) throws(SyscallError) -> (bytes: [UInt8], peer: InternetPeer)? {
        let raw = descriptor.raw
        var peer = InternetPeer()
        var failure: SyscallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
            do throws(SyscallError) {
                let count = try kernel("recvfrom", "internet socket") {
                    clinux_inet_receive(raw, buffer.baseAddress, limit, &peer.address, &peer.length)
                }
                used = count <= limit ? count : 0
            } catch {
                failure = error
            }
        }
        if let failure {
            if failure.code == .again { return nil }
            throw failure
        }
        return (bytes, peer)
    }

    /// Sends a datagram to whom one came from.
    public borrowing func send(_ bytes: [UInt8], to peer: InternetPeer) throws(SyscallError) {
        let raw = descriptor.raw
        var peer = peer
        try kernel("sendto", "internet socket") {
            bytes.withUnsafeBytes { clinux_inet_send(raw, $0.baseAddress, $0.count, &peer.address, peer.length) }
        }
    }
}
