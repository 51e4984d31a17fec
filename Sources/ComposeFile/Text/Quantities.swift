/// Durations and sizes as compose files write them.
enum ComposeQuantity {
    /// Nanoseconds of `1h30m`, `1.5s`, `250ms`, `10us`; `nil` if it is none.
    ///
    /// Source: compose specification, Specifying durations.
    static func nanoseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            let factors: [String: Int64] = [
                "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000,
                "m": 60_000_000_000, "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
            ]
            guard !digits.isEmpty, let factor = factors[String(unit)] else { return nil }
            let amount: Int64
            if let whole = Int64(digits) {
                let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
                guard !overflow else { return nil }
                amount = product
            } else {
                guard let fraction = Double(digits), let part = Int64(exactly: (fraction * Double(factor)).rounded())
                else { return nil }
                amount = part
            }
            let (sum, overflow) = total.addingReportingOverflow(amount)
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    /// The shortest common form: `1h0m0s`, `1m30s`, `1.5s`, `250ms`.
    static func durationText(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 1000 { return "\(nanoseconds)ns" }
        if nanoseconds < 1_000_000 { return decimal(nanoseconds, 1000) + "us" }
        if nanoseconds < 1_000_000_000 { return decimal(nanoseconds, 1_000_000) + "ms" }
        let (minutes, rest) = nanoseconds.quotientAndRemainder(dividingBy: 60_000_000_000)
        let seconds = decimal(rest, 1_000_000_000) + "s"
        if minutes == 0 { return seconds }
        return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }

    private static func decimal(_ amount: Int64, _ unit: Int64) -> String {
        let (whole, rest) = amount.quotientAndRemainder(dividingBy: unit)
        if rest == 0 { return String(whole) }
        let digits = String(rest)
        var fraction = String(repeating: "0", count: String(unit).utf8.count - 1 - digits.utf8.count) + digits
        while fraction.last == "0" { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }

    /// Bytes of `512m`, `1gb`, `1.5GiB`, `1024`; `nil` if it is none.
    static func bytes(_ text: String) -> Int64? {
        let lower = text.lowercased()
        if lower == "-1" { return -1 }
        let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let shift: Int
        switch lower[digits.endIndex...].drop(while: { $0 == " " }) {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        default: return nil
        }
        guard !digits.isEmpty else { return nil }
        if let whole = Int64(digits) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: Int64(1) << shift)
            return overflow ? nil : product
        }
        return Double(digits).flatMap { Int64(exactly: ($0 * Double(Int64(1) << shift)).rounded(.down)) }
    }
}
