internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
public import OCISpec
internal import Registry

/// An image that was pulled.
public struct PulledImage: Equatable, Sendable {
    /// As it was asked for, with its tag.
    public let reference: ImageReference
    /// `sha256:…` of the config.
    public let id: String
    /// Of what the name leads to: a manifest or an index.
    public let digest: Digest
    /// Whether there is anything now that was not there before.
    public let isNew: Bool
}

/// When an image is pulled before a container is made of it.
public enum PullPolicy: String, Sendable, CaseIterable {
    case always, missing, never
}

extension Engine {
    /// Pulls an image, or all that a repository has tags for.
    ///
    /// Layers are fetched, verified, decompressed and unpacked at the same time, several at once; what is in the store is
    /// not fetched again, and what an interrupted pull has left is gone on with.
    ///
    /// - Parameters:
    ///   - name: With a tag, a digest, or neither, which means `latest`.
    ///   - platform: Such as `linux/arm64`; this machine's if `nil`.
    ///   - began: Told the reference once the registry has it, before its layers are fetched.
    /// - Throws: `EngineError`. Partial layers stay for the next try.
    public func pullImages(
        _ name: String, platform: String? = nil, allTags: Bool = false,
        began: (ImageReference) -> Void = { _ in }, progress: @escaping ImageProgressHandler = { _ in }
    ) throws(EngineError) -> [PulledImage] {
        let reference = try ImageReference(parsing: name)
        do {
            let wanted = try requestedPlatform(platform)
            let client = try registryClient()
            var references = [reference.withDefaultTag]
            if allTags {
                guard reference.tag == nil, reference.digest == nil else {
                    throw EngineError(.invalidInput, "tag or digest cannot be used with --all-tags")
                }
                let tags = try waiting { try await client.tags(of: reference) }
                references = try tags.map { try reference.tagged($0) }
            }
            return try references.map { reference in
                let pulled = try pull(reference, wanted, isAsked: platform != nil, client, began, progress)
                recordTransfer(.pull, reference, try? store.image(named: reference))
                return pulled
            }
        } catch {
            throw .wrappingRegistry(error, while: "pull \(reference.familiarText)")
        }
    }

    /// Sees to it that an image is there for a container.
    ///
    /// - Throws: `EngineError` of kind `notFound` if it is not, and the policy says to leave it at that.
    public func ensureImage(
        _ name: String, policy: PullPolicy, platform: String? = nil,
        began: (ImageReference) -> Void = { _ in }, progress: @escaping ImageProgressHandler = { _ in }
    ) throws(EngineError) {
        let wanted: PlatformRequest?
        do { wanted = try platform.map(requestedPlatform) } catch { throw .wrapping(error, while: "read the platform") }
        if policy != .always {
            do throws(EngineError) {
                try requireImage(name)
                if let wanted { try checkPlatform(of: name, wanted) }
                return
            } catch {
                guard error.kind == .notFound, policy == .missing else { throw error }
            }
        }
        // What looks like an identifier and is none of ours is somebody's name, as in Docker.
        _ = try pullImages(name, platform: platform, began: began, progress: progress)
    }

    /// - Throws: `EngineError` of kind `notFound`, as in Docker, for an image of another platform than the wanted one.
    private func checkPlatform(of name: String, _ wanted: PlatformRequest) throws(EngineError) {
        guard let image = try? inspectImage(name) else { return }
        let actual = PlatformRequest(os: image.os, architecture: image.architecture, variant: image.variant)
        guard
            actual.os != wanted.os || actual.architecture != wanted.architecture
                || (wanted.variant != nil && actual.variant != wanted.variant)
        else { return }
        throw EngineError(
            .notFound,
            "image with reference \(name) was found but does not match the specified platform: wanted \(wanted), "
                + "actual: \(actual)")
    }

    /// Asks for an image that is in the store, or comes with Brig.
    ///
    /// - Throws: `EngineError` of kind `notFound` if it would have to be pulled.
    public func requireImage(_ name: String) throws(EngineError) {
        if !HelloImage.isMeant(by: name) { _ = try store.image(name) }
    }

    func registryClient() throws -> RegistryClient {
        var options = RegistryClient.Options()
        options.configuration = try .load()
        options.proxies = try .ofProcess()
        options.credentials = try CredentialStore.ofUser()
        return RegistryClient(options)
    }

