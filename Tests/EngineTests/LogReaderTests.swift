import LinuxKernel
import MonitorProtocol
import Testing

@testable import Engine

@Suite("Reading logs")
struct LogReaderTests {
    /// Writes a file of records whose texts are these numbers.
    static func write(_ numbers: ClosedRange<Int>, to path: String, cutOff: String = "") throws {
        let records = numbers.flatMap { number in
            LogRecord(
                log: Array("\(number)\n".utf8), stream: number % 2 == 0 ? .standardOutput : .standardError,
                time: Timestamp(seconds: Int64(number))
            ).json
        }
        try HostDirectory.write(records + Array(cutOff.utf8), to: path, mode: 0o600)
    }

    static func read(_ path: String, _ change: (inout LogSelection) -> Void = { _ in }) throws -> [Int] {
        var selection = LogSelection()
        change(&selection)
        let found = Collected()
        try LogReader(chain: LogChain(path: path), selection: selection) { record in
            found.numbers.append(Int(String(decoding: record.log.dropLast(), as: UTF8.self)) ?? -1)
            return true
        }.readOnce()
        return found.numbers
    }

    final class Collected { var numbers: [Int] = [] }

    @Test("one number may be free for the moment of a rotation, and hides nothing", arguments: ["", ".1"])
    func gap(free: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        for (suffix, numbers) in [(".2", 1...3), (".1", 4...6), ("", 7...9)] where suffix != free {
            try Self.write(numbers, to: path + suffix)
        }
        #expect(try Self.read(path) == [1, 2, 3] + (free.isEmpty ? [4, 5, 6] : [7, 8, 9]))
    }

    @Test("rotated files come first, the oldest of them at the beginning")
    func order() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...3, to: path + ".2")
        try Self.write(4...6, to: path + ".1")
        try Self.write(7...9, to: path)
        #expect(try Self.read(path) == Array(1...9))
    }

    @Test("the last so many, across files", arguments: [0, 1, 2, 3, 4, 8, 9, 10, 1000])
    func tail(count: Int) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...4, to: path + ".1")
        try Self.write(5...9, to: path)
        #expect(try Self.read(path) { $0.tail = count } == Array(Array(1...9).suffix(count)))
    }

    @Test("the last so many of a large file")
    func largeTail() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...5000, to: path)
        #expect(try Self.read(path) { $0.tail = 3000 } == Array(2001...5000))
    }

    @Test("times")
    func times() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...9, to: path)
        #expect(
            try Self.read(path) {
                $0.since = Timestamp(seconds: 3)
                $0.until = Timestamp(seconds: 5)
            } == [3, 4, 5])
    }

    @Test("what a crash has cut off is passed over")
    func cutOff() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...2, to: path, cutOff: #"{"log":"3"#)
        #expect(try Self.read(path) == [1, 2])
        try Self.write(1...2, to: path, cutOff: "{}\nrubbish\n")
        #expect(try Self.read(path) == [1, 2])
    }

    @Test("a log that is not there is empty")
    func missing() throws {
        let directory = try TemporaryDirectory()
        #expect(try Self.read(directory.path + "/log") == [])
    }

    @Test("after a rotation the reader goes on in the file that follows")
    func successor() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/log"
        try Self.write(1...2, to: path)
        let chain = LogChain(path: path)
        let old = try #require(try chain.open().first)
        #expect(try chain.successor(of: old) == nil)
        let parent = try OwnedDescriptor(open: directory.path, [.read, .directory])
        try parent.rename("log", to: "log.1")
        #expect(try chain.successor(of: old) == nil)
        try Self.write(3...4, to: path)
        #expect(try chain.successor(of: old)?.inode == (try chain.open().last?.inode))
        try parent.rename("log.1", to: "log.2")
        try parent.rename("log", to: "log.1")
        try Self.write(5...6, to: path)
        // Two rotations at once: the one in between is not passed over.
        #expect(try chain.successor(of: old)?.inode == (try chain.open()[1].inode))
        try parent.removeFile("log.2")
        #expect(try chain.successor(of: old)?.inode == (try chain.open().first?.inode))
    }
}
