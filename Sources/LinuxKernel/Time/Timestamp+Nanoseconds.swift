extension Timestamp {
    /// The host's clock now.
    public static var now: Timestamp { Timestamp(nanosecondsSince1970: WallClock.nanoseconds) }

    /// The moment so many nanoseconds after 1970-01-01 00:00 UTC, without leap seconds.
    public init(nanosecondsSince1970 total: Int64) {
        let (seconds, rest) = total.quotientAndRemainder(dividingBy: 1_000_000_000)
        self =
            rest < 0
            ? Timestamp(seconds: seconds - 1, nanoseconds: UInt32(rest + 1_000_000_000))
            : Timestamp(seconds: seconds, nanoseconds: UInt32(rest))
    }

    /// Clamped to what fits: the years 1678 to 2262.
    public var nanosecondsSince1970: Int64 {
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLarge) = scaled.addingReportingOverflow(Int64(nanoseconds))
        return overflow || tooLarge ? (seconds < 0 ? .min : .max) : sum
    }

    /// The same without what is finer than a second.
    public var toSeconds: Timestamp { Timestamp(seconds: seconds) }
}
