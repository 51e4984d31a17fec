internal import GRDB
internal import OCISpec

extension Schema {
    static let volumes = """
        CREATE TABLE volumes (
            name TEXT PRIMARY KEY,
            created INTEGER NOT NULL,
            labels TEXT NOT NULL,
            is_anonymous INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        -- what was decided when the container was made; a volume that a container has cannot go
        CREATE TABLE container_mounts (
            container_id TEXT NOT NULL REFERENCES containers ON DELETE CASCADE,
            destination TEXT NOT NULL,
            volume TEXT REFERENCES volumes,
            document TEXT NOT NULL,
            PRIMARY KEY (container_id, destination)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX container_mounts_by_volume ON container_mounts (volume);
        """

    static let optionsOfVolumes = """
        -- what the driver was told: empty for a volume whose files are in it
        ALTER TABLE volumes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
        """

    /// Containers made before this had their mounts in their options alone.
    static func writeDownMounts(_ database: Database) throws {
        for row in try Row.fetchAll(database, sql: "SELECT id, host_config FROM containers") {
            let host = try HostConfiguration(stored: try row.text("host_config"))
            // What cannot be understood any more could not be started any more either.
            guard let mounts = try? ContainerMount.list(host), let id = Identifier(try row.text("id")) else { continue }
            try Store.insertMounts(
                database, mounts.filter { $0.kind != .volume }, of: id, volumes: [])
        }
    }
}
