internal import CLinux
internal import Glibc

/// Time since some moment before this process began, which nobody can set back.
public enum MonotonicClock {
    /// Milliseconds: clock_gettime(2), `CLOCK_MONOTONIC`.
    public static var milliseconds: Int64 { now.nanoseconds / 1_000_000 }

    /// A moment. The standard library's `ContinuousClock` is one of its library for concurrency: a program that uses it
    /// carries that, and sets up its thread pools at every start.
    public struct Instant: Comparable, Hashable, Sendable {
        let nanoseconds: Int64

        public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

        /// The moment after so much more time; at most some 290 years after the machine's start.
        public static func + (instant: Instant, duration: Duration) -> Instant {
            let (seconds, attoseconds) = duration.components
            let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            let (time, isTooLate) = instant.nanoseconds.addingReportingOverflow(whole)
            let (sum, isLater) = time.addingReportingOverflow(attoseconds / 1_000_000_000)
            if isTooLong || isTooLate || isLater { return Instant(nanoseconds: seconds < 0 ? .min : .max) }
            return Instant(nanoseconds: sum)
        }

        /// The time between two moments.
        public static func - (left: Instant, right: Instant) -> Duration {
            let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
            return .nanoseconds(overflow ? (left > right ? .max : .min) : difference)
        }
    }

    /// Now.
    public static var now: Instant {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Instant(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    }
}
