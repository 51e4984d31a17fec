extension RuntimeConfig.Linux {
    /// For personality(2).
    public struct Personality: Equatable, Sendable {
        /// Which system's calls are imitated.
        public var domain: Domain
        /// None are defined so far.
        public var flags: [String]

        public init(domain: Domain, flags: [String] = []) {
            self.domain = domain
            self.flags = flags
        }
    }
}

extension RuntimeConfig.Linux.Personality: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        domain = try fields.required("domain")
        flags = try fields.list("flags")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("domain", domain)
        fields.list("flags", flags)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Personality {
    /// Those of personality(2) that the runtime-spec names.
    public enum Domain: String, CaseIterable, Sendable, NamedValue {
        case linux = "LINUX"
        case linux32 = "LINUX32"
    }
}
