internal import CLinux
internal import Glibc

/// Time since some moment before this process began, which nobody can set back.
public enum MonotonicClock {
    /// Milliseconds: clock_gettime(2), `CLOCK_MONOTONIC`.
    public static var milliseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }
}
