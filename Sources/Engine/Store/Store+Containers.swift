internal import GRDB
internal import LinuxKernel
internal import MonitorProtocol

extension Store {
    /// All containers, the newest first. One query, whatever their number: `ps` reads no configurations.
    func containers() throws(EngineError) -> [ContainerRecord] {
        try ask { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT \(ContainerRecord.columns) FROM containers ORDER BY created DESC, id")
            return try Array(rows.map(ContainerRecord.init))
        }
    }

    /// The container that a name, an identifier or an unambiguous beginning of one means. A full identifier wins over a
    /// name, a name over a beginning.
    ///
    /// - Throws: `EngineError`: `notFound`, or `invalidInput` for a beginning that several share.
    func container(_ reference: String) throws(EngineError) -> ContainerRecord {
        let name = reference.hasPrefix("/") ? String(reference.dropFirst()) : reference
        let found: [ContainerRecord] = try read { database in
            if let exact = try fetch(database, "id = ?", [name]).first { return [exact] }
            if let named = try fetch(database, "name = ?", [name]).first { return [named] }
            guard !name.isEmpty, name.utf8.count < 64, name.utf8.allSatisfy(Identifier.isDigit) else { return [] }
            // A range, not LIKE: it uses the primary key's index. `g` comes after every hexadecimal digit.
            return try fetch(database, "id >= ? AND id < ? LIMIT 2", [name, name + "g"])
        }
        guard let first = found.first else { throw .noSuchContainer(quotedForError(reference)) }
        guard found.count == 1 else {
            throw EngineError(
                .invalidInput, "several containers begin with \(quotedForError(reference)): give more digits")
        }
        return first
    }

    func container(_ id: Identifier) throws(EngineError) -> ContainerRecord? {
        try ask { try fetch($0, "id = ?", [id.text]).first }
    }

    private func fetch(_ database: Database, _ condition: String, _ arguments: [String]) throws -> [ContainerRecord] {
        try Row.all(
            database, sql: "SELECT \(ContainerRecord.columns) FROM containers WHERE \(condition)",
            arguments: StatementArguments(arguments)
        ).map(ContainerRecord.init)
    }

    /// The two configurations of a container.
    ///
    /// - Throws: `EngineError`: `notFound`, `fault` if they cannot be read.
    func configurations(
        of id: Identifier
    ) throws(EngineError) -> (container: ContainerConfiguration, host: HostConfiguration) {
        try ask { database in
            let row = try Row.one(
                database, sql: "SELECT config, host_config FROM containers WHERE id = ?", arguments: [id.text])
            guard let row else { throw EngineError.noSuchContainer(id.text) }
            return try decoded.pair(try row.text("config"), try row.text("host_config"))
        }
    }

    /// Adds a container under the first free one of `names`.
    ///
    /// - Parameters:
    ///   - networks: Those that it is to be in.
    ///   - mounts: What it has mounted, and with which new volumes.
    ///   - names: The name for each attempt; `nil` ends them.
    /// - Throws: `EngineError` of kind `conflict` if none is free.
    func add(
        _ record: ContainerRecord, _ configuration: ContainerConfiguration, _ host: HostConfiguration,
        _ networks: [NetworkWish] = [], mounts: (mounts: [ContainerMount], volumes: [VolumeRecord]) = ([], []),
        names: (Int) -> ContainerName?
    ) throws(EngineError) -> ContainerRecord {
        try write { database in
            var record = record
            var holder: String?
            var attempt = 0
            while let name = names(attempt) {
                attempt += 1
                record.name = name
                holder = try String.one(
                    database, sql: "SELECT id FROM containers WHERE name = ?", arguments: [name.text])
                if holder == nil {
                    // It may have been removed since it was looked up.
                    let count = try Int.one(
                        database, sql: "SELECT count(*) FROM images WHERE id = ?", arguments: [record.imageID.text])
                    guard count == 1 else { throw EngineError.noSuchImage(record.imageName) }
                    try insert(database, record, configuration, host)
                    try insert(database, networks, for: record.id)
                    try Self.insertMounts(database, mounts.mounts, of: record.id, volumes: mounts.volumes)
                    return record
                }
            }
            throw EngineError(
                .conflict,
                "the container name \(record.name) is in use by container \(holder?.prefix(12) ?? "?"): "
                    + "remove that container or take another name")
        }
    }

