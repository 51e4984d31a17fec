internal import GRDB
internal import LinuxKernel

/// A volume as the store has it.
struct VolumeRecord: Equatable, Sendable {
    let name: VolumeName
    let created: Timestamp
    let labels: [String: String]
    /// Made for a container that named none.
    let isAnonymous: Bool
    /// Of the driver, as they were given.
    let options: [String: String]

    static let columns = "name, created, labels, is_anonymous, options"

    init(
        name: VolumeName, created: Timestamp, labels: [String: String] = [:], isAnonymous: Bool = false,
        options: [String: String] = [:]
    ) {
        self.name = name
        self.created = created
        self.labels = labels
        self.isAnonymous = isAnonymous
        self.options = options
    }

    init(_ row: Row) throws {
        name = VolumeName(unchecked: try row.text("name"))
        created = Timestamp(nanosecondsSince1970: try row.number("created"))
        labels = try Labels(stored: try row.text("labels")).labels
        isAnonymous = try row.number("is_anonymous") != 0
        options = try Options(stored: try row.text("options")).options
    }

    struct Labels: StoredDocument {
        var labels: [String: String] = [:]
    }

    struct Options: StoredDocument {
        var options: [String: String] = [:]
    }
}

extension Store {
    /// All volumes, by name.
    func volumes() throws(EngineError) -> [VolumeRecord] {
        try ask { database in
            try Row.all(database, sql: "SELECT \(VolumeRecord.columns) FROM volumes ORDER BY name")
                .map(VolumeRecord.init)
        }
    }

    func volume(_ name: String) throws(EngineError) -> VolumeRecord? {
        try ask { database in
            try Row.one(
                database, sql: "SELECT \(VolumeRecord.columns) FROM volumes WHERE name = ?", arguments: [name]
            ).map(VolumeRecord.init)
        }
    }

    /// Adds volumes that are not there yet.
    func add(_ volumes: [VolumeRecord]) throws(EngineError) {
        try write { try Self.insert($0, volumes) }
    }

    private static func insert(_ database: Database, _ volumes: [VolumeRecord]) throws {
        for volume in volumes {
            try database.run(
                sql: "INSERT OR IGNORE INTO volumes (\(VolumeRecord.columns)) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    volume.name.text, volume.created.nanosecondsSince1970,
                    try VolumeRecord.Labels(labels: volume.labels).storedText(), volume.isAnonymous ? 1 : 0,
                    try VolumeRecord.Options(options: volume.options).storedText(),
                ])
        }
    }

    /// Writes down what a new container has mounted, and the volumes that come into being with it.
    static func insertMounts(
        _ database: Database, _ mounts: [ContainerMount], of id: Identifier, volumes: [VolumeRecord]
    ) throws {
        try insert(database, volumes)
        for mount in mounts {
            try database.run(
                sql: """
                    INSERT INTO container_mounts (container_id, destination, volume, document) VALUES (?, ?, ?, ?)
                    """,
                arguments: [
                    id.text, mount.destination, mount.kind == .volume ? mount.source : nil, try mount.storedText(),
                ])
        }
    }

    /// What a container has mounted, by destination.
    func mounts(of id: Identifier) throws(EngineError) -> [ContainerMount] {
        try ask { database in
            try String.all(
                database, sql: "SELECT document FROM container_mounts WHERE container_id = ? ORDER BY destination",
                arguments: [id.text]
            ).map { try ContainerMount(stored: $0) }
        }
    }

    /// Remembers that a volume need not be filled any more.
    func setFilled(_ mount: ContainerMount, of id: Identifier) throws(EngineError) {
        var mount = mount
        mount.isToBeFilled = false
        let document = mount
        try write { database in
            try database.run(
                sql: "UPDATE container_mounts SET document = ? WHERE container_id = ? AND destination = ?",
                arguments: [try document.storedText(), id.text, document.destination])
        }
    }

    /// The containers that have a volume, by identifier, for each volume that has any.
    func volumeUsers() throws(EngineError) -> [String: [String]] {
        try read { database in
            var users: [String: [String]] = [:]
            let rows = try Row.all(
                database,
                sql: "SELECT DISTINCT volume, container_id FROM container_mounts WHERE volume IS NOT NULL ORDER BY 1, 2"
            )
            for row in rows { users[try row.text("volume"), default: []].append(try row.text("container_id")) }
            return users
        }
    }

    /// Forgets a volume that no container has.
    ///
    /// - Parameter discard: Takes its files out of the way, once it is sure that nobody has them.
    /// - Returns: The containers that have it, if there are some; then nothing was done. `nil` if there is no such volume.
    func removeVolume(
        _ name: VolumeName, discard: () throws -> Void
    ) throws(EngineError) -> [String]? {
        try write(freeing: true) { database in
            let isThere = try Bool.one(
                database, sql: "SELECT EXISTS (SELECT 1 FROM volumes WHERE name = ?)", arguments: [name.text])
            guard isThere == true else { return nil }
            let users = try String.all(
                database, sql: "SELECT DISTINCT container_id FROM container_mounts WHERE volume = ? ORDER BY 1",
                arguments: [name.text])
            guard users.isEmpty else { return users }
            try discard()
            try database.run(sql: "DELETE FROM volumes WHERE name = ?", arguments: [name.text])
            return []
        }
    }
}
