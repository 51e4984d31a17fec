extension RuntimeConfig.Linux {
    /// A filter for system calls.
    public struct Seccomp: Equatable, Sendable {
        /// For calls that no rule names.
        public var defaultAction: Action
        /// For the actions `errno` and `trace`; EPERM if absent.
        public var defaultErrnoRet: UInt32?
        /// Beside the native one.
        public var architectures: [Architecture]
        /// nil if the document has none: runc then takes `allowSpeculation` where the kernel has it, and no flag if the
        /// list is empty.
        public var flags: [Flag]?
        /// A unix stream socket that gets the descriptor for the action `notify`.
        public var listenerPath: String?
        /// Passed on to the listener.
        public var listenerMetadata: String?
        /// In the order of the document.
        public var syscalls: [Rule]

        public init(
            defaultAction: Action, defaultErrnoRet: UInt32? = nil, architectures: [Architecture] = [],
            flags: [Flag]? = nil, listenerPath: String? = nil, listenerMetadata: String? = nil, syscalls: [Rule] = []
        ) {
            self.defaultAction = defaultAction
            self.defaultErrnoRet = defaultErrnoRet
            self.architectures = architectures
            self.flags = flags
            self.listenerPath = listenerPath
            self.listenerMetadata = listenerMetadata
            self.syscalls = syscalls
        }
    }
}

extension RuntimeConfig.Linux.Seccomp: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        defaultAction = try fields.required("defaultAction")
        defaultErrnoRet = try fields.optional("defaultErrnoRet")
        architectures = try fields.list("architectures")
        flags = try fields.optional("flags")
        listenerPath = try fields.text("listenerPath")
        listenerMetadata = try fields.text("listenerMetadata")
        syscalls = try fields.list("syscalls")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("defaultAction", defaultAction)
        fields.optional("defaultErrnoRet", defaultErrnoRet)
        fields.list("architectures", architectures)
        fields.optional("flags", flags)
        fields.optional("listenerPath", listenerPath)
        fields.optional("listenerMetadata", listenerMetadata)
        fields.list("syscalls", syscalls)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Seccomp {
    /// What to do about some calls. An entry of `syscalls`.
    public struct Rule: Equatable, Sendable {
        /// At least one.
        public var names: [String]
        /// What becomes of a call that matches.
        public var action: Action
        /// For the actions `errno` and `trace`; EPERM if absent.
        public var errnoRet: UInt32?
        /// All of them must hold.
        public var args: [Condition]

        public init(names: [String] = [], action: Action, errnoRet: UInt32? = nil, args: [Condition] = []) {
            self.names = names
            self.action = action
            self.errnoRet = errnoRet
            self.args = args
        }
    }
}

extension RuntimeConfig.Linux.Seccomp.Rule: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        names = try fields.list("names")
        action = try fields.required("action")
        errnoRet = try fields.optional("errnoRet")
        args = try fields.list("args")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("names", names)
        fields.put("action", action)
        fields.optional("errnoRet", errnoRet)
        fields.list("args", args)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Seccomp.Rule {
    /// A comparison with an argument of the call.
    public struct Condition: Equatable, Sendable {
        /// Of the argument, from 0 to 5.
        public var index: UInt32
        /// For `maskedEqual` the mask.
        public var value: UInt64
        /// For `maskedEqual` what the masked argument is compared with.
        public var valueTwo: UInt64
        /// How the argument is compared.
        public var op: Operator

        public init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: Operator) {
            self.index = index
            self.value = value
            self.valueTwo = valueTwo
            self.op = op
        }
    }
}

extension RuntimeConfig.Linux.Seccomp.Rule.Condition: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        index = try fields.required("index")
        value = try fields.required("value")
        valueTwo = try fields.optional("valueTwo") ?? 0
        op = try fields.required("op")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("index", index)
        fields.put("value", value)
        if valueTwo != 0 { fields.put("valueTwo", valueTwo) }
        fields.put("op", op)
        return fields.json
    }
}
