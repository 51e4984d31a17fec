internal import ImageStore
internal import OCISpec

/// Archives as Docker wrote them before 1.10: a directory for each layer with its `json`, `VERSION` and `layer.tar`, each
/// naming its parent, and `repositories`, which says whose name leads to which layer.
struct LegacyArchive {
    let archive: any ImageArchive

    /// - Parameter bytes: `repositories`: `{"name": {"tag": "LAYER"}}`.
    func items(_ bytes: [UInt8]) throws -> [DockerArchiveItem] {
        let json = try parsed(bytes, "repositories")
        var names: [String: [ImageReference]] = [:]
        var order: [String] = []
        for (repository, tags) in try OrderedMap<JSONValue>(json: json) {
            for (tag, layer) in try OrderedMap<String>(json: tags) {
                guard Identifier(layer) != nil else {
                    throw EngineError(.invalidInput, "\(quotedForError(layer)) is no identifier of a layer")
                }
                let name: ImageReference
                do throws(SpecError) {
                    name = try ImageReference(parsingRepository: repository).tagged(tag)
                } catch {
                    throw EngineError(.invalidInput, error.description)
                }
                if names[layer] == nil { order.append(layer) }
                names[layer, default: []].append(name)
            }
        }
        guard order.count <= DocumentLimits.images else {
            throw EngineError(.invalidInput, "the archive has more than \(DocumentLimits.images) images")
        }
        return try order.map { try item($0, names[$0] ?? []) }
    }

    private func parsed(_ bytes: [UInt8], _ what: String) throws(EngineError) -> JSONValue {
        do throws(SpecError) {
            return try JSONValue(parsing: bytes, sizeLimit: DocumentLimits.config)
        } catch {
            throw EngineError(.invalidInput, "\(what) of the archive: \(error)")
        }
    }

    private func item(_ top: String, _ names: [ImageReference]) throws -> DockerArchiveItem {
        var layers: [(id: String, json: JSONObject)] = []
        var seen: Set<String> = []
        var next: String? = top
        while let id = next {
            guard Identifier(id) != nil, seen.insert(id).inserted, layers.count < DocumentLimits.layers,
                let bytes = try archive.document("\(id)/json"),
                case .object(let object) = try parsed(bytes, "\(id)/json")
            else {
                throw EngineError(
                    .invalidInput, "the archive lacks the layer \(quotedForError(id)), or it is not valid")
            }
            layers.append((id, object))
            next = if case .string(let parent)? = object["parent"], !parent.isEmpty { parent } else { nil }
        }
        layers.reverse()
        return DockerArchiveItem(
            config: .bytes(try config(layers)), names: names, layers: layers.map { "\($0.id)/layer.tar" })
    }

    /// The config of the top layer without what belonged to the old format, with the layers and how each came about.
    private func config(_ layers: [(id: String, json: JSONObject)]) throws -> [UInt8] {
        var config = layers.last?.json ?? JSONObject()
        for old in ["id", "parent", "parent_id", "layer_id", "Size", "throwaway", "container", "container_config"] {
            config[old] = nil
        }
        if config["architecture"] == nil { config["architecture"] = "amd64" }
        if config["os"] == nil { config["os"] = "linux" }
        var diffIDs: [JSONValue] = []
        var history: [JSONValue] = []
        for layer in layers {
            guard let blob = try archive.blob(at: "\(layer.id)/layer.tar") else {
                throw EngineError(.invalidInput, "the archive lacks \(layer.id)/layer.tar")
            }
            // In this format layers are plain; one that is packed is found out when it is unpacked.
            diffIDs.append(.string(blob.digest.text))
            var entry = JSONObject()
            entry["created"] = layer.json["created"]
            entry["author"] = layer.json["author"]
            entry["comment"] = layer.json["comment"]
            if case .object(let made)? = layer.json["container_config"], case .array(let words)? = made["Cmd"] {
                let text = words.compactMap { if case .string(let word) = $0 { word } else { nil } }
                entry["created_by"] = .string(text.joined(separator: " "))
            }
            history.append(.object(entry))
        }
        config["rootfs"] = .object(["type": "layers", "diff_ids": .array(diffIDs)])
        config["history"] = .array(history)
        return JSONValue.object(config).bytes()
    }
}

extension ImageReference {
    /// A repository's name without a tag.
    fileprivate init(parsingRepository text: String) throws(SpecError) {
        self = try ImageReference(text).withoutTagAndDigest
    }
}
