internal import Engine
internal import LinuxKernel
internal import OCISpec

/// Results of a build in a directory, for builds elsewhere.
///
/// ```
/// DIRECTORY/brig-cache.json         keys, with the layer that each has led to
/// DIRECTORY/blobs/sha256/HEX        the layers
/// ```
///
/// Whoever can write there decides what the builds that use it get, as with any cache that is shared.
struct CacheTransfer: Sendable {
    private static let fileName = "brig-cache.json"
    private static let sizeLimit = 256 << 20

    private struct Entry: Sendable {
        let layer: BuildLayer
        let created: Int64
        let description: String
        let fields: [(name: String, value: String)]
    }

    private let path: String
    private let entries: [String: Entry]

    /// - Throws: `EngineError` if the file is not what it should be. A directory without one holds nothing.
    init(reading path: String) throws(EngineError) {
        self.path = path
        let bytes: [UInt8]
        do {
            bytes = try readFile("\(path)/\(Self.fileName)", limit: Self.sizeLimit)
        } catch {
            guard error.code == .noSuchFile else { throw EngineError(.invalidInput, "--cache-from: \(error)") }
            entries = [:]
            return
        }
        do {
            let document = try JSONValue(parsing: bytes, sizeLimit: Self.sizeLimit)
            guard case .object(let object) = document, object["version"] == .integer(1),
                case .array(let list)? = object["results"]
            else { throw EngineError(.invalidInput, "--cache-from: \(path) holds no cache of this kind") }
            var entries: [String: Entry] = [:]
            for case .object(let fields) in list {
                let (key, entry) = try Self.entry(fields)
                entries[key] = entry
            }
            self.entries = entries
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.invalidInput, "--cache-from: \(path)/\(Self.fileName): \(error)")
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
        let digest = entry.layer.descriptor.digest
        let blobs = try OwnedDescriptor(open: path, [.read, .directory])
        let file = try blobs.resolve("blobs/\(digest.algorithm.rawValue)/\(digest.hex)", .read)
        try session.bring(entry.layer, from: file, on: layers)
        return BuildCacheRecord(
            key: key, slot: slot, layer: entry.layer, chain: BuildLayer.chain(layers + [entry.layer]),
            created: entry.created, description: entry.description, fields: entry.fields)
    }

    /// Adds results to a directory, which is made if need be.
    static func write(_ records: [BuildCacheRecord], to path: String, _ session: BuildSession) throws {
        try HostDirectoryMaking.make("\(path)/blobs/sha256")
        let directory = try OwnedDescriptor(open: "\(path)/blobs/sha256", [.read, .directory])
        var results: [JSONValue] = []
        for record in records {
            let digest = record.layer.descriptor.digest
            if (try? directory.status(of: digest.hex)) == nil {
                let temporary = ".\(digest.hex).\(CallerIdentity.pid)"
                let file = try directory.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644)
                let blob = try session.openBlob(of: record.layer)
                while case let part = try blob.read(upTo: 1 << 20), !part.isEmpty { try file.write(part) }
                try directory.rename(temporary, to: digest.hex)
            }
            results.append(
                .object([
                    "key": .string(record.key), "diffID": .string(record.layer.diffID.text),
                    "layer": record.layer.descriptor.json, "fileBytes": .integer(record.layer.fileBytes),
                    "created": .integer(record.created), "description": .string(record.description),
                    "fields": .array(record.fields.map { .array([.string($0.name), .string($0.value)]) }),
                ]))
        }
        let document = JSONValue.object(["version": 1, "results": .array(results)])
        let root = try OwnedDescriptor(open: path, [.read, .directory])
        let temporary = ".\(Self.fileName).\(CallerIdentity.pid)"
        try root.open(temporary, [.write, .create, .truncate, .noFollow], mode: 0o644).write(document.bytes())
        try root.rename(temporary, to: Self.fileName)
    }
}
