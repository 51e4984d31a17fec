internal import GRDB
internal import MonitorProtocol

extension Store {
    /// All images, the newest first.
    func images() throws(EngineError) -> [ImageRecord] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM images ORDER BY created DESC, id").map {
                try image(database, $0)
            }
        }
    }

    /// The image that a name, an identifier (with or without `sha256:`) or a beginning of one means.
    ///
    /// - Throws: `EngineError`: `notFound`, or `invalidInput` for a beginning that several share.
    func image(_ text: String) throws(EngineError) -> ImageRecord {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
        let found: [ImageRecord] = try read { database in
            // A name wins over the beginning of an identifier, as in Docker.
            if let reference = try? ImageReference(text), let named = try image(database, reference) { return [named] }
            guard digits.utf8.count <= 64, !digits.isEmpty, digits.utf8.allSatisfy(Identifier.isDigit) else {
                return []
            }
            return try Row.fetchAll(
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
            try Row.fetchOne(database, sql: "SELECT * FROM images WHERE id = ?", arguments: [id.text]).map {
                try image(database, $0)
            }
        }
    }

    private func image(_ database: Database, _ reference: ImageReference) throws -> ImageRecord? {
        try Row.fetchOne(
            database,
            sql: "SELECT images.* FROM images JOIN tags ON image_id = id WHERE repository = ? AND tag = ?",
            arguments: [reference.repository, reference.tag]
        ).map { try image(database, $0) }
    }

    private func image(_ database: Database, _ row: Row) throws -> ImageRecord {
        let id = try Identifier(try row.text("id")).orDamaged("id")
        let layers = try Row.fetchAll(
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
        let references = try Row.fetchAll(
            database, sql: "SELECT repository, tag FROM tags WHERE image_id = ? ORDER BY repository, tag",
            arguments: [id.text]
        ).map { try ImageReference("\(try $0.text("repository")):\(try $0.text("tag"))") }
        return ImageRecord(
            id: id, created: Timestamp(nanosecondsSince1970: try row.number("created")),
            architecture: try row.text("architecture"), comment: try row.text("comment"),
            configuration: try ImageConfiguration(stored: try row.text("config")), madeFrom: try row.text("made_from"),
            layers: layers, references: references)
    }

    /// Adds an image unless it is there already, and gives it its names; other images lose them.
    func add(_ image: ImageRecord) throws(EngineError) {
        try write { database in
            for layer in image.layers {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO layers (chain_id, diff_id, size) VALUES (?, ?, ?)",
                    arguments: [layer.chainID.text, layer.diffID.text, layer.size])
            }
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO images (id, created, architecture, comment, config, made_from)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    image.id.text, image.created.nanosecondsSince1970, image.architecture, image.comment,
                    try image.configuration.storedText(), image.madeFrom,
                ])
            for (position, layer) in image.layers.enumerated() {
                try database.execute(
                    sql: "INSERT OR IGNORE INTO image_layers (image_id, position, chain_id) VALUES (?, ?, ?)",
                    arguments: [image.id.text, position, layer.chainID.text])
            }
            for reference in image.references {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO tags (repository, tag, image_id) VALUES (?, ?, ?)",
                    arguments: [reference.repository, reference.tag, image.id.text])
            }
        }
    }

    func removeTag(_ reference: ImageReference) throws(EngineError) {
        try write {
            try $0.execute(
                sql: "DELETE FROM tags WHERE repository = ? AND tag = ?",
                arguments: [reference.repository, reference.tag])
        }
    }

    /// The containers made from an image, by name.
    func containers(of image: Identifier) throws(EngineError) -> [ContainerName] {
        try read { database in
            try String.fetchAll(
                database, sql: "SELECT name FROM containers WHERE image_id = ? ORDER BY name", arguments: [image.text]
            ).map(ContainerName.init(unchecked:))
        }
    }

    /// Takes an image out, with those of its layers that no other image has.
    ///
    /// - Parameter discard: Told each layer that nothing uses any more, the topmost first, before the store forgets it,
    ///   so that no directory is left unknown.
    func removeImage(_ image: ImageRecord, discard: (Identifier) throws -> Void) throws(EngineError) {
        try write { database in
            try database.execute(sql: "DELETE FROM images WHERE id = ?", arguments: [image.id.text])
            for layer in image.layers.reversed() {
                let users = try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM image_layers WHERE chain_id = ?",
                    arguments: [layer.chainID.text])
                guard users == 0 else { continue }
                try discard(layer.chainID)
                try database.execute(sql: "DELETE FROM layers WHERE chain_id = ?", arguments: [layer.chainID.text])
            }
        }
    }
}
