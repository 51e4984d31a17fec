internal import GRDB
internal import OCISpec

// An image is its config. Each manifest that has this config is a packing of it, with blobs of its own.
extension Store {
    /// Which packings the names of an image lead to, where that is not the first one.
    func packings(_ database: Database, of id: Identifier) throws -> [ImageReference: Int] {
        let rows = try Row.all(
            database,
            sql: """
                SELECT repository || ':' || tag AS name, packing FROM tags WHERE image_id = ?1 AND packing <> 0
                UNION SELECT repository || '@' || digest, packing FROM repo_digests
                WHERE image_id = ?1 AND packing <> 0
                """, arguments: [id.text])
        var packings: [ImageReference: Int] = [:]
        for row in rows {
            packings[try ImageReference(try row.text("name"))] = Int(clamping: try row.number("packing"))
        }
        return packings
    }

    /// Takes out the packings that no name leads to, but for the one that an image needs. Their blobs belong to
    /// `operation` from then on, which removes those that nothing else needs.
    func removeNamelessPackings(claimedBy operation: OperationID) throws(EngineError) {
        let condition = """
            FROM image_blobs AS own
            WHERE NOT \(Self.hasName("own")) AND EXISTS
                (SELECT 1 FROM image_blobs AS other
                 WHERE other.image_id = own.image_id AND other.packing <> own.packing
                   AND (other.packing < own.packing OR \(Self.hasName("other"))))
            """
        // Of nearly every store there is nothing to be taken out.
        let isDone = try read { database in
            try Int.one(database, sql: "SELECT EXISTS (SELECT 1 \(condition))") == 0
        }
        if isDone { return }
        try write { database in
            let found = try Row.all(
                database, sql: "SELECT own.image_id AS image, own.packing AS packing, own.digest AS digest \(condition)"
            ).map { (image: try $0.text("image"), packing: try $0.number("packing"), blob: try $0.text("digest")) }
            try claim(database, operation, blobs: try found.map { try Digest($0.blob) }, layers: [])
            for (image, packing, _) in found {
                try database.run(
                    sql: "DELETE FROM image_blobs WHERE image_id = ? AND packing = ?", arguments: [image, packing])
            }
        }
    }

    private static func hasName(_ row: String) -> String {
        """
        (EXISTS (SELECT 1 FROM tags WHERE tags.image_id = \(row).image_id AND tags.packing = \(row).packing)
         OR EXISTS
            (SELECT 1 FROM repo_digests AS digests
             WHERE digests.image_id = \(row).image_id AND digests.packing = \(row).packing))
        """
    }

    /// A blob in gzip that some image has for a layer; of several always the same.
    func gzipBlob(ofLayer chain: Identifier) throws(EngineError) -> Descriptor? {
        try read { database in
            try Row.one(
                database,
                sql: """
                    SELECT digest, size FROM image_blobs
                    JOIN image_layers USING (image_id, position) JOIN blobs USING (digest)
                    WHERE role = 'layer' AND chain_id = ?
                      AND media_type IN ('\(MediaType.gzipLayer)', '\(MediaType.dockerGzipLayer)')
                    ORDER BY digest LIMIT 1
                    """, arguments: [chain.text]
            ).map { row in
                Descriptor(
                    mediaType: .gzipLayer, digest: try Digest(try row.text("digest")), size: try row.number("size"))
            }
        }
    }
}