    private func insert(
        _ database: Database, _ record: ContainerRecord, _ configuration: ContainerConfiguration,
        _ host: HostConfiguration
    ) throws {
        try database.run(
            sql: """
                INSERT INTO containers (id, name, created, image_id, image_name, command, config, host_config, phase)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.id.text, record.name.text, record.created.nanosecondsSince1970, record.imageID.text,
                record.imageName, record.command, try configuration.storedText(), try host.storedText(),
                record.phase.rawValue,
            ])
    }

    /// Changes how a container stands on its host.
    func update(_ id: Identifier, _ host: HostConfiguration) throws(EngineError) {
        try write { database in
            try database.run(
                sql: "UPDATE containers SET host_config = ? WHERE id = ?", arguments: [try host.storedText(), id.text])
        }
    }

    /// Writes what is known of a container's last run.
    func update(_ record: ContainerRecord) throws(EngineError) {
        try write(freeing: true) { database in
            try database.run(
                sql: """
                    UPDATE containers SET phase = ?, pid = ?, pid_start = ?, monitor_pid = ?, monitor_start = ?,
                        started = ?, finished = ?, exit_code = ?, oom_killed = ?, error = ?, paused = ?,
                        restart_count = ?, backoff = ?, reason = ?
                    WHERE id = ?
                    """,
                arguments: [
                    record.phase.rawValue, record.process?.pid ?? 0, Int64(clamping: record.process?.startTime ?? 0),
                    record.monitor?.pid ?? 0, Int64(clamping: record.monitor?.startTime ?? 0),
                    record.started?.nanosecondsSince1970, record.finished?.nanosecondsSince1970, record.exitCode,
                    record.oomKilled ? 1 : 0, record.error, record.isPaused ? 1 : 0, record.restartCount,
                    record.backoff, record.reason, record.id.text,
                ])
        }
    }

    /// Remembers what somebody asks for. Not a part of `update`, as others change the container at the same time.
    func setWish(_ wish: ContainerRecord.Wish, of id: Identifier) throws(EngineError) {
        try write(freeing: true) {
            try $0.run(
                sql: "UPDATE containers SET wish = ? WHERE id = ? AND wish <> ?",
                arguments: [wish.rawValue, id.text, wish.rawValue])
        }
    }

    func setHealth(_ health: String, of id: Identifier) throws(EngineError) {
        try write(freeing: true) {
            try $0.run(sql: "UPDATE containers SET health = ? WHERE id = ?", arguments: [health, id.text])
        }
    }

    /// Gives a container another name.
    ///
    /// - Throws: `EngineError` of kind `conflict` if another one has it.
    func rename(_ id: Identifier, to name: ContainerName) throws(EngineError) {
        try write { database in
            let holder = try String.one(
                database, sql: "SELECT id FROM containers WHERE name = ?", arguments: [name.text])
            if let holder {
                throw EngineError(
                    .conflict, "the container name \(name) is in use by container \(holder.prefix(12))")
            }
            try database.run(
                sql: "UPDATE containers SET name = ? WHERE id = ?", arguments: [name.text, id.text])
        }
    }

    /// The labels of all containers, for filters and lists that ask for them.
    func labels() throws(EngineError) -> [Identifier: [String: String]] {
        try read { database in
            var result: [Identifier: [String: String]] = [:]
            for row in try Row.all(database, sql: "SELECT id, config FROM containers") {
                let id = try Identifier(try row.text("id")).orDamaged("id")
                result[id] = try ContainerConfiguration(stored: try row.text("config")).labels
            }
            return result
        }
    }

    func removeContainer(_ id: Identifier) throws(EngineError) {
        try write(freeing: true) { try $0.run(sql: "DELETE FROM containers WHERE id = ?", arguments: [id.text]) }
    }
}
