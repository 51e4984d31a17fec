import LinuxKernel
import Testing

@Suite("Times")
struct TimestampTests {
    static let pairs: [(Int64, UInt32, String)] = [
        (0, 0, "1970-01-01T00:00:00Z"),
        (951_782_400, 1, "2000-02-29T00:00:00.000000001Z"),
        (1_795_231_102, 120_000_000, "2026-11-21T03:18:22.12Z"),
        (-1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
        (253_402_300_799, 0, "9999-12-31T23:59:59Z"),
        (-62_167_219_200, 0, "0000-01-01T00:00:00Z"),
    ]

    @Test("text and numbers", arguments: pairs)
    func pair(seconds: Int64, nanoseconds: UInt32, text: String) {
        let time = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
    }

    @Test("out of range is moved to the end")
    func clamped() {
        #expect(Timestamp(seconds: .max).description == "9999-12-31T23:59:59Z")
        #expect(Timestamp(seconds: .min, nanoseconds: .max).description == "0000-01-01T00:00:00.999999999Z")
    }

    @Test("offsets")
    func offsets() {
        #expect(Timestamp("1970-01-01T01:30:00+01:30") == Timestamp(seconds: 0))
        #expect(Timestamp("1969-12-31t19:00:00.5-05:00") == Timestamp(seconds: 0, nanoseconds: 500_000_000))
    }

    @Test(
        "no times",
        arguments: [
            "", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1971-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.0123456789Z", "1970-01-01T00:00:00ZZ",
            "1970-01-01T00:00:00+24:00", "-970-01-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
