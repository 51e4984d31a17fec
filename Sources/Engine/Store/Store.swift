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

    /// Opens the store, made or brought up to date if need be.
    ///
    /// - Throws: `EngineError`: `conflict` if a newer Brig has written it, `fault` for what SQLite says.
    init(path: String) throws(EngineError) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            // With the write-ahead log a crash of the machine may lose the last commits, but never harms the file.
            // The log is written back when it has 250 pages, a megabyte: that much is read again by the next command.
            try database.execute(sql: "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 250")
        }
        reserve = StoreReserve(path: path + "-reserve")
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try Self.useWriteAheadLog(queue)
            try Schema.bringUpToDate(queue)
        } catch {
            throw Self.failure(error, "open the store \(path)")
        }
        reserve.fill()
    }

    /// The mode is kept in the file, so it is set once. GRDB's own setting would write to the log, and wait for the disk
    /// four times, each time that a command opens the store.
    private static func useWriteAheadLog(_ queue: DatabaseQueue) throws {
        guard try queue.read(Schema.version) == 0 else { return }
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
        }
    }

    /// Leaves the file open until the process ends.
    ///
    /// Whoever closes it as the last one would have SQLite write the log back and wait for the disk, after each command.
    /// So the log stays, no longer than `wal_autocheckpoint` allows, and the next command reads on in it.
    func keepOpen() { _ = Unmanaged.passRetained(queue) }

    func read<Value>(_ body: (Database) throws -> Value) throws(EngineError) -> Value {
        do { return try queue.read(body) } catch { throw Self.failure(error, "read the store") }
    }

    /// Runs `body` as one transaction that starts as a writer, so that what it reads first cannot change meanwhile.
    ///
    /// - Parameter freeing: It ends or removes something, and is done on a full disk, too.
    func write<Value>(
        freeing: Bool = false, _ body: (Database) throws -> Value
    ) throws(EngineError) -> Value {
        if freeing { reserve.giveUpIfNeeded() }
        do { return try queue.write(body) } catch { throw Self.failure(error, "write the store") }
    }

    /// What SQLite says, in the kernel's words where it was the kernel that refused.
    private static func failure(_ error: any Error, _ doing: String) -> EngineError {
        guard let error = error as? DatabaseError else { return .wrapping(error, while: doing) }
        switch error.resultCode {
        case .SQLITE_FULL: return EngineError(.fault, "\(doing): no space left on device: remove something first")
        case .SQLITE_READONLY: return EngineError(.fault, "\(doing): read-only file system")
        default:
            let message = error.message ?? error.resultCode.description
            return EngineError(.fault, "\(doing): \(message) (SQLite \(error.extendedResultCode.rawValue))")
        }
    }
}
