import LinuxKernel
import MonitorProtocol

/// The time of day in the forms that lists show.
enum Clock {
    /// Seconds since 1970.
    static var now: Int64 { WallClock.nanoseconds / 1_000_000_000 }

    /// `2026-11-21 03:18:13 +0000 UTC`
    static func local(_ seconds: Int64) -> String {
        let text = Timestamp(seconds: seconds).description
        return text.prefix(19).replacing("T", with: " ") + " +0000 UTC"
    }

    /// RFC 3339 with all nine digits of the second, as Docker prints before log lines.
    static func full(_ time: Timestamp) -> String {
        let digits = String(time.nanoseconds)
        return Timestamp(seconds: time.seconds).description.dropLast() + "."
            + String(repeating: "0", count: 9 - digits.utf8.count) + digits + "Z"
    }
}
