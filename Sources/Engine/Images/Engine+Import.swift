internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import MonitorProtocol
public import OCISpec

extension Engine {
    /// Makes an image of one layer from a tar archive of a root file system, plain or compressed.
    ///
    /// - Parameters:
    ///   - path: The archive; `-` is standard input.
    ///   - platform: What the image is said to be made for, such as `linux/arm64`; this machine's if `nil`.
    ///   - changes: Instructions of a Dockerfile that say how the image is run.
    /// - Returns: The image's identifier.
    /// - Throws: `EngineError`. Nothing of a failed import stays.
    public func importImage(
        from path: String, as reference: ImageReference?, platform: String? = nil, changes: [String] = [],
        comment: String = ""
    ) throws(EngineError) -> Identifier {
        if ["http://", "https://", "ftp://"].contains(where: path.lowercased().hasPrefix) {
            throw EngineError(
                .unsupported,
                "import does not fetch: curl -L \(quotedForError(path)) | brig import - NAME, if you trust it")
        }
        var configuration = ImageConfiguration()
        for change in changes { try configuration.apply(change: change) }
        do {
            let source =
                path == "-" ? DescriptorSource(try Self.standardInput()) : try DescriptorSource(path: path)
            let id = try addImage(
                on: nil, layer: source, configuration.execution, tags: reference.map { [$0] } ?? [],
                history: ImageConfig.History(comment: comment.isEmpty ? "Imported from \(path)" : comment),
                platform: platform == nil ? nil : try requestedPlatform(platform))
            if let reference { record(.tag, id, name: reference.withDefaultTag) }
            record(.import, id)
            return id
        } catch {
            throw .wrapping(error, while: "import \(quotedForError(path))")
        }
    }

    static func standardInput() throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: "/proc/self/fd/0", .read)
    }

    /// Makes an image of one layer.
    func addImage(
        _ source: any ByteSource, _ configuration: ImageConfiguration, _ reference: ImageReference?, comment: String,
        madeFrom: String = ""
    ) throws -> Identifier {
        try addImage(
            on: nil, layer: source, configuration.execution, tags: reference.map { [$0] } ?? [],
            history: ImageConfig.History(comment: comment), madeFrom: madeFrom)
    }

    /// Makes an image from another one, or from nothing, and one more layer.
    ///
    /// - Parameters:
    ///   - base: An image that was brought in with its blobs.
    ///   - layer: A tar stream, plain or packed; `nil` adds none.
    ///   - history: How the layer came about; its time is filled in.
    /// - Returns: The image's identifier.
    func addImage(
        on base: ImageRecord?, layer source: (any ByteSource)?, _ execution: ImageConfig.Execution,
        tags: [ImageReference], history: ImageConfig.History, author: String? = nil, madeFrom: String = "",
        platform: PlatformRequest? = nil
    ) throws -> Identifier {
        let blobs = try blobStore
        let lower = try base.map { try parts(of: $0) }
        return try operation("make \(tags.first?.familiarText ?? "an image")") { operation in
            if let base {
                try store.claim(operation, blobs: base.blobs.map(\.digest), layers: base.layers.map(\.chainID))
            }
            var diffIDs = lower?.diffIDs ?? []
            var layers = lower?.manifest.layers ?? []
            if let source {
                let added = try addLayer(source, on: diffIDs, operation)
                diffIDs.append(added.diffID)
                layers.append(added.descriptor)
            }
            let created = Timestamp.now.description
            var entry = history
            entry.created = created
            entry.emptyLayer = source == nil
            let platform = try platform ?? lower?.platform ?? hostPlatform
            let config = ImageConfig(
                created: created, author: author, architecture: platform.architecture, os: platform.os,
                variant: platform.variant, config: execution,
                rootfs: .init(type: .layers, diffIDs: diffIDs), history: (lower?.config.history ?? []) + [entry])
            let configBytes = config.documentBytes
            let manifest = ImageManifest(
                mediaType: .manifest,
                config: Descriptor(
                    mediaType: .config, digest: ContentHash.digest(.sha256, of: configBytes),
                    size: Int64(configBytes.count)),
                layers: layers)
            let manifestBytes = manifest.documentBytes
            let digest = ContentHash.digest(.sha256, of: manifestBytes)
            try store.claim(operation, blobs: [manifest.config.digest, digest])
            try blobs.add(configBytes)
            try blobs.add(manifestBytes)
            return try record(
                try blobs.image(digest), tags: tags.map(\.withDefaultTag),
                madeFrom: madeFrom.isEmpty ? ImageRecord.madeHere : madeFrom)
        }
    }

    /// The documents of an image.
    ///
    /// - Parameter name: One of the image's, which may lead to another manifest than others; the first one if `nil`.
    /// - Throws: `EngineError` of kind `unsupported` for one that was brought in without.
    func parts(of image: ImageRecord, named name: ImageReference? = nil) throws -> ImageParts {
        guard let manifest = image.manifest(named: name) else {
            throw EngineError(
                .unsupported,
                "image \(image.id.short) was imported by an older brig, which kept no more than its files: import it again"
            )
        }
        return try blobStore.image(manifest.digest, announced: manifest.mediaType)
    }

    /// Keeps a layer's stream as a blob and unpacks it, both at once.
    private func addLayer(
        _ source: any ByteSource, on diffIDs: [Digest], _ operation: OperationID
    ) throws -> (diffID: Digest, descriptor: Descriptor) {
        let (packed, mediaType) = try Self.asLayer(source)
        let writer = try blobStore.writer()
        let store = self.store
        try writer.fill(from: packed) { try store.claim(operation, blobs: [$0]) }
        var options = LayerStore.UnpackOptions()
        // The blob is kept, and a layer that a crash has taken is unpacked again.
        options.settles = false
        options.beforePublishing = { chain in
            guard let id = Identifier(chain.digest.hex) else { return }
            try store.claim(operation, layers: [id])
        }
        do {
            let layer = try layerStore.unpack(
                try writer.reader(), on: ChainID.chain(of: diffIDs), options: options)
            let digest = try writer.waitUntilStored()
            return (
                layer.diffID, Descriptor(mediaType: mediaType, digest: digest, size: Int64(clamping: writer.offset))
            )
        } catch {
            writer.fail(error)
            throw error
        }
    }

    /// A stream as the image-spec has layers: what it has no media type for is unpacked on the way.
    private static func asLayer(_ source: any ByteSource) throws -> (any ByteSource, MediaType) {
        let peeked = try PeekedSource(source)
        return switch Compression(start: peeked.start) {
        case .none: (peeked, .layer)
        case .gzip: (peeked, .gzipLayer)
        case .zstd: (peeked, .zstdLayer)
        case .xz, .bzip2: (try DecompressedSource(peeked), .layer)
        }
    }
}

/// A source of which the first bytes were looked at.
final class PeekedSource: ByteSource {
    /// Up to six bytes: enough to recognise a compression.
    let start: [UInt8]
    private var position = 0
    private let rest: any ByteSource

    init(_ source: any ByteSource) throws {
        var bytes = [UInt8](repeating: 0, count: 6)
        let count = try bytes.withUnsafeMutableBytes { try source.fill($0) }
        start = Array(bytes.prefix(count))
        rest = source
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard position < start.count else { return try rest.read(into: buffer) }
        let part = start[position...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        position += part.count
        return part.count
    }
}
