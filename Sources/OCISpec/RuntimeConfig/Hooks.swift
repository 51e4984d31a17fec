extension RuntimeConfig {
    /// Programs to run at points of the life of the container.
    public struct Hooks: Equatable, Sendable {
        /// Deprecated. In the runtime namespace, as part of create.
        public var prestart: [Hook]
        /// In the runtime namespace, after the namespaces are made and before pivot_root.
        public var createRuntime: [Hook]
        /// In the container namespace, before pivot_root.
        public var createContainer: [Hook]
        /// In the container namespace, as part of start, before the program is executed.
        public var startContainer: [Hook]
        /// In the runtime namespace, after the program was started.
        public var poststart: [Hook]
        /// In the runtime namespace, after the container was deleted.
        public var poststop: [Hook]

        public init(
            prestart: [Hook] = [], createRuntime: [Hook] = [], createContainer: [Hook] = [],
            startContainer: [Hook] = [], poststart: [Hook] = [], poststop: [Hook] = []
        ) {
            self.prestart = prestart
            self.createRuntime = createRuntime
            self.createContainer = createContainer
            self.startContainer = startContainer
            self.poststart = poststart
            self.poststop = poststop
        }
    }
}

extension RuntimeConfig.Hooks: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        prestart = try fields.list("prestart")
        createRuntime = try fields.list("createRuntime")
        createContainer = try fields.list("createContainer")
        startContainer = try fields.list("startContainer")
        poststart = try fields.list("poststart")
        poststop = try fields.list("poststop")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("prestart", prestart)
        fields.list("createRuntime", createRuntime)
        fields.list("createContainer", createContainer)
        fields.list("startContainer", startContainer)
        fields.list("poststart", poststart)
        fields.list("poststop", poststop)
        return fields.json
    }
}

extension RuntimeConfig.Hooks {
    /// One program.
    public struct Hook: Equatable, Sendable {
        /// Absolute.
        public var path: String
        /// With the semantics of argv: the first is the name of the program.
        public var args: [String]
        /// The whole environment, as `NAME=value`.
        public var env: [String]
        /// In seconds, above 0.
        public var timeout: Int?

        public init(path: String, args: [String] = [], env: [String] = [], timeout: Int? = nil) {
            self.path = path
            self.args = args
            self.env = env
            self.timeout = timeout
        }
    }
}

extension RuntimeConfig.Hooks.Hook: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        path = try fields.required("path")
        args = try fields.list("args")
        env = try fields.list("env")
        timeout = try fields.optional("timeout")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("path", path)
        fields.list("args", args)
        fields.list("env", env)
        fields.optional("timeout", timeout)
        return fields.json
    }
}