    private func pull(
        _ reference: ImageReference, _ platform: PlatformRequest, isAsked: Bool, _ client: RegistryClient,
        _ began: (ImageReference) -> Void, _ progress: @escaping ImageProgressHandler
    ) throws -> PulledImage {
        let before = try store.image(named: reference)
        let top = try waiting { try await client.manifest(reference) }
        began(reference)
        return try operation("pull \(reference.familiarText)") { operation in
            let blobs = try blobStore
            var index: VerifiedDocument?
            var manifest = try keep(top, blobs, operation)
            var depth = 0
            while case .index(let document) = manifest.document {
                index = index ?? manifest
                depth += 1
                guard depth < 4 else { throw EngineError(.invalidInput, "too many indexes in one another") }
                let chosen = try document.choose(platform)
                let next = reference.withoutTagAndDigest.pinned(to: chosen.digest)
                manifest = try keep(
                    try waiting { try await client.manifest(next, expected: chosen) }, blobs, operation)
            }
            guard case .manifest(let document) = manifest.document else { throw EngineError(.fault, "no manifest") }
            try ImageParts.check(document, manifest.digest)
            let tags = reference.digest == nil ? [reference] : []
            let names = [reference.withoutTagAndDigest.pinned(to: top.descriptor.digest)]
            try store.claim(operation, blobs: [document.config.digest] + document.layers.map(\.digest))
            // A layer is as long as it is, and not the config's business: that one is small and fetched first.
            try fetchingAgain(client, reference, blobs, { _ in }) { try $0.fetch(document.config) }
            let parts = try blobs.image(manifest.digest, announced: manifest.mediaType)
            if isAsked { try platform.check(parts) }
            try fetchingAgain(client, reference, blobs, progress) {
                try fetchLayers(
                    of: parts, isImageThere: before?.id.text == parts.manifest.config.digest.hex, $0, operation,
                    progress)
            }
            let id = try record(parts, index: index, tags: tags, repoDigests: names)
            return PulledImage(
                reference: reference, id: "sha256:\(id)", digest: top.descriptor.digest, isNew: before?.id != id)
        }
    }

    /// Fetches, and once more from the first byte if something does not fit that was gone on with: what a loss of power
    /// has left of a blob may be anything.
    func fetchingAgain(
        _ client: RegistryClient, _ reference: ImageReference, _ blobs: BlobStore,
        _ progress: @escaping ImageProgressHandler, _ body: (BlobFetching) throws -> Void
    ) throws {
        let repository = reference.withoutTagAndDigest
        let first = BlobFetching(client, repository, blobs, progress: progress)
        do {
            try body(first)
        } catch {
            first.close(error)
            guard !first.continuedBlobs.isEmpty, Self.isDamage(error) else { throw error }
            let second = BlobFetching(
                client, repository, blobs, restarting: first.continuedBlobs, progress: progress)
            do {
                try body(second)
            } catch {
                second.close(error)
                throw error
            }
        }
    }

    /// Whether an error says that content is not what it should be.
    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case is DecompressionError, is ArchiveError, is ExtractionError: true
        case LayerStoreError.wrongDiffID, ImageStoreError.wrongDigest, ImageStoreError.changed: true
        default: false
        }
    }

    /// Stores a manifest or index that came from a registry.
    private func keep(
        _ remote: RemoteManifest, _ blobs: BlobStore, _ operation: OperationID
    ) throws -> VerifiedDocument {
        let digest = remote.descriptor.digest
        let document = try VerifiedDocument(remote.bytes, digest: digest, announced: remote.descriptor.mediaType)
        try store.claim(operation, blobs: [digest])
        let found = try blobs.add(remote.bytes, algorithm: digest.algorithm)
        guard found == digest else { throw ImageStoreError.wrongDigest(expected: digest, found: found) }
        return document
    }

    private func fetchLayers(
        of parts: ImageParts, isImageThere: Bool, _ fetching: BlobFetching, _ operation: OperationID,
        _ progress: @escaping ImageProgressHandler
    ) throws {
        let blobs = try blobStore
        let layerStore = try layerStore
        let chain = ChainID.chain(of: parts.diffIDs)
        let identifiers = try chain.map { try Identifier($0.digest.hex).orDamaged("chain id") }
        try store.claim(operation, layers: identifiers)
        let layers = parts.manifest.layers
        let store = self.store
        let tell: @Sendable (Int, ImageProgress.Status) -> Void = { index, status in
            let size = UInt64(clamping: layers[index].size)
            progress(
                ImageProgress(
                    id: String(layers[index].digest.hex.prefix(12)), status: status,
                    current: status == .waiting ? 0 : size, total: size))
        }
        var isThere: [Bool] = []
        for (index, layer) in layers.enumerated() {
            let present = try blobs.size(of: layer.digest) != nil && layerStore.layer(chain[index]) != nil
            isThere.append(present)
        }
        let wasThere = isThere
        // Of an image that is up to date there is nothing to tell.
        if !isImageThere || wasThere.contains(false) {
            for index in layers.indices { tell(index, wasThere[index] ? .present : .waiting) }
        }
        let unpacking = ParallelLayers(
            layerStore, parts.diffIDs,
            source: { index in
                guard let writer = try fetching.begin(layers[index]) else {
                    tell(index, .unpacking)
                    return LazyBlob(blobs, layers[index].digest)
                }
                return try writer.reader()
            },
            isKnown: { try store.isLayer(identifiers[$0], from: layers[$0].digest) },
            finished: { index in
                try fetching.complete(layers[index])
                if !wasThere[index] { tell(index, .pulled) }
            },
            failed: { fetching.stop($0) })
        try unpacking.run(workers: Self.unpackingWorkers)
    }
}

extension EngineError {
    /// As `wrapping`, with what a registry answered as a failure that a caller can act on.
    static func wrappingRegistry(_ error: any Error, while doing: @autoclosure () -> String) -> EngineError {
        switch error {
        case let error as RegistryError:
            let kind: FailureKind =
                switch error.kind {
                case .notFound: .notFound
                case .invalidInput: .invalidInput
                case .unsupported: .unsupported
                default: .fault
                }
            return EngineError(kind, "\(doing()): \(error)")
        case let error as SpecError: return EngineError(.invalidInput, "\(doing()): \(error)")
        default: return .wrapping(error, while: doing())
        }
    }
}
