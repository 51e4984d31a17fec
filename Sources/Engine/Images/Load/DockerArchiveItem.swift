internal import ImageStore
internal import OCISpec

/// One image of a docker-archive: an element of `manifest.json`, or what an older archive says in other words.
struct DockerArchiveItem {
    enum Config {
        /// In the archive.
        case path(String)
        case bytes([UInt8])
    }

    let config: Config
    let names: [ImageReference]
    /// Paths in the archive, the lowest layer first.
    let layers: [String]

    /// Reads `manifest.json`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    static func list(_ bytes: [UInt8]) throws(EngineError) -> [DockerArchiveItem] {
        do {
            guard case .array(let items) = try JSONValue(parsing: bytes, sizeLimit: DocumentLimits.config) else {
                throw EngineError(.invalidInput, "manifest.json is no list of images")
            }
            guard items.count <= DocumentLimits.images else {
                throw EngineError(.invalidInput, "the archive has more than \(DocumentLimits.images) images")
            }
            return try items.map(DockerArchiveItem.init)
        } catch {
            throw .wrappingInput(error, while: "read manifest.json of the archive")
        }
    }

    init(config: Config, names: [ImageReference], layers: [String]) {
        self.config = config
        self.names = names
        self.layers = layers
    }

    private init(_ json: JSONValue) throws {
        let fields = try FieldReader(json)
        config = .path(try fields.required("Config"))
        let tags: [String] = try fields.list("RepoTags")
        names = try tags.map { try ImageReference(parsing: $0).withDefaultTag }
        layers = try fields.list("Layers")
        guard layers.count <= DocumentLimits.layers else {
            throw EngineError(.invalidInput, "an image has more than \(DocumentLimits.layers) layers")
        }
    }
}

extension EngineError {
    /// As `wrapping`, for what is wrong with a document from outside.
    static func wrappingInput(_ error: any Error, while doing: @autoclosure () -> String) -> EngineError {
        if let known = error as? EngineError { return known }
        return EngineError(.invalidInput, "\(doing()): \(error)")
    }
}
