internal import LinuxKernel

/// A moment: nanoseconds since 1970-01-01 in UTC, without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The host's clock now.
    public static var now: Timestamp { Timestamp(nanoseconds: WallClock.nanoseconds) }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.nanoseconds < right.nanoseconds }

    /// RFC 3339 with nanoseconds, such as `2026-11-21T03:18:13.016950000Z`.
    public var description: String { text(fraction: true) }

    /// RFC 3339 to the second, as log lines have it.
    public var toSeconds: String { text(fraction: false) }

    private func text(fraction: Bool) -> String {
        let second: Int64 = 1_000_000_000
        let seconds = nanoseconds / second - (nanoseconds % second < 0 ? 1 : 0)
        let days = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let inDay = seconds - days * 86_400
        let date = CivilDate(daysSince1970: days)
        let clock = "\(two(inDay / 3600)):\(two(inDay / 60 % 60)):\(two(inDay % 60))"
        let part = fraction ? "." + padded(nanoseconds - seconds * second, 9) : ""
        return "\(padded(date.year, 4))-\(two(date.month))-\(two(date.day))T\(clock)\(part)Z"
    }

    /// Reads RFC 3339 in UTC, with up to nine digits of a second's fraction.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            return bytes[range].reduce(0) { sum, byte in
                sum.flatMap { 0x30...0x39 ~= byte ? $0 * 10 + Int64(byte - 0x30) : nil }
            }
        }
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z"),
            [4, 7].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }), bytes[10] == UInt8(ascii: "T"),
            [13, 16].allSatisfy({ bytes[$0] == UInt8(ascii: ":") }),
            let year = number(0..<4), 1970...2200 ~= year, let month = number(5..<7), 1...12 ~= month,
            let day = number(8..<10), 1...31 ~= day, let hour = number(11..<13), hour < 24,
            let minute = number(14..<16), minute < 60, let second = number(17..<19), second < 60
        else { return nil }
        var fraction: Int64 = 0
        if bytes.count > 20 {
            let digits = 20..<bytes.count - 1
            guard bytes[19] == UInt8(ascii: "."), !digits.isEmpty, let value = number(digits) else { return nil }
            fraction = (digits.count..<9).reduce(value) { value, _ in value * 10 }
        }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        nanoseconds = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000_000 + fraction
    }
}

/// A day of the Gregorian calendar.
struct CivilDate: Equatable {
    let year: Int64
    let month: Int64
    let day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days are counted in eras of 400 years that begin on a March 1st, so that the leap day is a year's last.
    init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

private func two(_ number: Int64) -> String { padded(number, 2) }

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
