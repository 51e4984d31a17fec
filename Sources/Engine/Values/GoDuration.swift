/// Durations as Go writes them, which is how Docker's options do: `300ms`, `1.5h`, `1m30s`.
public enum GoDuration {
    /// Nanoseconds.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`, in Go's words.
    public static func nanoseconds(_ text: String) throws(EngineError) -> Int64 {
        let invalid = EngineError(.invalidInput, "time: invalid duration \(quotedForError(text))")
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { throw invalid }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest[unit.endIndex...]
            let scales = [
                "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
            ]
            guard number != ".", let value = Double(number), value.isFinite else { throw invalid }
            guard !unit.isEmpty else {
                throw EngineError(.invalidInput, "time: missing unit in duration \(quotedForError(text))")
            }
            guard let scale = scales[String(unit)] else {
                throw EngineError(
                    .invalidInput,
                    "time: unknown unit \(quotedForError(String(unit))) in duration \(quotedForError(text))")
            }
            total += value * scale
        }
        guard total < 9.2e18 else { throw invalid }
        return Int64(isNegative ? -total : total)
    }
}
