public import OCISpec

/// What `brig-runtime monitor` is told on its command line (docs/protocols/monitor.md).
public struct MonitorOptions: Equatable, Sendable {
    /// Of the container that it makes.
    public var id: ContainerID
    /// The bundle's directory.
    public var bundle: String
    /// Where `attach.sock` and `exit.json` go.
    public var runDirectory: String
    /// `nil` keeps no log.
    public var log: LogOptions?
    /// In place of a log of its own: the host's journal.
    var journal: JournalOptions?
    /// Clients may send input, so the container gets a pipe as its standard input.
    public var hasInput = false
    /// That pipe is closed with the client that used it first.
    public var inputEndsWithClient = false
    /// A connected socket, inherited, whose other end speaks the attach protocol.
    public var clientDescriptor: Int32?
    /// The client of that socket cleans up after the container, as long as it is there.
    public var clientCleansUp = false
    /// What to execute after the container's end: an absolute path, then arguments. Empty for nothing.
    public var cleanup: [String] = []
    /// Where the runtime keeps the container's state; without it no further process can be started from here.
    var stateRoot: String?
    /// `nil` without a health check.
    var health: HealthOptions?
    /// The words from which this was read, to be given again.
    var words: [String] = []
}

/// When the container's health is asked for, and by which program.
struct HealthOptions: Equatable, Sendable {
    // Milliseconds, all of them.
    var interval: Int64
    /// How long after the start it is asked each `startInterval` instead, until it is well.
    var startPeriod: Int64 = 0
    var startInterval: Int64
    /// The program of `--cleanup` with other arguments. It ends with 0 if the container is well.
    var command: [String]
}

/// Where output is kept, and how much of it.
public struct LogOptions: Equatable, Sendable {
    /// Absolute; the rotated ones are beside it.
    public var path: String
    /// When the file has this many bytes, a new one is begun.
    public var maximumSize: Int64 = 10 << 20
    /// How many files there are at most, the current one among them.
    public var maximumFiles = 3
    /// The files before the newest are packed by the program of `--cleanup`.
    public var packs = false

    /// A log of Docker's default size and number of files.
    public init(path: String) { self.path = path }
}

/// How output goes to the host's journal.
struct JournalOptions: Equatable, Sendable {
    /// Where journald takes entries.
    var socket: String
    /// What each entry has beside the message, such as `CONTAINER_NAME`.
    var fields: [(name: String, value: String)] = []

    static func == (left: JournalOptions, right: JournalOptions) -> Bool {
        left.socket == right.socket && left.fields.elementsEqual(right.fields, by: ==)
    }
}

/// A command line that is no monitor's.
public struct MonitorUsageError: Error, Equatable, CustomStringConvertible {
    /// One line for people.
    public let description: String
}

extension MonitorOptions {
    /// Reads the words after `monitor`.
    public static func parse(_ words: [String]) throws(MonitorUsageError) -> MonitorOptions {
        var reader = WordReader(rest: words[...])
        try reader.readAll()
        guard let id = reader.arguments.first, reader.arguments.count == 1 else {
            throw MonitorUsageError(description: "\"monitor\" takes one container ID, \(reader.arguments.count) given")
        }
        guard let checked = try? ContainerID(id) else {  // The type has one reason only.
            throw MonitorUsageError(description: "invalid container ID format: \"\(id)\"")
        }
        var options = MonitorOptions(
            id: checked, bundle: try reader.directory("bundle"), runDirectory: try reader.directory("run-dir"))
        options.log = try reader.log()
        options.journal = try reader.journal()
        options.inputEndsWithClient = reader.values["stdin-once"] != nil
        options.hasInput = options.inputEndsWithClient || reader.values["stdin"] != nil
        options.clientDescriptor = try reader.number("client-fd", in: 3...Int64(Int32.max)).map { Int32($0) }
        options.clientCleansUp = reader.values["client-cleans"] != nil
        guard !options.clientCleansUp || options.clientDescriptor != nil else {
            throw MonitorUsageError(description: "--client-cleans needs --client-fd")
        }
        if let program = reader.values["cleanup"] {
            options.cleanup = [try reader.absolute(program, "cleanup")] + reader.cleanupArguments
        } else if !reader.cleanupArguments.isEmpty {
            throw MonitorUsageError(description: "--cleanup-arg needs --cleanup")
        }
        if let interval = try reader.number("health-interval", in: 1...(1 << 50)) {
            guard let program = options.cleanup.first, !reader.healthArguments.isEmpty else {
                throw MonitorUsageError(description: "--health-interval needs --cleanup and --health-arg")
            }
            options.health = HealthOptions(
                interval: interval, startPeriod: try reader.number("health-start-period", in: 0...(1 << 50)) ?? 0,
                startInterval: try reader.number("health-start-interval", in: 1...(1 << 50)) ?? interval,
                command: [program] + reader.healthArguments)
        }
        if let root = reader.values["state-root"] { options.stateRoot = try reader.absolute(root, "state-root") }
        options.words = words
        return options
    }
}

