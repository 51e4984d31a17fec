internal import NIOHTTP1
public import OCISpec

/// How a blob came to be in a repository.
public enum UploadOutcome: Sendable {
    case existed
    /// From this repository of the same registry, without sending it.
    case mounted(from: ImageReference)
    case uploaded
}

extension RegistryClient {
    /// Whether a repository has a blob.
    public func exists(_ blob: Descriptor, in repository: ImageReference) async throws -> Bool {
        try await trying("look for \(blob.digest.shortText) in \(repository.familiarName)") {
            try await exists(blob, repository, try await endpoint(repository.domain), .pull)
        }
    }

    private func exists(
        _ blob: Descriptor, _ repository: ImageReference, _ endpoint: Endpoint, _ access: Scope.Access
    ) async throws -> Bool {
        let request = Request(
            method: .HEAD, address: endpoint.address(repository, "blobs/\(blob.digest.text)"),
            scopes: [endpoint.scope(repository, access)])
        let answer = try await perform(request, at: endpoint, accepting: [200, 404])
        guard answer.status == 200 else { return false }
        // One of another size is broken there; sending it again is what can be done.
        return answer.contentLength.map { $0 == blob.size } ?? true
    }

    /// Puts a blob into a repository, unless it is there; without sending it if another repository of the same registry
    /// has it. An upload that breaks off goes on where the registry says it has stopped, or begins again.
    ///
    /// - Parameter others: Where the blob is known to be. Those on other registries are passed over.
    /// - Throws: ``RegistryError``; what the source throws.
    public func upload(
        _ blob: Descriptor, _ source: any BlobSource, to repository: ImageReference,
        mountingFrom others: [ImageReference] = []
    ) async throws -> UploadOutcome {
        try await trying("upload \(blob.digest.shortText) to \(repository.familiarName)") {
            let endpoint = try await endpoint(repository.domain)
            if try await exists(blob, repository, endpoint, .push) { return .existed }
            for other in others where other.domain == repository.domain && other.path != repository.path {
                if try await mount(blob, from: other, to: repository, endpoint) { return .mounted(from: other) }
            }
            let task = Upload(client: self, blob: blob, source: source, repository: repository, endpoint: endpoint)
            try await task.run()
            return .uploaded
        }
    }

    /// - Returns: Whether the registry did it; it may offer to take an upload instead.
    private func mount(
        _ blob: Descriptor, from other: ImageReference, to repository: ImageReference, _ endpoint: Endpoint
    ) async throws -> Bool {
        let address = endpoint.address(repository, "blobs/uploads/")
            .adding([("mount", blob.digest.text), ("from", other.path)])
        let request = Request(
            method: .POST, address: address,
            scopes: [endpoint.scope(repository, .push), endpoint.scope(other, .pull)])
        do {
            let answer = try await perform(request, at: endpoint, accepting: [201, 202])
            guard answer.status == 202 else { return true }
            // An upload that nobody asked for: it is given back, and if that fails the registry forgets it in time.
            if let session = try? target(of: answer, at: endpoint) {
                _ = try? await performOnce(
                    Request(
                        method: .DELETE, address: session,
                        scopes: [endpoint.scope(repository, .push)]), at: endpoint, accepting: [204])
            }
            return false
        } catch let error as RegistryError
            where [.forbidden, .notFound, .unsupported, .unauthorized].contains(error.kind)
        {
            return false
        }
    }

    /// Puts a manifest or index into a repository, under a tag, or under its digest if the reference has no tag.
    ///
    /// - Parameter bytes: As they are to be kept: the digest is of them.
    public func put(
        manifest bytes: [UInt8], _ mediaType: MediaType, to reference: ImageReference
    ) async throws -> Digest {
        let digest = ContentHash.digest(reference.digest?.algorithm ?? .sha256, of: bytes)
        return try await trying("put manifest \(reference.familiarText)") {
            let endpoint = try await endpoint(reference.domain)
            guard reference.digest == nil || reference.digest == digest else {
                throw RegistryError(.mismatch, host: "", "the manifest has the digest \(digest)")
            }
            guard bytes.count <= Self.manifestLimit else {
                throw RegistryError(.invalidInput, host: "", "the manifest has more than \(Self.manifestLimit) bytes")
            }
            let request = Request(
                method: .PUT, address: endpoint.address(reference, "manifests/\(reference.tag ?? digest.text)"),
                fields: [("Content-Type", mediaType.rawValue)], body: .bytes(bytes),
                scopes: [endpoint.scope(reference, .push)])
            let answer = try await perform(request, at: endpoint, accepting: [200, 201, 202])
            if let kept = try announcedDigest(answer), kept.algorithm == digest.algorithm, kept != digest {
                throw mismatch(answer, "the registry keeps another manifest: \(kept) instead of \(digest)")
            }
            await answer.drain()
            return digest
        }
    }
}
