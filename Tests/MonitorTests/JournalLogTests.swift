import LinuxKernel
import MonitorProtocol
import Testing

@testable import Monitor

@Suite("Logs in the journal")
struct JournalLogTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func journal() throws -> UnixSocket {
        try UnixSocket.receiver(
            in: try OwnedDescriptor(open: directory.path, [.read, .directory]), name: "socket", mode: 0o600,
            nonBlocking: true)
    }

    private func makeLog(
        _ fields: [(name: String, value: String)] = [], note: @escaping (String) -> Void = { Issue.record("\($0)") }
    ) -> JournalLog {
        JournalLog(JournalOptions(socket: "\(directory.path)/socket", fields: fields), note: note)
    }

    private func append(_ text: String, to log: JournalLog, _ stream: LogStream = .standardOutput) {
        Array(text.utf8).withUnsafeBytes { text in
            Array("T".utf8).withUnsafeBytes { time in log.append(text, stream, time: time) }
        }
    }

    private func entry(_ journal: borrowing UnixSocket) throws -> [UInt8] { try journal.receive(upTo: 1 << 17).bytes }

    @Test("an entry has its fields, and a message of any bytes behind its length")
    func entries() throws {
        let journal = try journal()
        let log = makeLog([("CONTAINER_NAME", "web"), ("NOTE", "a\nb")])
        append("hi\n", to: log)
        append("", to: log, .standardError)
        let fields = Array("CONTAINER_NAME=web\nNOTE\n\u{3}\0\0\0\0\0\0\0a\nb\n".utf8)
        #expect(
            try entry(journal)
                == fields + Array("PRIORITY=6\nSYSLOG_TIMESTAMP=T\nMESSAGE\n\u{2}\0\0\0\0\0\0\0hi\n".utf8))
        #expect(
            try entry(journal) == fields + Array("PRIORITY=3\nSYSLOG_TIMESTAMP=T\nMESSAGE\n\0\0\0\0\0\0\0\0\n".utf8))
    }

    @Test("a part of a long line says so, the last line without an end does not")
    func parts() throws {
        let journal = try journal()
        let log = makeLog()
        append(String(repeating: "x", count: ContainerOutput.longestRecord), to: log)
        append("rest", to: log)
        let mark = "CONTAINER_PARTIAL_MESSAGE=true\n"
        #expect(String(decoding: try entry(journal), as: UTF8.self).contains(mark))
        #expect(!String(decoding: try entry(journal), as: UTF8.self).contains(mark))
    }

    @Test("without a journal nothing is started, and one that goes away and comes back is told what it has missed")
    func lost() throws {
        #expect(throws: SyscallError.self) { try makeLog().open() }
        var notes: [String] = []
        let log = makeLog { notes.append($0) }
        do {
            let first = try journal()
            append("first\n", to: log)
            _ = try entry(first)
        }
        append("second\n", to: log)
        append("third\n", to: log)
        #expect(notes.count == 1)
        try OwnedDescriptor(open: directory.path, [.read, .directory]).removeFile("socket")
        let second = try journal()
        append("fourth\n", to: log)
        let told = String(decoding: try entry(second), as: UTF8.self)
        #expect(told.hasPrefix("PRIORITY=3\n") && told.contains("[brig] 13 bytes of output are missing here: "))
        #expect(String(decoding: try entry(second), as: UTF8.self).hasSuffix("fourth\n"))
    }

    @Test("a journal that takes nothing does not stop a container for ever")
    func stuck() throws {
        let journal = try journal()
        var notes: [String] = []
        let log = makeLog { notes.append($0) }
        // The kernel keeps a few datagrams for a receiver; behind them the first waits a while and the others do not.
        for number in 0..<2_000 { append("\(number)\n", to: log) }
        #expect(notes.count == 1)
        while (try? entry(journal)) != nil {}
        append("last\n", to: log)
        #expect(String(decoding: try entry(journal), as: UTF8.self).contains("bytes of output are missing here"))
        #expect(String(decoding: try entry(journal), as: UTF8.self).hasSuffix("last\n"))
    }

    @Test("fields that journald would not take are no fields")
    func options() throws {
        let words = ["--bundle", "/b", "--run-dir", "/r", "--log-driver", "journald", "--log-path", "/s"]
        let options = try MonitorOptions.parse(words + ["--log-field", "A_1=b=c", "--log-field=B=", "id"])
        #expect(options.journal == JournalOptions(socket: "/s", fields: [("A_1", "b=c"), ("B", "")]))
        #expect(options.log == nil)
        for wrong in ["_A=b", "a=b", "1=b", "A", "=b", "A B=c"] {
            #expect(throws: MonitorUsageError.self) {
                try MonitorOptions.parse(words + ["--log-field", wrong, "id"])
            }
        }
    }
}
