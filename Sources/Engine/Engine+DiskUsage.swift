internal import LinuxKernel

/// What one kind of objects takes of the disk: a line of `system df`.
public struct UsageSummary: Equatable, Sendable {
    public let type: String
    public var total = 0
    public var active = 0
    /// Bytes.
    public var size: Int64 = 0
    public var reclaimable: Int64 = 0
}

/// One object of `system df -v`.
public struct UsageEntry: Equatable, Sendable {
    public let name: String
    /// Bytes.
    public let size: Int64
    /// How many others have it; of a container, 1 if it runs.
    public let links: Int
}

/// One result of a build, or a directory that builds keep, of `system df -v`.
public struct BuildUsageEntry: Equatable, Sendable {
    public let id: String
    /// Docker's word: `regular` or `exec.cachemount`.
    public let type: String
    /// What was done, for people.
    public let description: String
    /// Bytes.
    public let size: Int64
    /// Seconds since 1970, where it is known.
    public let created: Int64?
    public let lastUsed: Int64?
    public let isInUse: Bool
    /// Whether an image has it, too.
    public let isShared: Bool
}

/// What the store takes of the disk.
public struct StoreUsage: Equatable, Sendable {
    public var images = UsageSummary(type: "Images")
    public var containers = UsageSummary(type: "Containers")
    public var volumes = UsageSummary(type: "Local Volumes")
    public var buildCache = UsageSummary(type: "Build Cache")
    public var containerEntries: [UsageEntry] = []
    public var volumeEntries: [UsageEntry] = []
    public var buildEntries: [BuildUsageEntry] = []
    /// Of each image, by its whole identifier: the bytes of its layers that other images have, too.
    public var sharedImageBytes: [String: Int64] = [:]

    public init() {}
}

extension Engine {
    /// Adds up what images, containers and volumes take.
    public func diskUsage() throws(EngineError) -> StoreUsage {
        var usage = StoreUsage()
        let used = Set(try store.containers().map(\.imageID))
        let images = try store.images()
        (usage.images.total, usage.images.active) = (images.count, images.count { used.contains($0.id) })
        var layers: [Identifier: (size: Int64, isUsed: Bool)] = [:]
        var users: [Identifier: Int] = [:]
        for image in images {
            for layer in image.layers {
                users[layer.chainID, default: 0] += 1
                layers[layer.chainID] = (layer.size, used.contains(image.id) || layers[layer.chainID]?.isUsed == true)
            }
        }
        for image in images {
            let shared = image.layers.filter { users[$0.chainID] ?? 0 > 1 }
            usage.sharedImageBytes["sha256:\(image.id.text)"] = shared.reduce(0) { $0.clampedAdding($1.size) }
        }
        for layer in layers.values {
            usage.images.size = usage.images.size.clampedAdding(layer.size)
            if !layer.isUsed { usage.images.reclaimable = usage.images.reclaimable.clampedAdding(layer.size) }
        }
        for record in try store.containers() {
            let isActive = try observe(record).isActive
            let size = DiskUsage.bytes(below: locations.container(record.id).upper)
            usage.containers.total += 1
            usage.containers.active += isActive ? 1 : 0
            usage.containers.size = usage.containers.size.clampedAdding(size)
            if !isActive { usage.containers.reclaimable = usage.containers.reclaimable.clampedAdding(size) }
            usage.containerEntries.append(UsageEntry(name: record.name.text, size: size, links: isActive ? 1 : 0))
        }
        let volumeUsers = try store.volumeUsers()
        for volume in try store.volumes() {
            // What is mounted in a volume is on another disk, or accounted for elsewhere.
            let size = volume.options.isEmpty ? DiskUsage.bytes(below: locations.volumeData(volume.name)) : 0
            let links = volumeUsers[volume.name.text]?.count ?? 0
            usage.volumes.total += 1
            usage.volumes.active += links > 0 ? 1 : 0
            usage.volumes.size = usage.volumes.size.clampedAdding(size)
            if links == 0 { usage.volumes.reclaimable = usage.volumes.reclaimable.clampedAdding(size) }
            usage.volumeEntries.append(UsageEntry(name: volume.name.text, size: size, links: links))
        }
        try addBuildCache(to: &usage, except: Set(layers.keys))
        return usage
    }

    /// Layers that only builds remember, and the directories that they keep.
    private func addBuildCache(to usage: inout StoreUsage, except layers: Set<Identifier>) throws(EngineError) {
        for record in try store.buildCache() {
            let isShared = Identifier(record.chain).map(layers.contains) == true
            usage.buildEntries.append(
                BuildUsageEntry(
                    id: record.key, type: "regular", description: record.description, size: record.layer.fileBytes,
                    created: record.created / 1_000_000_000, lastUsed: record.lastUsed / 1_000_000_000, isInUse: false,
                    isShared: isShared))
            usage.buildCache.total += 1
            guard !isShared else { continue }
            usage.buildCache.size = usage.buildCache.size.clampedAdding(record.layer.fileBytes)
        }
        do {
            for directory in try buildCacheDirectories() {
                usage.buildEntries.append(
                    BuildUsageEntry(
                        id: directory.id, type: "exec.cachemount",
                        description: "RUN --mount=type=cache,id=\(directory.id)",
                        size: directory.size, created: nil, lastUsed: nil, isInUse: directory.isInUse, isShared: false))
                usage.buildCache.total += 1
                usage.buildCache.active += directory.isInUse ? 1 : 0
                usage.buildCache.size = usage.buildCache.size.clampedAdding(directory.size)
            }
        } catch {
            throw .wrapping(error, while: "look at the caches of builds")
        }
        usage.buildCache.reclaimable = usage.buildCache.size
    }
}
