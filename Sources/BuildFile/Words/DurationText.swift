/// Times as Go writes them.
public enum DurationText {
    /// `1h2m3.5s`, `300ms`, in nanoseconds; `nil` for anything else.
    public static func nanoseconds(_ text: String) -> Int64? { parseDuration(text) }
}
