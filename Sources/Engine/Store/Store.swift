internal import GRDB
internal import LinuxKernel

/// What the engine remembers: one SQLite file, open for the time of one command.
///
/// The store never says that something runs: that is asked of the kernel. Writers wait for each other by SQLite's own
/// locks; readers see the last whole state and wait for nobody (write-ahead log).
struct Store: Sendable {
    let queue: DatabaseQueue

    /// Opens the store, made or brought up to date if need be.
    ///
    /// - Throws: `EngineError`: `conflict` if a newer Brig has written it, `fault` for what SQLite says.
    init(path: String) throws(EngineError) {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            // With the write-ahead log a crash of the machine may lose the last commits, but never harms the file.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try Schema.bringUpToDate(queue)
        } catch {
            throw .wrapping(error, while: "open the store \(path)")
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(EngineError) -> Value {
        do { return try queue.read(body) } catch { throw .wrapping(error, while: "read the store") }
    }

    /// Runs `body` as one transaction that starts as a writer, so that what it reads first cannot change meanwhile.
    func write<Value>(_ body: (Database) throws -> Value) throws(EngineError) -> Value {
        do { return try queue.write(body) } catch { throw .wrapping(error, while: "write the store") }
    }
}
