import LinuxKernel
import MonitorProtocol
import Testing

@testable import Monitor

@Suite("Log files")
struct LogFileTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func options(size: Int64 = 1 << 20, files: Int = 3) -> LogOptions {
        var options = LogOptions(path: "\(directory.path)/log")
        options.maximumSize = size
        options.maximumFiles = files
        return options
    }

    private func append(_ text: String, to log: LogFile, _ stream: LogStream = .standardOutput) {
        Array(text.utf8).withUnsafeBytes { text in
            Array("T".utf8).withUnsafeBytes { time in log.append(text, stream, time: time) }
        }
    }

    @Test("records go out whole and in order")
    func records() throws {
        let log = LogFile(options()) { Issue.record("\($0)") }
        append("a\n", to: log)
        append("b<", to: log, .standardError)
        #expect(directory.text("log") == "")
        log.flushAndRelease()
        #expect(
            directory.text("log")
                == "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"time\":\"T\"}\n"
                + "{\"log\":\"b\\u003c\",\"stream\":\"stderr\",\"time\":\"T\"}\n")
        #expect(try OwnedDescriptor(open: "\(directory.path)/log", .read).status().permissions & 0o137 == 0)
    }

    @Test("the longest line, all of it escaped")
    func longest() throws {
        let log = LogFile(options()) { Issue.record("\($0)") }
        append(String(repeating: "\u{1}", count: ContainerOutput.longestRecord), to: log)
        append("x", to: log)
        log.flush()
        let lines = directory.text("log").split(separator: "\n")
        #expect(lines.map(\.utf8.count) == [6 * ContainerOutput.longestRecord + 39, 40])
    }

    @Test("a full file is followed by a new one", arguments: [1, 2, 3, 5])
    func rotation(files: Int) throws {
        let log = LogFile(options(size: 400, files: files)) { Issue.record("\($0)") }
        for number in 100..<150 {
            append("line \(number)\n", to: log)
            if number.isMultiple(of: 3) { log.flush() }
        }
        log.flush()
        let names = ["log"] + (1..<files).map { "log.\($0)" }
        #expect(try directory.names() == names.sorted())
        let lines = names.reversed().flatMap { directory.text($0).split(separator: "\n") }
        // 50 bytes a record: a file is full with the eighth.
        #expect(names.dropFirst().allSatisfy { directory.text($0).utf8.count == 400 })
        #expect(lines.count == (files - 1) * 8 + 50 % 8)
        #expect(
            lines.map { String($0.dropFirst(13).prefix(3)) } == (100..<150).suffix(lines.count).map { String($0) })
    }

    @Test("a log goes on where it ended")
    func appended() throws {
        try directory.write("log", "{\"log\":\"old\"}\n")
        let log = LogFile(options()) { Issue.record("\($0)") }
        append("new\n", to: log)
        log.flush()
        #expect(directory.text("log").hasPrefix("{\"log\":\"old\"}\n{\"log\":\"new\\n\""))
    }

    @Test("a record that a crash cut off spoils no other")
    func cutOff() throws {
        try directory.write("log", "{\"log\":\"whole\"}\n{\"log\":\"hal")
        let log = LogFile(options()) { Issue.record("\($0)") }
        append("new\n", to: log)
        log.flush()
        let lines = directory.text("log").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last?.hasPrefix("{\"log\":\"new\\n\"") == true)
    }

    @Test("only a regular file is a log")
    func refused() throws {
        try OwnedDescriptor(open: directory.path, [.read, .directory]).makeNode("log", .fifo, mode: 0o600)
        #expect(throws: SyscallError.self) { try LogFile(options()) { _ in }.open() }
        var elsewhere = options()
        elsewhere.path = directory.path + "/missing/log"
        #expect(throws: SyscallError.self) { try LogFile(elsewhere) { _ in }.open() }
    }

    @Test("what cannot be written is counted, and the rest goes on")
    func loss() throws {
        var options = options()
        options.path = directory.path + "/later/log"
        var notes: [String] = []
        let log = LogFile(options) { notes.append($0) }
        for _ in 0..<3 {
            append("lost\n", to: log)
            log.flush()
        }
        #expect(notes.count == 1)
        try OwnedDescriptor(open: directory.path, [.read, .directory]).makeDirectory("later", mode: 0o700)
        append("kept\n", to: log)
        log.flush()
        let lines = directory.text("later/log").split(separator: "\n")
        #expect(lines.count == 2)
        let loss = try LogRecord(json: Array((lines.first ?? "").utf8))
        #expect(loss.stream == .standardError)
        #expect(
            String(decoding: loss.log, as: UTF8.self)
                == "[brig] 15 bytes of output are missing here: no such file or directory\n")
        #expect(lines.last?.hasPrefix("{\"log\":\"kept\\n\"") == true)
    }

    @Test("a file that is being packed keeps its name, and packed ones move on with the others")
    func packing() throws {
        var options = options(size: 400, files: 4)
        options.packs = true
        let log = LogFile(options) { Issue.record("\($0)") }
        var packings = 0
        log.pack = { packings += 1 }
        func line(_ number: Int) {
            append("line \(number) \(String(repeating: "x", count: 400))\n", to: log); log.flush()
        }
        line(1)
        line(2)
        #expect(packings == 1 && directory.text("log.1").contains("line 1"))
        let held = try FileLock(try OwnedDescriptor(open: "\(directory.path)/log.1", .read))
        line(3)
        line(4)
        #expect(packings == 1 && directory.text("log").contains("line 4"))
        withExtendedLifetime(held) {}
        _ = consume held
        try OwnedDescriptor(open: directory.path, [.read, .directory]).rename("log.1", to: "log.1.gz")
        for number in 5..<400 where packings == 1 { line(number) }
        #expect(packings == 2)
        #expect(try directory.names() == ["log", "log.1", "log.2.gz"])
        line(401)
        line(402)
        line(403)
        #expect(try directory.names() == ["log", "log.1", "log.2", "log.3"])
    }
}
