/// What an image is and how to run it: image-spec 1.1, config.md, and Docker's image configuration.
public struct ImageConfig: Equatable, Sendable {
    /// A time as in RFC 3339.
    public var created: String?
    /// Who is responsible for the image.
    public var author: String?
    /// In Go's words: `amd64`, `arm64`.
    public var architecture: String
    /// In Go's words: `linux`.
    public var os: String
    /// Such as Windows' build number.
    public var osVersion: String?
    /// Such as `win32k`.
    public var osFeatures: [String]
    /// Of the processor: `v7`, `v8`.
    public var variant: String?
    /// Defaults for a container.
    public var config: Execution?
    /// Which layers make up the root file system.
    public var rootfs: RootFilesystem
    /// How the image came to be, the oldest step first.
    public var history: [History]
    /// Which steps of a build the layers came of, for builds elsewhere. No specification has it: each builder has a member of its
    /// own for that.
    public var buildCache: JSONValue?

    public init(
        created: String? = nil, author: String? = nil, architecture: String, os: String, osVersion: String? = nil,
        osFeatures: [String] = [], variant: String? = nil, config: Execution? = nil, rootfs: RootFilesystem,
        history: [History] = []
    ) {
        self.created = created
        self.author = author
        self.architecture = architecture
        self.os = os
        self.osVersion = osVersion
        self.osFeatures = osFeatures
        self.variant = variant
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }
}

extension ImageConfig: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        created = try fields.text("created")
        author = try fields.text("author")
        architecture = try fields.required("architecture")
        os = try fields.required("os")
        osVersion = try fields.text("os.version")
        osFeatures = try fields.list("os.features")
        variant = try fields.text("variant")
        config = try fields.optional("config")
        rootfs = try fields.required("rootfs")
        history = try fields.list("history")
        buildCache = fields.value("brig.buildcache.v1")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("created", created)
        fields.optional("author", author)
        fields.put("architecture", architecture)
        fields.put("os", os)
        fields.optional("os.version", osVersion)
        fields.list("os.features", osFeatures)
        fields.optional("variant", variant)
        fields.optional("config", config)
        fields.put("rootfs", rootfs)
        fields.list("history", history)
        fields.optional("brig.buildcache.v1", buildCache)
        return fields.json
    }
}

extension ImageConfig {
    /// The layers by what they are unpacked.
    public struct RootFilesystem: Equatable, Sendable {
        /// `layers` in every image there is.
        public var type: Kind
        /// Of the layers, uncompressed, from the lowest to the highest.
        public var diffIDs: [Digest]

        public init(type: Kind, diffIDs: [Digest] = []) {
            self.type = type
            self.diffIDs = diffIDs
        }
    }
}

extension ImageConfig.RootFilesystem: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        type = try fields.required("type")
        diffIDs = try fields.list("diff_ids")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("type", type)
        fields.list("diff_ids", diffIDs)
        return fields.json
    }
}

extension ImageConfig.RootFilesystem {
    /// The image-spec knows one.
    public enum Kind: String, CaseIterable, Sendable, NamedValue {
        case layers
    }
}

extension ImageConfig {
    /// How a layer came about.
    public struct History: Equatable, Sendable {
        /// A time as in RFC 3339.
        public var created: String?
        /// The command that made the layer.
        public var createdBy: String?
        /// Who made it.
        public var author: String?
        /// For people.
        public var comment: String?
        /// Whether there is no layer for this entry.
        public var emptyLayer: Bool

        public init(
            created: String? = nil, createdBy: String? = nil, author: String? = nil, comment: String? = nil,
            emptyLayer: Bool = false
        ) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }
}

extension ImageConfig.History: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        created = try fields.text("created")
        createdBy = try fields.text("created_by")
        author = try fields.text("author")
        comment = try fields.text("comment")
        emptyLayer = try fields.flag("empty_layer")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("created", created)
        fields.optional("created_by", createdBy)
        fields.optional("author", author)
        fields.optional("comment", comment)
        fields.flag("empty_layer", emptyLayer)
        return fields.json
    }
}
