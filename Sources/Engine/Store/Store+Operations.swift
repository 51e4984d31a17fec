internal import GRDB
internal import LayerStore
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// Names a pull, load or import for the time that it takes.
struct OperationID: Hashable, Sendable {
    let text: String
}

/// A pull, load or import as the store has it: what owns blobs and layers that no image has yet.
struct OperationRecord: Equatable, Sendable {
    let id: OperationID
    /// Such as `pull nginx:latest`.
    let what: String
    let started: Timestamp
    let process: ProcessIdentity
    /// Blobs that it needs or writes.
    let blobs: [Digest]
    /// Layers that it needs or unpacks, by chain id.
    let layers: [Identifier]

    /// Whether its process is gone: it was interrupted, and what it owns waits to be gone on with.
    var isInterrupted: Bool { (try? process.state()) == nil }
}

extension Store {
    /// Begins something that brings content into the store, or takes it away.
    func beginOperation(_ what: String, freeing: Bool = false) throws(EngineError) -> OperationID {
        var generator = SystemRandomNumberGenerator()
        let id = OperationID(text: Identifier.random(using: &generator).short)
        let own: ProcessIdentity
        do {
            own = try ProcessIdentity(of: CallerIdentity.pid)
        } catch {
            throw .wrapping(error, while: "look at this process")
        }
        try write(freeing: freeing) { database in
            try database.run(
                sql: "INSERT INTO operations (id, what, started, pid, pid_start) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    id.text, what, Timestamp.now.nanosecondsSince1970, own.pid, Int64(clamping: own.startTime),
                ])
        }
        return id
    }

    /// Makes the operation an owner of blobs and layers, before it looks whether they are there: from then on nobody
    /// removes them.
    ///
    /// - Throws: `EngineError` of kind `conflict` if the operation was ended by somebody.
    func claim(
        _ operation: OperationID, blobs: [Digest] = [], layers: [Identifier] = []
    ) throws(EngineError) {
        try write { database in
            let known = try Int.one(
                database, sql: "SELECT count(*) FROM operations WHERE id = ?", arguments: [operation.text])
            guard known == 1 else {
                throw EngineError(.conflict, "somebody has ended this operation: try again")
            }
            try claim(database, operation, blobs: blobs, layers: layers)
        }
    }

    func claim(
        _ database: Database, _ operation: OperationID, blobs: [Digest], layers: [Identifier]
    ) throws {
        for (kind, name) in blobs.map({ ("blob", $0.text) }) + layers.map({ ("layer", $0.text) }) {
            try database.run(
                sql: "INSERT OR IGNORE INTO claims (kind, name, operation) VALUES (?, ?, ?)",
                arguments: [kind, name, operation.text])
        }
    }

    /// Ends an operation, successful or not. What it claimed alone has no owner any more.
    func end(_ operation: OperationID) throws(EngineError) {
        try write(freeing: true) {
            try $0.run(sql: "DELETE FROM operations WHERE id = ?", arguments: [operation.text])
        }
    }

    /// Ends an operation if everything that it has claimed has another owner, too: then there is nothing to remove.
    ///
    /// One step, so that nobody can stop needing something in between and leave its removal to this operation.
    ///
    /// - Returns: `false` if something would be left that nobody needs; nothing has happened then.
    func endIfAllIsNeeded(_ operation: OperationID) throws(EngineError) -> Bool {
        try write(freeing: true) { database in
            let hasUnneeded = try Bool.one(
                database,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM claims AS own WHERE operation = :operation AND NOT EXISTS (
                            SELECT 1 FROM claims AS others
                            WHERE others.kind = own.kind AND others.name = own.name AND others.operation <> :operation)
                        AND CASE kind
                            WHEN 'layer' THEN NOT EXISTS (SELECT 1 FROM image_layers WHERE chain_id = own.name)
                                AND NOT EXISTS (SELECT 1 FROM build_cache WHERE chain_id = own.name)
                            ELSE NOT EXISTS (SELECT 1 FROM image_blobs WHERE digest = own.name)
                                AND NOT EXISTS (SELECT 1 FROM build_cache WHERE blob = own.name)
                            END)
                    """, arguments: ["operation": operation.text])
            guard hasUnneeded == false else { return false }
            try database.run(sql: "DELETE FROM operations WHERE id = ?", arguments: [operation.text])
            return true
        }
    }

    /// Leaves the operation an owner of these blobs only.
    func limit(_ operation: OperationID, toBlobs blobs: [Digest]) throws(EngineError) {
        try write { database in
            try database.run(sql: "DELETE FROM claims WHERE operation = ?", arguments: [operation.text])
            for blob in blobs {
                try database.run(
                    sql: "INSERT INTO claims (kind, name, operation) VALUES ('blob', ?, ?)",
                    arguments: [blob.text, operation.text])
            }
        }
    }

    /// All operations, the oldest first, those that were interrupted included.
    func operations() throws(EngineError) -> [OperationRecord] {
        try read { database in
            try Row.all(database, sql: "SELECT * FROM operations ORDER BY started, id").map { row in
                let id = try row.text("id")
                let claims = try Row.all(
                    database, sql: "SELECT kind, name FROM claims WHERE operation = ? ORDER BY kind, name",
                    arguments: [id]
                ).map { (kind: try $0.text("kind"), name: try $0.text("name")) }
                return OperationRecord(
                    id: OperationID(text: id), what: try row.text("what"),
                    started: Timestamp(nanosecondsSince1970: try row.number("started")),
                    process: ProcessIdentity(
                        pid: Int32(clamping: try row.number("pid")),
                        startTime: UInt64(clamping: try row.number("pid_start"))),
                    blobs: try claims.filter { $0.kind == "blob" }.map { try Digest($0.name) },
                    layers: claims.filter { $0.kind == "layer" }.compactMap { Identifier($0.name) })
            }
        }
    }

    // MARK: - Owners

    private func isNeeded(
        _ database: Database, layer: Identifier, byOthersThan operation: OperationID?
    ) throws -> Bool {
        try has(database, "SELECT count(*) FROM image_layers WHERE chain_id = ?", [layer.text])
            || has(database, "SELECT count(*) FROM build_cache WHERE chain_id = ?", [layer.text])
            || isClaimed(database, "layer", layer.text, byOthersThan: operation)
    }

    private func isNeeded(
        _ database: Database, blob: Digest, byOthersThan operation: OperationID?
    ) throws -> Bool {
        try has(database, "SELECT count(*) FROM image_blobs WHERE digest = ?", [blob.text])
            || has(database, "SELECT count(*) FROM build_cache WHERE blob = ?", [blob.text])
            || isClaimed(database, "blob", blob.text, byOthersThan: operation)
    }

    private func isClaimed(
        _ database: Database, _ kind: String, _ name: String, byOthersThan operation: OperationID?
    ) throws -> Bool {
        try has(
            database, "SELECT count(*) FROM claims WHERE kind = ? AND name = ? AND operation <> ?",
            [kind, name, operation?.text ?? ""])
    }

    private func has(_ database: Database, _ sql: String, _ arguments: [String]) throws -> Bool {
        try Int.one(database, sql: sql, arguments: StatementArguments(arguments)) != 0
    }

    /// Takes out blobs and layers that nothing needs, each in the step in which the store sees that. All others wait
    /// meanwhile, so what takes long, the removal of a layer's files, is for afterwards.
    ///
    /// - Parameters:
    ///   - blobs: Candidates, whole or partial.
    ///   - layers: Candidates, the topmost first.
    ///   - operation: Whose claims do not count.
    /// - Returns: How many were removed.
    func discardUnneeded(
        blobs: [Digest], layers: [Identifier], byOthersThan operation: OperationID? = nil,
        detachLayer: (Identifier) throws -> Void,
        discardBlob: (Digest) throws -> Void
    ) throws(EngineError) -> Int {
        try write(freeing: true) { database in
            var removed = 0
            for layer in layers where try !isNeeded(database, layer: layer, byOthersThan: operation) {
                try detachLayer(layer)
                try database.run(sql: "DELETE FROM layers WHERE chain_id = ?", arguments: [layer.text])
                removed += 1
            }
            for blob in blobs where try !isNeeded(database, blob: blob, byOthersThan: operation) {
                try discardBlob(blob)
                try database.run(sql: "DELETE FROM blobs WHERE digest = ?", arguments: [blob.text])
                removed += 1
            }
            return removed
        }
    }
}
