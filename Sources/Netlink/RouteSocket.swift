internal import CLinux
public import LinuxKernel

/// A conversation with the kernel about links, addresses and routes of one network namespace: that in which the socket
/// was made. Source: rtnetlink(7).
public struct RouteSocket: ~Copyable {
    let descriptor: OwnedDescriptor
    /// Of the last request.
    var sequence: UInt32 = 0

    /// Opens a socket in the caller's network namespace.
    public init() throws(NetlinkError) { try self.init(explaining: true) }

    /// - Parameter explaining: Whether errors come with the kernel's own sentences, at the price of two more calls.
    init(explaining: Bool) throws(NetlinkError) {
        do throws(SyscallError) {
            descriptor = try RouteSocket.open(explaining: explaining)
        } catch {
            throw .socket(error)
        }
    }

    private static func open(explaining: Bool) throws(SyscallError) -> OwnedDescriptor {
        let opened = OwnedDescriptor(
            adopting: try kernel("socket", "netlink") { clinux_netlink_socket(CLINUX_NETLINK_ROUTE) })
        let raw = opened.raw
        // The sentence, and the request not repeated; since Linux 4.12.
        for option in explaining ? [NETLINK_EXT_ACK, NETLINK_CAP_ACK] : [] {
            try kernel("setsockopt", "netlink") { clinux_netlink_option(raw, option, 1) }
        }
        return opened
    }

    /// Opens a socket in another network namespace. The calling thread is there for the time of this call only, so the
    /// caller, and nobody else on this thread, does nothing else meanwhile.
    ///
    /// - Parameter namespace: A descriptor of it, such as of `/proc/PID/ns/net`.
    /// - Throws: `EPERM` without CAP_SYS_ADMIN over it, or over the own one.
    public init(in namespace: borrowing OwnedDescriptor) throws(NetlinkError) {
        do throws(SyscallError) {
            descriptor = try RouteSocket.open(in: namespace)
        } catch {
            throw .socket(error)
        }
    }

    private static func open(in namespace: borrowing OwnedDescriptor) throws(SyscallError) -> OwnedDescriptor {
        try inside(namespace) { () throws(SyscallError) in try open(explaining: true) }
    }

    /// Opens a socket in another network namespace, in which the calling thread is for that call only.
    static func inside(
        _ namespace: borrowing OwnedDescriptor, _ open: () throws(SyscallError) -> OwnedDescriptor
    ) throws(SyscallError) -> OwnedDescriptor {
        let own = try OwnedDescriptor(open: "/proc/thread-self/ns/net", .read)
        let (back, other) = (own.raw, namespace.raw)
        let flag = CInt(truncatingIfNeeded: NamespaceKind.network.cloneFlag)
        try kernel("setns", "network namespace") { clinux_setns(other, flag) }
        let opened: OwnedDescriptor
        do throws(SyscallError) {
            opened = try open()
        } catch {
            try kernel("setns", "back to the own network namespace") { clinux_setns(back, flag) }
            throw error
        }
        // Going on in a namespace that is not ours would configure the wrong one.
        try kernel("setns", "back to the own network namespace") { clinux_setns(back, flag) }
        return opened
    }

    /// Sends a request and waits for the kernel's yes.
    ///
    /// - Parameter name: How errors name the request.
    mutating func change(_ name: @autoclosure () -> String, _ message: consuming MessageWriter) throws(NetlinkError) {
        try converse(name(), message) { _ in }
    }

    /// Sends a question and hands each message of the answer to `body`.
    mutating func ask(
        _ name: @autoclosure () -> String, _ message: consuming MessageWriter,
        _ body: (ReceivedMessage) throws(MalformedMessage) -> Void
    ) throws(NetlinkError) {
        try converse(name(), message, body)
    }

    private mutating func converse(
        _ name: @autoclosure () -> String, _ message: consuming MessageWriter,
        _ body: (ReceivedMessage) throws(MalformedMessage) -> Void
    ) throws(NetlinkError) {
        sequence &+= 1
        let bytes = message.finished(sequence: sequence)
        let (raw, expected) = (descriptor.raw, sequence)
        do throws(SyscallError) {
            try kernel("sendto", "netlink") {
                bytes.withUnsafeBytes { clinux_netlink_send(raw, $0.baseAddress, $0.count) }
            }
        } catch {
            throw .socket(error)
        }
        var answer = Answer()
        while !answer.isComplete {
            let datagram = try receiveFromKernel(raw)
            do throws(MalformedMessage) {
                for received in try ReceivedMessage.list(datagram[...]) where received.sequence == expected {
                    try answer.take(received, body)
                }
            } catch {
                throw .malformed(request: name(), "\(error.what)")
            }
        }
        if let (code, explanation) = answer.failure {
            throw .refused(request: name(), code, explanation: explanation)
        }
    }

}

/// The next datagram that the kernel itself sends to a netlink socket.
func receiveFromKernel(_ raw: CInt) throws(NetlinkError) -> [UInt8] {
    while true {
        var failure: SyscallError?
        var sender: UInt32 = 0
        // The kernel fills a part of a list with at most 32 KiB; a single link with many properties may take more.
        let capacity = 65_536
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, used in
            do throws(SyscallError) {
                let length = try kernel("recvfrom", "netlink") {
                    clinux_netlink_receive(raw, buffer.baseAddress, capacity, &sender)
                }
                used = min(length, capacity)
                if length > capacity {
                    failure = SyscallError(call: "recvfrom", subject: "netlink", code: .fileTooLarge)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw .socket(failure) }
        // Other processes can send to this socket as well.
        if sender == 0 { return bytes }
    }
}

/// What has come of an answer so far.
struct Answer {
    private(set) var isComplete = false
    private(set) var failure: (Errno, String?)?
    private var interrupted = false

    mutating func take(
        _ message: ReceivedMessage, _ body: (ReceivedMessage) throws(MalformedMessage) -> Void
    ) throws(MalformedMessage) {
        if message.flags.contains(.interrupted) { interrupted = true }
        switch MessageType(rawValue: message.type) {
        case .error:
            // A number, then the request's header; with yes and no alike.
            try end(message, attributesAt: message.flags.contains(.explained) ? 20 : nil)
        case .done:
            try end(message, attributesAt: message.flags.contains(.explained) ? 4 : nil)
            if interrupted, failure == nil { failure = (.again, "what was listed changed meanwhile") }
        default:
            try body(message)
        }
    }

    private mutating func end(_ message: ReceivedMessage, attributesAt offset: Int?) throws(MalformedMessage) {
        isComplete = true
        var reader = FieldReader(message.payload)
        // The end of a list may come without a number.
        let number = message.payload.isEmpty ? 0 : try reader.next(Int32.self)
        guard number < 0 else { return }
        var explanation: String?
        if let offset {
            // Explanations help and decide nothing: one that is malformed is left out.
            let attributes = (try? Attribute.list(message.payload.dropFirst(offset))) ?? []
            explanation = attributes.first { $0.type == 1 /* NLMSGERR_ATTR_MSG */ }?.text
        }
        failure = (Errno(rawValue: Int32(clamping: -Int64(number))), explanation)
    }
}
