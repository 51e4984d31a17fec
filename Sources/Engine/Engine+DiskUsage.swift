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

/// What the store takes of the disk.
public struct StoreUsage: Equatable, Sendable {
    public var images = UsageSummary(type: "Images")
    public var containers = UsageSummary(type: "Containers")
    public var volumes = UsageSummary(type: "Local Volumes")
    public var buildCache = UsageSummary(type: "Build Cache")
    public var containerEntries: [UsageEntry] = []
    public var volumeEntries: [UsageEntry] = []

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
        for image in images {
            for layer in image.layers {
                layers[layer.chainID] = (layer.size, used.contains(image.id) || layers[layer.chainID]?.isUsed == true)
            }
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
        let users = try store.volumeUsers()
        for volume in try store.volumes() {
            // What is mounted in a volume is on another disk, or accounted for elsewhere.
            let size = volume.options.isEmpty ? DiskUsage.bytes(below: locations.volumeData(volume.name)) : 0
            let links = users[volume.name.text]?.count ?? 0
            usage.volumes.total += 1
            usage.volumes.active += links > 0 ? 1 : 0
            usage.volumes.size = usage.volumes.size.clampedAdding(size)
            if links == 0 { usage.volumes.reclaimable = usage.volumes.reclaimable.clampedAdding(size) }
            usage.volumeEntries.append(UsageEntry(name: volume.name.text, size: size, links: links))
        }
        try addBuildCache(to: &usage.buildCache, except: Set(layers.keys))
        return usage
    }

    /// Layers that only builds remember, and the directories that they keep.
    private func addBuildCache(to summary: inout UsageSummary, except layers: Set<Identifier>) throws(EngineError) {
        for record in try store.buildCache() {
            summary.total += 1
            guard Identifier(record.chain).map(layers.contains) != true else { continue }
            summary.size = summary.size.clampedAdding(record.layer.fileBytes)
        }
        do {
            for directory in try buildCacheDirectories() {
                summary.total += 1
                summary.active += directory.isInUse ? 1 : 0
                summary.size = summary.size.clampedAdding(directory.size)
            }
        } catch {
            throw .wrapping(error, while: "look at the caches of builds")
        }
        summary.reclaimable = summary.size
    }
}
