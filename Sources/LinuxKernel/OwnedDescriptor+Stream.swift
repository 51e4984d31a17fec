internal import CLinux
internal import Glibc

/// Transfers for event loops: once, from and into memory that the caller keeps, with `nil` for "not now" (`EAGAIN`).
extension OwnedDescriptor {
    /// Reads once; 0 is the end of the file.
    ///
    /// - Throws: As read(2): `EIO` from a terminal's controller when nobody has the other side open.
    public borrowing func read(into room: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int? {
        let from = raw
        return try unlessBlocking("read", from) { Glibc.read(from, room.baseAddress, room.count) }
    }

    /// Writes once, perhaps only the first part of `bytes`.
    ///
    /// - Throws: As write(2): `EPIPE` where `SIGPIPE` is ignored.
    public borrowing func writeOnce(_ bytes: UnsafeRawBufferPointer) throws(SyscallError) -> Int? {
        let to = raw
        return try unlessBlocking("write", to) { Glibc.write(to, bytes.baseAddress, bytes.count) }
    }
}

extension UnixSocket {
    /// Sends two pieces as one, perhaps only the first part of them. Never raises `SIGPIPE`.
    ///
    /// - Throws: `EPIPE` if the other end is closed, `ECONNRESET`.
    public borrowing func send(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(SyscallError) -> Int? {
        let own = descriptor.raw
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
        )
        return try withUnsafeMutableBytes(of: &parts) { (parts) throws(SyscallError) -> Int? in
            var message = msghdr()
            message.msg_iov = parts.assumingMemoryBound(to: iovec.self).baseAddress
            message.msg_iovlen = 2
            return try unlessBlocking("sendmsg", own) {
                sendmsg(own, &message, CLINUX_MSG_NOSIGNAL | CLINUX_MSG_DONTWAIT)
            }
        }
    }

    /// Receives once, bytes only; 0 is the end of the stream. Descriptors that a peer sends along are not taken over.
    public borrowing func receive(into room: UnsafeMutableRawBufferPointer) throws(SyscallError) -> Int? {
        let own = descriptor.raw
        return try unlessBlocking("recv", own) { recv(own, room.baseAddress, room.count, CLINUX_MSG_DONTWAIT) }
    }

    /// How much of what was sent the other end has not taken yet, in the kernel's measure (`SIOCOUTQ`): good for seeing
    /// whether it goes down.
    public borrowing func unsentBytes() throws(SyscallError) -> Int {
        var count: CInt = 0
        let own = descriptor.raw
        try kernel("ioctl", "SIOCOUTQ") { clinux_ioctl_pointer(own, CLINUX_SIOCOUTQ, &count) }
        return Int(count)
    }
}

/// As `kernel`, with `nil` for `EAGAIN`, which is no failure and worth no text.
private func unlessBlocking(
    _ call: StaticString, _ descriptor: CInt, _ body: () -> Int
) throws(SyscallError) -> Int? {
    while true {
        let count = body()
        if count >= 0 { return count }
        let code = Errno.current
        switch code {
        case .interrupted: continue
        case .again: return nil
        default: throw SyscallError(call: "\(call)", subject: "descriptor \(descriptor)", code: code)
        }
    }
}
