internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
package import OCISpec
internal import Synchronization

/// One build's hold on the store: what it makes and uses has an owner until it ends, and its directories are gone then.
///
/// ```
/// ROOT/builds/SESSION/           locked while the build goes on
/// ROOT/builds/SESSION/STEP/      upper and work directory of a step, its generated files
/// RUN/builds/SESSION/STEP/       its bundle, mount point and what is mounted into it
/// ```
///
/// Unchecked: `lock` is only held, `cancelled` is atomic, and `image` has a lock of its own.
package final class BuildSession: @unchecked Sendable {
    package let engine: Engine
    let operation: OperationID
    /// Below the root: for what must be on the file system of the layers.
    package let directory: String
    /// Below the run root.
    let runDirectory: String
    private let lock: FileLock
    private let cancelled = Atomic<Bool>(false)
    private let image = Mutex<Identifier?>(nil)
    /// What this build has claimed already, layers with their blobs.
    private let claimed = Mutex<Set<ClaimedLayer>>([])
    /// An image that the build stands on.
    var firstImage: Identifier? { image.withLock { $0 } }

    fileprivate init(_ engine: Engine, _ operation: OperationID) throws {
        var generator = SystemRandomNumberGenerator()
        let name = Identifier.random(using: &generator).short
        self.engine = engine
        self.operation = operation
        directory = "\(engine.locations.builds)/\(name)"
        runDirectory = "\(engine.locations.runRoot)/builds/\(name)"
        lock = try HostDirectory.makeLocked(directory)
        try HostDirectory.make(runDirectory, mode: 0o700)
    }

    fileprivate func end() throws {
        try engine.unmountAll(below: runDirectory)
        try HostDirectory.removeTree(runDirectory)
        try HostDirectory.removeTree(directory)
        withExtendedLifetime(lock) {}
    }

    /// Containers of this build are ended, and no further step begins.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }
    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// - Throws: `EngineError` once the build was cancelled.
    package func checkCancelled() throws(EngineError) {
        if isCancelled { throw EngineError(.conflict, "the build was cancelled") }
    }

    /// A directory of the build's own that is gone with it.
    package func makeDirectory(_ name: String) throws -> String {
        let path = "\(directory)/\(name)"
        try HostDirectory.make(path, mode: 0o700)
        return path
    }

    private struct ClaimedLayer: Hashable {
        let layer: Identifier
        let blob: Digest
    }

    func noteClaims(_ content: [(layer: Identifier, blob: Digest)]) {
        claimed.withLock { claimed in
            for (layer, blob) in content { claimed.insert(ClaimedLayer(layer: layer, blob: blob)) }
        }
    }

    func claim(_ layer: BuildLayer, on layers: [BuildLayer]) throws {
        guard let chain = ChainID.chain(of: layers.map(\.diffID) + [layer.diffID]).last else { return }
        try claim(layer, chain)
    }

    private func claim(_ layer: BuildLayer, _ chain: ChainID) throws {
        guard let id = Identifier(chain.digest.hex) else { return }
        let new = ClaimedLayer(layer: id, blob: layer.descriptor.digest)
        if claimed.withLock({ $0.contains(new) }) { return }
        try engine.store.claim(operation, blobs: [new.blob], layers: [id])
        claimed.withLock { _ = $0.insert(new) }
    }

    /// Whether a layer is there, unpacked and packed; from then on nobody removes it.
    ///
    /// - Parameter chain: What the layers below it contain: `sha256:…`; empty for none.
    func holds(_ layer: BuildLayer, on chain: String) throws -> Bool {
        let chain = try chain.isEmpty ? ChainID(base: layer.diffID) : ChainIDText.chain(chain).adding(layer.diffID)
        try claim(layer, chain)
        guard try engine.layerStore.layer(chain) != nil else { return false }
        return try engine.blobStore.size(of: layer.descriptor.digest) != nil
    }

    // MARK: Images

    /// The image of a `FROM` or `--from`.
    ///
    /// - Throws: `EngineError`.
    package func image(
        _ name: String, platform: String?, pull: PullPolicy, progress: @escaping ImageProgressHandler
    ) throws(EngineError) -> BuildBase {
        try engine.ensureImage(name, policy: pull, platform: platform, progress: progress)
        do {
            var record = try engine.store.image(name)
            if let platform {
                let wanted = try engine.requestedPlatform(platform)
                let own = PlatformRequest(
                    os: record.os, architecture: record.architecture,
                    variant: record.variant.isEmpty ? nil : record.variant)
                if own.os != wanted.os || own.architecture != wanted.architecture, pull != .never {
                    try engine.ensureImage(name, policy: .always, platform: platform, progress: progress)
                    record = try engine.store.image(name)
                }
            }
            let parts = try engine.parts(of: record)
            try engine.store.claim(
                operation, blobs: record.blobs.map(\.digest), layers: record.layers.map(\.chainID))
            try engine.unpackAgain(record)
            image.withLock { $0 = $0 ?? record.id }
            let layers = zip(record.layers, parts.manifest.layers).compactMap { layer, descriptor -> BuildLayer? in
                guard let diffID = try? Digest("sha256:\(layer.diffID)") else { return nil }
                return BuildLayer(diffID: diffID, descriptor: descriptor, fileBytes: layer.size)
            }
            guard layers.count == record.layers.count else {
                throw EngineError(.fault, "image \(name) has layers and blobs that do not belong together")
            }
            return BuildBase(
                layers: layers, config: parts.config, id: record.digestText, manifest: parts.digest.text)
        } catch {
            throw .wrapping(error, while: "use image \(quotedForError(name))")
        }
    }

    /// Records an image of layers that are all in the store.
    ///
    /// - Returns: The digests of its config and of its manifest.
    package func record(
        _ layers: [BuildLayer], _ config: ImageConfig, tags: [ImageReference]
    ) throws -> (id: String, manifest: Digest) {
        let blobs = try engine.blobStore
        var config = config
        config.rootfs = .init(type: .layers, diffIDs: layers.map(\.diffID))
        let configBytes = config.documentBytes
        let manifest = ImageManifest(
            mediaType: .manifest,
            config: Descriptor(
                mediaType: .config, digest: ContentHash.digest(.sha256, of: configBytes),
                size: Int64(configBytes.count)),
            layers: layers.map { layer in
                var descriptor = layer.descriptor
                descriptor.mediaType = descriptor.mediaType.ociLayer
                return descriptor
            })
        let manifestBytes = manifest.documentBytes
        let digest = ContentHash.digest(.sha256, of: manifestBytes)
        try engine.store.claim(operation, blobs: [manifest.config.digest, digest])
        // An unchanged build comes to an image that is there: then it gets its names, and that is all.
        if let id = Identifier(manifest.config.digest.hex), try engine.store.has(id, manifest: digest),
            try blobs.size(of: digest) == UInt64(manifestBytes.count),
            try blobs.size(of: manifest.config.digest) == UInt64(configBytes.count)
        {
            do throws(EngineError) {
                try engine.store.name(id, tags: tags.map(\.withDefaultTag), manifest: digest)
                return ("sha256:\(id)", digest)
            } catch {
                // Somebody has removed it meanwhile.
                guard error.kind == .notFound else { throw error }
            }
        }
        try blobs.add(configBytes)
        try blobs.add(manifestBytes)
        let id = try engine.record(
            try blobs.image(digest), tags: tags.map(\.withDefaultTag), madeFrom: ImageRecord.madeHere)
        return ("sha256:\(id)", digest)
    }
}

