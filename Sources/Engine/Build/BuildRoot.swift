internal import Archive
internal import ImageStore
internal import LayerStore
package import LinuxKernel
internal import OCISpec

/// The file system of one step: the layers so far with an empty writable one on top, which becomes the next layer.
///
/// Used by one thread at a time.
package final class BuildRoot {
    let session: BuildSession
    let id: Identifier
    let files: ContainerLocations
    let layers: [BuildLayer]
    private var isMounted = false
    /// Places that exist only because something was mounted there, the deepest first: they are no change of the step's.
    var stubs: [String] = []

    /// Mounts the layers.
    ///
    /// - Throws: `EngineError` of kind `unsupported` where there is no overlay to tell what a step has changed.
    package init(_ session: BuildSession, on layers: [BuildLayer]) throws {
        try session.hold()
        var generator = SystemRandomNumberGenerator()
        let id = Identifier.random(using: &generator)
        self.session = session
        self.id = id
        self.layers = layers
        files = ContainerLocations(
            directory: "\(session.directory)/\(id.text)", run: "\(session.runDirectory)/\(id.text)", id: id)
        for directory in [files.directory, files.upper, files.work, files.run, files.rootfs] {
            try HostDirectory.make(directory, mode: directory == files.upper ? 0o755 : 0o700)
        }
        let kind = try session.engine.layerStore.mount(
            layers: ChainID.chain(of: layers.map(\.diffID)), upper: (files.upper, files.work), at: files.rootfs)
        isMounted = true
        guard kind == .overlay else {
            throw EngineError(.unsupported, "there is no overlay here that would tell what a step of a build changes")
        }
    }

    deinit {
        // A step that failed: what cannot be removed now goes with the build's directories.
        try? close()
    }

    /// The root of the file system, open for reading.
    package func open() throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: files.rootfs, [.read, .directory, .noFollow])
    }

    /// Unmounts everything and removes the step's directories.
    package func close() throws {
        guard isMounted else { return }
        isMounted = false
        try session.engine.unmountAll(below: files.run)
        try HostDirectory.removeTree(files.run)
        try HostDirectory.removeTree(files.directory)
    }

    /// Makes a layer of what the step has changed.
    ///
    /// - Parameter epoch: Files that were changed later than this, in seconds since 1970, are given this time: so that two
    ///   builds give the same layer.
    package func commit(epoch: Int64?) throws -> BuildLayer {
        try removeStubs()
        try session.engine.unmountAll(below: files.run)
        isMounted = false
        defer {
            // Empty by now, or of no further use.
            try? HostDirectory.removeTree(files.run)
            try? HostDirectory.removeTree(files.directory)
        }
        let engine = session.engine
        var reading = TreeReader.Options()
        reading.convertsMarks = true
        let reader = TreeReader(try OwnedDescriptor(open: files.upper, [.read, .directory]), options: reading)
        let counted = CountedEntries(reader, epoch: epoch)
        let writer = try engine.blobStore.writer()
        let (store, operation) = (engine.store, try session.hold())
        do {
            try writer.fill(from: TreeArchive(counted)) { try store.claim(operation, blobs: [$0]) }
        } catch {
            writer.fail(error)
            throw error
        }
        let digest = try writer.waitUntilStored()
        let layer = BuildLayer(
            diffID: digest,
            descriptor: Descriptor(mediaType: .layer, digest: digest, size: Int64(clamping: writer.offset)),
            fileBytes: Int64(clamping: counted.fileBytes))
        try session.claim(layer, on: layers)
        let parents = ChainID.chain(of: layers.map(\.diffID))
        var options = LayerStore.UnpackOptions()
        options.settles = false
        if counted.hasChangedTimes {
            // The tree is to be what its archive says.
            _ = try engine.layerStore.unpack(
                DescriptorSource(try engine.blobStore.open(digest)), on: parents, expecting: digest, options: options)
        } else {
            _ = try engine.layerStore.adopt(
                files.upper, diffID: digest, size: writer.offset, fileBytes: counted.fileBytes,
                entries: counted.count, on: parents)
        }
        return layer
    }

    // MARK: Places of mounts

    /// Remembers which of these paths, and of the directories on their way, are not there yet.
    func rememberStubs(for paths: [String]) throws(SyscallError) {
        let root = try open()
        var missing: Set<String> = []
        for path in paths {
            var reached = ""
            for part in path.split(separator: "/") {
                reached += "/\(part)"
                if missing.contains(reached) { continue }
                do throws(SyscallError) {
                    _ = try root.resolve(reached, .pathOnly)
                } catch  where [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) {
                    missing.insert(reached)
                }
            }
        }
        stubs = missing.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// Takes away what was made to mount something on, unless the step has put something there.
    private func removeStubs() throws(SyscallError) {
        guard !stubs.isEmpty else { return }
        let root = try open()
        for path in stubs {
            let parts = HostDirectory.split(path)
            do throws(SyscallError) {
                let parent = try root.resolve(parts.parent, [.read, .directory])
                let status = try parent.status(of: parts.name)
                if status.isDirectory {
                    try parent.removeDirectory(parts.name)
                } else if status.isRegularFile, status.size == 0 {
                    try parent.removeFile(parts.name)
                }
            } catch  where [.noSuchFile, .notDirectory, .directoryNotEmpty, .tooManyLinks].contains(error.code) {}
        }
        stubs = []
    }
}

