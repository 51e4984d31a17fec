internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

/// What `system check` found.
public struct StoreCheck: Equatable, Sendable {
    public struct Finding: Equatable, Sendable {
        /// What is wrong, on what.
        public let text: String
        /// Whether it is put right now.
        public let isRepaired: Bool
    }

    /// Things that were verified.
    public var images = 0
    public var blobs = 0
    public var layers = 0
    /// What interrupted commands keep for the next try, in words.
    public var interrupted: [String] = []
    public var findings: [Finding] = []

    public init() {}

    /// Whether nothing is wrong any more.
    public var isSound: Bool { findings.allSatisfy(\.isRepaired) }
}

extension Engine {
    /// Takes away what commands have left that were killed: halves of layers, blobs without a name, removals that did not
    /// end. What the next try can go on with stays for a week.
    func recover() throws {
        try layerStore.removeLeftovers()
        let blobs = try blobStore
        for partial in try blobs.partials() where partial.digest == nil && !partial.isBeingWritten {
            try blobs.removePartial(partial)
        }
        let limit = Timestamp.now.seconds - Self.patience
        for operation in try store.operations()
        where operation.what.hasPrefix(Self.removalPrefix) || operation.started.seconds < limit {
            if operation.isInterrupted { try release(operation.id) }
        }
    }

    static let removalPrefix = "remove "

    /// How long something interrupted waits to be gone on with: a week, in seconds.
    private static let patience: Int64 = 7 * 86_400

    /// Verifies every blob, image and layer record of the store, and that everything in it has an owner.
    ///
    /// - Parameter repair: Put right what can be: what has no owner and what interrupted commands kept is removed, layers
    ///   are unpacked again, and blobs that are damaged are removed, so that they can be pulled again.
    /// - Throws: `EngineError` if it cannot be looked at.
    public func checkStore(repair: Bool = false) throws(EngineError) -> StoreCheck {
        do {
            try recover()
            var check = StoreCheck()
            try checkOperations(&check, repair)
            try checkBlobs(&check, repair)
            try checkImages(&check, repair)
            try checkOwners(&check, repair)
            return check
        } catch {
            throw .wrapping(error, while: "check the store")
        }
    }

    private func note(
        _ check: inout StoreCheck, _ text: String, _ repair: Bool, _ action: () throws -> Void = {}
    ) {
        var isRepaired = false
        var text = text
        if repair {
            do {
                try action()
                isRepaired = true
            } catch {
                text += " (not repaired: \(error))"
            }
        }
        check.findings.append(StoreCheck.Finding(text: text, isRepaired: isRepaired))
    }

    private func checkOperations(_ check: inout StoreCheck, _ repair: Bool) throws {
        for operation in try store.operations() where operation.isInterrupted {
            if repair {
                try release(operation.id)
            } else {
                check.interrupted.append(
                    "\(operation.what): \(operation.blobs.count) blobs and \(operation.layers.count) layers")
            }
        }
    }

    private func checkBlobs(_ check: inout StoreCheck, _ repair: Bool) throws {
        let blobs = try blobStore
        for blob in try store.blobs() {
            check.blobs += 1
            do {
                guard let size = try blobs.size(of: blob.digest) else { throw ImageStoreError.missing(blob.digest) }
                guard Int64(exactly: size) == blob.size else {
                    throw ImageStoreError.wrongSize(
                        of: blob.digest, expected: UInt64(clamping: blob.size), found: size)
                }
                try blobs.verify(blob.digest)
            } catch let error as ImageStoreError {
                note(&check, "\(error): pull or load its image again", false)
                if repair { try blobs.remove(blob.digest) }
            }
        }
    }

    private func checkImages(_ check: inout StoreCheck, _ repair: Bool) throws {
        let layerStore = try layerStore
        var seen: Set<Identifier> = []
        for image in try store.images() {
            check.images += 1
            // Images of an older brig have no documents.
            for manifest in image.manifests {
                do {
                    let parts = try blobStore.image(manifest.digest, announced: manifest.mediaType)
                    guard parts.manifest.config.digest.hex == image.id.text,
                        parts.diffIDs.map(\.hex) == image.layers.map(\.diffID.text)
                    else { throw ImageStoreError.notAnImage(parts.digest, "its record says something else") }
                } catch {
                    note(&check, "image \(image.id.short): \(error)", false)
                }
            }
            var parent: ChainID?
            for layer in image.layers {
                let chain = ChainID(try Digest("sha256:\(layer.chainID)"))
                defer { parent = chain }
                guard seen.insert(layer.chainID).inserted else { continue }
                check.layers += 1
                do {
                    guard let found = try layerStore.layer(chain) else { throw LayerStoreError.missing(chain) }
                    guard found.diffID.hex == layer.diffID.text, found.parent == parent else {
                        throw LayerStoreError.damaged(chain)
                    }
                } catch let error as LayerStoreError {
                    note(&check, "image \(image.id.short): \(error)", repair) {
                        if case .damaged = error { try layerStore.remove(chain) }
                        try self.unpackAgain(image)
                    }
                }
            }
        }
    }

    private func checkOwners(_ check: inout StoreCheck, _ repair: Bool) throws {
        let blobs = try blobStore
        let contents = try blobs.contents()
        for stranger in contents.strangers {
            note(&check, "blobs/\(stranger.path) is no blob", repair) { try blobs.remove(stranger) }
        }
        let partials = try blobs.partials().filter { !$0.isBeingWritten }
        let layers = try layerStore.layers().compactMap { Identifier($0.chainID.digest.hex) }
        // Asked last: whoever has begun in the meantime has claimed first.
        let owned = try store.owned()
        let orphans = contents.blobs.filter { !owned.blobs.contains($0.digest) }
        for orphan in orphans {
            note(&check, "blob \(orphan.digest) has no owner (\(orphan.size) bytes)", repair) {
                _ = try self.discardUnneeded(blobs: [orphan.digest], layers: [])
            }
        }
        for partial in partials where partial.digest.map({ !owned.blobs.contains($0) }) ?? true {
            note(&check, "partial blob \(partial.name) has no owner (\(partial.size) bytes)", repair) {
                try blobs.removePartial(partial)
            }
        }
        let strayLayers = layers.filter { !owned.layers.contains($0) }
        for layer in strayLayers {
            note(&check, "layer \(layer) has no owner", repair) {}
        }
        if repair { _ = try discardUnneeded(blobs: [], layers: strayLayers) }
        for row in owned.stale {
            note(&check, "the store knows \(row), which nothing needs", repair) { try self.store.forgetStale() }
        }
    }
}
