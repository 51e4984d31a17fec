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
/// A build of which nothing has changed makes nothing, and so holds nothing: it only reads, and what it comes to is an image
/// that is there. Whatever makes something, or works on files, asks for `hold()` first: then all that was found so far is
/// claimed at once, and looked at. If some of it was removed meanwhile, the build begins anew.
///
/// Unchecked: `cancelled` is atomic, and `holding` has a lock of its own.
package final class BuildSession: @unchecked Sendable {
    package let engine: Engine
    /// Below the root: for what must be on the file system of the layers. It is there once something is held.
    package let directory: String
    /// Below the run root.
    let runDirectory: String
    private let cancelled = Atomic<Bool>(false)
    private let lostGround = Atomic<Bool>(false)
    private let holding = Mutex(Holding())

    private struct Holding {
        var hold: BuildHold?
        /// What this build has claimed already, layers with their blobs.
        var claimed: Set<BuildContent> = []
        /// What was found while nothing was held.
        var found: Set<BuildContent> = []
        /// The images that the build stands on.
        var images: [ImageRecord] = []
        /// What its steps came to when it was last done, by key.
        var expected: [String: BuildCacheRecord] = [:]
        /// Records that were of use, and their slots.
        var used: [(key: String, slot: String)] = []
        /// Something was put into the cache.
        var hasGrown = false
    }

    fileprivate init(_ engine: Engine) {
        var generator = SystemRandomNumberGenerator()
        let name = Identifier.random(using: &generator).short
        self.engine = engine
        directory = "\(engine.locations.builds)/\(name)"
        runDirectory = "\(engine.locations.runRoot)/builds/\(name)"
    }

    /// Makes this build the owner of what it has found, and of its directories.
    ///
    /// - Throws: `EngineError` of kind `conflict` if some of what it has found is not there any more: `isGroundLost` says so
    ///   then, and the build is to begin anew.
    @discardableResult
    func hold() throws -> OperationID {
        try holding.withLock { holding in
            if let hold = holding.hold { return hold.operation }
            let operation = try engine.takeUp("build")
            do {
                holding.hold = BuildHold(operation, try HostDirectory.makeLocked(directory))
            } catch {
                engine.giveUp(operation)
                throw error
            }
            try HostDirectory.make(runDirectory, mode: 0o700)
            try claimAll(operation, &holding)
            return operation
        }
    }

    private func claimAll(_ operation: OperationID, _ holding: inout Holding) throws {
        let content = holding.found.union(holding.expected.values.compactMap(BuildContent.init))
        let (blobs, layers) = (holding.images.flatMap(\.blobs).map(\.digest), holding.images.flatMap(\.layers))
        guard !content.isEmpty || !blobs.isEmpty else { return }
        try engine.store.claim(
            operation, blobs: content.map(\.blob) + blobs, layers: content.map(\.layer) + layers.map(\.chainID))
        for image in holding.images {
            guard try engine.store.image(image.id) != nil else { throw loseGround() }
            try engine.unpackAgain(image)
        }
        guard try engine.has(holding.found) else { throw loseGround() }
        holding.claimed = content
    }

    private func loseGround() -> EngineError {
        lostGround.store(true, ordering: .relaxed)
        return EngineError(.conflict, "somebody has removed what this build stands on: try again")
    }

    /// What was found was removed by somebody before it was held.
    fileprivate var isGroundLost: Bool { lostGround.load(ordering: .relaxed) }

    fileprivate func end(failed: Bool) throws {
        let noted = Result { try noteUse() }
        guard let operation = holding.withLock({ $0.hold?.operation }) else { return failed ? () : try noted.get() }
        do {
            try engine.unmountAll(below: runDirectory)
            try HostDirectory.removeTree(runDirectory)
            try HostDirectory.removeTree(directory)
            if !failed {
                try noted.get()
                return try engine.release(operation)
            }
        } catch {
            engine.giveUp(operation)
            throw error
        }
        engine.giveUp(operation)
    }

    /// An image that the build stands on.
    var firstImage: Identifier? { holding.withLock { $0.images.first?.id } }

    /// Whether there is more in the cache than before.
    package var hasGrown: Bool { holding.withLock { $0.hasGrown } }

    /// Containers of this build are ended, and no further step begins.
    package func cancel() { cancelled.store(true, ordering: .relaxed) }
    package var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// - Throws: `EngineError` once the build was cancelled.
    package func checkCancelled() throws(EngineError) {
        if isCancelled { throw EngineError(.conflict, "the build was cancelled") }
    }

    /// A directory of the build's own that is gone with it. Steps see it as a context: every user may read it there; on the host it
    /// lies where only root comes.
    package func makeDirectory(_ name: String) throws -> String {
        try hold()
        let path = "\(directory)/\(name)"
        try HostDirectory.make(path, mode: 0o755)
        return path
    }

    func claim(_ layer: BuildLayer, on layers: [BuildLayer]) throws {
        guard let chain = ChainID.chain(of: layers.map(\.diffID) + [layer.diffID]).last else { return }
        try claim(layer, chain)
    }

    private func claim(_ layer: BuildLayer, _ chain: ChainID) throws {
        guard let id = Identifier(chain.digest.hex) else { return }
        let operation = try hold()
        let new = BuildContent(layer: id, blob: layer.descriptor.digest)
        if holding.withLock({ $0.claimed.contains(new) }) { return }
        try engine.store.claim(operation, blobs: [new.blob], layers: [id])
        holding.withLock { _ = $0.claimed.insert(new) }
    }

    /// Whether what a record says is there, unpacked and packed; from then on nobody removes it.
    ///
    /// As long as nothing is held, it is looked at when something is, or at the end.
    func holds(_ record: BuildCacheRecord) throws -> Bool {
        guard let content = BuildContent(record) else { return false }
        let isLater = holding.withLock { holding in
            if holding.hold == nil { holding.found.insert(content) }
            return holding.hold == nil
        }
        if isLater { return true }
        try claim(record.layer, try ChainIDText.chain(record.chain))
        return try engine.has([content])
    }

    // MARK: Cache

    /// Reads what the steps of this build came to when it was last done, all at once: most of it is asked for again.
    ///
    /// - Parameters:
    ///   - prefix: What the slots of its steps begin with.
    ///   - inFull: With what the keys were made of.
    package func expectContent(ofSlots prefix: String, inFull: Bool) throws {
        let records = try engine.store.buildCacheContent(slots: prefix, inFull: inFull)
        let operation = holding.withLock { holding in
            for record in records { holding.expected[record.key] = record }
            return holding.hold?.operation
        }
        guard let operation, !records.isEmpty else { return }
        let content = records.compactMap(BuildContent.init)
        try engine.store.claim(operation, blobs: content.map(\.blob), layers: content.map(\.layer))
        holding.withLock { $0.claimed.formUnion(content) }
    }

    func expected(_ key: String) -> BuildCacheRecord? { holding.withLock { $0.expected[key] } }

    func noteGrowth() { holding.withLock { $0.hasGrown = true } }

    /// Notes that these records are of use now: all at once, when the build ends.
    package func touch(_ keys: [(key: String, slot: String)]) { holding.withLock { $0.used += keys } }

    private func takeUsed() -> [(key: String, slot: String)] {
        holding.withLock { holding in
            defer { holding.used = [] }
            return holding.used
        }
    }

    private func noteUse() throws { try engine.store.touchBuildCache(takeUsed(), now: WallClock.nanoseconds) }

    private func found() -> (content: Set<BuildContent>, images: [ImageRecord])? {
        holding.withLock { $0.hold == nil ? ($0.found, $0.images) : nil }
    }

    /// Whether all that was found is there, as long as nothing is held; else it was looked at already.
    private func hasAllThatWasFound() throws -> Bool {
        guard let (content, images) = found() else { return true }
        let base = images.flatMap { image in
            zip(image.layers, image.layerBlobs).map { BuildContent(layer: $0.chainID, blob: $1.digest) }
        }
        return try engine.has(content.union(base))
    }

    // MARK: Images

    /// The image of a `FROM` or `--from`.
    ///
    /// - Throws: `EngineError`.
    package func image(
        _ name: String, platform: String?, pull: PullPolicy, progress: @escaping ImageProgressHandler
    ) throws(EngineError) -> BuildBase {
        let known = try knownImage(name, platform: platform, pull: pull)
        if known == nil { try engine.ensureImage(name, policy: pull, platform: platform, progress: progress) }
        do {
            var record = try known ?? engine.store.image(name)
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
            try use(record)
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

    /// The image of this name where nobody has to be asked for it.
    private func knownImage(_ name: String, platform: String?, pull: PullPolicy) throws(EngineError) -> ImageRecord? {
        guard platform == nil, pull != .always else { return nil }
        do throws(EngineError) {
            return try engine.store.image(name)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
    }

    /// The build stands on this image from now on.
    private func use(_ image: ImageRecord) throws {
        let operation = holding.withLock { holding in
            holding.images.append(image)
            return holding.hold?.operation
        }
        guard let operation else { return }
        try engine.store.claim(
            operation, blobs: image.blobs.map(\.digest), layers: image.layers.map(\.chainID))
        try engine.unpackAgain(image)
    }

    /// Records an image of layers that are all in the store.
    ///
    /// - Returns: The digests of its config and of its manifest.
    package func record(
        _ layers: [BuildLayer], _ config: ImageConfig, annotations: OrderedMap<String>, tags: [ImageReference]
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
            }, annotations: annotations)
        let manifestBytes = manifest.documentBytes
        let digest = ContentHash.digest(.sha256, of: manifestBytes)
        // An unchanged build comes to an image that is there: then it gets its names, and that is all. The image owns all of
        // its content.
        if !(try hasAllThatWasFound()) { try hold() }
        if let operation = holding.withLock({ $0.hold?.operation }) {
            try engine.store.claim(operation, blobs: [manifest.config.digest, digest])
        }
        if let id = Identifier(manifest.config.digest.hex), try engine.store.has(id, manifest: digest),
            try blobs.size(of: digest) == UInt64(manifestBytes.count),
            try blobs.size(of: manifest.config.digest) == UInt64(configBytes.count)
        {
            do throws(EngineError) {
                try engine.store.name(
                    id, tags: tags.map(\.withDefaultTag), manifest: digest, touching: takeUsed(),
                    now: WallClock.nanoseconds)
                return ("sha256:\(id)", digest)
            } catch {
                // Somebody has removed it meanwhile.
                guard error.kind == .notFound else { throw error }
            }
        }
        try engine.store.claim(try hold(), blobs: [manifest.config.digest, digest])
        try blobs.add(configBytes)
        try blobs.add(manifestBytes)
        let id = try engine.record(
            try blobs.image(digest), tags: tags.map(\.withDefaultTag), madeFrom: ImageRecord.madeHere)
        return ("sha256:\(id)", digest)
    }
}

/// An operation of the store, and the lock on the directory that belongs to it.
private final class BuildHold: Sendable {
    let operation: OperationID
    private let lock: FileLock

    init(_ operation: OperationID, _ lock: consuming FileLock) {
        self.operation = operation
        self.lock = lock
    }
}

/// A layer, unpacked and packed.
struct BuildContent: Hashable {
    let layer: Identifier
    let blob: Digest

    init(layer: Identifier, blob: Digest) {
        self.layer = layer
        self.blob = blob
    }

    /// What a step came to.
    init?(_ record: BuildCacheRecord) {
        guard let layer = Identifier(record.chain.dropFirst("sha256:".count)) else { return nil }
        self.init(layer: layer, blob: record.layer.descriptor.digest)
    }
}

extension Engine {
    /// Whether all of these are there, whole.
    func has(_ content: Set<BuildContent>) throws -> Bool {
        guard !content.isEmpty else { return true }
        return try layerStore.has(content.map { try ChainIDText.chain("sha256:\($0.layer)") })
            && blobStore.has(content.map(\.blob))
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
    ///
    /// - Parameter holdingAtOnce: It cannot begin anew: it takes hold of the store before anything else.
    package func withBuildSession<Value>(
        holdingAtOnce: Bool, _ body: (BuildSession) throws -> Value
    ) throws -> Value {
        try removeAbandonedBuilds()
        let session = BuildSession(self)
        if holdingAtOnce { try session.hold() }
        var result = Result { try body(session) }
        do {
            try session.end(failed: (try? result.get()) == nil)
        } catch {
            // The first error is the one to tell; what could not be removed, the next build removes.
            if case .success = result { result = .failure(error) }
        }
        if case .failure = result, session.isGroundLost, !holdingAtOnce {
            return try withBuildSession(holdingAtOnce: true, body)
        }
        return try result.get()
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
