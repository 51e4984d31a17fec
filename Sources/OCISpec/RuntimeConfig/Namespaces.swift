extension RuntimeConfig.Linux {
    /// A namespace, new or joined.
    public struct Namespace: Equatable, Sendable {
        /// Which kind.
        public var type: Kind
        /// Absolute, the namespace to join; nil makes a new one.
        public var path: String?

        public init(type: Kind, path: String? = nil) {
            self.type = type
            self.path = path
        }
    }
}

extension RuntimeConfig.Linux.Namespace: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        type = try fields.required("type")
        path = try fields.text("path")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("type", type)
        fields.optional("path", path)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Namespace {
    /// The kernel's eight: namespaces(7).
    public enum Kind: String, CaseIterable, Sendable, NamedValue {
        case pid
        case network
        case mount
        case ipc
        case uts
        case user
        case cgroup
        case time
    }
}

extension RuntimeConfig.Linux {
    /// A range of ids of a user namespace.
    public struct IDMapping: Equatable, Sendable {
        /// The first id in the container.
        public var containerID: UInt32
        /// The id that it is outside.
        public var hostID: UInt32
        /// How many ids.
        public var size: UInt32

        public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
            self.containerID = containerID
            self.hostID = hostID
            self.size = size
        }
    }
}

extension RuntimeConfig.Linux.IDMapping: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        containerID = try fields.required("containerID")
        hostID = try fields.required("hostID")
        size = try fields.required("size")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("containerID", containerID)
        fields.put("hostID", hostID)
        fields.put("size", size)
        return fields.json
    }
}

extension RuntimeConfig.Linux {
    /// How far a clock of a new time namespace is off the host's.
    public struct TimeOffset: Equatable, Sendable {
        /// In seconds.
        public var secs: Int64
        /// In nanoseconds, in addition.
        public var nanosecs: UInt32

        public init(secs: Int64 = 0, nanosecs: UInt32 = 0) {
            self.secs = secs
            self.nanosecs = nanosecs
        }
    }
}

extension RuntimeConfig.Linux.TimeOffset: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        secs = try fields.optional("secs") ?? 0
        nanosecs = try fields.optional("nanosecs") ?? 0
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        if secs != 0 { fields.put("secs", secs) }
        if nanosecs != 0 { fields.put("nanosecs", nanosecs) }
        return fields.json
    }
}

extension RuntimeConfig.Linux {
    /// A network interface to move into the network namespace.
    public struct NetDevice: Equatable, Sendable {
        /// Its new name, which may end in `%d`; nil keeps the old one.
        public var name: String?

        public init(name: String? = nil) {
            self.name = name
        }
    }
}

extension RuntimeConfig.Linux.NetDevice: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        name = try fields.text("name")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("name", name)
        return fields.json
    }
}
