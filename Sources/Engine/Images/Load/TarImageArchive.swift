internal import Archive
internal import ImageStore
internal import LinuxKernel
internal import OCISpec

/// An archive of images as a tar stream, read once from its beginning to its end: its blobs go to the store on the way.
final class TarImageArchive: ImageArchive {
    private let blobs: BlobStore
    private let claim: @Sendable (Digest) throws -> Void
    private var documents: [String: [UInt8]] = [:]
    private var documentBytes = 0
    private var files: [String: (digest: Digest, size: UInt64)] = [:]
    private var links: [String: String] = [:]

    /// All small files together, in bytes.
    private static let documentLimit = 64 << 20
    /// Files of an archive. One image has at most a few thousand.
    private static let fileLimit = 100_000
    /// Bytes of all names, and of what links lead to.
    private static let nameLimit = 16 << 20
    private var nameBytes = 0

    /// Reads the archive.
    ///
    /// - Parameters:
    ///   - source: The stream, packed with anything or plain.
    ///   - claim: Told each blob before it appears in the store.
    /// - Throws: `EngineError`, `ArchiveError`, `DecompressionError`, `ImageStoreError`, `SyscallError`.
    init(_ source: any ByteSource, _ blobs: BlobStore, claim: @escaping @Sendable (Digest) throws -> Void) throws {
        self.blobs = blobs
        self.claim = claim
        let unpacked = try DecompressedSource(source, readsAhead: true)
        let tar = TarReader(unpacked)
        while let entry = try tar.next() {
            guard let path = ArchivePath.normalized(entry.path) else {
                // The directory itself.
                if entry.kind == .directory { continue }
                throw Self.refused(entry, "its name leads out of the archive")
            }
            guard files.count + links.count + documents.count < Self.fileLimit else {
                throw Self.refused(entry, "the archive has too many files")
            }
            if entry.kind == .directory { continue }
            try count(bytes: path.utf8.count, of: entry)
            switch entry.kind {
            case .directory: continue
            case .file: try take(entry, path, tar)
            case .symbolicLink(let target): try addLink(entry, path, ArchivePath.target(target, ofLinkAt: path))
            case .hardLink(let target): try addLink(entry, path, ArchivePath.normalized(target))
            default: throw Self.refused(entry, "it is no regular file")
            }
        }
        try tar.drain()
    }

    private static func refused(_ entry: ArchiveEntry, _ why: String) -> EngineError {
        EngineError(.invalidInput, "the archive's entry \(displayName(entry.path)): \(why)")
    }

    private func count(bytes: Int, of entry: ArchiveEntry) throws {
        nameBytes += bytes
        guard nameBytes <= Self.nameLimit else { throw Self.refused(entry, "the archive has too many long names") }
    }

    private func addLink(_ entry: ArchiveEntry, _ path: String, _ target: String?) throws {
        guard !path.hasPrefix("blobs/") else { throw Self.refused(entry, "a blob must be a regular file") }
        guard let target else { throw Self.refused(entry, "it leads out of the archive") }
        try count(bytes: target.utf8.count, of: entry)
        links[path] = target
    }

    private func take(_ entry: ArchiveEntry, _ path: String, _ tar: TarReader) throws {
        guard entry.sparseMap == nil else { throw Self.refused(entry, "sparse files are not taken here") }
        if let digest = try ArchivePath.layoutDigest(path) {
            try claim(digest)
            if let writer = try blobs.writer(for: digest, size: entry.size) {
                // What an interrupted pull left of it comes again anyway.
                try writer.restart()
                try copy(tar, to: writer)
                try writer.finish()
            }
            files[path] = (digest, entry.size)
        } else if Self.isDocument(path) {
            documents[path] = try readDocument(entry, tar)
        } else {
            let writer = try blobs.writer()
            try copy(tar, to: writer)
            files[path] = (try writer.finish(beforeStoring: claim), writer.offset)
        }
    }

    private func copy(_ tar: TarReader, to sink: BlobWriter) throws {
        while let chunk = try tar.nextChunk() { try sink.write(chunk.bytes) }
    }

    /// Whether a file describes others. Layers are anything else.
    private static func isDocument(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return path == "repositories" || path == "oci-layout" || name == "json" || name == "VERSION"
            || name.hasSuffix(".json")
    }

    private func readDocument(_ entry: ArchiveEntry, _ tar: TarReader) throws -> [UInt8] {
        guard entry.size <= DocumentLimits.config, documentBytes + Int(entry.size) <= Self.documentLimit else {
            throw Self.refused(entry, "it is too large")
        }
        documentBytes += Int(entry.size)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(entry.size))
        while let chunk = try tar.nextChunk() { bytes.append(contentsOf: chunk.bytes) }
        return bytes
    }

    // MARK: - As an archive

    func document(_ path: String) throws -> [UInt8]? {
        let path = followed(path)
        if let document = documents[path] { return document }
        // A config may lie among the blobs.
        guard let file = files[path] else { return nil }
        return try blobs.read(file.digest, limit: DocumentLimits.config)
    }

    func documentPaths(where fits: (String) -> Bool) -> [String] { documents.keys.filter(fits) }

    func blob(at path: String) throws -> (digest: Digest, size: UInt64)? {
        guard let normal = ArchivePath.normalized(Array(path.utf8)) else { return nil }
        return files[followed(normal)]
    }

    /// Where links lead; a circle leads nowhere.
    private func followed(_ path: String) -> String {
        var path = path
        for _ in 0..<16 {
            guard let target = links[path] else { return path }
            path = target
        }
        return path
    }

    func provide(_ descriptor: Descriptor) throws {
        let path = "blobs/\(descriptor.digest.algorithm.rawValue)/\(descriptor.digest.hex)"
        guard let file = files[path] else {
            throw EngineError(.invalidInput, "the archive lacks blob \(descriptor.digest)")
        }
        guard Int64(exactly: file.size) == descriptor.size else {
            throw ImageStoreError.wrongSize(
                of: descriptor.digest, expected: UInt64(clamping: descriptor.size), found: file.size)
        }
    }

    /// All blobs that came from the archive.
    var digests: [Digest] { Array(Set(files.values.map(\.digest))) }
}
