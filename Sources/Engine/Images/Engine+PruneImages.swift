internal import OCISpec

/// What a clean-up took away.
public struct ImagePruneReport: Equatable, Sendable {
    /// In Docker's words: `untagged: mine:latest`, `deleted: sha256:…`.
    public var deleted: [String] = []
    /// Bytes of the layers and blobs that are gone.
    public var spaceReclaimed: Int64 = 0
}

extension Engine {
    /// Removes images that nobody has a name for, or with `all` those from which no container was made.
    public func pruneImages(all: Bool, _ filter: ImageFilter = ImageFilter()) throws(EngineError) -> ImagePruneReport {
        var filter = filter
        if filter.dangling == nil, !all { filter.dangling = true }
        var report = ImagePruneReport()
        var removed: [ImageRecord] = []
        for image in try images(matching: filter) {
            guard try store.containers(of: image.id).isEmpty, try discardUnused(image) else { continue }
            recordRemoval(of: image)
            removed.append(image)
            for name in image.references + image.repoDigests { report.deleted.append("untagged: \(name)") }
            report.deleted += try deletions(of: image).map { "deleted: \($0)" }
        }
        report.spaceReclaimed = try spaceOnly(of: removed)
        recordImagePrune(reclaimed: report.spaceReclaimed)
        return report
    }

    /// - Returns: Whether it is gone by this; another command may have made a container of it, or removed it.
    private func discardUnused(_ image: ImageRecord) throws(EngineError) -> Bool {
        do throws(EngineError) {
            try discardImage(image)
            return true
        } catch  where error.kind == .conflict || error.kind == .notFound {
            return false
        }
    }

    /// Bytes of the layers and blobs of images that are gone which no other image has.
    private func spaceOnly(of removed: [ImageRecord]) throws(EngineError) -> Int64 {
        var layers: [Identifier: Int64] = [:]
        var blobs: [Digest: Int64] = [:]
        for image in removed {
            for layer in image.layers { layers[layer.chainID] = layer.size }
            for blob in image.blobs { blobs[blob.digest] = blob.size }
        }
        for image in removed.isEmpty ? [] : try store.images() {
            for layer in image.layers { layers[layer.chainID] = nil }
            for blob in image.blobs { blobs[blob.digest] = nil }
        }
        return (Array(layers.values) + Array(blobs.values)).reduce(0) { $0.clampedAdding($1) }
    }
}
