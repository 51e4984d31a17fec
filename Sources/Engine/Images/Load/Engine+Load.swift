internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

/// An image that was brought in.
public struct LoadedImage: Equatable, Sendable {
    /// `sha256:…`
    public let id: String
    /// As people write them.
    public let names: [String]
}

extension Engine {
    /// Brings images in from an archive: one of Docker's, of any version, or an OCI layout as archive or directory;
    /// plain or packed with anything.
    ///
    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - platform: Which image of an index, such as `linux/arm64`; this machine's if `nil`.
    /// - Throws: `EngineError`. Of an archive that is refused nothing stays.
    public func loadImages(from path: String, platform: String? = nil) throws(EngineError) -> [LoadedImage] {
        do {
            let wanted = try requestedPlatform(platform)
            return try operation("load \(path)") { operation in
                try load(path, wanted, isAsked: platform != nil, operation)
            }
        } catch {
            throw .wrapping(error, while: "load \(quotedForError(path))")
        }
    }

    /// - Throws: `EngineError` of kind `invalidInput`.
    func requestedPlatform(_ text: String?) throws -> PlatformRequest {
        guard let text else { return try hostPlatform }
        do throws(PlatformRequest.Invalid) {
            return try PlatformRequest(text)
        } catch {
            throw EngineError(.invalidInput, error.description)
        }
    }

    private func load(
        _ path: String, _ platform: PlatformRequest, isAsked: Bool, _ operation: OperationID
    ) throws -> [LoadedImage] {
        let blobs = try blobStore
        let store = self.store
        let claim: @Sendable (Digest) throws -> Void = { try store.claim(operation, blobs: [$0]) }
        let file =
            path == "-"
            ? try Self.standardInput() : try OwnedDescriptor(open: path, [.read, .noControllingTerminal])
        guard !file.isTerminal() else {
            throw EngineError(.invalidInput, "standard input is a terminal: give the archive with -i")
        }
        let archive: any ImageArchive =
            try file.status().isDirectory
            ? DirectoryImageArchive(file, blobs, claim: claim)
            : try TarImageArchive(DescriptorSource(file), blobs, claim: claim)
        let plan = LoadPlan(archive: archive, blobs: blobs, platform: platform, claim: claim)
        let candidates = try plan.candidates()
        // Nothing gets its name before all is there.
        let images = try candidates.map { candidate in
            let parts = try blobs.image(candidate.manifest)
            if isAsked { try platform.check(parts) }
            guard ["linux", ""].contains(parts.config.os) else {
                throw EngineError(.invalidInput, "cannot load \(quotedForError(parts.config.os)) image on linux")
            }
            try unpackLayers(of: parts, operation)
            return (candidate, parts)
        }
        return try images.map { candidate, parts in
            let id = try record(parts, index: candidate.index, tags: candidate.names)
            record(.load, id)
            return LoadedImage(id: "sha256:\(id)", names: candidate.names.map(\.familiarText))
        }
    }

    /// Unpacks the layers of an image whose blobs are in the store.
    func unpackLayers(of parts: ImageParts, _ operation: OperationID) throws {
        let blobs = try blobStore
        let chain = ChainID.chain(of: parts.diffIDs)
        let identifiers = try chain.map { try Identifier($0.digest.hex).orDamaged("chain id") }
        try store.claim(operation, layers: identifiers)
        let layers = parts.manifest.layers
        let store = self.store
        try ParallelLayers(
            try layerStore, parts.diffIDs, source: { LazyBlob(blobs, layers[$0].digest) },
            isKnown: { try store.isLayer(identifiers[$0], from: layers[$0].digest) }
        ).run(workers: Self.unpackingWorkers)
    }

    /// Layers that are unpacked at once: each has a thread that decompresses and one that writes.
    static var unpackingWorkers: Int { 3 }
}
