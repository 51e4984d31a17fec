internal import GRDB
internal import LinuxKernel
internal import OCISpec

extension Store {
    /// All images, the newest first.
    func images() throws(EngineError) -> [ImageRecord] {
        try read { database in
            try Row.all(database, sql: "SELECT * FROM images ORDER BY created DESC, id").map {
                try image(database, $0)
            }
        }
    }

    /// The image that a name, a name with a digest, an identifier (with or without `sha256:`) or a beginning of one
    /// means.
    ///
    /// - Throws: `EngineError`: `notFound`, or `invalidInput` for a beginning that several share.
    func image(_ text: String) throws(EngineError) -> ImageRecord {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        let found: [ImageRecord] = try read { database in
            // A name wins over the beginning of an identifier, as in Docker.
            if let reference = try? ImageReference(text), let named = try image(database, reference.withDefaultTag) {
                return [named]
            }
            guard digits.utf8.count <= 64, !digits.isEmpty, digits.utf8.allSatisfy(Identifier.isDigit) else {
                return []
            }
            return try Row.all(
                database, sql: "SELECT * FROM images WHERE id >= ? AND id < ? LIMIT 2",
                arguments: [digits, digits + "g"]
            ).map { try image(database, $0) }
        }
        guard let first = found.first else { throw .noSuchImage(quotedForError(text)) }
        guard found.count == 1 else {
            throw EngineError(.invalidInput, "several images begin with \(quotedForError(text)): give more digits")
        }
        return first
    }

    func image(_ id: Identifier) throws(EngineError) -> ImageRecord? {
        try read { database in
            try Row.one(database, sql: "SELECT * FROM images WHERE id = ?", arguments: [id.text]).map {
                try image(database, $0)
            }
        }
    }

    /// The image of exactly this name: one with a digest goes by that, any other by its tag.
    func image(named reference: ImageReference) throws(EngineError) -> ImageRecord? {
        try read { try image($0, reference.withDefaultTag) }
    }

    /// The tags of a repository with the images that they name, by tag.
    func tags(of repository: ImageReference) throws(EngineError) -> [ImageReference] {
        try read { database in
            try String.all(
                database, sql: "SELECT tag FROM tags WHERE repository = ? ORDER BY tag",
                arguments: [repository.repository]
            ).map { try repository.tagged($0) }
        }
    }

    private func image(_ database: Database, _ reference: ImageReference) throws -> ImageRecord? {
        let row: Row?
        if let digest = reference.digest {
            row = try Row.one(
                database,
                sql: """
                    SELECT images.* FROM images JOIN repo_digests ON image_id = id
                    WHERE repository = ? AND digest = ? ORDER BY created DESC LIMIT 1
                    """, arguments: [reference.repository, digest.text])
        } else {
            row = try Row.one(
                database,
                sql: "SELECT images.* FROM images JOIN tags ON image_id = id WHERE repository = ? AND tag = ?",
                arguments: [reference.repository, reference.tag])
        }
        return try row.map { try image(database, $0) }
    }

    private func image(_ database: Database, _ row: Row) throws -> ImageRecord {
        let id = try Identifier(try row.text("id")).orDamaged("id")
        return ImageRecord(
            id: id, created: Timestamp(nanosecondsSince1970: try row.number("created")),
            architecture: try row.text("architecture"), os: try row.text("os"), variant: try row.text("variant"),
            comment: try row.text("comment"), configuration: try ImageConfiguration(stored: try row.text("config")),
            madeFrom: try row.text("made_from"), layers: try layers(database, of: id),
            references: try references(database, of: id), repoDigests: try repoDigests(database, of: id),
            blobs: try blobs(database, of: id), packings: try packings(database, of: id))
    }

    private func layers(_ database: Database, of id: Identifier) throws -> [LayerRecord] {
        try Row.all(
            database,
            sql: """
                SELECT layers.* FROM image_layers JOIN layers USING (chain_id) WHERE image_id = ? ORDER BY position
                """,
            arguments: [id.text]
        ).map { row in
            LayerRecord(
                chainID: try Identifier(try row.text("chain_id")).orDamaged("chain_id"),
                diffID: try Identifier(try row.text("diff_id")).orDamaged("diff_id"), size: try row.number("size"))
        }
    }

    private func references(_ database: Database, of id: Identifier) throws -> [ImageReference] {
        try Row.all(
            database, sql: "SELECT repository, tag FROM tags WHERE image_id = ? ORDER BY repository, tag",
            arguments: [id.text]
        ).map { try ImageReference("\(try $0.text("repository")):\(try $0.text("tag"))") }
    }

