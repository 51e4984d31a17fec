import LinuxKernel
import MonitorProtocol
import Testing

@testable import Monitor

@Suite("From a pipe to lines")
struct ContainerOutputTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What the log gets when the container writes `pieces`, each read before the next is written.
    private func logged(_ pieces: [String]) throws -> [String] {
        let pipe = try Pipe()
        try pipe.readEnd.setNonBlocking(true)
        let output = ContainerOutput(pipe.readEnd, .standardOutput, token: 2)
        let log = LogFile(LogOptions(path: directory.path + "/log")) { Issue.record("\($0)") }
        var passedOn: [UInt8] = []
        for piece in pieces {
            try pipe.writeEnd.write(piece)
            reading: while true {
                switch output.read(log: log, { passedOn += $0 }) {
                case .bytes: continue
                case .nothing: break reading
                case .end: Issue.record("the pipe is open")
                }
            }
            output.releaseMemory()
        }
        #expect(String(decoding: passedOn, as: UTF8.self) == pieces.joined())
        output.finish(log: log)
        log.flushAndRelease()
        return try directory.text("log").split(separator: "\n").map {
            String(decoding: try LogRecord(json: Array($0.utf8)).log, as: UTF8.self)
        }
    }

    static let cases: [([String], [String])] = [
        (["a\nb\n"], ["a\n", "b\n"]),
        (["a", "b", "\nc"], ["ab\n", "c"]),
        (["\n\n"], ["\n", "\n"]),
        (["\r\n"], ["\r\n"]),
        ([], []),
        // As Docker's driver: exactly 16 KiB without an end are a record, and the line feed after them another.
        ([String(repeating: "x", count: 16_384), "\n"], [String(repeating: "x", count: 16_384), "\n"]),
        ([String(repeating: "x", count: 16_383) + "\n"], [String(repeating: "x", count: 16_383) + "\n"]),
        (
            ["1\n" + String(repeating: "y", count: 40_000) + "\n2"],
            [
                "1\n", String(repeating: "y", count: 16_384), String(repeating: "y", count: 16_384),
                String(repeating: "y", count: 7232) + "\n", "2",
            ]
        ),
    ]

    @Test("lines and long lines", arguments: cases)
    func lines(pieces: [String], records: [String]) throws {
        #expect(try logged(pieces) == records)
    }

    @Test("a thousand random texts arrive whole")
    func random() throws {
        var random = SystemRandomNumberGenerator()
        let pieces = (0..<1000).map { _ in
            String((0..<Int.random(in: 0...200, using: &random)).map { _ in Int.random(in: 0..<40) == 0 ? "\n" : "z" })
        }
        #expect(try logged(pieces).joined() == pieces.joined())
    }

    @Test("the end of a pipe")
    func end() throws {
        let pipe = try Pipe()
        let output = ContainerOutput(pipe.keepReadEnd(), .standardError, token: 3)
        guard case .end = output.read(log: nil, { _ in }) else {
            Issue.record("no end")
            return
        }
    }
}
