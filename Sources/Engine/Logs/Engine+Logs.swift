public import LinuxKernel
public import MonitorProtocol

/// Which part of a container's log is wanted.
public struct LogSelection: Equatable, Sendable {
    /// Go on until the container ends.
    public var follow = false
    /// The last so many records; `nil` is all.
    public var tail: Int?
    public var since: Timestamp?
    public var until: Timestamp?

    public init() {}
}

extension Engine {
    /// Gives a container's log, record by record, to `body`, across its rotated files and its restarts.
    ///
    /// - Parameter body: Returns whether it wants more.
    /// - Throws: `EngineError`; `unsupported` if the container keeps no log; what `body` throws.
    public func logs(
        _ reference: String, _ selection: LogSelection, _ body: @escaping (LogRecord) throws -> Bool
    ) throws(EngineError) {
        let record = try store.container(reference)
        let host = try store.configurations(of: record.id).host
        let settings = try LogSettings(host.logConfig)
        if settings.driver == .journald {
            if let journal = Journalctl.installed {
                var reader = JournalReader(journal, id: record.id, selection: selection, body: body)
                do {
                    return try reader.run { try self.writer(of: record.id) }
                } catch {
                    throw .wrapping(error, while: "read the log of container \(record.name)")
                }
            }
            throw EngineError(
                .unsupported,
                "the journal keeps the log of container \(record.name), and there is no journalctl on this host to read it"
            )
        }
        guard settings.isReadable else {
            throw EngineError(
                .unsupported, "container \(record.name) keeps no log: its log driver is \(host.logConfig.type)")
        }
        do {
            let reader = LogReader(
                chain: LogChain(path: locations.container(record.id).log), selection: selection, body: body)
            if selection.follow {
                try reader.run { try self.writer(of: record.id) }
            } else {
                try reader.readOnce()
            }
        } catch {
            throw .wrapping(error, while: "read the log of container \(record.name)")
        }
    }

    /// The process until whose end a container's log may grow; `nil` once it will not.
    ///
    /// It is held before the log is read on, so that whatever is written until it ends is seen.
    private func writer(of id: Identifier) throws -> ProcessHandle? {
        while let record = try store.container(id) {
            switch try observe(record) {
            case .created: return nil
            case .exited:
                // The monitor, or the clean-up that it has become, decides what happens next.
                guard [.starting, .running].contains(record.phase), let monitor = record.monitor,
                    let handle = try ProcessHandle(of: monitor)
                else { return nil }
                _ = try handle.waitForEnd(timeout: .seconds(30))
                guard let now = try store.container(id), now.phase != record.phase || now.monitor != monitor else {
                    return nil
                }
            case .starting: sleep(for: .milliseconds(2))
            case .running, .restarting:
                guard let monitor = record.monitor else { return nil }
                if let handle = try ProcessHandle(of: monitor) { return handle }
                guard try store.container(id) != record else { return nil }
            }
        }
        return nil
    }

    /// What the container's log options say of each line: for `logs --details`.
    public func logDetails(_ reference: String) throws(EngineError) -> [(key: String, value: String)] {
        let record = try store.container(reference)
        let (configuration, host) = try store.configurations(of: record.id)
        return try LogSettings.details(host.logConfig, configuration, of: record)
    }
}

/// Reads a log from its oldest file on, and where it grows follows it.
struct LogReader {
    let chain: LogChain
    let selection: LogSelection
    let body: (LogRecord) throws -> Bool

    /// Reads what is there.
    func readOnce() throws { _ = try readAll() }

    /// Reads what is there and what comes.
    ///
    /// - Parameter next: Who writes the log, or will have it written; `nil` once nobody does.
    func run(_ next: () throws -> ProcessHandle?) throws {
        let watch = try DirectoryWatch(HostDirectory.split(chain.path).parent)
        var current: Position?
        while let writer = try next() {
            if current == nil {
                guard let first = try readAll() else { return }
                current = first
            }
            guard var position = current else { return }
            while true {
                let ended = try writer.waitForEnd(timeout: .zero)
                try watch.clear()
                guard try follow(&position) else { return }
                if ended { break }
                guard let left = timeLeft() else { return }
                let wanted: [(descriptor: Int32, events: PollEvents)] = [
                    (watch.descriptor.raw, .readable), (writer.descriptor.raw, .readable),
                ]
                _ = try pollReady(wanted, left)
            }
            current = position
        }
        if current == nil { _ = try readAll() }
    }

    /// How long to wait for more; `nil` once the last moment of interest is over. An hour stands for ever.
    private func timeLeft() -> Duration? {
        guard let until = selection.until else { return .seconds(3600) }
        let (left, overflow) = until.nanosecondsSince1970.subtractingReportingOverflow(
            Timestamp.now.nanosecondsSince1970)
        guard !overflow, left > 0 else { return nil }
        return min(.seconds(3600), .nanoseconds(left) + .milliseconds(1))
    }

    /// Where a reader stands: the file, and the beginning of a line that is not finished yet.
    struct Position {
        var file: LogFile?
        var rest: [UInt8] = []
    }

    /// Reads what is there. `nil` if nothing more is wanted.
    private func readAll() throws -> Position? {
        let files = try chain.open()
        var starts = files.map { _ in Int64(0) }
        if let tail = selection.tail {
            var left = tail
            for index in files.indices.reversed() {
                // Not unpacked for nothing.
                if left <= 0, index + 1 < files.count {
                    starts[index] = .max
                    continue
                }
                try files[index].prepare()
                let (offset, lines) = try files[index].start(ofLast: left)
                starts[index] = offset
                left -= lines
            }
        }
        var position = Position()
        for (file, start) in zip(files, starts) where start != .max {
            try file.prepare()
            try file.descriptor.seek(to: start)
            position = Position(file: file)
            guard try drain(&position) else { return nil }
        }
        return position
    }

    /// Reads what has come since, in this file and those that follow it.
    private func follow(_ position: inout Position) throws -> Bool {
        while true {
            if let file = position.file {
                guard try drain(&position) else { return false }
                guard let next = try chain.successor(of: file) else { return true }
                // The writer may have added to this file between the last read and the rotation.
                guard try drain(&position) else { return false }
                try next.prepare()
                position = Position(file: next)
            } else {
                guard let first = try chain.open().first else { return true }
                try first.prepare()
                position.file = first
            }
        }
    }

    /// Reads to the end of the file. A line without an end stays in `rest`.
    private func drain(_ position: inout Position) throws -> Bool {
        guard let file = position.file else { return true }
        while true {
            let part = try file.descriptor.read(upTo: 65_536)
            guard !part.isEmpty else { return true }
            var lines = (position.rest + part).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            position.rest = Array(lines.removeLast())
            for line in lines {
                // What a crash has cut off is no record, and is passed over.
                guard let record = try? LogRecord(json: Array(line)) else { continue }
                if let since = selection.since, record.time < since { continue }
                if let until = selection.until, record.time > until { return false }
                guard try body(record) else { return false }
            }
        }
    }
}
