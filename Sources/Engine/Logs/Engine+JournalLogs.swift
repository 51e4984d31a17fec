internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// The log of a container whose output goes to the host's journal, as `journalctl` reads it: the journal's files are its own
/// business.
struct JournalReader {
    let id: Identifier
    let selection: LogSelection
    let body: (LogRecord) throws -> Bool
    private let journal: Journalctl
    /// The position of the entry that was read last.
    private var last: String?
    /// When reading began.
    private let start = Timestamp.now
    private var goesOn = true

    /// How long after its arrival a line is shown to who follows.
    private static let interval = Duration.milliseconds(300)

    init(
        _ journal: Journalctl, id: Identifier, selection: LogSelection, body: @escaping (LogRecord) throws -> Bool
    ) {
        (self.journal, self.id, self.selection, self.body) = (journal, id, selection, body)
    }

    /// Reads what is there and, for who follows, what comes.
    ///
    /// - Parameter next: Who writes the log, or will have it written; `nil` once nobody does.
    mutating func run(_ next: () throws -> ProcessHandle?) throws {
        try readFirst()
        guard selection.follow else { return }
        while goesOn, let writer = try next() {
            var ended = false
            while goesOn, !ended {
                ended = try writer.waitForEnd(timeout: Self.interval)
                try readOn()
                if let until = selection.until, Timestamp.now > until { return }
            }
        }
        guard goesOn else { return }
        // What has been sent and not been written yet. A journal that cannot be told to hurry has written it all the same.
        _ = try? journal.entries(["--sync"]) { _ in true }
        try readOn()
    }

    /// Reads what is there.
    private mutating func readFirst() throws {
        if let tail = selection.tail {
            // Without an entry to begin with there is nothing to show.
            if let first = try position(ofLast: tail) { try show(["--cursor=\(first)"], notBefore: nil) }
        } else {
            try show(selection.since.map { [Self.since($0)] } ?? [], notBefore: selection.since)
        }
    }

    /// Reads from where the last reading ended.
    private mutating func readOn() throws {
        if let last {
            try show(["--after-cursor=\(last)"], notBefore: selection.since)
        } else {
            // Who wants nothing of what was before gets nothing of the same second either.
            try show([Self.since(start)], notBefore: selection.tail == 0 ? start : selection.since)
        }
    }

    /// The entry from which on there are `count` of those that are wanted, or fewer if there are no more.
    ///
    /// It is found from the end backwards, so nothing but its position is kept. `journalctl` itself counts from the wrong end
    /// when it is told a time, too, and means the time at which the journal got an entry.
    private func position(ofLast count: Int) throws -> String? {
        guard count > 0 else { return nil }
        var found: String?
        var left = count
        try entries(["--reverse"]) { entry in
            guard let record = Self.record(entry), case .string(let position)? = entry["__CURSOR"] else { return true }
            if let until = selection.until, record.time > until { return true }
            if let since = selection.since, record.time < since { return false }
            found = position
            left -= 1
            return left > 0
        }
        return found
    }

    /// Shows the entries that `words` choose.
    private mutating func show(_ words: [String], notBefore: Timestamp?) throws {
        var (last, goesOn) = (last, goesOn)
        let (selection, body) = (selection, body)
        defer { (self.last, self.goesOn) = (last, goesOn) }
        try entries(words) { entry in
            if case .string(let text)? = entry["__CURSOR"] { last = text }
            guard let record = Self.record(entry) else { return true }
            if let notBefore, record.time < notBefore { return true }
            if let until = selection.until, record.time > until {
                goesOn = false
            } else {
                goesOn = try body(record)
            }
            return goesOn
        }
    }

    private func entries(_ words: [String], _ take: (JSONObject) throws -> Bool) throws {
        try journal.entries(words + ["CONTAINER_ID_FULL=\(id.text)"], take)
    }

    /// The option for entries from a time on, or a little earlier; no later one than `journalctl` understands.
    private static func since(_ time: Timestamp) -> String { "--since=@\(min(max(0, time.seconds), 253_000_000_000))" }

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
}
