internal import NIOHTTP1
public import OCISpec

/// What a registry gave for a name: its exact bytes, which the digest is of.
public struct RemoteManifest: Sendable {
    /// Type, digest and size of the bytes.
    public let descriptor: Descriptor
    /// As they came.
    public let bytes: [UInt8]
    /// What they say.
    public let document: ImageDocument
    /// Who gave it: the registry or a mirror.
    public let host: String
}

extension RegistryClient {
    /// In bytes: what registries accept, too.
    public static let manifestLimit = 4 << 20

    private static let types: [MediaType] = [.index, .manifest, .dockerManifestList, .dockerManifest]

    /// The manifest or index that a reference names; its digest counts before its tag, and without either it is `latest`.
    ///
    /// - Parameter expected: From the index that led here. Size, type and digest must be as it says.
    /// - Throws: ``RegistryError``: `mismatch` if the content is not what digest, size or type promise.
    public func manifest(_ reference: ImageReference, expected: Descriptor? = nil) async throws -> RemoteManifest {
        let reference = (expected.map { reference.pinned(to: $0.digest) } ?? reference).withDefaultTag
        return try await trying("get manifest of \(reference.familiarText)") {
            try await pulling(reference) { endpoint in
                let answer = try await perform(
                    request(.GET, reference, endpoint), at: endpoint, accepting: [200])
                let bytes = try await answer.content(limit: Self.manifestLimit)
                return try check(bytes, answer, reference, expected, host: endpoint.origin.name)
            }
        }
    }

    /// Digest, size and type of what a reference names, without fetching it where the registry allows that.
    public func descriptor(_ reference: ImageReference) async throws -> Descriptor {
        let reference = reference.withDefaultTag
        return try await trying("look up \(reference.familiarText)") {
            try await pulling(reference) { endpoint in
                let answer = try await perform(
                    request(.HEAD, reference, endpoint), at: endpoint, accepting: [200, 405])
                if answer.status == 200, let type = Self.announced(answer), let size = answer.contentLength, size > 0,
                    let digest = try announcedDigest(answer)
                {
                    guard reference.digest == nil || reference.digest == digest else {
                        throw mismatch(answer, "the registry has \(digest) under another digest")
                    }
                    return Descriptor(mediaType: type, digest: digest, size: size)
                }
                return try await manifest(reference).descriptor
            }
        }
    }

    private func request(_ method: HTTPMethod, _ reference: ImageReference, _ endpoint: Endpoint) -> Request {
        let name = reference.digest?.text ?? reference.tag ?? "latest"
        return Request(
            method: method, address: endpoint.address(reference, "manifests/\(name)"),
            fields: Self.types.map { ("Accept", $0.rawValue) }, scopes: [endpoint.scope(reference, .pull)])
    }

    /// Nothing of an answer is believed that can be computed.
    private func check(
        _ bytes: [UInt8], _ answer: Answer, _ reference: ImageReference, _ expected: Descriptor?, host: String
    ) throws -> RemoteManifest {
        let header = try announcedDigest(answer)
        let algorithm = reference.digest?.algorithm ?? header?.algorithm ?? .sha256
        let digest = ContentHash.digest(algorithm, of: bytes)
        if let wanted = reference.digest, wanted != digest {
            throw mismatch(answer, "the content has the digest \(digest) instead of \(wanted)")
        }
        // A registry may answer with a digest of another algorithm than the one it was asked with.
        if let header, header != digest, ContentHash.digest(header.algorithm, of: bytes) != header {
            throw mismatch(answer, "the content has the digest \(digest), but was announced as \(header)")
        }
        if let expected, expected.size != Int64(bytes.count) {
            throw mismatch(answer, "the content has \(bytes.count) bytes instead of \(expected.size)")
        }
        let document: ImageDocument
        let type: MediaType
        do throws(SpecError) {
            let json = try JSONValue(parsing: bytes, sizeLimit: Self.manifestLimit)
            (document, type) = try Self.document(json, Self.announced(answer))
        } catch {
            let field = answer.field("content-type").map(printable) ?? ""
            if field.contains("vnd.docker.distribution.manifest.v1+") {
                throw RegistryError(
                    .unsupported, host: host, "the image has Docker's schema 1, which nobody has written since 2017",
                    advice: "push it again with a newer Docker")
            }
            throw mismatch(answer, "not a manifest: \(error)")
        }
        if let expected, expected.mediaType != type {
            throw mismatch(answer, "a manifest of the type \(type) instead of \(expected.mediaType)")
        }
        return RemoteManifest(
            descriptor: Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count)), bytes: bytes,
            document: document, host: host)
    }

    /// The document, and its type: what the registry announced and the document says must not differ.
    static func document(
        _ json: JSONValue, _ announced: MediaType?
    ) throws(SpecError) -> (ImageDocument, MediaType) {
        let document = try ImageDocument(json: json, announced: announced)
        let (own, usual): (MediaType?, MediaType) =
            switch document {
            case .manifest(let manifest): (manifest.mediaType, .manifest)
            case .index(let index): (index.mediaType, .index)
            }
        if let own, let announced, own != announced {
            throw .field(path: "mediaType", problem: "\(own) was announced as \(announced)")
        }
        return (document, announced ?? own ?? usual)
    }

    /// What `Content-Type` says; nil for the types that servers give to any file.
    private static func announced(_ answer: Answer) -> MediaType? {
        guard let field = answer.field("content-type") else { return nil }
        let type = (field.split(separator: ";").first ?? "").filter { $0 != " " }.lowercased()
        let unknowing = ["", "application/json", "application/octet-stream", "text/plain", "binary/octet-stream"]
        return unknowing.contains(type) ? nil : MediaType(rawValue: type)
    }

    func announcedDigest(_ answer: Answer) throws -> Digest? {
        guard let text = answer.field("docker-content-digest") else { return nil }
        do {
            return try Digest(text)
        } catch {
            throw mismatch(answer, "Docker-Content-Digest is no digest")
        }
    }

    func mismatch(_ answer: Answer, _ problem: String) -> RegistryError {
        RegistryError(.mismatch, host: answer.address.origin.name, problem)
    }
}
