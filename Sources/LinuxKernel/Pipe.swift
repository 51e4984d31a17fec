internal import CLinux
internal import Glibc

/// The two ends of a pipe, both closed on exec: pipe2(2).
@frozen public struct Pipe: ~Copyable, Sendable {
    public var readEnd: OwnedDescriptor
    /// Once every copy of it is closed, the other end reads the end.
    public var writeEnd: OwnedDescriptor

    /// - Parameter nonBlocking: For both ends, as they share nothing else.
    public init(nonBlocking: Bool = false) throws(SyscallError) {
        var ends: (CInt, CInt) = (-1, -1)
        let flags = O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0)
        try kernel("pipe2", "") {
            withUnsafeMutableBytes(of: &ends) { clinux_pipe2($0.assumingMemoryBound(to: CInt.self).baseAddress, flags) }
        }
        readEnd = OwnedDescriptor(adopting: ends.0)
        writeEnd = OwnedDescriptor(adopting: ends.1)
    }

    /// Closes the end for writing and keeps the other.
    public consuming func keepReadEnd() -> OwnedDescriptor { readEnd }

    /// Closes the end for reading and keeps the other.
    public consuming func keepWriteEnd() -> OwnedDescriptor { writeEnd }
}

/// A counter that one process raises and another waits for: eventfd(2).
public struct EventCounter: ~Copyable, Sendable {
    /// Readable while the counter is above zero.
    public let descriptor: OwnedDescriptor

    /// Makes a counter at zero.
    public init(nonBlocking: Bool = false) throws(SyscallError) {
        let flags = CInt(EFD_CLOEXEC) | (nonBlocking ? CInt(EFD_NONBLOCK) : 0)
        descriptor = OwnedDescriptor(adopting: try kernel("eventfd", "") { eventfd(0, flags) })
    }

    /// Takes over an event counter that came from elsewhere.
    public init(adopting descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    /// Adds to the counter and wakes who waits.
    public borrowing func signal(_ amount: UInt64 = 1) throws(SyscallError) {
        var value = amount
        let to = descriptor.raw
        try kernel("write", "eventfd") { Glibc.write(to, &value, 8) }
    }

    /// Waits until the counter is above zero, takes it and sets it back to zero; `EAGAIN` if non-blocking.
    public borrowing func take() throws(SyscallError) -> UInt64 {
        var value: UInt64 = 0
        let from = descriptor.raw
        try kernel("read", "eventfd") { Glibc.read(from, &value, 8) }
        return value
    }
}

/// A clock that makes a descriptor readable: timerfd_create(2), on the clock that never jumps.
public struct TimerDescriptor: ~Copyable, Sendable {
    /// Readable once the time has come, until `expirations()` is asked.
    public let descriptor: OwnedDescriptor

    /// Makes a clock that is not set.
    public init() throws(SyscallError) {
        let flags = CInt(TFD_CLOEXEC) | CInt(TFD_NONBLOCK)
        descriptor = OwnedDescriptor(
            adopting: try kernel("timerfd_create", "") { timerfd_create(CLOCK_MONOTONIC, flags) })
    }

    /// Fires `after` a time, then at each `interval` unless that is `nil`.
    public borrowing func set(after: Duration, every interval: Duration? = nil) throws(SyscallError) {
        // A first value of zero would disarm the timer.
        var value = itimerspec(
            it_interval: timespec(interval ?? .zero), it_value: timespec(max(after, .nanoseconds(1))))
        let own = descriptor.raw
        try kernel("timerfd_settime", "\(after)") { timerfd_settime(own, 0, &value, nil) }
    }

    /// Stops the timer.
    public borrowing func disarm() throws(SyscallError) {
        var value = itimerspec()
        let own = descriptor.raw
        try kernel("timerfd_settime", "disarm") { timerfd_settime(own, 0, &value, nil) }
    }

    /// How often the timer has fired since the last call; 0 if not yet.
    public borrowing func expirations() throws(SyscallError) -> UInt64 {
        var value: UInt64 = 0
        let from = descriptor.raw
        do throws(SyscallError) {
            try kernel("read", "timerfd") { Glibc.read(from, &value, 8) }
        } catch  where error.code == .again {
            return 0
        }
        return value
    }
}

extension timespec {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}

extension OwnedDescriptor {
    /// Sets or clears `O_NONBLOCK`, which all duplicates of this descriptor share.
    public borrowing func setNonBlocking(_ on: Bool) throws(SyscallError) {
        let own = raw
        let flags = try kernel("fcntl", "F_GETFL \(own)") { clinux_fcntl(own, F_GETFL, 0) }
        let wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK
        if wanted != flags { try kernel("fcntl", "F_SETFL \(own)") { clinux_fcntl(own, F_SETFL, Int(wanted)) } }
    }

    /// Sets or clears closing on exec; only a descriptor meant for a child is ever left open.
    public borrowing func setCloseOnExec(_ on: Bool) throws(SyscallError) {
        let own = raw
        try kernel("fcntl", "F_SETFD \(own)") { clinux_fcntl(own, F_SETFD, on ? Int(FD_CLOEXEC) : 0) }
    }

    /// Makes descriptor `number` of this process a duplicate of this one that stays open on exec (dup3(2)).
    public borrowing func install(as number: Int32) throws(SyscallError) {
        let own = raw
        guard number != own else { return try setCloseOnExec(false) }
        try kernel("dup3", "\(own) to \(number)") { clinux_dup3(own, number, 0) }
    }
}
