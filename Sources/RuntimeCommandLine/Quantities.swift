/// Readers for the numbers of options, in the forms that callers of runc write.
enum Quantity {
    /// A size in bytes: a number, perhaps with a fraction, and a suffix `b`, `k`, `m`, `g`, `t` or `p` with or without
    /// `b` or `ib` behind it, all of 1024. `-1` is no limit.
    static func bytes(_ text: String) -> Int64? {
        if text == "-1" { return -1 }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits), number.isFinite, number >= 0 else { return nil }
        var suffix = text[digits.endIndex...].lowercased()[...]
        if suffix.first == " " { suffix = suffix.dropFirst() }
        let units: [Character] = ["k", "m", "g", "t", "p"]
        var factor: Int64 = 1
        if let unit = suffix.first, let power = units.firstIndex(of: unit) {
            factor = 1 << (10 * Int64(power + 1))
            suffix = suffix.dropFirst()
            guard ["", "b", "ib"].contains(suffix) else { return nil }
        } else {
            guard ["", "b"].contains(suffix) else { return nil }
        }
        if let whole = Int64(digits) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : bytes
        }
        return Int64(exactly: (number * Double(factor)).rounded(.down))
    }

    /// A time as Go writes it: numbers with units, such as `5s`, `1m30s`, `500ms` or `1.5h`.
    static func duration(_ text: String) -> Duration? {
        guard text != "0" else { return .zero }
        var rest = text[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            switch unit {
            case "ns": total += number / 1_000_000_000
            case "us", "µs": total += number / 1_000_000
            case "ms": total += number / 1000
            case "s": total += number
            case "m": total += number * 60
            case "h": total += number * 3600
            default: return nil
            }
        }
        return total.isFinite && total < 1e9 ? .seconds(total) : nil
    }
}

extension GivenOptions {
    /// The option's value as read by `read`; `nil` if it is absent or empty.
    func number<Value>(
        _ name: String, _ expected: @autoclosure () -> String, _ read: (String) -> Value?
    ) throws(UsageError) -> Value? {
        guard let text = self[name], !text.isEmpty else { return nil }
        guard let value = read(text) else {
            throw .invalidValue(option: name, value: text, expected: expected())
        }
        return value
    }

    /// A number not below zero.
    package func count(_ name: String) throws(UsageError) -> UInt32? {
        try number(name, "a number from 0 to \(UInt32.max)") { UInt32($0) }
    }

    /// A time above zero.
    package func duration(_ name: String) throws(UsageError) -> Duration? {
        try number(name, "a time such as 5s or 500ms") { Quantity.duration($0).flatMap { $0 > .zero ? $0 : nil } }
    }
}
