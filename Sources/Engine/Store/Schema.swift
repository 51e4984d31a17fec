internal import GRDB

/// The tables, version by version. A migration that was released is never changed: another one follows it.
enum Schema {
    static let migrations: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: imagesAndContainers) }
    ]

    private static let imagesAndContainers = """
        CREATE TABLE layers (
            chain_id TEXT PRIMARY KEY,
            diff_id TEXT NOT NULL,
            size INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE images (
            id TEXT PRIMARY KEY,
            created INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            comment TEXT NOT NULL,
            config TEXT NOT NULL,
            -- what an image was made from by Brig itself; empty for everything from outside
            made_from TEXT NOT NULL
        ) STRICT;
        CREATE TABLE image_layers (
            image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            position INTEGER NOT NULL,
            chain_id TEXT NOT NULL REFERENCES layers,
            PRIMARY KEY (image_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX image_layers_by_layer ON image_layers (chain_id);
        CREATE TABLE tags (
            repository TEXT NOT NULL,
            tag TEXT NOT NULL,
            image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            PRIMARY KEY (repository, tag)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tags_by_image ON tags (image_id);
        CREATE TABLE containers (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            image_id TEXT NOT NULL REFERENCES images,
            image_name TEXT NOT NULL,
            command TEXT NOT NULL,
            config TEXT NOT NULL,
            host_config TEXT NOT NULL,
            -- created, starting, running or exited: what Brig last did or saw. Only the kernel knows more.
            phase TEXT NOT NULL,
            pid INTEGER NOT NULL DEFAULT 0,
            pid_start INTEGER NOT NULL DEFAULT 0,
            monitor_pid INTEGER NOT NULL DEFAULT 0,
            monitor_start INTEGER NOT NULL DEFAULT 0,
            started INTEGER,
            finished INTEGER,
            exit_code INTEGER NOT NULL DEFAULT 0,
            oom_killed INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT ''
        ) STRICT;
        CREATE INDEX containers_by_image ON containers (image_id);
        CREATE INDEX containers_by_age ON containers (created);
        """

    /// Runs the migrations that the store has not seen, each with its number in one transaction.
    static func bringUpToDate(
        _ queue: DatabaseQueue, _ migrations: [@Sendable (Database) throws -> Void] = migrations
    ) throws {
        // The version is in the file's header: asking for it costs no more than a read, so every command asks.
        guard try queue.read(version) != migrations.count else { return }
        try queue.write { database in
            // Read again: another command may have done the work while this one waited for the lock.
            let current = try version(database)
            guard current <= migrations.count else {
                throw EngineError(
                    .conflict,
                    "the store has version \(current), this brig knows \(migrations.count): a newer brig has written it"
                )
            }
            for (number, migration) in migrations.enumerated().dropFirst(current) {
                try migration(database)
                try database.execute(sql: "PRAGMA user_version = \(number + 1)")
            }
        }
    }

    static func version(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    }
}
