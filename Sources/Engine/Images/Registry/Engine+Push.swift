internal import ImageStore
internal import LinuxKernel
public import OCISpec
internal import Registry

/// An image that was pushed.
public struct PushedImage: Equatable, Sendable {
    public let reference: ImageReference
    /// Of its manifest.
    public let digest: Digest
    /// Of its manifest, in bytes.
    public let size: Int64
}

extension Engine {
    /// Pushes an image, or all tags of a repository: only the blobs that the other side lacks, byte for byte as they
    /// came. Layers that were made here, and are kept unpacked for that, are packed first, and kept so as well.
    ///
    /// - Parameter began: Told the repository before anything is sent.
    /// - Throws: `EngineError`.
    public func pushImages(
        _ name: String, allTags: Bool = false, began: (ImageReference) -> Void = { _ in },
        progress: @escaping ImageProgressHandler = { _ in }
    ) throws(EngineError) -> [PushedImage] {
        let reference = try ImageReference(parsing: name)
        guard reference.digest == nil else {
            throw EngineError(.invalidInput, "cannot push a digest reference: give a tag")
        }
        guard !allTags || reference.tag == nil else {
            throw EngineError(.invalidInput, "tag cannot be used with --all-tags")
        }
        let references = allTags ? try store.tags(of: reference) : [reference.withDefaultTag]
        began(reference)
        var images: [(ImageReference, ImageRecord)] = []
        for reference in references {
            guard let image = try store.image(named: reference) else {
                throw EngineError(
                    .notFound, "an image does not exist locally with the tag: \(reference.familiarText)")
            }
            images.append((reference, image))
        }
        guard !images.isEmpty else {
            throw EngineError(.notFound, "no tag of \(reference.familiarName) is there to be pushed")
        }
        do {
            let client = try registryClient()
            return try images.map { reference, image in
                let pushed = try push(image, as: reference, client, progress)
                recordTransfer(.push, reference, image)
                return pushed
            }
        } catch {
            throw .wrappingRegistry(error, while: "push \(reference.familiarText)")
        }
    }

    private func push(
        _ image: ImageRecord, as reference: ImageReference, _ client: RegistryClient,
        _ progress: @escaping ImageProgressHandler
    ) throws -> PushedImage {
        // The name says where it goes: an interrupted push to there gives what it has packed over to the next one.
        try operation("push \(reference.familiarText)") { operation in
            try store.claim(operation, blobs: image.blobs.map(\.digest), layers: image.layers.map(\.chainID))
            let own = try parts(of: image, named: reference)
            let parts = try packed(own, of: image, operation)
            let pushed = try send(parts, of: image, as: reference, client, progress)
            let repoDigest = reference.withoutTagAndDigest.pinned(to: pushed.digest)
            if parts == own {
                try store.name(image.id, tags: [], repoDigests: [repoDigest], manifest: own.digest)
            } else {
                _ = try record(parts, tags: [reference], repoDigests: [repoDigest])
            }
            return pushed
        }
    }

    private func send(
        _ parts: ImageParts, of image: ImageRecord, as reference: ImageReference, _ client: RegistryClient,
        _ progress: @escaping ImageProgressHandler
    ) throws -> PushedImage {
        let blobs = try blobStore
        let repository = reference.withoutTagAndDigest
        // The registry may have the layers under another name already.
        let others = Array(
            Set(
                (image.references + image.repoDigests).filter { $0.domain == repository.domain }
                    .map(\.withoutTagAndDigest))
        ).filter { $0 != repository }
        var seen: Set<Digest> = []
        // Docker shows layers by what they are unpacked, the topmost first.
        let layers = zip(parts.manifest.layers, parts.diffIDs).filter { seen.insert($0.0.digest).inserted }
            .map { (blob: $0.0, id: String($0.1.hex.prefix(12))) }
        let send: @Sendable (Descriptor, String) async throws -> Void = { layer, id in
            let total = UInt64(clamping: layer.size)
            let source = StoredBlobSource(try blobs.open(layer.digest)) { sent in
                progress(ImageProgress(id: id, status: .pushing, current: sent, total: total))
            }
            let outcome = try await client.upload(layer, source, to: repository, mountingFrom: others)
            let status: ImageProgress.Status =
                switch outcome {
                case .existed: .presentThere
                case .mounted: .mounted
                case .uploaded: .pushed
                }
            progress(ImageProgress(id: id, status: status, current: total, total: total))
        }
        for layer in layers.reversed() {
            progress(
                ImageProgress(
                    id: layer.id, status: .preparing, current: 0, total: UInt64(clamping: layer.blob.size)))
        }
        let manifest = try blobs.read(parts.digest, limit: DocumentLimits.manifest)
        let config = StoredBlobSource(try blobs.open(parts.manifest.config.digest)) { _ in }
        let digest = try waiting {
            _ = try await concurrently(layers, limit: 3) { try await send($0.blob, $0.id) }
            _ = try await client.upload(parts.manifest.config, config, to: repository, mountingFrom: others)
            return try await client.put(manifest: manifest, parts.mediaType, to: reference)
        }
        guard digest == parts.digest else {
            throw ImageStoreError.wrongDigest(expected: parts.digest, found: digest)
        }
        return PushedImage(reference: reference, digest: digest, size: parts.size)
    }
}

/// A blob of the store as the registry's client reads it.
final class StoredBlobSource: BlobSource {
    private let file: OwnedDescriptor
    private let progress: @Sendable (UInt64) -> Void

    init(_ file: consuming OwnedDescriptor, progress: @escaping @Sendable (UInt64) -> Void) {
        self.file = file
        self.progress = progress
    }

    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        let start = UInt64(clamping: offset)
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        try bytes.withUnsafeMutableBytes { buffer in
            while done < count {
                let got: Int = try file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: start + UInt64(done))
                if got == 0 { break }
                done += got
            }
        }
        progress(start + UInt64(done))
        return Array(bytes.prefix(done))
    }
}
