internal import ImageStore
internal import LinuxKernel
internal import OCISpec

/// One step in which an image was made: Docker's object of `images/NAME/history`.
public struct ImageHistoryEntry: Encodable, Equatable, Sendable {
    /// Of the image, for the newest step; `<missing>` for the others.
    public let id: String
    /// Seconds since 1970; `nil` where nobody has said it.
    public let created: Int64?
    public let createdBy: String
    public let tags: [String]
    /// Bytes of the files in the step's layer.
    public let size: Int64
    public let comment: String

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case created = "Created"
        case createdBy = "CreatedBy"
        case tags = "Tags"
        case size = "Size"
        case comment = "Comment"
    }
}

/// What an image is made of, and who else uses it.
public struct ImageTree: Encodable, Equatable, Sendable {
    /// With `sha256:` before it.
    public let id: String
    public let repoTags: [String]
    /// Bytes of the files of all layers.
    public let size: Int64
    /// The lowest first.
    public let layers: [Layer]

    public struct Layer: Encodable, Equatable, Sendable {
        /// What this and all layers below contain, with `sha256:` before it.
        public let chainID: String
        public let diffID: String
        /// Bytes of the files in it.
        public let size: Int64
        /// Bytes of it as it came, packed; 0 if that was not kept.
        public let packedSize: Int64
        public let createdBy: String
        /// Other images with this layer: a name of each, or its short identifier.
        public let sharedWith: [String]

        enum CodingKeys: String, CodingKey {
            case chainID = "ChainID"
            case diffID = "DiffID"
            case size = "Size"
            case packedSize = "PackedSize"
            case createdBy = "CreatedBy"
            case sharedWith = "SharedWith"
        }
    }

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case repoTags = "RepoTags"
        case size = "Size"
        case layers = "Layers"
    }
}

extension Engine {
    /// How an image was made, the newest step first.
    public func history(of text: String) throws(EngineError) -> [ImageHistoryEntry] {
        let image = try store.image(text)
        let steps = steps(of: image)
        return steps.indices.reversed().map { index in
            let (step, layer) = steps[index]
            let isNewest = index == steps.count - 1
            return ImageHistoryEntry(
                id: isNewest ? image.digestText : "<missing>",
                created: step.created.flatMap { Timestamp($0)?.seconds }, createdBy: step.createdBy ?? "",
                tags: isNewest ? image.references.map(\.description) : [], size: layer?.size ?? 0,
                comment: step.comment ?? "")
        }
    }

    /// What images are made of: of those named, or of all.
    public func trees(of names: [String]) throws(EngineError) -> [ImageTree] {
        let all = try store.images()
        var chosen: [ImageRecord] = []
        for name in names { chosen.append(try store.image(name)) }
        var users: [Identifier: [ImageRecord]] = [:]
        for image in all { for layer in image.layers { users[layer.chainID, default: []].append(image) } }
        return (names.isEmpty ? all : chosen).map { image in
            var makers: [Identifier: String] = [:]
            for (step, layer) in steps(of: image) {
                if let layer { makers[layer.chainID] = step.createdBy ?? step.comment ?? "" }
            }
            let layers = image.layers.enumerated().map { index, layer in
                ImageTree.Layer(
                    chainID: "sha256:\(layer.chainID)", diffID: "sha256:\(layer.diffID)", size: layer.size,
                    packedSize: image.layerBlobs.dropFirst(index).first?.size ?? 0,
                    createdBy: makers[layer.chainID] ?? "",
                    sharedWith: (users[layer.chainID] ?? []).filter { $0.id != image.id }.map {
                        $0.references.first?.description ?? $0.id.short
                    })
            }
            return ImageTree(
                id: image.digestText, repoTags: image.references.map(\.description), size: image.size, layers: layers)
        }
    }

    /// The steps of an image's history, the oldest first, each with its layer. A history that does not fit the layers
    /// counts for nothing: then each layer is a step.
    private func steps(of image: ImageRecord) -> [(step: ImageConfig.History, layer: LayerRecord?)] {
        // An image without documents has no history but its layers.
        let told = (try? parts(of: image))?.config.history ?? []
        guard told.filter({ !$0.emptyLayer }).count == image.layers.count, !told.isEmpty else {
            return image.layers.map {
                (ImageConfig.History(created: image.created.description, comment: image.comment), $0)
            }
        }
        var layers = image.layers[...]
        return told.map { ($0, $0.emptyLayer ? nil : layers.popFirst()) }
    }
}
