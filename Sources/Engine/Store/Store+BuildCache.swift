internal import GRDB
internal import LinuxKernel
internal import OCISpec

/// What a step of a build came to, under the digest of everything that it depends on.
package struct BuildCacheRecord: Sendable {
    package let key: String
    /// Which step of which build this was: to tell, on a miss, what is different from the last time.
    package let slot: String
    package let layer: BuildLayer
    /// What `layer` lies on, and it itself: its chain id.
    package let chain: String
    /// When the layer was made, in nanoseconds since 1970.
    package let created: Int64
    /// The instruction, for people.
    package let description: String
    /// `fields` as they are stored. Few ask for them, and there is one for each file of a copy.
    let fieldsText: String
    package var lastUsed: Int64 = 0

    package init(
        key: String, slot: String, layer: BuildLayer, chain: String, created: Int64, description: String,
        fields: [(name: String, value: String)]
    ) {
        self.key = key
        self.slot = slot
        self.layer = layer
        self.chain = chain
        self.created = created
        self.description = description
        fieldsText = JSONValue.array(fields.map { .array([.string($0.name), .string($0.value)]) }).text()
    }

    fileprivate init(_ row: Row) throws {
        key = try row.text("key")
        slot = try row.text("slot")
        layer = BuildLayer(
            diffID: try Digest(try row.text("diff_id")),
            descriptor: Descriptor(
                mediaType: MediaType(rawValue: try row.text("media_type")),
                digest: try Digest(try row.text("blob")), size: try row.number("blob_size")),
            fileBytes: try row.number("file_bytes"))
        chain = "sha256:\(try row.text("chain_id"))"
        created = try row.number("created")
        description = try row.text("description")
        fieldsText = try row.text("fields")
        lastUsed = try row.number("used")
    }

    /// What the key was made of, name by name. Values are digests where they may be long or private.
    package var fields: [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        if case .array(let list)? = try? JSONValue(parsing: fieldsText, sizeLimit: 64 << 20) {
            for case .array(let pair) in list {
                if case (.string(let name)?, .string(let value)?) = (pair.first, pair.last) {
                    fields.append((name, value))
                }
            }
        }
        return fields
    }

    /// The same result, its layer packed in another way.
    func withBlob(_ descriptor: Descriptor) -> BuildCacheRecord {
        BuildCacheRecord(
            key: key, slot: slot,
            layer: BuildLayer(diffID: layer.diffID, descriptor: descriptor, fileBytes: layer.fileBytes), chain: chain,
            created: created, description: description, fields: fields)
    }
}

extension Store {
    func buildCache(key: String) throws(EngineError) -> BuildCacheRecord? {
        try ask { database in
            try Row.one(database, sql: "SELECT * FROM build_cache WHERE key = ?", arguments: [key])
                .map(BuildCacheRecord.init)
        }
    }

    /// The latest record of a step.
    func buildCache(slot: String) throws(EngineError) -> BuildCacheRecord? {
        try read { database in
            try Row.one(
                database, sql: "SELECT * FROM build_cache WHERE slot = ? ORDER BY used DESC LIMIT 1",
                arguments: [slot]
            ).map(BuildCacheRecord.init)
        }
    }

    /// What the steps of a build came to when it was last done.
    ///
    /// - Parameters:
    ///   - prefix: What the slots of its steps begin with.
    ///   - inFull: With what the keys were made of, which is long.
    func buildCacheContent(slots prefix: String, inFull: Bool) throws(EngineError) -> [BuildCacheRecord] {
        try ask { database in
            try Row.all(
                database,
                sql: """
                    SELECT key, slot, chain_id, diff_id, blob, media_type, blob_size, file_bytes, created,
                        max(used) AS used, description, \(inFull ? "fields" : "'' AS fields")
                    FROM build_cache WHERE slot >= ? AND slot < ? GROUP BY slot
                    """, arguments: [prefix, prefix + "\u{10FFFF}"]
            ).map(BuildCacheRecord.init)
        }
    }

    /// Bytes of all results together, about.
    func buildCacheSize() throws(EngineError) -> Double {
        try read { database in
            try Double.one(database, sql: "SELECT total(file_bytes) + total(blob_size) FROM build_cache") ?? 0
        }
    }

    /// All records, the least recently used first.
    func buildCache() throws(EngineError) -> [BuildCacheRecord] {
        try read { database in
            try Row.all(database, sql: "SELECT * FROM build_cache ORDER BY used, key").map(BuildCacheRecord.init)
        }
    }

    func add(_ record: BuildCacheRecord, now: Int64) throws(EngineError) {
        try write { database in
            try database.run(
                sql: """
                    INSERT OR REPLACE INTO build_cache
                        (key, slot, chain_id, diff_id, blob, media_type, blob_size, file_bytes, created, used,
                        description, fields)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.key, record.slot, String(record.chain.dropFirst("sha256:".count)),
                    record.layer.diffID.text, record.layer.descriptor.digest.text,
                    record.layer.descriptor.mediaType.rawValue, record.layer.descriptor.size, record.layer.fileBytes,
                    record.created, now, record.description, record.fieldsText,
                ])
        }
    }

    func touchBuildCache(_ keys: [(key: String, slot: String)], now: Int64) throws(EngineError) {
        guard !keys.isEmpty else { return }
        try write { try touchBuildCache($0, keys, now) }
    }

    private func touchBuildCache(_ database: Database, _ keys: [(key: String, slot: String)], _ now: Int64) throws {
        for (key, slot) in keys {
            try database.run(
                sql: "UPDATE build_cache SET used = ?, slot = ? WHERE key = ?", arguments: [now, slot, key])
        }
    }

    /// Gives an image its names, and notes that these records were of use now.
    ///
    /// - Throws: `EngineError` of kind `notFound` if the image is gone meanwhile.
    func name(
        _ id: Identifier, tags: [ImageReference], manifest: Digest, touching keys: [(key: String, slot: String)],
        now: Int64
    ) throws(EngineError) {
        try write { database in
            try name(database, id, tags: tags, repoDigests: [], manifest: manifest)
            try touchBuildCache(database, keys, now)
        }
    }

    func removeBuildCache(_ keys: [String]) throws(EngineError) {
        guard !keys.isEmpty else { return }
        try write(freeing: true) { database in
            for key in keys { try database.run(sql: "DELETE FROM build_cache WHERE key = ?", arguments: [key]) }
        }
    }
}
