internal import LinuxKernel
internal import OCISpec

/// A volume: Docker's object of `volumes`.
public struct VolumeInspection: Encodable, Equatable, Sendable {
    public let createdAt: String
    public let driver: String
    /// `nil` for none.
    public let labels: [String: String]?
    /// Where its files are on the host.
    public let mountpoint: String
    public let name: String
    public let options: [String: String]?
    public let scope: String

    enum CodingKeys: String, CodingKey {
        case createdAt = "CreatedAt"
        case driver = "Driver"
        case labels = "Labels"
        case mountpoint = "Mountpoint"
        case name = "Name"
        case options = "Options"
        case scope = "Scope"
    }

    /// As Docker, null where nothing was given.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(createdAt, forKey: .createdAt)
        try members.encode(driver, forKey: .driver)
        try members.encode(labels, forKey: .labels)
        try members.encode(mountpoint, forKey: .mountpoint)
        try members.encode(name, forKey: .name)
        try members.encode(options, forKey: .options)
        try members.encode(scope, forKey: .scope)
    }
}

/// Which volumes a list holds. Values of one kind are alternatives; labels and different kinds all hold.
public struct VolumeFilter: Equatable, Sendable {
    var dangling: Bool?
    var drivers: [String] = []
    var names: [String] = []
    /// `KEY` or `KEY=VALUE`.
    var labels: [String] = []
    var withoutLabels: [String] = []
    /// Whether named ones are meant as well when volumes are pruned.
    public var all = false

    public init() {}

    /// Adds Docker's `KEY=VALUE`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(_ text: String) throws(EngineError) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw EngineError(.invalidInput, "invalid filter \(quotedForError(text)): write KEY=VALUE")
        }
        switch parts[0] {
        case "dangling", "all":
            guard let isOn = ["true": true, "1": true, "false": false, "0": false][parts[1].lowercased()] else {
                throw EngineError(.invalidInput, "invalid filter '\(parts[0])=[\(quotedForError(parts[1]))]'")
            }
            if parts[0] == "all" { all = isOn } else { dangling = isOn }
        case "driver": drivers.append(parts[1])
        case "name": names.append(parts[1])
        case "label": labels.append(parts[1])
        case "label!": withoutLabels.append(parts[1])
        default: throw EngineError(.invalidInput, "invalid filter '\(quotedForError(parts[0]))'")
        }
    }

    /// Adds a filter of what is to be removed, of which Docker has fewer.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(toPrune text: String) throws(EngineError) {
        let key = String(text.prefix { $0 != "=" })
        guard ["label", "label!", "all"].contains(key) else {
            throw EngineError(.invalidInput, "invalid filter '\(quotedForError(key))'")
        }
        try add(text)
    }

    func admits(_ volume: VolumeRecord, isUsed: Bool) -> Bool {
        func has(_ label: String) -> Bool {
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let value = volume.labels[parts[0]] else { return false }
            return parts.count == 1 || value == parts[1]
        }
        return (dangling == nil || dangling == !isUsed) && (drivers.isEmpty || drivers.contains("local"))
            && (names.isEmpty || names.contains { volume.name.text.contains($0) }) && labels.allSatisfy(has)
            && !withoutLabels.contains(where: has)
    }
}

/// What pruning has taken away.
public struct PruneReport: Equatable, Sendable {
    public var removed: [String] = []
    /// Bytes on the disk.
    public var reclaimed: Int64 = 0

    public init() {}
}

extension Engine {
    /// Makes a volume; one of that name that is there already stays as it is.
    ///
    /// - Parameters:
    ///   - name: `nil` for one that nobody has named.
    ///   - options: Of the driver `local`: `type`, `device` and `o` say what is mounted in it while a container has it.
    /// - Throws: `EngineError`; `conflict` if it is there with other options.
    public func createVolume(
        _ name: String?, labels: [String: String] = [:], options: [String: String] = [:]
    ) throws(EngineError) -> VolumeInspection {
        try checkOptions(options, of: name)
        var generator = SystemRandomNumberGenerator()
        let volume = VolumeRecord(
            name: try name.map { text throws(EngineError) in try VolumeName(text) } ?? .random(using: &generator),
            created: .now, labels: labels, isAnonymous: name == nil, options: options)
        try store.add([volume])
        try prepareVolume(volume.name)
        return try inspectVolume(volume.name.text)
    }

    public func volumes(_ filter: VolumeFilter = .init()) throws(EngineError) -> [VolumeInspection] {
        let users = try store.volumeUsers()
        return try store.volumes().filter { filter.admits($0, isUsed: users[$0.name.text] != nil) }.map(inspection)
    }

    /// - Throws: `EngineError` of kind `notFound`.
    public func inspectVolume(_ name: String) throws(EngineError) -> VolumeInspection {
        guard let volume = try store.volume(name) else { throw .noSuchVolume(name) }
        return inspection(volume)
    }

