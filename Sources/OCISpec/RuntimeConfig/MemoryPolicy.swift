extension RuntimeConfig.Linux {
    /// For set_mempolicy(2).
    public struct MemoryPolicy: Equatable, Sendable {
        /// How nodes are chosen.
        public var mode: Mode
        /// A list such as `0-3,7`.
        public var nodes: String?
        /// How `nodes` is read.
        public var flags: [Flag]

        public init(mode: Mode, nodes: String? = nil, flags: [Flag] = []) {
            self.mode = mode
            self.nodes = nodes
            self.flags = flags
        }
    }
}

extension RuntimeConfig.Linux.MemoryPolicy: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        mode = try fields.required("mode")
        nodes = try fields.text("nodes")
        flags = try fields.list("flags")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("mode", mode)
        fields.optional("nodes", nodes)
        fields.list("flags", flags)
        return fields.json
    }
}

extension RuntimeConfig.Linux.MemoryPolicy {
    /// set_mempolicy(2)'s modes.
    public enum Mode: String, CaseIterable, Sendable, NamedValue {
        case `default` = "MPOL_DEFAULT"
        case bind = "MPOL_BIND"
        case interleave = "MPOL_INTERLEAVE"
        case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
        case preferred = "MPOL_PREFERRED"
        case preferredMany = "MPOL_PREFERRED_MANY"
        case local = "MPOL_LOCAL"
    }
}

extension RuntimeConfig.Linux.MemoryPolicy {
    /// set_mempolicy(2)'s mode flags.
    public enum Flag: String, CaseIterable, Sendable, NamedValue {
        case numaBalancing = "MPOL_F_NUMA_BALANCING"
        case relativeNodes = "MPOL_F_RELATIVE_NODES"
        case staticNodes = "MPOL_F_STATIC_NODES"
    }
}
