import LinuxKernel
import Testing

@testable import MonitorProtocol

@Suite("What is known of a kill for want of memory")
struct OutOfMemoryTests {
    static let record: ExitRecord = {
        var record = ExitRecord(
            exitCode: 137, signal: 9, oomKilled: true, startedAt: Timestamp(seconds: 1),
            finishedAt: Timestamp(seconds: 2))
        record.outOfMemory = OutOfMemory(
            kills: 2, limit: 20 << 20, peak: (20 << 20) - 4096, process: "a \"b\",pid=1", pid: 4711)
        return record
    }()

    @Test("the record is read as it was written, with and without it")
    func roundTrip() throws {
        #expect(try ExitRecord(json: Self.record.json) == Self.record)
        var less = Self.record
        less.outOfMemory = OutOfMemory(kills: 1)
        #expect(try ExitRecord(json: less.json) == less)
        less.outOfMemory = nil
        #expect(try ExitRecord(json: less.json) == less)
    }

    @Test(
        "one line for people",
        arguments: [
            (
                OutOfMemory(kills: 1, limit: 20 << 20, peak: 20 << 20, process: "tail", pid: 4711),
                "out of memory: process tail (4711) was killed: limit 20MiB, peak 20MiB"
            ),
            (
                OutOfMemory(kills: 3, limit: nil, peak: 1_610_612_736, process: "java", pid: nil),
                "out of memory: 3 processes were killed, the last was java: no limit of the container's own, peak 1.5GiB"
            ),
            (OutOfMemory(kills: 1, limit: 8_000_000), "out of memory: a process was killed: limit 7.62MiB"),
            (OutOfMemory(kills: 2, limit: 4096), "out of memory: 2 processes were killed: limit 4KiB"),
        ])
    func text(memory: OutOfMemory, text: String) {
        #expect(memory.text == text)
    }
}
