import MonitorProtocol
import Testing

@Suite("Keys that leave a terminal")
struct KeySequenceTests {
    @Test(
        "what is passed on, and whether they were hit",
        arguments: [
            ([], [[16, 17]], [16, 17], false), ([16, 17], [[1, 16, 17, 2]], [1], true),
            ([16, 17], [[1, 16], [17]], [1], true), ([16, 17], [[16, 1, 17]], [16, 1, 17], false),
            ([16, 17], [[16, 16, 17]], [16], true), ([1], [[2, 1]], [2], true),
            ([1, 1], [[1, 2, 1, 1]], [1, 2], true),
            ([16, 17], [[16]], [], false),
        ] as [([UInt8], [[UInt8]], [UInt8], Bool)])
    func filter(keys: [UInt8], typed: [[UInt8]], passed: [UInt8], isHit: Bool) {
        var sequence = KeySequence(keys)
        var found: (passed: [UInt8], isHit: Bool) = ([], false)
        for bytes in typed where !found.isHit {
            let (more, hit) = sequence.filter(bytes)
            found = (found.passed + more, hit)
        }
        #expect(found.passed == passed)
        #expect(found.isHit == isHit)
    }
}
