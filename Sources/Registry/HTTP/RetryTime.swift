internal import LinuxKernel

/// When a server wants to be asked again.
enum RetryTime {
    /// Seconds since 1970, from the fields of an answer with status 429 or 503; nil if none of them says so.
    ///
    /// Source: RFC 9110, 10.2.3; the RateLimit fields' draft; what Docker Hub sends.
    static func seconds(_ field: (String) -> String?, now: Int64) -> Int64? {
        if let text = field("retry-after") { return delay(text, now: now) ?? date(text) }
        for name in ["ratelimit-reset", "x-ratelimit-reset", "x-retry-after"] {
            if let text = field(name), let time = delay(text, now: now) { return time }
        }
        return nil
    }

    /// A number of seconds from now, or, where it is too large for that, since 1970.
    private static func delay(_ text: String, now: Int64) -> Int64? {
        guard let number = decimal(text.prefix { $0 != ";" && $0 != "," }) else { return nil }
        if number > 1_000_000_000 { return number < 100_000_000_000 ? number : nil }
        return now + number
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    static func date(_ text: String) -> Int64? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: parts[2]) else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")?.seconds
    }

    /// `2026-11-21 08:49:37 UTC`
    static func text(_ seconds: Int64) -> String {
        Timestamp(seconds: seconds).description.prefix(19).replacing("T", with: " ") + " UTC"
    }
}
