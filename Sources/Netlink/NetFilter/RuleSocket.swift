internal import CLinux
public import LinuxKernel

/// A conversation with the kernel about the packet rules (nf_tables) of the network namespace in which it was opened.
///
/// Source: linux/netfilter/nf_tables.h and nfnetlink.h; libnftnl's and nft's `--debug=netlink` show the same messages.
public struct RuleSocket: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var sequence: UInt32 = 0

    /// Opens a socket in the caller's network namespace.
    public init() throws(NetlinkError) {
        do throws(SyscallError) {
            descriptor = try Self.open()
        } catch {
            throw .socket(error)
        }
    }

    /// Opens a socket in another network namespace, as `RouteSocket.init(in:)` does.
    public init(in namespace: borrowing OwnedDescriptor) throws(NetlinkError) {
        do throws(SyscallError) {
            descriptor = try RouteSocket.inside(namespace) { () throws(SyscallError) in try Self.open() }
        } catch {
            throw .socket(error)
        }
    }

    /// Gives the socket up to a caller who closes it later: closing one waits, 10 to 20 ms, until the kernel has let go of what was
    /// removed by anybody in this network namespace just before (`nft_rcv_nl_event`).
    public consuming func intoDescriptor() -> OwnedDescriptor { descriptor }

    private static func open() throws(SyscallError) -> OwnedDescriptor {
        let opened = OwnedDescriptor(
            adopting: try kernel("socket", "netlink netfilter") { clinux_netlink_socket(12 /* NETLINK_NETFILTER */) })
        let raw = opened.raw
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK] {
            try kernel("setsockopt", "netlink netfilter") { clinux_netlink_option(raw, option, 1) }
        }
        return opened
    }

    /// Makes all changes of a transaction, or none.
    ///
    /// - Parameter name: How errors name it.
    /// - Throws: `NetlinkError.refused` with the first thing that the kernel minded: `ENOENT` if the table, chain, set or
    ///   an element to remove is not there, `EEXIST` if an element is there with another value.
    public mutating func commit(_ transaction: RuleTransaction, _ name: String) throws(NetlinkError) {
        guard !transaction.isEmpty else { return }
        let first = sequence &+ 1
        sequence = first
        // struct nfgenmsg of both ends names the subsystem in network order.
        var datagram = Self.edge(0x10 /* NFNL_MSG_BATCH_BEGIN */).finished(sequence: sequence)
        for message in transaction.messages {
            sequence &+= 1
            datagram += message.finished(sequence: sequence)
        }
        datagram += Self.edge(0x11 /* NFNL_MSG_BATCH_END */).finished(sequence: sequence &+ 1)
        let last = sequence
        sequence &+= 1
        try send(datagram)

        // The kernel answers each message, whatever comes of the whole; the first one only if it failed.
        var missing = transaction.messages.count
        var failure: (Errno, String?)?
        while missing > 0 {
            let received = try receiveFromKernel(descriptor.raw)
            do throws(MalformedMessage) {
                for message in try ReceivedMessage.list(received[...]) {
                    let offset = message.sequence &- first
                    guard offset <= last &- first else { continue }
                    var answer = Answer()
                    try answer.take(message) { (_) throws(MalformedMessage) in }
                    if let error = answer.failure {
                        failure = failure ?? error
                        if offset == 0 { missing = 0 }
                    }
                    if offset > 0 { missing -= 1 }
                }
            } catch {
                throw .malformed(request: name, "\(error.what)")
            }
        }
        if let (code, explanation) = failure { throw .refused(request: name, code, explanation: explanation) }
    }

    private static func edge(_ type: UInt16) -> MessageWriter {
        var message = MessageWriter(number: type, .request)
        message.append(UInt8(0))
        message.append(UInt8(0))
        message.append(UInt16(10 /* NFNL_SUBSYS_NFTABLES */).bigEndian)
        return message
    }

    private borrowing func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let raw = descriptor.raw
        do throws(SyscallError) {
            try kernel("sendto", "netlink netfilter") {
                bytes.withUnsafeBytes { clinux_netlink_send(raw, $0.baseAddress, $0.count) }
            }
        } catch {
            throw .socket(error)
        }
    }

    /// Asks for a list and hands each message of the answer to `body`.
    mutating func dump(
        _ name: String, _ message: consuming MessageWriter,
        _ body: (ReceivedMessage) throws(MalformedMessage) -> Void
    ) throws(NetlinkError) {
        sequence &+= 1
        try send(message.finished(sequence: sequence))
        let expected = sequence
        var answer = Answer()
        while !answer.isComplete {
            let received = try receiveFromKernel(descriptor.raw)
            do throws(MalformedMessage) {
                for part in try ReceivedMessage.list(received[...]) where part.sequence == expected {
                    try answer.take(part, body)
                }
            } catch {
                throw .malformed(request: name, "\(error.what)")
            }
        }
        if let (code, explanation) = answer.failure { throw .refused(request: name, code, explanation: explanation) }
    }
}
