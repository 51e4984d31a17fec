internal import Archive
internal import ImageStore
internal import LinuxKernel
internal import OCISpec

extension Engine {
    /// Writes images as one archive, as Docker 25 and later do: an OCI layout that is a docker-archive as well, so that
    /// older programs read it, too. Manifests, configs and layers are given back byte for byte.
    ///
    /// - Parameters:
    ///   - names: Names or identifiers; a name without a tag means all tags of the repository.
    ///   - path: A file, which appears when it is whole; `nil` is standard output.
    /// - Throws: `EngineError`.
    public func saveImages(_ names: [String], to path: String?) throws(EngineError) {
        let images = try imagesToSave(names)
        do {
            guard let path else {
                let output = try OwnedDescriptor(open: "/proc/self/fd/1", .write)
                guard !output.isTerminal() else {
                    throw EngineError(.invalidInput, "an archive is not for a terminal: use -o or redirect it")
                }
                try ImageArchiveWriter(blobs: try blobStore).write(images, to: DescriptorSink(output))
                for saved in images { record(.save, saved.image) }
                return
            }
            try writeArchive(of: images, to: path)
            for saved in images { record(.save, saved.image) }
        } catch {
            throw .wrapping(error, while: "save \(path.map(quotedForError) ?? "to standard output")")
        }
    }

    private func writeArchive(of images: [ImageToSave], to path: String) throws {
        let parts = HostDirectory.split(path)
        let parent = try OwnedDescriptor(open: parts.parent, [.read, .directory])
        if let status = try? parent.status(of: parts.name), !status.isRegularFile, !status.isSymbolicLink {
            // A pipe or device is written to as it is.
            let file = try OwnedDescriptor(open: path, .write)
            return try ImageArchiveWriter(blobs: try blobStore).write(images, to: DescriptorSink(file))
        }
        let temporary = ".\(parts.name).\(CallerIdentity.pid)"
        let file = try parent.open(temporary, [.write, .create, .exclusive, .noFollow], mode: 0o600)
        do {
            try ImageArchiveWriter(blobs: try blobStore).write(images, to: DescriptorSink(file))
            try parent.rename(temporary, to: parts.name)
        } catch {
            try? parent.removeFile(temporary)  // The first error is the one to tell.
            throw error
        }
    }

    private func imagesToSave(_ names: [String]) throws(EngineError) -> [ImageToSave] {
        guard !names.isEmpty else { throw EngineError(.invalidInput, "no image to save") }
        var found: [ImageToSave] = []
        func add(_ image: ImageRecord, as asked: ImageReference?) throws(EngineError) {
            let name = asked.flatMap { $0.digest == nil && image.references.contains($0) ? $0 : nil }
            // A name with a digest says which manifest is meant, and is none that can be given again.
            let manifest = image.manifest(named: asked)?.digest
            guard let known = found.firstIndex(where: { $0.image.id == image.id && $0.parts.digest == manifest }) else {
                do {
                    found.append(
                        ImageToSave(
                            image: image, parts: try parts(of: image, named: asked), names: name.map { [$0] } ?? []))
                } catch {
                    throw .wrapping(error, while: "save image \(image.id.short)")
                }
                return
            }
            if let name, !found[known].names.contains(name) { found[known].names.append(name) }
        }
        for text in names {
            if let reference = try? ImageReference(text), reference.tag == nil, reference.digest == nil {
                let tags = try store.tags(of: reference)
                for tag in tags { if let image = try store.image(named: tag) { try add(image, as: tag) } }
                if !tags.isEmpty { continue }
            }
            let image = try store.image(text)
            try add(image, as: try? ImageReference(text))
        }
        return found
    }
}

/// An image and the names under which it is saved.
struct ImageToSave {
    let image: ImageRecord
    let parts: ImageParts
    var names: [ImageReference]
}

/// Writes the archive. The same images always give the same bytes.
struct ImageArchiveWriter {
    let blobs: BlobStore

    func write(_ images: [ImageToSave], to sink: some ByteSink) throws {
        let tar = TarWriter(sink)
        let digests = Set(images.flatMap { Self.digests(of: $0) }).sorted { $0.text < $1.text }
        try addDirectory("blobs", tar)
        for algorithm in Digest.Algorithm.allCases where digests.contains(where: { $0.algorithm == algorithm }) {
            try addDirectory("blobs/\(algorithm.rawValue)", tar)
            for digest in digests where digest.algorithm == algorithm { try addBlob(digest, tar) }
        }
        try addFile("index.json", index(of: images).documentBytes, tar)
        try addFile("manifest.json", JSONValue.array(images.map(Self.item)).bytes(), tar)
        try addFile("oci-layout", Array(#"{"imageLayoutVersion": "1.0.0"}"#.utf8), tar)
        try addFile("repositories", Self.repositories(images).bytes(), tar)
        try tar.finish()
    }

    private static func digests(of image: ImageToSave) -> [Digest] {
        [image.parts.digest, image.parts.manifest.config.digest] + image.parts.manifest.layers.map(\.digest)
    }

    private static func path(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

    private func index(of images: [ImageToSave]) -> ImageIndex {
        ImageIndex(
            mediaType: .index,
            manifests: images.flatMap { image in
                let manifest = Descriptor(
                    mediaType: image.parts.mediaType, digest: image.parts.digest, size: image.parts.size,
                    platform: Platform(
                        architecture: image.parts.config.architecture, os: image.parts.config.os,
                        variant: image.parts.config.variant))
                guard !image.names.isEmpty else { return [manifest] }
                return image.names.map { name in
                    var named = manifest
                    named.annotations = [
                        "io.containerd.image.name": name.text,
                        "org.opencontainers.image.ref.name": name.tag ?? "latest",
                    ]
                    return named
                }
            })
    }

    /// What Docker before 25, Podman and others read.
    private static func item(_ image: ImageToSave) -> JSONValue {
        .object([
            "Config": .string(path(image.parts.manifest.config.digest)),
            "RepoTags": image.names.isEmpty ? .null : .array(image.names.map { .string($0.familiarText) }),
            "Layers": .array(image.parts.manifest.layers.map { .string(path($0.digest)) }),
        ])
    }

    /// For programs from before 2016: which layer a name leads to.
    private static func repositories(_ images: [ImageToSave]) -> JSONValue {
        var repositories = JSONObject()
        for image in images {
            for name in image.names {
                guard let tag = name.tag, let top = image.parts.manifest.layers.last else { continue }
                var tags = JSONObject()
                if case .object(let known)? = repositories[name.familiarName] { tags = known }
                tags[tag] = .string(top.digest.hex)
                repositories[name.familiarName] = .object(tags)
            }
        }
        return .object(repositories)
    }

    private func addDirectory(_ path: String, _ tar: TarWriter) throws {
        try tar.begin(ArchiveEntry(path: Array("\(path)/".utf8), kind: .directory, permissions: 0o755))
    }

    private func addFile(_ path: String, _ bytes: [UInt8], _ tar: TarWriter) throws {
        try tar.begin(ArchiveEntry(path: Array(path.utf8), kind: .file, size: UInt64(bytes.count)))
        try bytes.withUnsafeBytes { try tar.write($0) }
    }

    private func addBlob(_ digest: Digest, _ tar: TarWriter) throws {
        let file = try blobs.open(digest)
        let size = UInt64(clamping: try file.status().size)
        try tar.begin(ArchiveEntry(path: Array(Self.path(digest).utf8), kind: .file, size: size))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 4096)
        defer { buffer.deallocate() }
        let source = DescriptorSource(file)
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            try tar.write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        }
    }
}
