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
    /// Gives a container's log, record by record, to `body`, across its rotated files.
    ///
    /// - Parameter body: Returns whether it wants more.
    /// - Throws: `EngineError`; `unsupported` if the container keeps no log; what `body` throws.
    public func logs(
        _ reference: String, _ selection: LogSelection, _ body: @escaping (LogRecord) throws -> Bool
    ) throws(EngineError) {
        let record = try store.container(reference)
        let host = try store.configurations(of: record.id).host
        guard host.logConfig.type == "json-file" else {
            throw EngineError(
                .unsupported, "container \(record.name) keeps no log: its log driver is \(host.logConfig.type)")
        }
        do {
            // Held before the first line is read: whatever is written until it ends is seen.
            let monitor =
                try selection.follow && observe(record).isActive
                ? record.monitor.flatMap { try ProcessHandle(of: $0) } : nil
            try LogReader(chain: LogChain(path: locations.container(record.id).log), selection: selection, body: body)
                .run(until: monitor)
        } catch {
            throw .wrapping(error, while: "read the log of container \(record.name)")
        }
    }
}

/// Reads a log from its oldest file on, and where it grows follows it.
struct LogReader {
    let chain: LogChain
    let selection: LogSelection
    let body: (LogRecord) throws -> Bool

    /// - Parameter monitor: Who writes the log; `nil` reads what is there.
    func run(until monitor: consuming ProcessHandle?) throws {
        let directory = HostDirectory.split(chain.path).parent
        guard let monitor else {
            _ = try readAll()
            return
        }
        let watch = try DirectoryWatch(directory)
        guard var current = try readAll() else { return }
        while true {
            let ended = try monitor.waitForEnd(timeout: .zero)
            try watch.clear()
            guard try follow(&current) else { return }
            if ended { return }
            let wanted: [(descriptor: Int32, events: PollEvents)] = [
                (watch.descriptor.raw, .readable), (monitor.descriptor.raw, .readable),
            ]
            _ = try pollReady(wanted, nil)
        }
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
                let (offset, lines) = try files[index].start(ofLast: left)
                starts[index] = offset
                left -= lines
            }
        }
        var position = Position()
        for (file, start) in zip(files, starts) {
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
                position = Position(file: next)
            } else {
                guard let first = try chain.open().first else { return true }
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
