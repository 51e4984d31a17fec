internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import OCISpec
internal import Registry

extension Engine {
    /// The image as it goes to a registry: layers of an image that was made here, which are kept unpacked, are packed with gzip,
    /// as Docker and others do.
    ///
    /// What came from outside goes as it came, and so does what a registry has taken already. The same layer always becomes
    /// the same blob, and one that some image has packed already is taken as that is.
    ///
    /// - Returns: `parts` if there is nothing to be packed; else an image of the same config, whose documents and blobs are
    ///   in the store and claimed.
    func packed(_ parts: ImageParts, of image: ImageRecord, _ operation: OperationID) throws -> ImageParts {
        guard !image.madeFrom.isEmpty,
            parts.manifest.layers.contains(where: { $0.mediaType.kind == .layer(.none) }),
            try !isKnownToRegistry(parts, image)
        else { return parts }
        var manifest = parts.manifest
        manifest.layers = try packed(
            zip(manifest.layers, image.layers).map { (blob: $0, chain: $1.chainID) },
            as: manifest.mediaType == .dockerManifest ? .dockerGzipLayer : .gzipLayer, operation)
        let bytes = manifest.documentBytes
        let digest = ContentHash.digest(.sha256, of: bytes)
        try store.claim(operation, blobs: [digest])
        let blobs = try blobStore
        try blobs.add(bytes)
        return try blobs.image(digest, announced: manifest.mediaType)
    }

    /// Whether a registry's name for an image leads to this manifest.
    private func isKnownToRegistry(_ parts: ImageParts, _ image: ImageRecord) throws -> Bool {
        image.repoDigests.contains { image.manifest(named: $0)?.digest == parts.digest }
    }

    /// Layers, each with its own chain id, as they go to a registry.
    func packed(
        _ layers: [(blob: Descriptor, chain: Identifier)], as mediaType: MediaType, _ operation: OperationID
    ) throws -> [Descriptor] {
        var packed: [Digest: Descriptor] = [:]
        var waiting: [(plain: Digest, writer: BlobWriter)] = []
        func takeFirst() throws {
            let (plain, writer) = waiting.removeFirst()
            let digest = try writer.waitUntilStored()
            packed[plain] = Descriptor(mediaType: mediaType, digest: digest, size: Int64(clamping: writer.offset))
        }
        let blobs = try blobStore
        let store = self.store
        var seen: Set<Digest> = []
        for (blob, chain) in layers where blob.mediaType.kind == .layer(.none) && seen.insert(blob.digest).inserted {
            if let known = try store.gzipBlob(ofLayer: chain) {
                try store.claim(operation, blobs: [known.digest])
                if try blobs.size(of: known.digest) != nil {
                    packed[blob.digest] = known
                    continue
                }
            }
            let plain = try PeekedSource(DescriptorSource(try blobs.open(blob.digest)))
            // What the manifest says of it may be wrong; then it stays so.
            guard Compression(start: plain.start) == .none else { continue }
            if waiting.count >= Self.unpackingWorkers { try takeFirst() }
            let writer = try blobs.writer()
            try writer.fill(from: GzippedSource(plain)) { try store.claim(operation, blobs: [$0]) }
            waiting.append((blob.digest, writer))
        }
        while !waiting.isEmpty { try takeFirst() }
        return layers.map { layer in
            guard layer.blob.mediaType.kind == .layer(.none), let found = packed[layer.blob.digest] else {
                return layer.blob
            }
            var blob = layer.blob
            (blob.mediaType, blob.digest, blob.size, blob.data) = (mediaType, found.digest, found.size, nil)
            return blob
        }
    }
}
