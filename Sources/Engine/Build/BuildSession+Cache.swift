internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

extension BuildSession {
    /// What is remembered under a key, if all of it is still there; nobody removes it from then on, once something is held.
    package func cached(_ key: String) throws -> BuildCacheRecord? {
        if let record = expected(key), try holds(record) { return record }
        guard let record = try engine.store.buildCache(key: key) else { return nil }
        guard try holds(record) else {
            try engine.store.removeBuildCache([key])
            return nil
        }
        return record
    }

    /// The last that was remembered of a step.
    package func lastRecord(of slot: String) throws -> BuildCacheRecord? {
        try engine.store.buildCache(slot: slot)
    }

    package func remember(_ record: BuildCacheRecord) throws {
        noteGrowth()
        try engine.store.add(record, now: WallClock.nanoseconds)
    }
}

/// What was removed of the builds' cache.
package struct BuildCachePruning: Sendable {
    /// Descriptions of steps and names of cache directories.
    package var removed: [String] = []
    /// Bytes.
    package var reclaimed: Int64 = 0
}

extension Engine {
    /// All that builds have remembered, the least recently used first.
    package func buildCacheRecords() throws(EngineError) -> [BuildCacheRecord] { try store.buildCache() }

    /// Forgets steps of builds, and removes layers that nothing else needs.
    ///
    /// - Parameters:
    ///   - unusedFor: Only what was not used for so many seconds.
    ///   - keeping: Bytes that may stay, of the most recently used.
    package func pruneBuildCache(unusedFor: Int64? = nil, keeping: Int64? = nil) throws -> BuildCachePruning {
        if let keeping, unusedFor == nil, try store.buildCacheSize() <= Double(keeping) { return BuildCachePruning() }
        var records = try store.buildCache()
        if let unusedFor {
            let limit = WallClock.nanoseconds - unusedFor.multipliedReportingOverflow(by: 1_000_000_000).partialValue
            records = records.filter { $0.lastUsed < limit }
        }
        if let keeping {
            var size: Int64 = 0
            var kept: Set<String> = []
            for record in try store.buildCache().reversed() {
                size = size.clampedAdding(record.layer.fileBytes).clampedAdding(record.layer.descriptor.size)
                if size <= keeping { kept.insert(record.key) }
            }
            records = records.filter { !kept.contains($0.key) }
        }
        guard !records.isEmpty else { return BuildCachePruning() }
        var pruning = BuildCachePruning()
        let operation = try store.beginOperation("prune the build cache", freeing: true)
        let layers = records.compactMap { Identifier($0.chain.dropFirst("sha256:".count)) }
        let blobs = records.map(\.layer.descriptor.digest)
        // From here on they are this operation's, so that a crash leaves nothing without an owner.
        try store.claim(operation, blobs: blobs, layers: layers)
        try store.removeBuildCache(records.map(\.key))
        let blobsBefore = try blobStore.totalSize(of: blobs)
        let layerStore = try layerStore
        let present = try records.filter { try layerStore.layer(ChainIDText.chain($0.chain)) != nil }
        try release(operation)
        pruning.removed = records.map(\.description)
        pruning.reclaimed = blobsBefore - (try blobStore.totalSize(of: blobs))
        for record in present where try layerStore.layer(ChainIDText.chain(record.chain)) == nil {
            pruning.reclaimed = pruning.reclaimed.clampedAdding(record.layer.fileBytes)
        }
        return pruning
    }
}

enum ChainIDText {
    static func chain(_ text: String) throws(SpecError) -> ChainID { ChainID(try Digest(text)) }
}

extension BlobStore {
    /// Bytes of those of these blobs that are there.
    func totalSize(of digests: [Digest]) throws -> Int64 {
        try Set(digests).reduce(0) { $0.clampedAdding(Int64(clamping: try size(of: $1) ?? 0)) }
    }
}
