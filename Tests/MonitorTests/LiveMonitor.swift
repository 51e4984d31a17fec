import LinuxKernel
import MonitorProtocol
import Testing

/// A monitor that runs beside the test, with a plain child process as its container (see Tests/MonitorFixture).
final class LiveMonitor {
    let directory: TemporaryDirectory
    let pid: Int32
    /// The client of `--client-fd`.
    var client: AttachedClient
    private var status: LinuxKernel.ExitStatus?

    /// The fixture stands beside the test's own executable.
    static let program = beside("monitor-fixture")

    static func beside(_ name: String) -> String {
        let own = (try? readSymbolicLink("/proc/self/exe")) ?? ""
        return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/" + name
    }

    convenience init(
        _ program: [String], _ options: [String] = [], terminal: Bool = false, log: Bool = true
    ) throws {
        try self.init(
            Self.program, terminal ? ["tty"] : [], ["--bundle", "/"] + options + ["test", "--"] + program, log: log)
    }

    /// - Parameters:
    ///   - executable: What has the command `monitor`.
    ///   - global: The words before it.
    ///   - options: The words after it, beside those that every test needs.
    init(_ executable: String, _ global: [String], _ options: [String], log: Bool = true) throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        let words =
            [executable] + global + ["monitor", "--run-dir", path, "--client-fd", "3"]
            + (log ? ["--log-path", path + "/log"] : []) + options
        let pair = try UnixSocketPair()
        pid = try Spawn(program: executable, arguments: words, environment: ["PATH=/usr/bin:/bin"], newSession: true)
            .start([(pair.second.descriptor.raw, 3)]).release()
        client = AttachedClient(pair.keepFirst())
    }

    /// One more client, once the container runs.
    func attach() throws -> AttachedClient {
        // The first thing that a client is told comes after the socket listens.
        if !client.hasHeard, try client.socket.descriptor.wait(for: .readable, timeout: .seconds(30)).isEmpty {
            throw TookTooLong()
        }
        return AttachedClient(try UnixSocket.connect(to: directory.path + "/attach.sock"))
    }

    /// Waits for the monitor's own end.
    @discardableResult
    func wait() throws -> LinuxKernel.ExitStatus {
        if let status { return status }
        let status = try Children.wait(for: pid)
        self.status = status
        return status
    }

    deinit {
        guard status == nil else { return }
        try? Signal.kill.send(to: pid)
        _ = try? Children.wait(for: pid)
    }

    func exitRecord() throws -> ExitRecord { try ExitRecord(json: Array(directory.text("exit.json").utf8)) }

    /// The log's records as text, with those of standard error marked by `2:`.
    func logged() throws -> [String] {
        try directory.text("log").split(separator: "\n").map {
            let record = try LogRecord(json: Array($0.utf8))
            return (record.stream == .standardError ? "2:" : "") + String(decoding: record.log, as: UTF8.self)
        }
    }

    /// The memory that the monitor has written to, now, in KiB. Pages of the program count elsewhere: how many of them are
    /// its alone depends on what else runs.
    func privateMemory() throws -> Int {
        let lines = try readText("/proc/\(pid)/smaps_rollup").split(separator: "\n")
        let line = lines.first { $0.hasPrefix("Private_Dirty:") } ?? ""
        return Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
    }
}

/// The client's side of an attach connection.
struct AttachedClient: ~Copyable {
    let socket: UnixSocket
    private var decoder = FrameDecoder(from: .monitor)
    private var received: [Frame] = []
    /// Whether anything has come yet.
    private(set) var hasHeard = false

    init(_ socket: consuming UnixSocket) { self.socket = socket }

    func send(_ messages: ClientMessage...) throws {
        for message in messages { try socket.sendAll(message.encoded) }
    }

    /// The next message, or `nil` at the end of the connection.
    mutating func next() throws -> MonitorMessage? {
        while received.isEmpty {
            guard try !socket.descriptor.wait(for: .readable, timeout: .seconds(30)).isEmpty else {
                throw TookTooLong()
            }
            let bytes = try socket.receive(upTo: 65_536).bytes
            if bytes.isEmpty { return nil }
            hasHeard = true
            received = try decoder.feed(bytes)
        }
        return try MonitorMessage(received.removeFirst())
    }

    /// All that comes until the connection ends.
    mutating func rest() throws -> Conversation {
        var result = Conversation()
        while let message = try next() { result.add(message) }
        return result
    }

    /// Waits until standard output has said `text`.
    mutating func expect(_ text: String) throws {
        var output: [UInt8] = []
        while !String(decoding: output, as: UTF8.self).contains(text) {
            guard case .standardOutput(let bytes)? = try next() else { continue }
            output += bytes
        }
    }
}

struct TookTooLong: Error {}

/// What a client was told, by kind.
struct Conversation {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var started: Int32?
    var failure: StartFailure?
    var exit: ExitRecord?
    var dropped: UInt64 = 0

    mutating func add(_ message: MonitorMessage) {
        switch message {
        case .standardOutput(let bytes): output += bytes
        case .standardError(let bytes): errors += bytes
        case .started(let pid): started = pid
        case .failed(let failure): self.failure = failure
        case .exited(let record): exit = record
        case .dropped(let bytes): dropped += bytes
        case .executed: break
        }
    }

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
}
