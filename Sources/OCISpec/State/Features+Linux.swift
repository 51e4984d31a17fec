extension Features.Linux {
    /// A part that is there or not.
    public struct Switch: Equatable, Sendable {
        /// Whether the runtime was built with it; `nil` is not said.
        public var enabled: Bool?

        public init(enabled: Bool? = nil) {
            self.enabled = enabled
        }
    }
}

extension Features.Linux.Switch: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        enabled = try fields.optional("enabled")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("enabled", enabled)
        return fields.json
    }
}

extension Features.Linux {
    /// Which cgroups the runtime can use, whatever this host has.
    public struct Cgroup: Equatable, Sendable {
        /// Hierarchies of version 1.
        public var v1: Bool?
        /// The unified hierarchy.
        public var v2: Bool?
        /// Through systemd, for the system.
        public var systemd: Bool?
        /// Through systemd, for an ordinary user.
        public var systemdUser: Bool?
        /// The controller `rdma`.
        public var rdma: Bool?

        public init(
            v1: Bool? = nil, v2: Bool? = nil, systemd: Bool? = nil, systemdUser: Bool? = nil, rdma: Bool? = nil
        ) {
            self.v1 = v1
            self.v2 = v2
            self.systemd = systemd
            self.systemdUser = systemdUser
            self.rdma = rdma
        }
    }
}

extension Features.Linux.Cgroup: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        v1 = try fields.optional("v1")
        v2 = try fields.optional("v2")
        systemd = try fields.optional("systemd")
        systemdUser = try fields.optional("systemdUser")
        rdma = try fields.optional("rdma")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("v1", v1)
        fields.optional("v2", v2)
        fields.optional("systemd", systemd)
        fields.optional("systemdUser", systemdUser)
        fields.optional("rdma", rdma)
        return fields.json
    }
}

extension Features.Linux {
    /// Which filters the runtime can make, whatever this kernel takes.
    public struct Seccomp: Equatable, Sendable {
        /// Whether it can make any.
        public var enabled: Bool?
        /// Names as `SCMP_ACT_ERRNO`.
        public var actions: [String]?
        /// Names as `SCMP_CMP_EQ`.
        public var operators: [String]?
        /// Names as `SCMP_ARCH_X86_64`.
        public var archs: [String]?
        /// Flags that it recognises.
        public var knownFlags: [String]?
        /// Flags that it can set.
        public var supportedFlags: [String]?

        public init(
            enabled: Bool? = nil, actions: [String]? = nil, operators: [String]? = nil, archs: [String]? = nil,
            knownFlags: [String]? = nil, supportedFlags: [String]? = nil
        ) {
            self.enabled = enabled
            self.actions = actions
            self.operators = operators
            self.archs = archs
            self.knownFlags = knownFlags
            self.supportedFlags = supportedFlags
        }
    }
}

extension Features.Linux.Seccomp: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        enabled = try fields.optional("enabled")
        actions = try fields.optional("actions")
        operators = try fields.optional("operators")
        archs = try fields.optional("archs")
        knownFlags = try fields.optional("knownFlags")
        supportedFlags = try fields.optional("supportedFlags")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("enabled", enabled)
        fields.optional("actions", actions)
        fields.optional("operators", operators)
        fields.optional("archs", archs)
        fields.optional("knownFlags", knownFlags)
        fields.optional("supportedFlags", supportedFlags)
        return fields.json
    }
}

extension Features.Linux {
    /// What the runtime can do with resctrl.
    public struct IntelRdt: Equatable, Sendable {
        /// Whether it can do anything.
        public var enabled: Bool?
        /// `linux.intelRdt.schemata`
        public var schemata: Bool?
        /// `linux.intelRdt.enableMonitoring`
        public var monitoring: Bool?

        public init(enabled: Bool? = nil, schemata: Bool? = nil, monitoring: Bool? = nil) {
            self.enabled = enabled
            self.schemata = schemata
            self.monitoring = monitoring
        }
    }
}

extension Features.Linux.IntelRdt: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        enabled = try fields.optional("enabled")
        schemata = try fields.optional("schemata")
        monitoring = try fields.optional("monitoring")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("enabled", enabled)
        fields.optional("schemata", schemata)
        fields.optional("monitoring", monitoring)
        return fields.json
    }
}

extension Features.Linux {
    /// What the runtime knows of `linux.memoryPolicy`.
    public struct MemoryPolicy: Equatable, Sendable {
        /// Names as `MPOL_BIND`.
        public var modes: [String]?
        /// Names as `MPOL_F_STATIC_NODES`.
        public var flags: [String]?

        public init(modes: [String]? = nil, flags: [String]? = nil) {
            self.modes = modes
            self.flags = flags
        }
    }
}

extension Features.Linux.MemoryPolicy: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        modes = try fields.optional("modes")
        flags = try fields.optional("flags")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("modes", modes)
        fields.optional("flags", flags)
        return fields.json
    }
}

extension Features.Linux {
    /// What the runtime knows of mounts besides their options.
    public struct MountExtensions: Equatable, Sendable {
        /// Mounts with mappings of their own.
        public var idmap: Switch?

        public init(idmap: Switch? = nil) {
            self.idmap = idmap
        }
    }
}

extension Features.Linux.MountExtensions: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        idmap = try fields.optional("idmap")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("idmap", idmap)
        return fields.json
    }
}
