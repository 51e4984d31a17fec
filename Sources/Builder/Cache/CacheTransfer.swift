internal import Engine
internal import LinuxKernel
internal import OCISpec

/// Results of a build for builds elsewhere, in a directory:
///
/// ```
/// DIRECTORY/brig-cache.json         keys, with the layer that each has led to
/// DIRECTORY/blobs/sha256/HEX        the layers
/// ```
///
/// or in a registry, where that file is the configuration of a manifest, and the layers are its layers.
///
/// Whoever can write there decides what the builds that use it get, as with any cache that is shared.
struct CacheTransfer: Sendable {
    private static let fileName = "brig-cache.json"
    private static let sizeLimit = BuildRegistryCache.documentLimit

    private struct Entry: Sendable {
        let layer: BuildLayer
        let created: Int64
        let description: String
        let fields: [(name: String, value: String)]
    }

    private enum Source: Sendable {
        case directory(String)
        case registry(BuildRegistryCache)
    }

    private let source: Source
    private let entries: [String: Entry]

    /// What is in a cache that a build is to use.
    ///
    /// - Returns: `nil` if nothing is there yet, or the registry cannot be reached: the build goes on without, and says so.
    /// - Throws: `EngineError` if what is there is not what it should be.
    static func reading(
        _ place: BuildRequest.CachePlace, _ session: BuildSession, _ tell: BuildEventHandler
    ) throws(EngineError) -> CacheTransfer? {
        switch place {
        case .directory(let path):
            let bytes: [UInt8]
            do {
                bytes = try readFile("\(path)/\(fileName)", limit: sizeLimit)
            } catch {
                guard error.code == .noSuchFile else { throw EngineError(.invalidInput, "--cache-from: \(error)") }
                return nil
            }
            return CacheTransfer(source: .directory(path), entries: try entries(bytes, path))
        case .registry(let reference):
            let cache: BuildRegistryCache
            do {
                cache = try session.registryCache(reference)
            } catch {
                guard error.kind != .invalidInput else { throw error }
                tell(.warning("going on without --cache-from: \(error.message)"))
                return nil
            }
            return CacheTransfer(
                source: .registry(cache), entries: try entries(cache.document, reference.familiarText))
        }
    }

    private static func entries(_ bytes: [UInt8], _ place: String) throws(EngineError) -> [String: Entry] {
        do {
            let document = try JSONValue(parsing: bytes, sizeLimit: Self.sizeLimit)
            guard case .object(let object) = document, object["version"] == .integer(1),
                case .array(let list)? = object["results"]
            else { throw EngineError(.invalidInput, "--cache-from: \(place) holds no cache of this kind") }
            var entries: [String: Entry] = [:]
            for case .object(let fields) in list {
                let (key, entry) = try Self.entry(fields)
                entries[key] = entry
            }
            return entries
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.invalidInput, "--cache-from: \(place): \(error)")
        }
    }

    private static func entry(_ fields: JSONObject) throws -> (String, Entry) {
        guard case .string(let key)? = fields["key"], case .string(let diffID)? = fields["diffID"],
            let descriptor = fields["layer"], case .integer(let fileBytes)? = fields["fileBytes"], fileBytes >= 0,
            case .integer(let created)? = fields["created"], case .string(let description)? = fields["description"]
        else { throw EngineError(.invalidInput, "a result lacks a member") }
        var named: [(name: String, value: String)] = []
        if case .array(let list)? = fields["fields"] {
            for case .array(let pair) in list {
                if case (.string(let name)?, .string(let value)?) = (pair.first, pair.last) {
                    named.append((name, value))
                }
            }
        }
        let layer = BuildLayer(
            diffID: try Digest(diffID), descriptor: try Descriptor(json: descriptor), fileBytes: fileBytes)
        return (key, Entry(layer: layer, created: created, description: description, fields: named))
    }

    /// Brings the result of a key into the store.
    ///
    /// - Returns: `nil` if there is none.
    func bring(
        _ key: String, on layers: [BuildLayer], slot: String, _ session: BuildSession
    ) throws -> BuildCacheRecord? {
        guard let entry = entries[key] else { return nil }
        switch source {
        case .directory(let path):
            let digest = entry.layer.descriptor.digest
            let blobs = try OwnedDescriptor(open: path, [.read, .directory])
            let file = try blobs.resolve("blobs/\(digest.algorithm.rawValue)/\(digest.hex)", .read)
            try session.bring(entry.layer, from: file, on: layers)
        case .registry(let cache): try session.bring(entry.layer, from: cache, on: layers)
        }
        return BuildCacheRecord(
            key: key, slot: slot, layer: entry.layer, chain: BuildLayer.chain(layers + [entry.layer]),
            created: entry.created, description: entry.description, fields: entry.fields)
    }

    /// Leaves results: adds their layers to a directory, which is made if need be, or gives them a name in a registry.
    static func write(
        _ records: [BuildCacheRecord], to place: BuildRequest.CachePlace, _ session: BuildSession
    ) throws {
        switch place {
        case .directory(let path): try write(records, in: path, session)
        case .registry(let reference):
            let records = try session.packed(records)
            try session.leave(document(records).bytes(), records.map(\.layer), as: reference)
        }
    }

    private static func write(_ records: [BuildCacheRecord], in path: String, _ session: BuildSession) throws {
        try HostDirectoryMaking.make("\(path)/blobs/sha256")
        let directory = try OwnedDescriptor(open: "\(path)/blobs/sha256", [.read, .directory])
        for record in records {
            let digest = record.layer.descriptor.digest
            guard (try? directory.status(of: digest.hex)) == nil else { continue }
            let temporary = ".\(digest.hex).\(CallerIdentity.pid)"
            let file = try directory.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644)
            let blob = try session.openBlob(of: record.layer)
            while case let part = try blob.read(upTo: 1 << 20), !part.isEmpty { try file.write(part) }
            try directory.rename(temporary, to: digest.hex)
        }
        let root = try OwnedDescriptor(open: path, [.read, .directory])
        let temporary = ".\(Self.fileName).\(CallerIdentity.pid)"
        try root.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644)
            .write(document(records).bytes())
        try root.rename(temporary, to: Self.fileName)
    }

    private static func document(_ records: [BuildCacheRecord]) -> JSONValue {
        let results = records.map { record -> JSONValue in
            .object([
                "key": .string(record.key), "diffID": .string(record.layer.diffID.text),
                "layer": record.layer.descriptor.json, "fileBytes": .integer(record.layer.fileBytes),
                "created": .integer(record.created), "description": .string(record.description),
                "fields": .array(record.fields.map { .array([.string($0.name), .string($0.value)]) }),
            ])
        }
        return .object(["version": 1, "results": .array(results)])
    }
}

extension CacheTransfer {
    /// Results for an image's own configuration: of which step each of its layers came.
    static func inline(_ records: [BuildCacheRecord], of layers: [BuildLayer]) -> JSONValue {
        let chains = layers.indices.map { BuildLayer.chain(Array(layers[...$0])) }
        let results = records.compactMap { record -> JSONValue? in
            guard let index = chains.firstIndex(of: record.chain) else { return nil }
            return .object([
                "key": .string(record.key), "index": JSONValue(index), "fileBytes": .integer(record.layer.fileBytes),
                "created": .integer(record.created), "description": "",
            ])
        }
        return .object(["version": 1, "results": .array(results)])
    }
}

extension BuildRequest.CachePlace {
    /// For messages.
    var shown: String {
        switch self {
        case .directory(let path): path
        case .registry(let reference): reference.withDefaultTag.familiarText
        }
    }
}
