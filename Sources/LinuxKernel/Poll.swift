internal import CLinux
internal import Glibc

/// What a descriptor is ready for: poll(2)'s events.
public struct PollEvents: OptionSet, Hashable, Sendable {
    public let rawValue: Int16
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// `POLLIN`
    public static let readable = PollEvents(rawValue: 0x1)
    /// `POLLPRI`: as cgroup event files report a change.
    public static let exceptional = PollEvents(rawValue: 0x2)
    /// `POLLOUT`
    public static let writable = PollEvents(rawValue: 0x4)
    /// `POLLERR`: reported without being asked for.
    public static let error = PollEvents(rawValue: 0x8)
    /// `POLLHUP`: reported without being asked for.
    public static let hangUp = PollEvents(rawValue: 0x10)
}

/// Waits until one of the descriptors is ready.
///
/// - Parameters:
///   - wanted: Descriptors, which live until this returns, and what to wait for on each.
///   - timeout: `nil` waits for ever; a signal handler that runs meanwhile does not end or prolong the wait.
/// - Returns: Index in `wanted` and events of each ready descriptor; empty after the timeout.
package func pollReady(
    _ wanted: [(descriptor: CInt, events: PollEvents)], _ timeout: Duration?
) throws(SyscallError) -> [(index: Int, events: PollEvents)] {
    var entries = wanted.map { pollfd(fd: $0.descriptor, events: $0.events.rawValue, revents: 0) }
    let deadline = timeout.map { MonotonicClock.now + $0 }
    while true {
        let milliseconds = deadline.map { millisecondsUp(max(.zero, $0 - MonotonicClock.now)) } ?? -1
        let ready = poll(&entries, nfds_t(entries.count), milliseconds)
        if ready == -1 {
            let code = Errno.current
            if code == .interrupted { continue }
            throw SyscallError(call: "poll", subject: "\(entries.count) descriptors", code: code)
        }
        guard ready > 0 else { return [] }
        var result: [(index: Int, events: PollEvents)] = []
        for (index, entry) in entries.enumerated() where entry.revents != 0 {
            result.append((index, PollEvents(rawValue: entry.revents)))
        }
        return result
    }
}

extension OwnedDescriptor {
    /// Waits until this descriptor is ready, or `timeout` has passed: then the result is empty.
    public borrowing func wait(
        for events: PollEvents, timeout: Duration? = nil
    ) throws(SyscallError) -> PollEvents {
        try pollReady([(raw, events)], timeout).first?.events ?? []
    }
}

/// A duration in milliseconds, rounded up so that a wait never ends too early, as poll(2) and epoll_wait(2) take it.
func millisecondsUp(_ duration: Duration) -> CInt {
    let (seconds, attoseconds) = duration.components
    let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow, whole < Int64(CInt.max) - 1000 else { return CInt.max }
    return CInt(clamping: max(0, whole + part))
}
