/// A moment in universal time, to the nanosecond, between the years 0 and 9999.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z, without leap seconds.
    public let seconds: Int64
    /// Below a thousand million.
    public let nanoseconds: UInt32

    /// Times outside the years 0 to 9999 are moved to their ends; nanoseconds beyond a second to its end.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        self.nanoseconds = min(nanoseconds, 999_999_999)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// RFC 3339 with as many digits of the second as are not trailing zeros, as Go's `RFC3339Nano`.
    public var description: String {
        withUnsafeTemporaryAllocation(byteCount: Timestamp.maximumLength, alignment: 1) { room in
            String(decoding: room.prefix(write(into: room)), as: UTF8.self)
        }
    }

    /// `2006-01-02T15:04:05.999999999Z`
    package static let maximumLength = 30

    /// Writes what `description` says into at least `maximumLength` bytes and returns how many it took.
    package func write(into room: UnsafeMutableRawBufferPointer) -> Int {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let second = Int(seconds - day * 86_400)
        let date = CivilDate(daysSince1970: Int(day))
        var end = 0
        func put(_ number: Int, digits: Int) {
            var rest = number
            for index in stride(from: end + digits - 1, through: end, by: -1) {
                room[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            end += digits
        }
        func put(_ character: Unicode.Scalar) {
            room[end] = UInt8(ascii: character)
            end += 1
        }
        put(date.year, digits: 4)
        put("-")
        put(date.month, digits: 2)
        put("-")
        put(date.day, digits: 2)
        put("T")
        put(second / 3600, digits: 2)
        put(":")
        put(second / 60 % 60, digits: 2)
        put(":")
        put(second % 60, digits: 2)
        if nanoseconds > 0 {
            put(".")
            put(Int(nanoseconds), digits: 9)
            while room[end - 1] == UInt8(ascii: "0") { end -= 1 }
        }
        put("Z")
        return end
    }

    /// Reads RFC 3339, with up to nine digits of the second and with any offset from universal time.
    public init?(_ text: some StringProtocol) {
        var reader = TimeReader(bytes: Array(text.utf8))
        guard let time = reader.timestamp() else { return nil }
        self = time
    }
}

private struct TimeReader {
    let bytes: [UInt8]
    var index = 0

    mutating func timestamp() -> Timestamp? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            skip("T") || skip("t") || skip(" "),
            let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.exists, let nanoseconds = fraction(), let offset = offset(), index == bytes.count else { return nil }
        let seconds = date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(seconds: Int64(seconds), nanoseconds: nanoseconds)
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func digit() -> Int? {
        guard index < bytes.count, case let value = bytes[index] &- UInt8(ascii: "0"), value < 10 else { return nil }
        index += 1
        return Int(value)
    }

    private mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func fraction() -> UInt32? {
        guard skip(".") else { return 0 }
        var value: UInt32 = 0
        var digits = 0
        while let digit = digit() {
            guard digits < 9 else { return nil }
            value = value * 10 + UInt32(digit)
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in digits..<9 { value *= 10 }
        return value
    }

    /// Seconds east of Greenwich.
    private mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let sign = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}
