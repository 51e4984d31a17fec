internal import CLinux
internal import Glibc

/// The host's time of day.
public enum WallClock {
    /// Nanoseconds since 1970-01-01 in UTC: clock_gettime(2), `CLOCK_REALTIME`.
    public static var nanoseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

/// Waits, through signals too; at most about 292 years.
public func sleep(for duration: Duration) {
    let (seconds, attoseconds) = max(.zero, duration).components
    var wanted = timespec(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    var left = timespec()
    while clock_nanosleep(CLOCK_MONOTONIC, 0, &wanted, &left) == EINTR { wanted = left }
}
