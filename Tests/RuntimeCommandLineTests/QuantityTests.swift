import Testing

@testable import RuntimeCommandLine

@Suite struct QuantityTests {
    @Test(
        "sizes",
        arguments: [
            ("0", 0), ("100", 100), ("1k", 1024), ("2K", 2048), ("512m", 512 << 20), ("1.5g", 3 << 29),
            ("1GiB", 1 << 30),
            ("3 MB", 3 << 20), ("7b", 7), ("1t", 1 << 40), ("1p", 1 << 50), ("-1", -1),
        ] as [(String, Int64)])
    func sizes(text: String, bytes: Int64) { #expect(Quantity.bytes(text) == bytes) }

    @Test("what is no size", arguments: ["", "k", "-2", "1x", "1kk", "1e9", "nan", "9999999p", "1 000", "٣", "1.2.3"])
    func noSizes(text: String) { #expect(Quantity.bytes(text) == nil) }

    @Test(
        "times",
        arguments: [
            ("5s", .seconds(5)), ("500ms", .milliseconds(500)), ("1m30s", .seconds(90)), ("1.5h", .seconds(5400)),
            ("0", .zero),
            ("250us", .microseconds(250)),
        ] as [(String, Duration)])
    func times(text: String, duration: Duration) { #expect(Quantity.duration(text) == duration) }

    @Test("what is no time", arguments: ["", "5", "s", "5x", "-5s", "1e99h", "999999999999h", "5 s"])
    func noTimes(text: String) { #expect(Quantity.duration(text) == nil) }
}
