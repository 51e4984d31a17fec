internal import Archive
internal import ImageStore
package import OCISpec
internal import Registry

/// Results of builds that a registry keeps: a manifest whose configuration is a document of the builder's, and whose layers
/// are those that the document speaks of.
package struct BuildRegistryCache: Sendable {
    /// The type of that document.
    package static let documentType = MediaType(rawValue: "application/vnd.brig.buildcache.v1+json")
    /// In bytes.
    package static let documentLimit = 256 << 20

    package let document: [UInt8]
    fileprivate let client: RegistryClient
    fileprivate let repository: ImageReference
}

extension BuildSession {
    /// What a registry has of a cache under a name.
    ///
    /// - Throws: `EngineError`: `notFound` if nothing was left there yet, `invalidInput` if it is something else.
    package func registryCache(_ reference: ImageReference) throws(EngineError) -> BuildRegistryCache {
        let reference = reference.withDefaultTag
        do {
            return try fetchRegistryCache(reference)
        } catch {
            throw .wrappingRegistry(error, while: "read the build cache \(reference.familiarText)")
        }
    }

    private func fetchRegistryCache(_ reference: ImageReference) throws -> BuildRegistryCache {
        let client = try engine.registryClient()
        let repository = reference.withoutTagAndDigest
        let top = try waiting { try await client.manifest(reference) }
        guard case .manifest(let manifest) = top.document else {
            throw EngineError(.notFound, "\(reference.familiarText) is an index, and not one image")
        }
        let config = manifest.config
        let isImage = [.config, .dockerConfig].contains(config.mediaType)
        guard isImage || config.mediaType == BuildRegistryCache.documentType else {
            throw EngineError(.invalidInput, "\(reference.familiarText) is no build cache of brig's")
        }
        guard config.size <= BuildRegistryCache.documentLimit else {
            throw EngineError(.invalidInput, "\(reference.familiarText) has \(config.size) bytes of descriptions")
        }
        let document = try waiting {
            var sink = MemorySink()
            try await client.download(config, of: repository, into: &sink)
            return sink.bytes
        }
        let found = ContentHash.digest(config.digest.algorithm, of: document)
        guard found == config.digest else {
            throw ImageStoreError.wrongDigest(expected: config.digest, found: found)
        }
        guard !isImage else {
            guard let inline = try Self.inlineCache(document, manifest) else {
                throw EngineError(
                    .notFound, "the image \(reference.familiarText) was built without --cache-to type=inline")
            }
            return BuildRegistryCache(document: inline, client: client, repository: repository)
        }
        return BuildRegistryCache(document: document, client: client, repository: repository)
    }

    /// What an image says of its layers, as the document of a cache.
    private static func inlineCache(_ bytes: [UInt8], _ manifest: ImageManifest) throws -> [UInt8]? {
        let config = try ImageConfig(json: try JSONValue(parsing: bytes, sizeLimit: BuildRegistryCache.documentLimit))
        guard case .object(var cache)? = config.buildCache, case .array(let results)? = cache["results"] else {
            return nil
        }
        let whole = try results.map { result -> JSONValue in
            guard case .object(var object) = result, case .integer(let number)? = object["index"],
                let index = Int(exactly: number), config.rootfs.diffIDs.indices.contains(index),
                manifest.layers.indices.contains(index)
            else { throw EngineError(.invalidInput, "the image's build cache speaks of a layer that it does not have") }
            object["index"] = nil
            object["diffID"] = .string(config.rootfs.diffIDs[index].text)
            object["layer"] = manifest.layers[index].json
            return .object(object)
        }
        cache["results"] = .array(whole)
        return JSONValue.object(cache).bytes()
    }

    /// Brings a layer in that a registry has: its blob is verified, and unpacked on these layers.
    package func bring(_ layer: BuildLayer, from cache: BuildRegistryCache, on layers: [BuildLayer]) throws {
        try claim(layer, on: layers)
        let blobs = try engine.blobStore
        do {
            try engine.fetchingAgain(cache.client, cache.repository, blobs, { _ in }) {
                try $0.fetch(layer.descriptor)
            }
        } catch {
            throw EngineError.wrappingRegistry(
                error, while: "fetch a layer of the build cache \(cache.repository.familiarText)")
        }
        try checkSize(of: layer)
        try place(layer, on: layers)
    }

    /// Results with their layers as a registry gets them: those that are kept unpacked are packed, as an image's are.
    package func packed(_ records: [BuildCacheRecord]) throws(EngineError) -> [BuildCacheRecord] {
        do {
            let operation = try hold()
            let layers = try records.map { record in
                (blob: record.layer.descriptor, chain: try Identifier(try Digest(record.chain).hex).orDamaged("chain"))
            }
            let packed = try engine.packed(layers, as: .gzipLayer, operation)
            return zip(records, packed).map { $0.withBlob($1) }
        } catch {
            throw .wrapping(error, while: "pack layers for the build cache")
        }
    }

    /// Leaves a document and the layers that it speaks of in a registry, which gets only what it lacks.
    ///
    /// - Throws: `EngineError`.
    package func leave(
        _ document: [UInt8], _ layers: [BuildLayer], as reference: ImageReference
    ) throws(EngineError) {
        let reference = reference.withDefaultTag
        do {
            let client = try engine.registryClient()
            let blobs = try engine.blobStore
            let repository = reference.withoutTagAndDigest
            var seen: Set<Digest> = []
            let descriptors = layers.map(\.descriptor).filter { seen.insert($0.digest).inserted }
            let config = Descriptor(
                mediaType: BuildRegistryCache.documentType, digest: ContentHash.digest(.sha256, of: document),
                size: Int64(document.count))
            let manifest = ImageManifest(
                mediaType: .manifest, config: config,
                layers: descriptors.map { descriptor in
                    var descriptor = descriptor
                    descriptor.mediaType = descriptor.mediaType.ociLayer
                    return descriptor
                }
            ).documentBytes
            _ = try waiting {
                _ = try await concurrently(descriptors, limit: 3) { descriptor in
                    try await client.upload(
                        descriptor, StoredBlobSource(try blobs.open(descriptor.digest)) { _ in }, to: repository)
                }
                _ = try await client.upload(config, BytesSource(document), to: repository)
                return try await client.put(manifest: manifest, .manifest, to: reference)
            }
        } catch {
            throw .wrappingRegistry(error, while: "leave the build cache \(reference.familiarText)")
        }
    }
}

/// A blob that is small enough to be had whole.
private struct MemorySink: BlobSink {
    private(set) var bytes: [UInt8] = []

    var offset: Int64 { Int64(bytes.count) }

    mutating func write(_ part: UnsafeRawBufferPointer) { bytes += part }

    mutating func restart() { bytes = [] }
}