    private func inspection(_ volume: VolumeRecord) -> VolumeInspection {
        var labels = volume.labels
        if volume.isAnonymous { labels["com.docker.volume.anonymous"] = "" }
        return VolumeInspection(
            createdAt: volume.created.description, driver: "local", labels: labels.isEmpty ? nil : labels,
            mountpoint: locations.volumeData(volume.name), name: volume.name.text,
            options: volume.options.isEmpty ? nil : volume.options, scope: "local")
    }

    /// Removes a volume that no container has, with all its files.
    ///
    /// - Parameter force: One that is not there is no error.
    /// - Throws: `EngineError`: `conflict` while a container has it.
    public func removeVolume(_ name: String, force: Bool = false) throws(EngineError) {
        guard let record = try store.volume(name) else {
            if force { return }
            throw .noSuchVolume(name)
        }
        guard let users = try discardVolume(record) else { throw .noSuchVolume(name) }
        guard users.isEmpty else {
            throw EngineError(
                .conflict, "remove \(name): volume is in use - [\(users.joined(separator: ", "))]")
        }
    }

    /// Removes the volumes that no container has: those without a name, or all of them. As in Docker, those with options
    /// stay: what they are mounted from is somebody else's.
    public func pruneVolumes(_ filter: VolumeFilter) throws(EngineError) -> PruneReport {
        var report = PruneReport()
        let users = try store.volumeUsers()
        for volume in try store.volumes()
        where (filter.all || volume.isAnonymous) && volume.options.isEmpty
            && filter.admits(volume, isUsed: users[volume.name.text] != nil)
        {
            guard users[volume.name.text] == nil else { continue }
            let size = DiskUsage.bytes(below: locations.volume(volume.name))
            // Somebody may have taken or removed it meanwhile.
            guard try discardVolume(volume)?.isEmpty == true else { continue }
            report.removed.append(volume.name.text)
            report.reclaimed += size
        }
        recordPrune(.volume, reclaimed: report.reclaimed)
        return report
    }

    /// Removes those of a container's volumes that nobody has named and nobody else has.
    func removeAnonymousVolumes(_ mounts: [ContainerMount]) throws(EngineError) {
        for mount in mounts where mount.kind == .volume {
            guard let volume = try store.volume(mount.source), volume.isAnonymous else { continue }
            _ = try discardVolume(volume)
        }
    }

    /// - Returns: As `Store.removeVolume`.
    private func discardVolume(_ volume: VolumeRecord) throws(EngineError) -> [String]? {
        let name = volume.name
        do { try unmountBeforeRemoval(of: volume) } catch { throw .wrapping(error, while: "remove \(name)") }
        var generator = SystemRandomNumberGenerator()
        // Under another name first, in one step: whatever happens then, no later volume of this name finds the files.
        let aside = ".removed-\(Identifier.random(using: &generator).short)"
        let users = try store.removeVolume(name) { try putAside(name, as: aside) }
        do { try HostDirectory.removeTree("\(locations.volumes)/\(aside)") } catch {
            throw .wrapping(error, while: "remove the files of volume \(name)")
        }
        if users?.isEmpty == true { self.record("destroy", volume: name) }
        return users
    }

    private func putAside(_ name: VolumeName, as aside: String) throws(SyscallError) {
        do throws(SyscallError) {
            try OwnedDescriptor(open: locations.volumes, [.read, .directory]).rename(name.text, to: aside)
        } catch {
            if error.code != .noSuchFile { throw error }
        }
    }

    /// Removes what an interrupted removal has left.
    func sweepVolumes() throws(EngineError) {
        do {
            guard exists(locations.volumes) else { return }
            for entry in try OwnedDescriptor(open: locations.volumes, [.read, .directory]).entries()
            where entry.name.hasPrefix(".removed-") {
                try HostDirectory.removeTree("\(locations.volumes)/\(entry.name)")
            }
        } catch {
            throw .wrapping(error, while: "remove what is left of volumes")
        }
    }

    /// Makes the directories of a volume, if they are not there.
    func prepareVolume(_ name: VolumeName) throws(EngineError) {
        do {
            guard !exists(locations.volumeData(name)) else { return }
            try HostDirectory.make(locations.volume(name), mode: 0o700)
            try HostDirectory.make(locations.volumeData(name), mode: 0o755)
            self.record("create", volume: name)
        } catch {
            throw .wrapping(error, while: "make volume \(name)")
        }
    }
}

extension EngineError {
    static func noSuchVolume(_ name: String) -> EngineError {
        EngineError(.notFound, "no such volume: \(quotedForError(name))")
    }
}

extension EngineLocations {
    var volumes: String { root + "/volumes" }
    func volume(_ name: VolumeName) -> String { "\(volumes)/\(name)" }
    /// What containers see.
    func volumeData(_ name: VolumeName) -> String { volume(name) + "/_data" }
}
