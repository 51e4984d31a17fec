internal import ImageStore
public import OCISpec
internal import Registry

extension Engine {
    /// The manifest or index that a registry has under a name, as its own JSON document.
    ///
    /// - Parameter detailed: Each manifest with its name and descriptor, an index taken apart, as
    ///   `docker manifest inspect --verbose` shows it.
    /// - Throws: `EngineError`. Nothing is kept.
    public func inspectManifest(_ name: String, detailed: Bool = false) throws(EngineError) -> JSONValue {
        let reference = try ImageReference(parsing: name).withDefaultTag
        do {
            let client = try registryClient()
            let top = try waiting { try await client.manifest(reference) }
            guard detailed else { return try Self.json(top) }
            guard case .index(let index) = top.document else { return try Self.details(of: top, reference) }
            let total: Int64 = index.manifests.reduce(0) { $0.clampedAdding($1.size) }
            guard index.manifests.count <= DocumentLimits.images, total <= Self.detailLimit else {
                throw EngineError(
                    .invalidInput,
                    "the index leads to \(index.manifests.count) manifests of \(total) bytes: inspect them one by one")
            }
            let repository = reference.withoutTagAndDigest
            let parts = try waiting {
                try await concurrently(index.manifests, limit: 4) { descriptor in
                    try await client.manifest(repository.pinned(to: descriptor.digest), expected: descriptor)
                }
            }
            return .array(
                try zip(index.manifests, parts).map { descriptor, manifest in
                    try Self.details(
                        of: manifest, repository.pinned(to: descriptor.digest), platform: descriptor.platform)
                })
        } catch {
            throw .wrappingRegistry(error, while: "inspect manifest \(reference.familiarText)")
        }
    }

    /// In bytes: all manifests of an index, which are held at once.
    private static let detailLimit: Int64 = 16 << 20

    private static func json(_ manifest: RemoteManifest) throws -> JSONValue {
        try JSONValue(parsing: manifest.bytes, sizeLimit: RegistryClient.manifestLimit)
    }

    private static func details(
        of manifest: RemoteManifest, _ reference: ImageReference, platform: Platform? = nil
    ) throws -> JSONValue {
        var descriptor = manifest.descriptor
        descriptor.platform = platform ?? descriptor.platform
        let isDocker = [.dockerManifest, .dockerManifestList].contains(descriptor.mediaType)
        return .object([
            "Ref": .string(reference.text), "Descriptor": descriptor.json,
            isDocker ? "SchemaV2Manifest" : "OCIManifest": try json(manifest),
        ])
    }
}
