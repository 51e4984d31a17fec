internal import GRDB
internal import OCISpec

/// What has an owner, by the store's records.
struct OwnedContent {
    /// Needed by images or claimed by operations.
    var blobs: Set<Digest> = []
    /// Chain ids.
    var layers: Set<Identifier> = []
    /// Rows that nothing refers to.
    var stale: [String] = []
}

extension Store {
    /// All blobs that images have, by digest.
    func blobs() throws(EngineError) -> [(digest: Digest, size: Int64)] {
        try read { database in
            try Row.all(
                database,
                sql: """
                    SELECT digest, size FROM blobs WHERE digest IN (SELECT digest FROM image_blobs) ORDER BY digest
                    """
            ).map { (try Digest(try $0.text("digest")), try $0.number("size")) }
        }
    }

    /// Whether an image has this blob for this layer: then the one was unpacked to the other.
    func isLayer(_ chain: Identifier, from blob: Digest) throws(EngineError) -> Bool {
        try read { database in
            try Int.one(
                database,
                sql: """
                    SELECT count(*) FROM image_blobs JOIN image_layers USING (image_id, position)
                    WHERE role = 'layer' AND digest = ? AND chain_id = ?
                    """, arguments: [blob.text, chain.text]) != 0
        }
    }

    /// Everything that has an owner.
    func owned() throws(EngineError) -> OwnedContent {
        try read { database in
            func texts(_ sql: String) throws -> [String] { try String.all(database, sql: sql) }
            var owned = OwnedContent()
            owned.blobs = Set(
                try texts(
                    """
                    SELECT digest FROM image_blobs UNION SELECT blob FROM build_cache
                    UNION SELECT name FROM claims WHERE kind = 'blob'
                    """
                ).map { try Digest($0) })
            owned.layers = Set(
                try texts(
                    """
                    SELECT chain_id FROM image_layers UNION SELECT chain_id FROM build_cache
                    UNION SELECT name FROM claims WHERE kind = 'layer'
                    """
                ).compactMap { Identifier($0) })
            owned.stale =
                try texts("SELECT 'blob ' || digest FROM blobs \(Self.staleBlobs)")
                + texts("SELECT 'layer ' || chain_id FROM layers \(Self.staleLayers)")
            return owned
        }
    }

    private static let staleBlobs = """
        WHERE digest NOT IN (SELECT digest FROM image_blobs) AND digest NOT IN (SELECT blob FROM build_cache)
            AND digest NOT IN (SELECT name FROM claims WHERE kind = 'blob')
        """
    private static let staleLayers = """
        WHERE chain_id NOT IN (SELECT chain_id FROM image_layers)
            AND chain_id NOT IN (SELECT chain_id FROM build_cache)
            AND chain_id NOT IN (SELECT name FROM claims WHERE kind = 'layer')
        """

    /// Forgets rows that nothing refers to.
    func forgetStale() throws(EngineError) {
        try write(freeing: true) { database in
            try database.run(sql: "DELETE FROM blobs \(Self.staleBlobs)")
            try database.run(sql: "DELETE FROM layers \(Self.staleLayers)")
        }
    }
}
