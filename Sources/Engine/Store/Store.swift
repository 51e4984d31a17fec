internal import GRDB
internal import LinuxKernel

/// What the engine remembers: one SQLite file, open for the time of one command.
///
/// The store never says that something runs: that is asked of the kernel. Writers wait for each other by SQLite's own
/// locks; readers see the last whole state and wait for nobody (write-ahead log).
struct Store: Sendable {
    let queue: DatabaseQueue
    /// For what must be written on a full disk.
    let reserve: StoreReserve
    /// The path of SQLite's write-ahead log.
    private let log: String
    /// What was read already, so that it is taken apart once.
    let decoded = DecodedConfigurations()

    /// Opens the store, made or brought up to date if need be.
    ///
    /// - Throws: `EngineError`: `conflict` if a newer Brig has written it, `fault` for what SQLite says.
    init(path: String) throws(EngineError) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            // With the write-ahead log a crash of the machine may lose the last commits, but never harms the file.
            // The log is written back by `shortenLog`.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")
        }
        log = path + "-wal"
        reserve = StoreReserve(path: path + "-reserve")
        do {
            queue = try Self.open(path, configuration, reserve)
        } catch {
            throw Self.failure(error, "open the store \(path)")
        }
        reserve.fill()
    }

    /// Whoever opens the store as the only one makes the index of its log anew, beside it: on a full disk somebody else may
    /// take that room in the same moment.
    private static func open(
        _ path: String, _ configuration: Configuration, _ reserve: StoreReserve
    ) throws -> DatabaseQueue {
        do {
            return try openOnce(path, configuration)
        } catch let error as DatabaseError where [.SQLITE_IOERR, .SQLITE_FULL].contains(error.resultCode) {
            reserve.giveUpIfNeeded()
            return try openOnce(path, configuration)
        }
    }

    private static func openOnce(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // The version is in the file's header: asking for it costs no more than a read, so every command asks.
        let version = try queue.inDatabase(Schema.version)
        if version == 0 { try useWriteAheadLog(queue) }
        if version != Schema.migrations.count { try Schema.bringUpToDate(queue) }
        return queue
    }

    /// The mode is kept in the file, so it is set once. GRDB's own setting would write to the log, and wait for the disk
    /// four times, each time that a command opens the store.
    private static func useWriteAheadLog(_ queue: DatabaseQueue) throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
        }
    }

    /// Leaves the file open until the process ends.
    ///
    /// Whoever closes it as the last one would have SQLite write the log back and wait for the disk, after each command.
    /// So the log stays, no longer than `shortenLog` leaves it, and the next command reads on in it.
    func keepOpen() { _ = Unmanaged.passRetained(queue) }

    /// Runs `body` on one state of the store.
    func read<Value>(_ body: (Database) throws -> Value) throws(EngineError) -> Value {
        do {
            // Not as GRDB reads, which has SQLite refuse writes meanwhile: that takes two more statements each time.
            return try queue.inDatabase { database in
                try database.beginTransaction(.deferred)
                do {
                    let value = try body(database)
                    try database.commit()
                    return value
                } catch {
                    try? database.rollback()
                    throw error
                }
            }
        } catch {
            throw Self.failure(error, "read the store")
        }
    }

    /// Runs `body`, a single question: that SQLite answers from one state as it is.
    func ask<Value>(_ body: (Database) throws -> Value) throws(EngineError) -> Value {
        do { return try queue.inDatabase(body) } catch { throw Self.failure(error, "read the store") }
    }

    /// Runs `body` as one transaction that starts as a writer, so that what it reads first cannot change meanwhile.
    ///
    /// - Parameter freeing: It ends or removes something, and is done on a full disk, too.
    func write<Value>(
        freeing: Bool = false, _ body: (Database) throws -> Value
    ) throws(EngineError) -> Value {
        if freeing { reserve.giveUpIfNeeded() }
        do {
            let value = try queue.write(body)
            shortenLog()
            return value
        } catch {
            throw Self.failure(error, "write the store")
        }
    }

    /// Writes the log back and makes it empty once it is longer than a megabyte: each command reads all of it.
    ///
    /// SQLite's own way begins the log anew with the next change after it was written back, in the same process. Where each process
    /// makes one change, that never comes: the log grew without end, and was written back whole by every command.
    private func shortenLog() {
        guard let size = try? OwnedDescriptor(open: log, .pathOnly).status().size, size > 1 << 20 else { return }
        // Whoever reads in it just now is not waited for: the next change tries again. A full disk is no matter for what is written.
        try? queue.inDatabase { database in
            try database.execute(sql: "PRAGMA busy_timeout = 0")
            defer { try? database.execute(sql: "PRAGMA busy_timeout = 30000") }
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    /// What SQLite says, in the kernel's words where it was the kernel that refused.
    private static func failure(_ error: any Error, _ doing: String) -> EngineError {
        guard let error = error as? DatabaseError else { return .wrapping(error, while: doing) }
        switch error.resultCode {
        case .SQLITE_FULL: return EngineError(.fault, "\(doing): no space left on device: remove something first")
        case .SQLITE_READONLY: return EngineError(.fault, "\(doing): read-only file system")
        case .SQLITE_CONSTRAINT where error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY:
            return EngineError(
                .conflict,
                "\(doing): another command has removed what this needs, or needs what this removes: try again")
        default:
            let message = error.message ?? error.resultCode.description
            return EngineError(.fault, "\(doing): \(message) (SQLite \(error.extendedResultCode.rawValue))")
        }
    }
}