extension MediaType {
    /// The image-spec's word for a layer that has Docker's.
    var ociLayer: MediaType {
        switch rawValue {
        case "application/vnd.docker.image.rootfs.diff.tar.gzip": .gzipLayer
        case "application/vnd.docker.image.rootfs.diff.tar": .layer
        default: self
        }
    }
}

extension EngineLocations {
    /// Directories of builds that go on.
    var builds: String { root + "/builds" }
    /// What `RUN --mount=type=cache` keeps.
    package var buildCaches: String { root + "/build-caches" }
}

extension OwnedDescriptor {
    /// Opens a directory in this one; `nil` if whoever it belonged to has removed it meanwhile.
    borrowing func openDirectoryIfPresent(_ name: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try open(name, [.read, .directory, .noFollow])
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }
}

extension Engine {
    /// Does a build. Whatever it brings into the store has an owner meanwhile.
    package func withBuildSession<Value>(_ body: (BuildSession) throws -> Value) throws -> Value {
        try removeAbandonedBuilds()
        return try operation("build") { operation in
            let session = try BuildSession(self, operation)
            let result = Result { try body(session) }
            // The first error is the one to tell; what could not be removed, the next build removes.
            if case .failure = result { try? session.end() } else { try session.end() }
            return try result.get()
        }
    }

    /// Takes away what builds have left that were killed: containers, mounts and directories.
    func removeAbandonedBuilds() throws {
        guard exists(locations.builds) else { return }
        let builds = try OwnedDescriptor(open: locations.builds, [.read, .directory])
        for entry in try builds.entries() {
            guard let directory = try builds.openDirectoryIfPresent(entry.name) else { continue }
            let path = "\(locations.builds)/\(entry.name)"
            guard let lock = try FileLock.attempt(try directory.duplicate()) else { continue }
            for step in try directory.entries() {
                guard let id = Identifier(step.name) else { continue }
                try deleteRuntimeState(of: id)
                try forgetBuildStep(id)
            }
            let run = "\(locations.runRoot)/builds/\(entry.name)"
            try unmountAll(below: run)
            try HostDirectory.removeTree(run)
            try HostDirectory.removeTree(path)
            _ = consume lock
        }
    }

    /// Whether a build that goes on has a step of this name.
    func isStepOfBuild(_ id: Identifier) throws(SyscallError) -> Bool {
        guard let builds = try HostDirectory.openIfPresent(locations.builds) else { return false }
        for entry in try builds.entries() {
            guard let build = try builds.openDirectoryIfPresent(entry.name),
                try build.openDirectoryIfPresent(id.text) != nil
            else { continue }
            // What a killed build has left is nobody's.
            return try FileLock.attempt(build) == nil
        }
        return false
    }

    /// Unmounts everything at and below a directory of the engine's own, the latest first.
    func unmountAll(below path: String) throws {
        let mounts = try MountTable.current().entries.map(\.mountPoint)
            .filter { $0 == path || $0.hasPrefix(path + "/") }
        for mount in mounts.reversed() { try removeMount(at: mount) }
    }
}
