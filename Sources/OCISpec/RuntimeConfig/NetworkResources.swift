extension RuntimeConfig.Linux.Resources {
    /// The controllers net_cls and net_prio, which only cgroup v1 has.
    public struct Network: Equatable, Sendable {
        /// `net_cls.classid`; v1.
        public var classID: UInt32?
        /// `net_prio.ifpriomap`; v1.
        public var priorities: [InterfacePriority]

        public init(classID: UInt32? = nil, priorities: [InterfacePriority] = []) {
            self.classID = classID
            self.priorities = priorities
        }
    }
}

extension RuntimeConfig.Linux.Resources.Network: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        classID = try fields.optional("classID")
        priorities = try fields.list("priorities")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("classID", classID)
        fields.list("priorities", priorities)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources.Network {
    /// The priority of what is sent through one interface.
    public struct InterfacePriority: Equatable, Sendable {
        /// Of the interface, in the network namespace of the runtime.
        public var name: String
        /// A higher number goes first.
        public var priority: UInt32

        public init(name: String, priority: UInt32) {
            self.name = name
            self.priority = priority
        }
    }
}

extension RuntimeConfig.Linux.Resources.Network.InterfacePriority: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        name = try fields.required("name")
        priority = try fields.required("priority")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("name", name)
        fields.put("priority", priority)
        return fields.json
    }
}
