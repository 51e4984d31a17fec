internal import CLinux
internal import Glibc

/// What one receiving call brought.
public struct ReceivedMessage: ~Copyable {
    /// Empty at the end of a stream.
    public let bytes: [UInt8]
    /// Descriptors that came along, closed on exec.
    public var descriptors: ReceivedDescriptors
    /// Whether the message was longer than asked for, or carried more descriptors than this process may open.
    public let truncated: Bool
}

/// Descriptors that came over a socket, closed when nobody takes them.
public struct ReceivedDescriptors: ~Copyable {
    private var raw: [CInt]

    init(_ raw: [CInt]) { self.raw = raw }

    /// How many descriptors have come and were not taken yet.
    public var count: Int { raw.count }

    /// Takes the first descriptor that is left.
    public mutating func takeFirst() -> OwnedDescriptor? {
        raw.isEmpty ? nil : OwnedDescriptor(adopting: raw.removeFirst())
    }

    deinit { for descriptor in raw { _ = Glibc.close(descriptor) } }
}

extension UnixSocket {
    /// Sends bytes once, and says how many were taken. Never raises `SIGPIPE`.
    ///
    /// - Throws: `EPIPE` if the other end is closed, `EAGAIN` if non-blocking and full.
    public borrowing func send(_ bytes: UnsafeRawBufferPointer) throws(SyscallError) -> Int {
        let own = descriptor.raw
        return try kernel("send", "socket \(own)") {
            Glibc.send(own, bytes.baseAddress, bytes.count, CLINUX_MSG_NOSIGNAL)
        }
    }

    /// Sends all of `bytes`, waiting where the socket blocks.
    public borrowing func sendAll(_ bytes: [UInt8]) throws(SyscallError) {
        var done = 0
        while done < bytes.count {
            var failure: SyscallError?
            var sent = 0
            bytes.withUnsafeBytes {
                do throws(SyscallError) {
                    sent = try send(UnsafeRawBufferPointer(rebasing: $0[done...]))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            done += sent
        }
    }

    /// Sends bytes and, with the first of them, duplicates of descriptors (`SCM_RIGHTS`).
    ///
    /// - Parameters:
    ///   - bytes: At least one: a stream carries descriptors only with data.
    ///   - descriptors: Raw, as they live until this returns; at most 253.
    /// - Throws: As sendmsg(2).
    package borrowing func send(_ bytes: [UInt8], rawDescriptors descriptors: [CInt]) throws(SyscallError) {
        let own = descriptor.raw
        let sent = try kernel("sendmsg", "socket \(own)") {
            bytes.withUnsafeBytes {
                clinux_send_descriptors(
                    own, $0.baseAddress, $0.count, descriptors, descriptors.count, CLINUX_MSG_NOSIGNAL)
            }
        }
        if sent < bytes.count { try sendAll(Array(bytes[sent...])) }
    }

    /// Sends bytes with one descriptor.
    public borrowing func send(
        _ bytes: [UInt8], descriptor passed: borrowing OwnedDescriptor
    ) throws(SyscallError) {
        try send(bytes, rawDescriptors: [passed.raw])
    }

    /// Receives once, up to `count` bytes, and whatever descriptors come with them.
    ///
    /// - Throws: `EAGAIN` if non-blocking and nothing is there; `ECONNRESET`.
    public borrowing func receive(upTo count: Int) throws(SyscallError) -> ReceivedMessage {
        let own = descriptor.raw
        var failure: SyscallError?
        var raw: [CInt] = []
        var flags: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            raw = [CInt](unsafeUninitializedCapacity: Int(CLINUX_SCM_MAX_FD)) { descriptors, descriptorCount in
                do throws(SyscallError) {
                    used = try kernel("recvmsg", "socket \(own)") {
                        clinux_receive_descriptors(
                            own, buffer.baseAddress, count, descriptors.baseAddress, &descriptorCount, &flags,
                            CLINUX_MSG_CMSG_CLOEXEC)
                    }
                } catch {
                    failure = error
                    used = 0
                    descriptorCount = 0
                }
            }
        }
        if let failure { throw failure }
        return ReceivedMessage(
            bytes: bytes, descriptors: ReceivedDescriptors(raw),
            truncated: flags & (CLINUX_MSG_CTRUNC | CLINUX_MSG_TRUNC) != 0)
    }
}
