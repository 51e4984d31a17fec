internal import GRDB
internal import LinuxKernel
internal import MonitorProtocol

/// A container as the store has it.
struct ContainerRecord: Equatable, Sendable {
    /// What Brig last did with it or saw of it.
    enum Phase: String, Sendable {
        case created, starting, running, exited
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
}

extension ContainerRecord {
    static let columns = """
        id, name, created, image_id, image_name, command, phase, pid, pid_start, monitor_pid, monitor_start, started, \
        finished, exit_code, oom_killed, error
        """

    /// - Throws: `EngineError` if the row does not hold what this version writes.
    init(_ row: Row) throws {
        func process(_ pid: String, _ start: String) throws -> ProcessIdentity? {
            let number = Int32(clamping: try row.number(pid))
            return number > 0 ? ProcessIdentity(pid: number, startTime: UInt64(clamping: try row.number(start))) : nil
        }
        id = try Identifier(try row.text("id")).orDamaged("id")
        name = ContainerName(unchecked: try row.text("name"))
        created = Timestamp(nanosecondsSince1970: try row.number("created"))
        imageID = try Identifier(try row.text("image_id")).orDamaged("image_id")
        imageName = try row.text("image_name")
        command = try row.text("command")
        phase = try Phase(rawValue: try row.text("phase")).orDamaged("phase")
        self.process = try process("pid", "pid_start")
        monitor = try process("monitor_pid", "monitor_start")
        started = row.optionalNumber("started").map(Timestamp.init(nanosecondsSince1970:))
        finished = row.optionalNumber("finished").map(Timestamp.init(nanosecondsSince1970:))
        exitCode = Int32(clamping: try row.number("exit_code"))
        oomKilled = try row.number("oom_killed") != 0
        error = try row.text("error")
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
