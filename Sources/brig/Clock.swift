import Engine
import LinuxKernel
import MonitorProtocol

/// The time of day in the forms that lists show.
enum Clock {
    /// Seconds since 1970.
    static var now: Int64 { WallClock.nanoseconds / 1_000_000_000 }

    /// `2026-11-21 03:18:13 +0000 UTC`
    static func local(_ seconds: Int64) -> String {
        // `2026-11-21T03:18:13Z`; `ps -a` has this for each of a thousand rows.
        let text = Timestamp(seconds: seconds).description.utf8
        return "\(Substring(text.prefix(10))) \(Substring(text.dropFirst(11).prefix(8))) +0000 UTC"
    }

    /// RFC 3339 with all nine digits of the second, as Docker prints before log lines.
    static func full(_ time: Timestamp) -> String {
        let digits = String(time.nanoseconds)
        return Timestamp(seconds: time.seconds).description.dropLast() + "."
            + String(repeating: "0", count: 9 - digits.utf8.count) + digits + "Z"
    }

    /// `2 weeks ago`
    static func since(_ seconds: Int64) -> String { "\(HumanDuration.text(seconds: now - seconds)) ago" }

    /// `2026-11-21T03:18:13Z`
    static func rfc3339(_ seconds: Int64) -> String { Timestamp(seconds: seconds).description }

    /// A time as a user writes it: RFC 3339, seconds since 1970 with or without a fraction, or how long ago it was, such
    /// as `10m`.
    static func time(_ text: String) throws -> Timestamp {
        if let time = Timestamp(text) { return time }
        if let seconds = Int64(text) { return Timestamp(seconds: seconds) }
        if let time = fraction(text) { return time }
        if let time = Timestamp(text + "T00:00:00Z") ?? Timestamp(text + "Z") { return time }
        // In the future with a minus.
        guard let ago = try? GoDuration.nanoseconds(text) else { throw CommandExit(1, "invalid time: \(text)") }
        // To the nanosecond: what happened a moment ago was before 0s.
        return Timestamp(nanosecondsSince1970: WallClock.nanoseconds.clampedSubtracting(ago))
    }
}

extension Clock {
    /// `SECONDS.FRACTION` since 1970, as `date +%s.%N` prints it.
    private static func fraction(_ text: String) -> Timestamp? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }),
            (1...9).contains(parts[1].count), let seconds = Int64(parts[0]),
            let nanoseconds = Int64(parts[1] + String(repeating: "0", count: 9 - parts[1].count))
        else { return nil }
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLarge) = scaled.addingReportingOverflow(nanoseconds)
        return overflow || tooLarge ? nil : Timestamp(nanosecondsSince1970: sum)
    }
}

extension Int64 {
    /// This many nanoseconds less so many seconds, as far as there is room.
    fileprivate func clampedSubtracting(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
