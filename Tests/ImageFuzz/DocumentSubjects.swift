import ImageStore
import OCISpec
import TestSupport

/// Manifests and indexes as registries and archives give them.
struct ManifestSubject: FuzzSubject {
    let seeds: [[UInt8]]
    private let config: [UInt8]

    init() throws {
        seeds = try ["manifest", "index"].map { try Tests.bytes("OCISpecTests/Corpus/\($0).json") }
        config = try Tests.bytes("OCISpecTests/Corpus/image-config.json")
    }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        let bytes = try Documents.changed(seeds, &mutator)
        let announced: [MediaType?] = [nil, .manifest, .index, .dockerManifest]
        let digest = ContentHash.digest(.sha256, of: bytes)
        do {
            let document = try VerifiedDocument(
                bytes, digest: digest, announced: announced[mutator.below(announced.count)])
            switch document.document {
            case .manifest(let manifest):
                _ = try ImageParts(
                    manifest, digest: digest, mediaType: document.mediaType, size: document.size, config: config)
            case .index(let index): _ = try index.choose(PlatformRequest("linux/amd64"))
            }
            return true
        } catch let error as ImageStoreError {
            guard !"\(error)".contains(where: \.isNewline) else { throw Finding("more than a line: \(error)") }
            return false
        }
    }
}

/// Configs of images, which are kept byte for byte and say how an image is run.
struct ConfigSubject: FuzzSubject {
    let seeds: [[UInt8]]

    init() throws { seeds = [try Tests.bytes("OCISpecTests/Corpus/image-config.json")] }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        let bytes = try Documents.changed(seeds, &mutator)
        let config: ImageConfig
        do {
            config = try ImageConfig(json: JSONValue(parsing: bytes, sizeLimit: DocumentLimits.config))
        } catch {
            guard !"\(error)".contains(where: \.isNewline) else { throw Finding("more than a line: \(error)") }
            return false
        }
        guard try ImageConfig(json: JSONValue(parsing: config.documentBytes, sizeLimit: .max)) == config else {
            throw Finding("written and read again it is another")
        }
        return true
    }
}

private enum Documents {
    /// Half of them are changed as bytes, the others as values.
    static func changed(_ seeds: [[UInt8]], _ mutator: inout Mutator) throws -> [UInt8] {
        let seed = seeds[mutator.below(seeds.count)]
        return mutator.below(2) == 0
            ? mutator.mutate(seed) : mutator.mutate(try JSONValue(parsing: seed, sizeLimit: .max)).bytes()
    }
}

/// Names of images, digests, platforms.
struct ReferenceSubject: FuzzSubject {
    let seeds = [
        "nginx", "library/nginx:1.2", "localhost:5000/a/b:x_y-z.1", "ghcr.io/Team/app", "[::1]:5000/a", "a//b", "a:b:c",
        "docker.io/a@sha256:\(String(repeating: "0", count: 64))", "a:t@sha512:\(String(repeating: "f", count: 128))",
        "sha256:\(String(repeating: "a", count: 64))", "linux/arm/v7", "linux/amd64", "x86_64", "-a", "a__b", "a..b",
        "host./x",
        String(repeating: "a", count: 255), "a:\(String(repeating: "t", count: 128))",
    ].map { Array($0.utf8) }

    func accepts(_ mutator: inout Mutator) throws -> Bool {
        let text = String(decoding: mutator.mutate(seeds[mutator.below(seeds.count)]), as: UTF8.self)
        if let digest = try? Digest(text), try Digest(digest.text) != digest { throw Finding("digest \(text)") }
        if let platform = try? PlatformRequest(text), try PlatformRequest(platform.description) != platform {
            throw Finding("platform \(text)")
        }
        guard let reference = try? ImageReference(text) else { return false }
        guard try ImageReference(reference.text) == reference, try ImageReference(reference.familiarText) == reference,
            reference.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !reference.path.contains("..")
        else { throw Finding("reference \(text)") }
        return true
    }
}