/// Entries on their way into an archive, counted, with no time later than a given one.
final class CountedEntries: EntrySource {
    private let source: any EntrySource
    private let epoch: Int64?
    private(set) var count: UInt64 = 0
    private(set) var fileBytes: UInt64 = 0
    private(set) var hasChangedTimes = false

    init(_ source: any EntrySource, epoch: Int64?) {
        self.source = source
        self.epoch = epoch
    }

    func next() throws -> ArchiveEntry? {
        guard var entry = try source.next() else { return nil }
        count += 1
        if case .file = entry.kind { fileBytes += entry.size }
        if let epoch,
            entry.modified.seconds > epoch || (entry.modified.seconds == epoch && entry.modified.nanoseconds > 0)
        {
            entry.modified = FileTime(seconds: epoch)
            hasChangedTimes = true
        }
        return entry
    }

    func nextChunk() throws -> FileChunk? { try source.nextChunk() }
    func drain() throws { try source.drain() }
}

extension BuildRoot {
    /// Numbers for `--chown`: names are those of the file system's own users and groups.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    package func owner(_ text: String) throws -> (uid: UInt32, gid: UInt32) {
        let specification = try UserSpec(text)
        let user = try session.engine.resolve(specification, in: files)
        // Without a group, the group has the user's number; a user with a line in passwd has the one that stands there.
        if specification.group == nil, case .number(let number) = specification.user { return (user.uid, number) }
        return (user.uid, user.gid)
    }
}

extension BuildSession {
    /// Unpacks a layer that was made on other layers, or on none, on these.
    package func place(_ layer: BuildLayer, on layers: [BuildLayer]) throws {
        try claim(layer, on: layers)
        var options = LayerStore.UnpackOptions()
        options.settles = false
        _ = try engine.layerStore.unpack(
            DescriptorSource(try engine.blobStore.open(layer.descriptor.digest)),
            on: ChainID.chain(of: layers.map(\.diffID)), expecting: layer.diffID, options: options)
    }
}

extension BuildSession {
    /// Brings a layer in that somebody else has made: its blob is verified, and unpacked on these layers.
    package func bring(
        _ layer: BuildLayer, from file: consuming OwnedDescriptor, on layers: [BuildLayer]
    ) throws {
        try claim(layer, on: layers)
        let size = UInt64(clamping: layer.descriptor.size)
        if let writer = try engine.blobStore.writer(for: layer.descriptor.digest, size: size) {
            // What an earlier one left of it may be anything.
            try writer.restart()
            do {
                try writer.fill(from: DescriptorSource(file))
            } catch {
                writer.fail(error)
                throw error
            }
            _ = try writer.waitUntilStored()
        }
        try checkSize(of: layer)
        try place(layer, on: layers)
    }

    /// - Throws: `EngineError` unless the blob is as long as somebody else's cache says: an image's manifest will say it, too.
    func checkSize(of layer: BuildLayer) throws {
        let size = try engine.blobStore.size(of: layer.descriptor.digest)
        guard size.map({ Int64(clamping: $0) }) == layer.descriptor.size else {
            throw EngineError(
                .invalidInput,
                "the build cache says that \(layer.descriptor.digest.text) has \(layer.descriptor.size) bytes, which is wrong"
            )
        }
    }

    /// A layer's blob, open for reading.
    package func openBlob(of layer: BuildLayer) throws -> OwnedDescriptor {
        try hold()
        return try engine.blobStore.open(layer.descriptor.digest)
    }
}

extension Engine {
    /// The parts of `os/architecture[/variant]`, or of an architecture alone, in Go's spelling.
    package static func platformParts(
        _ text: String
    ) throws(EngineError) -> (os: String, architecture: String, variant: String?) {
        do {
            let platform = try PlatformRequest(text)
            return (platform.os, platform.architecture, platform.variant)
        } catch {
            throw EngineError(.invalidInput, error.description)
        }
    }

    /// - Throws: `EngineError` unless the text is a signal's name or number.
    package static func checkSignal(_ text: String) throws(EngineError) { _ = try signal(text) }

    /// This machine.
    package var hostPlatformParts: (os: String, architecture: String, variant: String?) {
        get throws(EngineError) {
            do {
                let platform = try hostPlatform
                return (platform.os, platform.architecture, platform.variant)
            } catch {
                throw .wrapping(error, while: "look at this host")
            }
        }
    }
}
