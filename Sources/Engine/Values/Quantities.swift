/// Sizes and counts as people write them.
public enum Quantity {
    /// A size in bytes: a decimal number, then nothing or one of `b k m g t p` (1024 each), with or without `b`/`ib`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, naming `option`.
    public static func bytes(_ text: String, option: String) throws(EngineError) -> Int64 {
        let invalid = EngineError(.invalidInput, "invalid size for \(option): \(quotedForError(text))")
        let lower = text.lowercased()
        let number = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = lower[number.endIndex...].drop { $0 == " " }
        let shift: Int
        switch unit {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        case "p", "pb", "pib": shift = 50
        default: throw invalid
        }
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard !number.isEmpty, let whole = Int64(parts[0].isEmpty ? "0" : parts[0]) else { throw invalid }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: Int64(1) << shift)
        guard !overflow else { throw invalid }
        guard parts.count == 2 else { return scaled }
        guard let fraction = Double("0.\(parts[1].isEmpty ? "0" : parts[1])") else { throw invalid }
        let (sum, tooLarge) = scaled.addingReportingOverflow(Int64(fraction * Double(Int64(1) << shift)))
        guard !tooLarge else { throw invalid }
        return sum
    }

    /// Processors in billionths: a decimal number with at most nine digits behind the point.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public static func nanoCPUs(_ text: String) throws(EngineError) -> Int64 {
        let invalid = EngineError(.invalidInput, "invalid value for --cpus: \(quotedForError(text))")
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.count == 2 ? parts[1] : ""
        guard digits.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
            !text.isEmpty, text != ".", let whole = Int64(parts[0].isEmpty ? "0" : parts[0]),
            let fraction = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count))
        else { throw invalid }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLarge) = scaled.addingReportingOverflow(fraction)
        guard !overflow, !tooLarge else { throw invalid }
        return sum
    }
}
