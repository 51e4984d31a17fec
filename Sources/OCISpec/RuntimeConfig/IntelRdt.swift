extension RuntimeConfig.Linux {
    /// Cache and memory bandwidth through resctrl.
    public struct IntelRdt: Equatable, Sendable {
        /// The class of service; `/` is the default one, nil the id of the container.
        public var closID: String?
        /// Lines for the file `schemata`.
        public var schemata: [String]
        /// A line that begins with `L3:`.
        public var l3CacheSchema: String?
        /// A line that begins with `MB:`.
        public var memBwSchema: String?
        /// Whether the container gets a monitoring group.
        public var enableMonitoring: Bool

        public init(
            closID: String? = nil, schemata: [String] = [], l3CacheSchema: String? = nil, memBwSchema: String? = nil,
            enableMonitoring: Bool = false
        ) {
            self.closID = closID
            self.schemata = schemata
            self.l3CacheSchema = l3CacheSchema
            self.memBwSchema = memBwSchema
            self.enableMonitoring = enableMonitoring
        }
    }
}

extension RuntimeConfig.Linux.IntelRdt: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        closID = try fields.text("closID")
        schemata = try fields.list("schemata")
        l3CacheSchema = try fields.text("l3CacheSchema")
        memBwSchema = try fields.text("memBwSchema")
        enableMonitoring = try fields.flag("enableMonitoring")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("closID", closID)
        fields.list("schemata", schemata)
        fields.optional("l3CacheSchema", l3CacheSchema)
        fields.optional("memBwSchema", memBwSchema)
        fields.flag("enableMonitoring", enableMonitoring)
        return fields.json
    }
}
