public import OCISpec

/// How large documents may be, in bytes: more than any that is known, and no burden for memory.
public enum DocumentLimits {
    /// What registries must take (distribution-spec 1.1, "Pushing manifests").
    public static let manifest = 4 << 20
    /// Bytes of a config.
    public static let config = 8 << 20
    /// Images of one archive, and manifests of one index.
    public static let images = 1000
    /// Layers of one image. One overlay has 500.
    public static let layers = 500
}

/// A manifest or index, and what its bytes are.
public struct VerifiedDocument: Equatable, Sendable {
    /// Of its bytes.
    public let digest: Digest
    /// What it was announced as, or says of itself.
    public let mediaType: MediaType
    /// In bytes.
    public let size: Int64
    /// What it says.
    public let document: ImageDocument
}

/// An image whose documents are known and fit together.
public struct ImageParts: Equatable, Sendable {
    /// The manifest.
    public let digest: Digest
    /// Of the manifest.
    public let mediaType: MediaType
    /// Of the manifest, in bytes.
    public let size: Int64
    /// What leads to the config and the layers.
    public let manifest: ImageManifest
    /// How the image is run, and what its layers are unpacked.
    public let config: ImageConfig

    /// The lowest first, one for each of the manifest's layers.
    public var diffIDs: [Digest] { config.rootfs.diffIDs }

    /// What the image says that it is made for.
    public var platform: PlatformRequest {
        PlatformRequest(os: config.os, architecture: config.architecture, variant: config.variant)
    }

    /// Checks that manifest and config are those of one image that can be run.
    ///
    /// - Throws: `ImageStoreError.notAnImage`, `.invalid`.
    public init(_ manifest: ImageManifest, digest: Digest, mediaType: MediaType, size: Int64, config bytes: [UInt8])
        throws(ImageStoreError)
    {
        try Self.check(manifest, digest)
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
        self.manifest = manifest
        do {
            config = try ImageConfig(json: JSONValue(parsing: bytes, sizeLimit: DocumentLimits.config))
        } catch {
            throw .invalid(manifest.config.digest, error)
        }
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw .notAnImage(
                digest, "it has \(manifest.layers.count) layers, and its config \(config.rootfs.diffIDs.count)")
        }
    }

    /// Checks what can be known of a manifest before its config is there.
    ///
    /// - Throws: `ImageStoreError.notAnImage`.
    public static func check(_ manifest: ImageManifest, _ digest: Digest) throws(ImageStoreError) {
        guard manifest.config.mediaType.kind == .config else {
            throw .notAnImage(digest, "its config is of the type \(shown(manifest.config.mediaType))")
        }
        guard manifest.config.size <= DocumentLimits.config else {
            throw .tooLarge(manifest.config.digest, limit: DocumentLimits.config)
        }
        guard manifest.layers.count <= DocumentLimits.layers else {
            throw .notAnImage(digest, "it has more than \(DocumentLimits.layers) layers")
        }
        for layer in manifest.layers {
            switch layer.mediaType.kind {
            case .layer, .foreignLayer: continue
            default: throw .notAnImage(digest, "a layer is of the type \(shown(layer.mediaType))")
            }
        }
    }

    private static func shown(_ type: MediaType) -> String { String(type.rawValue.prefix(100)).debugDescription }
}

extension VerifiedDocument {
    /// Reads a manifest or index.
    ///
    /// - Parameter announced: What led here says that it is.
    /// - Throws: `ImageStoreError.invalid`, `.tooLarge`.
    public init(_ bytes: [UInt8], digest: Digest, announced: MediaType?) throws(ImageStoreError) {
        guard bytes.count <= DocumentLimits.manifest else { throw .tooLarge(digest, limit: DocumentLimits.manifest) }
        do {
            let json = try JSONValue(parsing: bytes, sizeLimit: DocumentLimits.manifest)
            document = try ImageDocument(json: json, announced: announced)
        } catch {
            throw .invalid(digest, error)
        }
        self.digest = digest
        size = Int64(bytes.count)
        mediaType =
            switch document {
            case .manifest(let manifest): manifest.mediaType ?? announced ?? .manifest
            case .index(let index): index.mediaType ?? announced ?? .index
            }
    }
}

extension BlobStore {
    /// Reads a manifest or index of the store.
    ///
    /// - Throws: `ImageStoreError`, `SyscallError`.
    public func document(_ digest: Digest, announced: MediaType? = nil) throws -> VerifiedDocument {
        try VerifiedDocument(
            try read(digest, limit: DocumentLimits.manifest), digest: digest, announced: announced)
    }

    /// Reads manifest and config of an image.
    ///
    /// - Throws: `ImageStoreError`, `SyscallError`.
    public func image(_ digest: Digest, announced: MediaType? = nil) throws -> ImageParts {
        let stored = try document(digest, announced: announced)
        guard case .manifest(let manifest) = stored.document else {
            throw ImageStoreError.notAnImage(digest, "it is an index")
        }
        try ImageParts.check(manifest, digest)
        return try ImageParts(
            manifest, digest: digest, mediaType: stored.mediaType, size: stored.size,
            config: try read(manifest.config.digest, limit: DocumentLimits.config))
    }

    /// Follows an index, and indexes in it, to the manifest for a platform.
    ///
    /// - Throws: `ImageStoreError.noPlatform` and others, `SyscallError`.
    public func select(_ platform: PlatformRequest, from digest: Digest, announced: MediaType? = nil) throws -> Digest {
        var digest = digest
        var announced = announced
        // Indexes in indexes are allowed (image-spec 1.1); more than a few are somebody's joke.
        for _ in 0..<4 {
            let stored = try document(digest, announced: announced)
            guard case .index(let index) = stored.document else { return digest }
            let next = try index.choose(platform)
            digest = next.digest
            announced = next.mediaType
        }
        throw ImageStoreError.notAnImage(digest, "too many indexes in one another")
    }
}

extension ImageIndex {
    /// The entry for a platform.
    ///
    /// - Throws: `ImageStoreError.noPlatform`.
    public func choose(_ platform: PlatformRequest) throws(ImageStoreError) -> Descriptor {
        let candidates = manifests.filter { $0.mediaType.kind == .manifest || $0.mediaType.kind == .index }
        if let found = platform.choose(from: candidates) { return found }
        let available = candidates.compactMap { $0.platform.map { PlatformRequest($0).description } }
        throw .noPlatform(platform, available: available.filter { !$0.hasPrefix("unknown/") })
    }
}
