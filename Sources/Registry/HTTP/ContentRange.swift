/// Which bytes of how many an answer holds: `bytes 100-199/1000` (RFC 9110, 14.4).
struct ContentRange: Equatable {
    let first: Int64
    let last: Int64
    /// nil if the server does not know (`*`).
    let total: Int64?

    init?(_ field: String) {
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let sides = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2, let range = Self.pair(sides[0]) else { return nil }
        if sides[1] != "*" {
            guard let total = decimal(sides[1]), total > range.last else { return nil }
            self.total = total
        } else {
            total = nil
        }
        (first, last) = range
    }

    /// The last byte that an upload has, from its `Range: 0-LAST`; `bytes=` in front is accepted.
    static func lastOfUpload(_ field: String) -> Int64? {
        let text = field.hasPrefix("bytes=") ? field.dropFirst(6) : field[...]
        guard let range = pair(text), range.first == 0 else { return nil }
        return range.last
    }

    private static func pair(_ text: Substring) -> (first: Int64, last: Int64)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = decimal(ends[0]), let last = decimal(ends[1]), first <= last else {
            return nil
        }
        return (first, last)
    }
}

/// A number of decimal digits only, nil beyond `Int64.max - 1`.
func decimal(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.count <= 19, text.utf8.allSatisfy(isDecimalDigit), let number = Int64(text) else {
        return nil
    }
    return number == .max ? nil : number
}
