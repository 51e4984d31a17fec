internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// The log of a container whose output goes to the host's journal, as `journalctl` reads it: the journal's files are its own
/// business.
struct JournalReader {
    let id: Identifier
    let selection: LogSelection
    let body: (LogRecord) throws -> Bool
    private var cursor: String?
    /// Whether something was asked for, and when that began: for who wants nothing of what was before.
    private var isFirst = true
    private let start = Timestamp.now
    private var goesOn = true

    static let programs = ["/usr/bin/journalctl", "/bin/journalctl"]
    /// How long after its arrival a line is shown to who follows.
    private static let interval = Duration.milliseconds(300)

    init(id: Identifier, selection: LogSelection, body: @escaping (LogRecord) throws -> Bool) {
        (self.id, self.selection, self.body) = (id, selection, body)
    }

    /// Whether this host has what reads a journal.
    static var program: String? { programs.first(where: exists) }

    /// Reads what is there and, for who follows, what comes.
    ///
    /// - Parameter next: Who writes the log, or will have it written; `nil` once nobody does.
    mutating func run(_ program: String, _ next: () throws -> ProcessHandle?) throws {
        try readOn(program)
        guard selection.follow else { return }
        while goesOn, let writer = try next() {
            var ended = false
            while goesOn, !ended {
                ended = try writer.waitForEnd(timeout: Self.interval)
                try readOn(program)
                if let until = selection.until, Timestamp.now > until { return }
            }
        }
        guard goesOn else { return }
        // What has been sent and not been written yet. A journal that cannot be told to hurry has written it all the same.
        try? call(program, ["--sync"]) { _ in }
        try readOn(program)
    }

    /// Reads from where the last reading ended.
    private mutating func readOn(_ program: String) throws {
        var words = ["--output=json", "--all", "--no-pager", "--quiet", "CONTAINER_ID_FULL=\(id.text)"]
        if let cursor {
            words.append("--after-cursor=\(cursor)")
        } else if !isFirst {
            words.append("--since=@\(start.seconds)")
        } else {
            if let tail = selection.tail { words.append("--lines=\(tail)") }
            if let since = selection.since { words.append("--since=@\(max(0, since.seconds))") }
        }
        let isLate = cursor == nil && !isFirst && selection.tail != nil
        isFirst = false
        var lines: [JSONValue] = []
        try call(program, words) { line in
            // An entry that cannot be read is passed over, as a damaged line of a file is.
            if let value = try? JSONValue(parsing: line, sizeLimit: 4 << 20) { lines.append(value) }
        }
        for line in lines where goesOn { try show(line, notBefore: isLate ? start : nil) }
    }

    private mutating func show(_ line: JSONValue, notBefore: Timestamp?) throws {
        guard case .object(let entry) = line else { return }
        if case .string(let text)? = entry["__CURSOR"] { cursor = text }
        guard let record = Self.record(entry) else { return }
        if let since = notBefore ?? selection.since, record.time < since { return }
        if let until = selection.until, record.time > until {
            goesOn = false
            return
        }
        goesOn = try body(record)
    }

    /// What a monitor has sent, out of an entry.
    static func record(_ entry: JSONObject) -> LogRecord? {
        var bytes: [UInt8]
        switch entry["MESSAGE"] {
        case .string(let text)?: bytes = Array(text.utf8)
        // What is no UTF-8, or not to be shown on a terminal, comes as numbers.
        case .array(let numbers)?:
            bytes = numbers.compactMap { value in
                guard case .integer(let number) = value else { return nil }
                return UInt8(exactly: number)
            }
        default: return nil
        }
        if entry["CONTAINER_PARTIAL_MESSAGE"] != .string("true") { bytes.append(UInt8(ascii: "\n")) }
        return LogRecord(
            log: bytes, stream: entry["PRIORITY"] == .string("3") ? .standardError : .standardOutput, time: time(entry))
    }

    /// When the monitor has read it; for entries of others, when the journal got it.
    private static func time(_ entry: JSONObject) -> Timestamp {
        if case .string(let text)? = entry["SYSLOG_TIMESTAMP"], let time = Timestamp(text) { return time }
        guard case .string(let text)? = entry["__REALTIME_TIMESTAMP"], let microseconds = Int64(text) else {
            return Timestamp(seconds: 0)
        }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Timestamp(seconds: seconds, nanoseconds: UInt32(clamping: rest * 1000))
    }

    /// Runs `journalctl` and gives its lines to `take`.
    ///
    /// - Throws: `EngineError` with its first words if it fails.
    private func call(_ program: String, _ words: [String], _ take: ([UInt8]) -> Void) throws {
        let output = try Pipe()
        let errors = try OwnedDescriptor(memoryFile: "errors")
        let child = try Spawn(program: program, arguments: ["journalctl"] + words).start([
            (output.writeEnd.raw, 1), (errors.raw, 2),
        ])
        let reader = output.keepReadEnd()
        var rest: [UInt8] = []
        while true {
            let part = try reader.read(upTo: 65_536)
            if part.isEmpty { break }
            rest += part
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                take(Array(rest[..<end]))
                rest.removeSubrange(...end)
            }
        }
        let status = try child.wait()
        guard !status.isSuccess else { return }
        try errors.seek(to: 0)
        let message = String(decoding: try errors.read(upTo: 1024).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        // It ends with 1 where there is no entry yet.
        if message.isEmpty { return }
        throw EngineError(.fault, "journalctl: \(quotedForError(message))")
    }
}
