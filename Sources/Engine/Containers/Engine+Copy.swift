internal import Archive
public import LinuxKernel

/// How `cp` copies.
public struct CopyOptions: Equatable, Sendable {
    /// Owners stay those of the source; else what comes into a container is root's, and what comes out the caller's.
    public var keepsOwners = false
    /// A link that is named is followed.
    public var followsLinks = false

    public init() {}
}

extension Engine {
    /// Copies files out of a container into a directory of the host's.
    ///
    /// - Parameters:
    ///   - path: In the container; `/.` at its end means what is in a directory.
    ///   - destination: On the host, as Docker understands it: a directory that exists gets the source in it, a name that is free
    ///     becomes the copy.
    /// - Returns: Bytes of the files.
    /// - Throws: `EngineError`.
    public func copy(
        from reference: String, _ path: String, to destination: String, _ options: CopyOptions
    ) throws(EngineError) -> UInt64 {
        try withTree(of: reference, path, writing: false) { root, path, shown in
            let item = try CopyItem(path, in: root, shown: shown, follows: options.followsLinks)
            let target = try CopyTarget(destination, onHostFor: item)
            var extraction = ExtractionOptions()
            if !options.keepsOwners { extraction.ownership = .current }
            return try target.take(item.entries(as: target.name, owner: nil), extraction)
        }
    }

    /// Writes files of a container as a tar archive.
    ///
    /// - Parameter output: Open for writing; it is taken over.
    public func copy(
        from reference: String, _ path: String, asArchive output: consuming OwnedDescriptor, _ options: CopyOptions
    ) throws(EngineError) {
        let held = Held(output)
        try withTree(of: reference, path, writing: false) { root, path, shown in
            let item = try CopyItem(path, in: root, shown: shown, follows: options.followsLinks)
            let writer = Archive.TarWriter(DescriptorSink(try held.take()))
            // Of a directory's content Docker says `./`, `./1`.
            try writer.writeAll(RenamedEntries(try item.source(), prefix: item.isContentOnly ? "." : item.name))
        }
    }

    /// Copies files of the host's into a container.
    ///
    /// - Returns: Bytes of the files.
    public func copy(
        _ source: String, to reference: String, _ path: String, _ options: CopyOptions
    ) throws(EngineError) -> UInt64 {
        let item: CopyItem
        do {
            item = try CopyItem(onHost: source, follows: options.followsLinks)
        } catch {
            throw .wrapping(error, while: "read \(source)")
        }
        return try withTree(of: reference, path, writing: true) { root, path, shown in
            let target = try CopyTarget(path, in: root, shown: shown, for: item)
            return try target.take(
                item.entries(as: target.name, owner: options.keepsOwners ? nil : (0, 0)), ExtractionOptions())
        }
    }

    /// Unpacks a tar archive, compressed or not, into a directory of a container.
    public func copy(
        archive input: consuming OwnedDescriptor, to reference: String, _ path: String
    ) throws(EngineError) {
        let held = Held(input)
        try withTree(of: reference, path, writing: true) { root, path, shown in
            let directory: OwnedDescriptor
            do throws(SyscallError) {
                directory = try root.resolve(path, [.read, .directory])
            } catch {
                guard [.noSuchFile, .notDirectory].contains(error.code) else { throw error }
                throw EngineError(
                    .notFound,
                    error.code == .noSuchFile
                        ? "could not find the file \(shown) in container \(reference)" : "\(shown) is not a directory")
            }
            let archive = TarReader(try DecompressedSource(DescriptorSource(try held.take())))
            _ = try Extractor(into: directory, options: ExtractionOptions()).extract(archive)
        }
    }

    private final class Held {
        private var descriptor: OwnedDescriptor?
        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = consume descriptor }

        func take() throws(EngineError) -> OwnedDescriptor {
            guard let descriptor = descriptor.take() else { throw EngineError(.fault, "the stream is used already") }
            return descriptor
        }
    }

    /// Runs `body` with the root in which a path of a container lies.
    ///
    /// Of a container that runs this is its own root, with all that is mounted there; nothing but its descriptor is used, so
    /// whatever the container does to its files meanwhile, no path leads out of it. Of another one it is its root file
    /// system or the volume that the path is in.
    private func withTree<Value>(
        of reference: String, _ path: String, writing: Bool,
        _ body: (_ root: borrowing OwnedDescriptor, _ path: String, _ shown: String) throws -> Value
    ) throws(EngineError) -> Value {
        let record = try store.container(reference)
        let value = try withTree(of: record, path, writing: writing, body)
        self.record(writing ? "extract-to-dir" : "archive-path", record)
        return value
    }

    private func withTree<Value>(
        of record: ContainerRecord, _ path: String, writing: Bool,
        _ body: (_ root: borrowing OwnedDescriptor, _ path: String, _ shown: String) throws -> Value
    ) throws(EngineError) -> Value {
        guard !path.utf8.contains(0), let place = normalized("/" + path) else {
            throw EngineError(.invalidInput, "invalid path: \(quotedForError(path))")
        }
        // What the end of the path says is kept: `/.` and `/` have a meaning.
        let tail = path.hasSuffix("/.") || path == "." ? "/." : path.hasSuffix("/") && place != "/" ? "/" : ""
        do {
            if case .running(let process?) = try observe(record) {
                let information = try ProcessInformation(pid: process.pid)
                let root = try information.directory.open("root", [.pathOnly, .directory])
                guard try process.isRunning() else {
                    throw EngineError(.conflict, "container \(record.name) has ended meanwhile: try again")
                }
                return try body(root, place + tail, path)
            }
            for mount in try store.mounts(of: record.id).sorted(by: { $0.destination.count > $1.destination.count })
            where place == mount.destination || place.hasPrefix(mount.destination + "/") {
                guard let root = try hostDirectory(of: mount) else { continue }
                guard !writing || !mount.isReadOnly else {
                    throw EngineError(.invalidInput, "mounted volume is marked read-only: \(mount.destination)")
                }
                let rest = String(place.dropFirst(mount.destination.count))
                return try body(root, (rest.isEmpty ? "/" : rest) + tail, path)
            }
            guard try !writing || !store.configurations(of: record.id).host.readonlyRootfs else {
                throw EngineError(.invalidInput, "container rootfs is marked read-only")
            }
            var result: Value?
            try withRoot(of: record) { root in result = try body(root, place + tail, path) }
            guard let result else { throw EngineError(.fault, "nothing was copied") }
            return result
        } catch {
            throw .wrapping(error, while: "copy \(path) of container \(record.name)")
        }
    }

    private func hostDirectory(of mount: ContainerMount) throws -> OwnedDescriptor? {
        guard mount.subpath.isEmpty else { return nil }
        switch mount.kind {
        case .volume:
            guard let volume = try store.volume(mount.source) else { throw EngineError.noSuchVolume(mount.source) }
            return try openFiles(of: volume)
        case .bind: return try? OwnedDescriptor(open: mount.source, [.pathOnly, .directory])
        case .tmpfs, .image: return nil
        }
    }
}
