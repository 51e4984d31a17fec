internal import ImageStore
internal import OCISpec

/// An image of an archive, its documents in the store.
struct LoadCandidate {
    /// Of the manifest.
    let manifest: Digest
    /// What led to it, where that was an index of its own.
    let index: VerifiedDocument?
    var names: [ImageReference]
}

/// Finds out which images an archive holds.
struct LoadPlan {
    let archive: any ImageArchive
    let blobs: BlobStore
    let platform: PlatformRequest
    let claim: @Sendable (Digest) throws -> Void

    /// The images, each with its manifest, config and layers in the blob store.
    ///
    /// - Throws: `EngineError` of kind `invalidInput` if it is no archive of images.
    func candidates() throws -> [LoadCandidate] {
        var candidates: [LoadCandidate] = []
        let isLayout = try archive.document("oci-layout") != nil
        if isLayout { candidates = try layoutCandidates() }
        if let bytes = try archive.document("manifest.json") {
            for item in try DockerArchiveItem.list(bytes) {
                guard let known = try index(of: item, in: candidates) else {
                    candidates.append(try dockerCandidate(item))
                    continue
                }
                let names = candidates.flatMap(\.names)
                candidates[known].names += item.names.filter { !names.contains($0) }
            }
        } else if !isLayout, let bytes = try archive.document("repositories") {
            candidates = try LegacyArchive(archive: archive).items(bytes).map { try dockerCandidate($0) }
        }
        guard !candidates.isEmpty else {
            throw EngineError(
                .invalidInput,
                "this is no archive of images: it has neither manifest.json, nor index.json with an image, nor "
                    + "repositories (a root file system is for `brig import`)")
        }
        return candidates
    }

    /// Which image of the archive's layout an item of its `manifest.json` is. Several may have one config, packed in
    /// different ways: then the layers tell.
    private func index(of item: DockerArchiveItem, in candidates: [LoadCandidate]) throws -> Int? {
        guard !candidates.isEmpty else { return nil }
        let config = try configDigest(item)
        let layers = try item.layers.map { try archive.blob(at: $0)?.digest }
        var found: Int?
        for (index, candidate) in candidates.enumerated() {
            let manifest = try blobs.image(candidate.manifest).manifest
            guard manifest.config.digest == config else { continue }
            if manifest.layers.map(\.digest) == layers { return index }
            found = found ?? index
        }
        return found
    }

    // MARK: - OCI layouts

    private func layoutCandidates() throws -> [LoadCandidate] {
        guard let bytes = try archive.document("index.json") else {
            throw EngineError(.invalidInput, "the layout has no index.json")
        }
        let document = try VerifiedDocument(
            bytes, digest: ContentHash.digest(.sha256, of: bytes), announced: .index)
        guard case .index(let index) = document.document else { return [] }
        guard index.manifests.count <= DocumentLimits.images else {
            throw EngineError(.invalidInput, "the layout has more than \(DocumentLimits.images) images")
        }
        var found: [LoadCandidate] = []
        for descriptor in chosen(from: index.manifests) {
            guard let candidate = try layoutCandidate(descriptor) else { continue }
            if let known = found.firstIndex(where: { $0.manifest == candidate.manifest }) {
                found[known].names += candidate.names
            } else {
                found.append(candidate)
            }
        }
        return found
    }

    /// Of entries that differ in their platform only, the one that fits; all others as they are.
    private func chosen(from manifests: [Descriptor]) -> [Descriptor] {
        var result: [Descriptor] = []
        var seen: Set<String> = []
        for descriptor in manifests {
            let name = Self.name(of: descriptor) ?? ""
            let group = manifests.filter { Self.name(of: $0) ?? "" == name && $0.platform != nil }
            guard descriptor.platform != nil, group.count > 1 else {
                result.append(descriptor)
                continue
            }
            guard seen.insert(name).inserted else { continue }
            if let fits = platform.choose(from: group) { result.append(fits) }
        }
        return result
    }

    private static func name(of descriptor: Descriptor) -> String? {
        descriptor.annotations["io.containerd.image.name"]
            ?? descriptor.annotations["org.opencontainers.image.ref.name"]
    }

    private func layoutCandidate(_ top: Descriptor) throws -> LoadCandidate? {
        var names: [ImageReference] = []
        // A tag alone, as umoci and skopeo write it, is the name of nothing.
        if let text = Self.name(of: top), text.contains("/") || text.contains(":") {
            names = [try ImageReference(parsing: text).withDefaultTag]
        }
        var descriptor = top
        var index: VerifiedDocument?
        for _ in 0..<4 {
            guard descriptor.size <= DocumentLimits.manifest else {
                throw ImageStoreError.tooLarge(descriptor.digest, limit: DocumentLimits.manifest)
            }
            try archive.provide(descriptor)
            let document = try blobs.document(descriptor.digest, announced: descriptor.mediaType)
            switch document.document {
            case .index(let inner):
                index = index ?? document
                descriptor = try inner.choose(platform)
            case .manifest(let manifest):
                // Signatures and attestations lie beside images.
                guard manifest.config.mediaType.kind == .config else { return nil }
                try ImageParts.check(manifest, document.digest)
                for part in [manifest.config] + manifest.layers { try archive.provide(part) }
                return LoadCandidate(manifest: document.digest, index: index, names: names)
            }
        }
        throw EngineError(.invalidInput, "too many indexes in one another")
    }

    // MARK: - docker-archive

    private func configDigest(_ item: DockerArchiveItem) throws -> Digest {
        switch item.config {
        case .path(let path):
            guard let normal = ArchivePath.normalized(Array(path.utf8)), let bytes = try archive.document(normal) else {
                throw EngineError(.invalidInput, "the archive lacks the config \(quotedForError(path))")
            }
            return ContentHash.digest(.sha256, of: bytes)
        case .bytes(let bytes): return ContentHash.digest(.sha256, of: bytes)
        }
    }

    /// Writes the manifest that such an archive lacks. The same archive always gets the same.
    private func dockerCandidate(_ item: DockerArchiveItem) throws -> LoadCandidate {
        let config: [UInt8]
        switch item.config {
        case .path(let path):
            _ = try configDigest(item)
            config = try archive.document(ArchivePath.normalized(Array(path.utf8)) ?? path) ?? []
        case .bytes(let bytes): config = bytes
        }
        let configDigest = ContentHash.digest(.sha256, of: config)
        try claim(configDigest)
        try blobs.add(config, algorithm: .sha256)
        var layers: [Descriptor] = []
        for path in item.layers {
            guard let layer = try archive.blob(at: path) else {
                throw EngineError(.invalidInput, "the archive lacks the layer \(quotedForError(path))")
            }
            layers.append(try layerDescriptor(layer.digest, layer.size))
        }
        let manifest = ImageManifest(
            mediaType: .manifest,
            config: Descriptor(mediaType: .config, digest: configDigest, size: Int64(config.count)), layers: layers)
        let bytes = manifest.documentBytes
        let digest = ContentHash.digest(.sha256, of: bytes)
        try claim(digest)
        try blobs.add(bytes)
        return LoadCandidate(manifest: digest, index: nil, names: item.names)
    }

    private func layerDescriptor(_ digest: Digest, _ size: UInt64) throws -> Descriptor {
        try LayerKeeping(blobs: blobs, claim: claim).descriptor(of: digest, size: size)
    }
}
