internal import CLinux
public import LinuxKernel

/// A socket that waits for connections, or for datagrams from anybody.
public struct WaitingSocket: Equatable, Sendable {
    /// The address it is bound to; all of them are `0.0.0.0` or `::`.
    public var address: IPAddress
    /// In the machine's byte order.
    public var port: UInt16
    /// Of its file, as `/proc/PID/fd` shows it.
    public var inode: UInt32
}

/// Questions to the kernel about the sockets of a network namespace.
///
/// `/proc/PID/net/tcp` says the same, but the kernel walks through the whole table of connections for it, which is large even
/// where there are none: 3 ms for each file on a machine of 16 GB. Source: sock_diag(7).
public struct DiagnosisSocket: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var sequence: UInt32 = 0

    /// Opens a socket in the caller's network namespace.
    ///
    /// - Throws: `EPROTONOSUPPORT` where the kernel has no such questions.
    public init() throws(NetlinkError) {
        do throws(SyscallError) { descriptor = try Self.open() } catch { throw .socket(error) }
    }

    /// Opens a socket in a network namespace, in which the calling thread is for that call only.
    ///
    /// - Throws: `EPROTONOSUPPORT` where the kernel has no such questions.
    public init(in namespace: borrowing OwnedDescriptor) throws(NetlinkError) {
        do throws(SyscallError) {
            descriptor = try RouteSocket.inside(namespace) { () throws(SyscallError) in try Self.open() }
        } catch {
            throw .socket(error)
        }
    }

    private static func open() throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try kernel("socket", "netlink sock_diag") { clinux_netlink_socket(4 /* NETLINK_SOCK_DIAG */) })
    }

    /// The waiting sockets of one version of IP.
    ///
    /// - Throws: `ENOENT` where the kernel has no questions about this protocol.
    public mutating func waiting(isVersion4: Bool, isStream: Bool) throws(NetlinkError) -> [WaitingSocket] {
        sequence &+= 1
        var message = MessageWriter(number: 20 /* SOCK_DIAG_BY_FAMILY */, [.request, .dump])
        // struct inet_diag_req_v2
        message.append(UInt8(isVersion4 ? 2 : 10))
        message.append(UInt8(isStream ? 6 : 17))
        message.append(UInt16(0))
        // TCP_LISTEN; what is bound and not connected is TCP_CLOSE for datagrams.
        message.append(UInt32(1) << (isStream ? 10 : 7))
        for _ in 0..<12 { message.append(UInt32(0)) }
        let (bytes, raw, expected) = (message.finished(sequence: sequence), descriptor.raw, sequence)
        do throws(SyscallError) {
            try kernel("sendto", "netlink sock_diag") {
                bytes.withUnsafeBytes { clinux_netlink_send(raw, $0.baseAddress, $0.count) }
            }
        } catch {
            throw .socket(error)
        }
        var result: [WaitingSocket] = []
        var answer = Answer()
        while !answer.isComplete {
            let datagram = try receiveFromKernel(raw)
            do throws(MalformedMessage) {
                for received in try ReceivedMessage.list(datagram[...]) where received.sequence == expected {
                    try answer.take(received) { (message) throws(MalformedMessage) in
                        result.append(try WaitingSocket(message.payload, isVersion4: isVersion4))
                    }
                }
            } catch {
                throw .malformed(request: "list sockets", "\(error.what)")
            }
        }
        if let (code, explanation) = answer.failure {
            throw .refused(request: "list sockets", code, explanation: explanation)
        }
        return result
    }
}

extension WaitingSocket {
    /// `struct inet_diag_msg`; ports and addresses in network order.
    init(_ payload: ArraySlice<UInt8>, isVersion4: Bool) throws(MalformedMessage) {
        var reader = FieldReader(payload)
        try reader.skip(4)
        port = UInt16(bigEndian: try reader.next())
        try reader.skip(2)
        guard let address = IPAddress(bytes: reader.rest.prefix(isVersion4 ? 4 : 16)) else {
            throw MalformedMessage(what: "address of a socket")
        }
        self.address = address
        // Both addresses, the link, the cookie, the timer, both queues and the user.
        try reader.skip(32 + 4 + 8 + 4 + 8 + 4)
        inode = try reader.next()
    }
}