    private func repoDigests(_ database: Database, of id: Identifier) throws -> [ImageReference] {
        try Row.all(
            database,
            sql: "SELECT repository, digest FROM repo_digests WHERE image_id = ? ORDER BY repository, digest",
            arguments: [id.text]
        ).map { try ImageReference("\(try $0.text("repository"))@\(try $0.text("digest"))") }
    }

    private func blobs(_ database: Database, of id: Identifier) throws -> [BlobRecord] {
        try Row.all(
            database,
            sql: """
                SELECT role, digest, size, media_type, packing FROM image_blobs JOIN blobs USING (digest)
                WHERE image_id = ? ORDER BY packing, role, position
                """, arguments: [id.text]
        ).map { row in
            BlobRecord(
                role: try BlobRecord.Role(rawValue: try row.text("role")).orDamaged("role"),
                digest: try Digest(try row.text("digest")), size: try row.number("size"),
                mediaType: MediaType(rawValue: try row.text("media_type")),
                packing: Int(clamping: try row.number("packing")))
        }
    }

    // MARK: - Changing

    /// Adds an image unless it is there already, and gives it its names; other images lose them. An image that is there
    /// without blobs gets those of `image`.
    func add(_ image: ImageRecord) throws(EngineError) {
        try write { database in
            for layer in image.layers {
                try database.run(
                    sql: "INSERT OR IGNORE INTO layers (chain_id, diff_id, size) VALUES (?, ?, ?)",
                    arguments: [layer.chainID.text, layer.diffID.text, layer.size])
            }
            try database.run(
                sql: """
                    INSERT OR IGNORE INTO images
                        (id, created, architecture, os, variant, comment, config, made_from)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    image.id.text, image.created.nanosecondsSince1970, image.architecture, image.os, image.variant,
                    image.comment, try image.configuration.storedText(), image.madeFrom,
                ])
            for (position, layer) in image.layers.enumerated() {
                try database.run(
                    sql: "INSERT OR IGNORE INTO image_layers (image_id, position, chain_id) VALUES (?, ?, ?)",
                    arguments: [image.id.text, position, layer.chainID.text])
            }
            let packing = try addBlobs(database, image)
            for reference in image.references { try setTag(database, reference, image.id, packing) }
            for reference in image.repoDigests { try addRepoDigest(database, reference, image.id, packing) }
        }
    }

    /// - Returns: The packing of the image that the blobs are.
    private func addBlobs(_ database: Database, _ image: ImageRecord) throws -> Int {
        guard let manifest = image.manifest() else { return 0 }
        let packings = try Row.all(
            database, sql: "SELECT packing, digest FROM image_blobs WHERE image_id = ? AND role = 'manifest'",
            arguments: [image.id.text]
        ).map { (number: try $0.number("packing"), manifest: try $0.text("digest")) }
        if let known = packings.first(where: { $0.manifest == manifest.digest.text }) {
            return Int(clamping: known.number)
        }
        let packing = packings.map { Int(clamping: $0.number) + 1 }.max() ?? 0
        var positions: [BlobRecord.Role: Int] = [:]
        for blob in image.blobs {
            let position = positions[blob.role, default: 0]
            positions[blob.role] = position + 1
            try database.run(
                sql: "INSERT OR IGNORE INTO blobs (digest, size) VALUES (?, ?)",
                arguments: [blob.digest.text, blob.size])
            try database.run(
                sql: """
                    INSERT INTO image_blobs (image_id, packing, role, position, digest, media_type)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    image.id.text, packing, blob.role.rawValue, position, blob.digest.text, blob.mediaType.rawValue,
                ])
        }
        return packing
    }

    private func setTag(_ database: Database, _ reference: ImageReference, _ id: Identifier, _ packing: Int) throws {
        guard let tag = reference.withDefaultTag.tag else { return }
        try database.run(
            sql: """
                INSERT INTO tags (repository, tag, image_id, packing) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET image_id = excluded.image_id, packing = excluded.packing
                WHERE image_id <> excluded.image_id OR packing <> excluded.packing
                """,
            arguments: [reference.repository, tag, id.text, packing])
    }

    private func addRepoDigest(
        _ database: Database, _ reference: ImageReference, _ id: Identifier, _ packing: Int
    ) throws {
        guard let digest = reference.digest else { return }
        try database.run(
            sql: "INSERT OR REPLACE INTO repo_digests (repository, digest, image_id, packing) VALUES (?, ?, ?, ?)",
            arguments: [reference.repository, digest.text, id.text, packing])
    }

    /// Whether an image is there, and was recorded with this manifest.
    func has(_ id: Identifier, manifest: Digest) throws(EngineError) -> Bool {
        try read { database in
            try Int.one(
                database,
                sql: "SELECT count(*) FROM image_blobs WHERE image_id = ? AND role = 'manifest' AND digest = ?",
                arguments: [id.text, manifest.text]) != 0
        }
    }

    /// Gives an image names with tags, which other images lose, and names with digests.
    ///
    /// - Parameter manifest: The one of the image's that the names lead to; the first one if `nil`.
    /// - Throws: `EngineError` of kind `notFound` if it is gone meanwhile.
    func name(
        _ id: Identifier, tags: [ImageReference], repoDigests: [ImageReference] = [], manifest: Digest? = nil
    ) throws(EngineError) {
        try write { try name($0, id, tags: tags, repoDigests: repoDigests, manifest: manifest) }
    }

    func name(
        _ database: Database, _ id: Identifier, tags: [ImageReference], repoDigests: [ImageReference],
        manifest: Digest?
    ) throws {
        let count = try Int.one(
            database, sql: "SELECT count(*) FROM images WHERE id = ?", arguments: [id.text])
        guard count == 1 else { throw EngineError.noSuchImage(id.short) }
        // Those with the manifest first. An image of an older brig may have none.
        let packing = try Int.one(
            database,
            sql: """
                SELECT packing FROM image_blobs WHERE image_id = ? AND role = 'manifest'
                ORDER BY digest = ? DESC, packing LIMIT 1
                """, arguments: [id.text, manifest?.text ?? ""])
        for reference in tags { try setTag(database, reference, id, packing ?? 0) }
        for reference in repoDigests { try addRepoDigest(database, reference, id, packing ?? 0) }
    }

    /// Takes a name away, one with a tag or one with a digest.
    func removeName(_ reference: ImageReference) throws(EngineError) {
        try write(freeing: true) { database in
            if let digest = reference.digest {
                try database.run(
                    sql: "DELETE FROM repo_digests WHERE repository = ? AND digest = ?",
                    arguments: [reference.repository, digest.text])
            } else {
                try database.run(
                    sql: "DELETE FROM tags WHERE repository = ? AND tag = ?",
                    arguments: [reference.repository, reference.withDefaultTag.tag])
            }
        }
    }

    /// The containers made from an image, by name.
    func containers(of image: Identifier) throws(EngineError) -> [ContainerName] {
        try read { database in
            try String.all(
                database, sql: "SELECT name FROM containers WHERE image_id = ? ORDER BY name", arguments: [image.text]
            ).map(ContainerName.init(unchecked:))
        }
    }

    /// Those of these layers that no image has.
    func withoutImage(_ layers: [Identifier]) throws(EngineError) -> [Identifier] {
        try read { database in
            try layers.filter { layer in
                try Int.one(
                    database, sql: "SELECT count(*) FROM image_layers WHERE chain_id = ?", arguments: [layer.text]) == 0
            }
        }
    }

    /// Takes an image out. Its blobs and layers belong to `operation` from then on, which removes those that nothing else
    /// needs: so a removal that is interrupted leaves nothing without an owner.
    ///
    /// - Throws: `EngineError` of kind `conflict` if a container has been made of it meanwhile, of kind `notFound` if it is
    ///   gone.
    func removeImage(_ image: ImageRecord, claimedBy operation: OperationID) throws(EngineError) {
        try write(freeing: true) { database in
            let user = try String.one(
                database, sql: "SELECT name FROM containers WHERE image_id = ? ORDER BY name LIMIT 1",
                arguments: [image.id.text])
            if let user { throw EngineError.used(image: image.id.short, by: ContainerName(unchecked: user)) }
            let count = try Int.one(
                database, sql: "SELECT count(*) FROM images WHERE id = ?", arguments: [image.id.text])
            guard count == 1 else { throw EngineError.noSuchImage(image.id.short) }
            try claim(database, operation, blobs: image.blobs.map(\.digest), layers: image.layers.map(\.chainID))
            try database.run(sql: "DELETE FROM images WHERE id = ?", arguments: [image.id.text])
        }
    }
}
