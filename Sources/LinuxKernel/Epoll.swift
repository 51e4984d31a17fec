internal import CLinux
internal import Glibc

/// Readiness of many descriptors: epoll(7).
public struct Epoll: ~Copyable, Sendable {
    package let descriptor: OwnedDescriptor

    /// Makes an instance that watches nothing yet: epoll_create1(2).
    public init() throws(SyscallError) {
        descriptor = OwnedDescriptor(adopting: try kernel("epoll_create1", "") { epoll_create1(O_CLOEXEC) })
    }

    /// Watches `target` until it is closed or removed; `token` comes back with each event.
    public borrowing func add(
        _ target: borrowing OwnedDescriptor, _ events: PollEvents, token: UInt64
    ) throws(SyscallError) {
        try control(EPOLL_CTL_ADD, target.raw, events, token)
    }

    /// Changes what a watched descriptor is watched for; an empty set leaves errors and hang-ups.
    public borrowing func modify(
        _ target: borrowing OwnedDescriptor, _ events: PollEvents, token: UInt64
    ) throws(SyscallError) {
        try control(EPOLL_CTL_MOD, target.raw, events, token)
    }

    /// Ends watching.
    public borrowing func remove(_ target: borrowing OwnedDescriptor) throws(SyscallError) {
        try control(EPOLL_CTL_DEL, target.raw, [], 0)
    }

    private borrowing func control(
        _ operation: CInt, _ target: CInt, _ events: PollEvents, _ token: UInt64
    ) throws(SyscallError) {
        var event = epoll_event()
        event.events = UInt32(UInt16(bitPattern: events.rawValue))
        event.data.u64 = token
        let own = descriptor.raw
        try kernel("epoll_ctl", "descriptor \(target)") { epoll_ctl(own, operation, target, &event) }
    }

    /// Waits for events and hands each to `body`.
    ///
    /// - Parameter timeout: `nil` waits for ever.
    /// - Returns: How many there were; 0 after the timeout or when a signal handler ran.
    @discardableResult
    public borrowing func wait(
        timeout: Duration? = nil, _ body: (_ token: UInt64, _ events: PollEvents) -> Void
    ) throws(SyscallError) -> Int {
        let own = descriptor.raw
        let milliseconds = timeout.map(millisecondsUp) ?? -1
        return try withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 32) { buffer throws(SyscallError) in
            let count = epoll_wait(own, buffer.baseAddress, CInt(buffer.count), milliseconds)
            guard count >= 0 else {
                let code = Errno.current
                if code == .interrupted { return 0 }
                throw SyscallError(call: "epoll_wait", subject: "descriptor \(own)", code: code)
            }
            for event in buffer.prefix(Int(count)) {
                body(event.data.u64, PollEvents(rawValue: Int16(truncatingIfNeeded: event.events)))
            }
            return Int(count)
        }
    }
}
