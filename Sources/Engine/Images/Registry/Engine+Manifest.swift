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
