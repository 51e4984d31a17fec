extension RuntimeConfig {
    /// A mount beyond the root filesystem. It is a bind mount if its options hold `bind` or `rbind`.
    public struct Mount: Equatable, Sendable {
        /// In the container. A relative path, which is deprecated, counts from `/`.
        public var destination: String
        /// A filesystem type; a dummy for bind mounts.
        public var type: String?
        /// A device, a dummy, or for bind mounts a path, absolute or relative to the bundle.
        public var source: String?
        /// fstab's words and the runtime-spec's own; what is neither is data for the file system.
        public var options: [String]
        /// For an idmapped mount (`idmap`, `ridmap`); given together with `gidMappings`.
        public var uidMappings: [Linux.IDMapping]
        /// As `uidMappings`, for groups.
        public var gidMappings: [Linux.IDMapping]

        public init(
            destination: String, type: String? = nil, source: String? = nil, options: [String] = [],
            uidMappings: [Linux.IDMapping] = [], gidMappings: [Linux.IDMapping] = []
        ) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
            self.uidMappings = uidMappings
            self.gidMappings = gidMappings
        }
    }
}

extension RuntimeConfig.Mount: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        destination = try fields.required("destination")
        type = try fields.text("type")
        source = try fields.text("source")
        options = try fields.list("options")
        uidMappings = try fields.list("uidMappings")
        gidMappings = try fields.list("gidMappings")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("destination", destination)
        fields.optional("type", type)
        fields.optional("source", source)
        fields.list("options", options)
        fields.list("uidMappings", uidMappings)
        fields.list("gidMappings", gidMappings)
        return fields.json
    }
}
