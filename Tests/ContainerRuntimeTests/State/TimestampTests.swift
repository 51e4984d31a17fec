import ContainerRuntime
import Testing

@Suite struct TimestampTests {
    @Test(
        "RFC 3339 both ways",
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (1_795_231_093_016_950_000, "2026-11-21T03:18:13.016950000Z"),
            (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
        ] as [(Int64, String)])
    func text(nanoseconds: Int64, text: String) {
        #expect(Timestamp(nanoseconds: nanoseconds).description == text)
        #expect(Timestamp(text)?.nanoseconds == nanoseconds)
    }

    @Test("shorter fractions are read")
    func fraction() {
        #expect(Timestamp("1970-01-01T00:00:01Z")?.nanoseconds == 1_000_000_000)
        #expect(Timestamp("1970-01-01T00:00:01.5Z")?.nanoseconds == 1_500_000_000)
        #expect(Timestamp(nanoseconds: 1_500_000_000).toSeconds == "1970-01-01T00:00:01Z")
        #expect(Timestamp(nanoseconds: -1).toSeconds == "1969-12-31T23:59:59Z")
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "1970", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567890Z", "1970-01-01T00:00:0xZ", "1970-01-01 00:00:00Z", "9999-01-01T00:00:00Z",
        ])
    func refused(text: String) { #expect(Timestamp(text) == nil) }
}
