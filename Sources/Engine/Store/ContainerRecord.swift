internal import GRDB
internal import LinuxKernel
internal import MonitorProtocol

/// A container as the store has it.
struct ContainerRecord: Equatable, Sendable {
    /// What Brig last did with it or saw of it.
    enum Phase: String, Sendable {
        case created, starting, running, exited
        /// It has ended, and the process in `monitor` waits to start it again, as its restart policy says.
        case restarting
        /// Its removal failed half way: it cannot be started any more.
        case dead
    }

    /// What somebody asked for since the last start, which overrides the restart policy.
    enum Wish: String, Sendable {
        case nothing = ""
        case stop
        /// To be started again by the command that stops it.
        case restart
    }

    var id: Identifier
    var name: ContainerName
    var created: Timestamp
    var imageID: Identifier
    /// As the user named the image.
    var imageName: String
    /// Program and arguments, as `ps` shows them.
    var command: String
    var phase = Phase.created
    /// Its first process, once it was seen running.
    var process: ProcessIdentity?
    /// The monitor beside it.
    var monitor: ProcessIdentity?
    var started: Timestamp?
    var finished: Timestamp?
    var exitCode: Int32 = 0
    var oomKilled = false
    /// Why the last start failed.
    var error = ""
    /// Why the last run ended, where its exit code does not tell; empty otherwise.
    var reason = ""
    var isPaused = false
    /// How often the restart policy has started it since somebody did.
    var restartCount = 0
    /// How long the restart policy waited the last time, in milliseconds.
    var backoff: Int64 = 0
    /// `starting`, `healthy` or `unhealthy`; empty without a health check. Only `setHealth` writes it.
    var health = ""
    /// Only `setWish` writes it.
    var wish = Wish.nothing
}

extension ContainerRecord {
    /// The columns of a record, in the order in which it is read: by number, since looking a name up in each row of a
    /// thousand takes longer than reading the row.
    private enum Column: Int, CaseIterable {
        case id, name, created, imageID, imageName, command, phase, pid, pidStart, monitorPid, monitorStart, started
        case finished, exitCode, oomKilled, error, paused, restartCount, backoff, health, wish
        case reason
    }

    private static let names = [
        "id", "name", "created", "image_id", "image_name", "command", "phase", "pid", "pid_start", "monitor_pid",
        "monitor_start", "started", "finished", "exit_code", "oom_killed", "error", "paused", "restart_count",
        "backoff", "health", "wish", "reason",
    ]

    /// For `SELECT`.
    static let columns = names.joined(separator: ", ")

    /// - Throws: `EngineError` if the row does not hold what this version writes.
    init(_ row: Row) throws {
        func text(_ column: Column) throws -> String {
            try String.fromDatabaseValue(row[column.rawValue] as DatabaseValue).orDamaged(Self.names[column.rawValue])
        }
        func optionalNumber(_ column: Column) -> Int64? {
            Int64.fromDatabaseValue(row[column.rawValue] as DatabaseValue)
        }
        func number(_ column: Column) throws -> Int64 {
            try optionalNumber(column).orDamaged(Self.names[column.rawValue])
        }
        func process(_ pid: Column, _ start: Column) throws -> ProcessIdentity? {
            let found = Int32(clamping: try number(pid))
            return found > 0 ? ProcessIdentity(pid: found, startTime: UInt64(clamping: try number(start))) : nil
        }
        id = try Identifier(try text(.id)).orDamaged("id")
        name = ContainerName(unchecked: try text(.name))
        created = Timestamp(nanosecondsSince1970: try number(.created))
        imageID = try Identifier(try text(.imageID)).orDamaged("image_id")
        imageName = try text(.imageName)
        command = try text(.command)
        phase = try Phase(rawValue: try text(.phase)).orDamaged("phase")
        self.process = try process(.pid, .pidStart)
        monitor = try process(.monitorPid, .monitorStart)
        started = optionalNumber(.started).map(Timestamp.init(nanosecondsSince1970:))
        finished = optionalNumber(.finished).map(Timestamp.init(nanosecondsSince1970:))
        exitCode = Int32(clamping: try number(.exitCode))
        oomKilled = try number(.oomKilled) != 0
        error = try text(.error)
        isPaused = try number(.paused) != 0
        restartCount = Int(clamping: try number(.restartCount))
        backoff = try number(.backoff)
        health = try text(.health)
        reason = try text(.reason)
        wish = try Wish(rawValue: try text(.wish)).orDamaged("wish")
    }
}

// GRDB's subscripts with a non-optional type trap on a NULL or another type; a damaged file must not end a command so.
extension Row {
    func text(_ column: String) throws(EngineError) -> String {
        try String.fromDatabaseValue(self[column] as DatabaseValue).orDamaged(column)
    }

    func number(_ column: String) throws(EngineError) -> Int64 {
        try optionalNumber(column).orDamaged(column)
    }

    func optionalNumber(_ column: String) -> Int64? { Int64.fromDatabaseValue(self[column] as DatabaseValue) }
}

extension Optional {
    /// - Throws: `EngineError` if the store does not hold what this version writes.
    func orDamaged(_ column: String) throws(EngineError) -> Wrapped {
        guard let self else { throw EngineError(.fault, "the store is damaged: \(column) is not valid") }
        return self
    }
}
