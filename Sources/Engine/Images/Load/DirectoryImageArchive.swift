internal import Archive
internal import ImageStore
internal import LinuxKernel
internal import OCISpec

/// An OCI image layout as a directory of the host's. Only what an image needs is read.
final class DirectoryImageArchive: ImageArchive {
    private let root: OwnedDescriptor
    private let blobs: BlobStore
    private let claim: @Sendable (Digest) throws -> Void

    init(
        _ root: consuming OwnedDescriptor, _ blobs: BlobStore, claim: @escaping @Sendable (Digest) throws -> Void
    ) {
        self.root = root
        self.blobs = blobs
        self.claim = claim
    }

    func document(_ path: String) throws -> [UInt8]? {
        guard ["oci-layout", "index.json"].contains(path) else { return nil }
        return try open(path).readAll(limit: DocumentLimits.manifest)
    }

    func documentPaths(where fits: (String) -> Bool) -> [String] { [] }

    func blob(at path: String) throws -> (digest: Digest, size: UInt64)? { nil }

    func provide(_ descriptor: Descriptor) throws {
        try claim(descriptor.digest)
        let size = UInt64(clamping: descriptor.size)
        guard let writer = try blobs.writer(for: descriptor.digest, size: size) else { return }
        try writer.restart()
        let source = DescriptorSource(
            try open("blobs/\(descriptor.digest.algorithm.rawValue)/\(descriptor.digest.hex)"))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { break }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
        }
        try writer.finish()
    }

    /// Opens a file of the layout: a regular one, and no link on the way leads out.
    private func open(_ path: String) throws -> OwnedDescriptor {
        let file = try root.openBeneath(path, [.read, .noFollow, .nonBlocking, .noControllingTerminal])
        guard try file.status().isRegularFile else {
            throw EngineError(.invalidInput, "\(path) of the layout is no regular file")
        }
        return file
    }
}
