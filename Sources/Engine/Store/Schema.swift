internal import GRDB
internal import OCISpec

/// The tables, version by version. A migration that was released is never changed: another one follows it.
enum Schema {
    static let migrations: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: imagesAndContainers) },
        {
            try $0.execute(sql: contentOfImages)
            try spellOutTags($0)
        },
        { try $0.execute(sql: buildCache) },
        { try $0.execute(sql: networksAndPorts) },
        { try $0.execute(sql: lifeOfContainers) },
        {
            try $0.execute(sql: volumes)
            try writeDownMounts($0)
        },
        { try $0.execute(sql: namesOfContainers) },
        { try $0.execute(sql: reasonsOfEnds) },
        { try $0.execute(sql: packings) },
        { try $0.execute(sql: optionsOfVolumes) },
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

    private static let contentOfImages = """
        ALTER TABLE images ADD COLUMN os TEXT NOT NULL DEFAULT 'linux';
        ALTER TABLE images ADD COLUMN variant TEXT NOT NULL DEFAULT '';
        CREATE TABLE blobs (
            digest TEXT PRIMARY KEY,
            size INTEGER NOT NULL
        ) STRICT;
        -- which image needs which blob, and as what: index, manifest, config, layer
        CREATE TABLE image_blobs (
            image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            role TEXT NOT NULL,
            position INTEGER NOT NULL,
            digest TEXT NOT NULL REFERENCES blobs,
            media_type TEXT NOT NULL,
            PRIMARY KEY (image_id, role, position)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX image_blobs_by_blob ON image_blobs (digest);
        -- what registries call an image: one index is several images, one for each platform
        CREATE TABLE repo_digests (
            repository TEXT NOT NULL,
            digest TEXT NOT NULL,
            image_id TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
            PRIMARY KEY (repository, digest, image_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX repo_digests_by_image ON repo_digests (image_id);
        -- a pull, load or import under way, or one that was interrupted; its process tells which
        CREATE TABLE operations (
            id TEXT PRIMARY KEY,
            what TEXT NOT NULL,
            started INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            pid_start INTEGER NOT NULL
        ) STRICT;
        -- what it needs, or has begun to write: blobs by digest, layers by chain id
        CREATE TABLE claims (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            operation TEXT NOT NULL REFERENCES operations ON DELETE CASCADE,
            PRIMARY KEY (kind, name, operation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX claims_by_operation ON claims (operation);
        """

    private static let buildCache = """
        -- what steps of builds came to: an owner of layers and blobs, beside images and operations
        CREATE TABLE build_cache (
            key TEXT PRIMARY KEY,
            slot TEXT NOT NULL,
            chain_id TEXT NOT NULL,
            diff_id TEXT NOT NULL,
            blob TEXT NOT NULL,
            media_type TEXT NOT NULL,
            blob_size INTEGER NOT NULL,
            file_bytes INTEGER NOT NULL,
            created INTEGER NOT NULL,
            used INTEGER NOT NULL,
            description TEXT NOT NULL,
            -- what the key was made of, as JSON: [[name, value], …]
            fields TEXT NOT NULL
        ) STRICT;
        CREATE INDEX build_cache_by_slot ON build_cache (slot, used);
        CREATE INDEX build_cache_by_layer ON build_cache (chain_id);
        CREATE INDEX build_cache_by_blob ON build_cache (blob);
        """

    private static let networksAndPorts = """
        CREATE TABLE networks (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created INTEGER NOT NULL,
            -- bridge, macvlan, host or null
            driver TEXT NOT NULL,
            -- the bridge on the host, or a macvlan's parent
            link TEXT,
            internal INTEGER NOT NULL,
            -- each ADDRESS/LENGTH with the gateway's address
            subnet4 TEXT,
            subnet6 TEXT,
            settings TEXT NOT NULL
        ) STRICT;
        -- which networks a container is to be in, whether it runs or not; by name, as they may come and go meanwhile
        CREATE TABLE connections (
            container_id TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
            position INTEGER NOT NULL,
            network TEXT NOT NULL,
            settings TEXT NOT NULL,
            PRIMARY KEY (container_id, network)
        ) STRICT, WITHOUT ROWID;
        -- a container's place in a network, from its start to its end
        CREATE TABLE endpoints (
            id TEXT PRIMARY KEY,
            container_id TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
            network_id TEXT NOT NULL REFERENCES networks,
            interface TEXT NOT NULL,
            address4 TEXT,
            address6 TEXT,
            hardware_address TEXT NOT NULL,
            host_link TEXT UNIQUE,
            UNIQUE (container_id, network_id),
            UNIQUE (container_id, interface),
            UNIQUE (network_id, address4),
            UNIQUE (network_id, address6)
        ) STRICT;
        -- what of the host leads to containers that run; 0.0.0.0 and :: are all addresses of their version
        CREATE TABLE ports (
            container_id TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
            host_address TEXT NOT NULL,
            host_port INTEGER NOT NULL,
            transport TEXT NOT NULL,
            container_address TEXT NOT NULL,
            container_port INTEGER NOT NULL,
            PRIMARY KEY (transport, host_port, host_address)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX ports_by_container ON ports (container_id);
        """

    private static let lifeOfContainers = """
        ALTER TABLE containers ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
        -- what somebody asked for since the last start: empty, stop or restart. It overrides the restart policy.
        ALTER TABLE containers ADD COLUMN wish TEXT NOT NULL DEFAULT '';
        -- how often the restart policy has started it, and how long it waited the last time, in milliseconds
        ALTER TABLE containers ADD COLUMN restart_count INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE containers ADD COLUMN backoff INTEGER NOT NULL DEFAULT 0;
        -- starting, healthy or unhealthy; empty without a health check
        ALTER TABLE containers ADD COLUMN health TEXT NOT NULL DEFAULT '';
        """

    private static let namesOfContainers = """
        -- what a container is called there, and whom it asks
        ALTER TABLE endpoints ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
        """

    private static let reasonsOfEnds = """
        -- why the last run ended, in words, where its exit code does not tell
        ALTER TABLE containers ADD COLUMN reason TEXT NOT NULL DEFAULT '';
        """

    /// Names were kept as people wrote them; from now on `mine` is `docker.io/library/mine`.
    private static func spellOutTags(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT repository, tag FROM tags") {
            let repository = try row.text("repository")
            // Its grammar was a narrower one, so this cannot fail; if it did, the image keeps its identifier.
            guard let name = try? ImageReference("\(repository):\(try row.text("tag"))") else { continue }
            try database.execute(
                sql: "UPDATE OR REPLACE tags SET repository = ? WHERE repository = ? AND tag = ?",
                arguments: [name.repository, repository, name.tag])
        }
    }

    /// Runs the migrations that the store has not seen, each with its number in one transaction.
    static func bringUpToDate(
        _ queue: DatabaseQueue, _ migrations: [@Sendable (Database) throws -> Void] = migrations
    ) throws {
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