private struct WordReader {
    var rest: ArraySlice<String>
    var values: [String: String] = [:]
    var cleanupArguments: [String] = []
    var healthArguments: [String] = []
    var logFields: [String] = []
    var arguments: [String] = []

    private static let switches = ["stdin", "stdin-once", "client-cleans", "log-compress"]
    private static let options = [
        "bundle", "run-dir", "log-driver", "log-path", "log-max-size", "log-max-files", "log-field", "client-fd",
        "cleanup", "cleanup-arg", "health-interval", "health-start-period", "health-start-interval", "health-arg",
        "state-root",
    ]

    mutating func readAll() throws(MonitorUsageError) {
        while let word = rest.popFirst() {
            if word == "--" {
                arguments += rest
                return
            }
            guard word.hasPrefix("--") else {
                arguments.append(word)
                continue
            }
            let body = word.dropFirst(2)
            let equals = body.firstIndex(of: "=")
            let name = String(equals.map { body[..<$0] } ?? body)
            if Self.switches.contains(name), equals == nil {
                values[name] = ""
                continue
            }
            guard Self.options.contains(name) else {
                throw MonitorUsageError(description: "unknown option --\(name) of \"monitor\"")
            }
            let attached = equals.map { String(body[body.index(after: $0)...]) }
            guard let value = attached ?? rest.popFirst() else {
                throw MonitorUsageError(description: "option --\(name) needs a value")
            }
            switch name {
            case "cleanup-arg": cleanupArguments.append(value)
            case "log-field": logFields.append(value)
            case "health-arg": healthArguments.append(value)
            default: values[name] = value
            }
        }
    }

    func absolute(_ path: String, _ name: String) throws(MonitorUsageError) -> String {
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw MonitorUsageError(description: "--\(name) must be an absolute path, not \"\(path)\"")
        }
        return path
    }

    func directory(_ name: String) throws(MonitorUsageError) -> String {
        guard let path = values[name] else { throw MonitorUsageError(description: "\"monitor\" needs --\(name)") }
        return try absolute(path, name)
    }

    func number(_ name: String, in range: ClosedRange<Int64>) throws(MonitorUsageError) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw MonitorUsageError(
                description: "--\(name) must be \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return number
    }

    func log() throws(MonitorUsageError) -> LogOptions? {
        switch values["log-driver"] ?? (values["log-path"] == nil ? "none" : "json-file") {
        case "none", "journald": return nil
        case "json-file":
            var log = LogOptions(path: try directory("log-path"))
            if let size = try number("log-max-size", in: 4096...(1 << 50)) { log.maximumSize = size }
            if let files = try number("log-max-files", in: 1...1000) { log.maximumFiles = Int(files) }
            log.packs = values["log-compress"] != nil && log.maximumFiles > 1
            return log
        case let other: throw MonitorUsageError(description: "unknown log driver \"\(other)\"")
        }
    }

    func journal() throws(MonitorUsageError) -> JournalOptions? {
        guard values["log-driver"] == "journald" else {
            guard logFields.isEmpty else {
                throw MonitorUsageError(description: "--log-field needs --log-driver journald")
            }
            return nil
        }
        var journal = JournalOptions(socket: try directory("log-path"))
        for text in logFields {
            guard let equals = text.firstIndex(of: "="), Self.isFieldName(text[..<equals]) else {
                throw MonitorUsageError(description: "--log-field must be NAME=VALUE, not \"\(text)\"")
            }
            journal.fields.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
        }
        return journal
    }

    /// What journald takes from others than itself: capital letters, digits and underscores, not first.
    private static func isFieldName(_ name: Substring) -> Bool {
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return name.utf8.first.map(capitals.contains) == true && name.utf8.count <= 64
            && name.utf8.allSatisfy {
                capitals.contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
            }
    }
}
