extension ImageConfig {
    /// Defaults for a container. Nothing here may decide what the container is allowed to do.
    public struct Execution: Equatable, Sendable {
        /// A name or number, with a group after a colon.
        public var user: String?
        /// Such as `80/tcp`.
        public var exposedPorts: NameSet
        /// `NAME=value` each.
        public var env: [String]
        /// The program and its first arguments.
        public var entrypoint: [String]
        /// Arguments after the entrypoint, or the whole command without one; what a command line replaces.
        public var cmd: [String]
        /// Directories for data that outlives the container.
        public var volumes: NameSet
        /// Absolute.
        public var workingDir: String?
        /// For people and tools; they choose nothing.
        public var labels: OrderedMap<String>
        /// A name or number.
        public var stopSignal: String?
        /// Only for Windows.
        public var argsEscaped: Bool
        /// An addition of Docker.
        public var healthcheck: Healthcheck?
        /// An addition of Docker.
        public var onBuild: [String]
        /// An addition of Docker.
        public var shell: [String]

        public init(
            user: String? = nil, exposedPorts: NameSet = [], env: [String] = [], entrypoint: [String] = [],
            cmd: [String] = [], volumes: NameSet = [], workingDir: String? = nil, labels: OrderedMap<String> = [:],
            stopSignal: String? = nil, argsEscaped: Bool = false, healthcheck: Healthcheck? = nil,
            onBuild: [String] = [], shell: [String] = []
        ) {
            self.user = user
            self.exposedPorts = exposedPorts
            self.env = env
            self.entrypoint = entrypoint
            self.cmd = cmd
            self.volumes = volumes
            self.workingDir = workingDir
            self.labels = labels
            self.stopSignal = stopSignal
            self.argsEscaped = argsEscaped
            self.healthcheck = healthcheck
            self.onBuild = onBuild
            self.shell = shell
        }
    }
}

extension ImageConfig.Execution: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        user = try fields.text("User")
        exposedPorts = try fields.optional("ExposedPorts") ?? []
        env = try fields.list("Env")
        entrypoint = try fields.list("Entrypoint")
        cmd = try fields.list("Cmd")
        volumes = try fields.optional("Volumes") ?? []
        workingDir = try fields.text("WorkingDir")
        labels = try fields.map("Labels")
        stopSignal = try fields.text("StopSignal")
        argsEscaped = try fields.flag("ArgsEscaped")
        healthcheck = try fields.optional("Healthcheck")
        onBuild = try fields.list("OnBuild")
        shell = try fields.list("Shell")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("User", user)
        if exposedPorts != [] { fields.put("ExposedPorts", exposedPorts) }
        fields.list("Env", env)
        fields.list("Entrypoint", entrypoint)
        fields.list("Cmd", cmd)
        if volumes != [] { fields.put("Volumes", volumes) }
        fields.optional("WorkingDir", workingDir)
        fields.map("Labels", labels)
        fields.optional("StopSignal", stopSignal)
        fields.flag("ArgsEscaped", argsEscaped)
        fields.optional("Healthcheck", healthcheck)
        fields.list("OnBuild", onBuild)
        fields.list("Shell", shell)
        return fields.json
    }
}

extension ImageConfig {
    /// How Docker finds out whether a container works. Times are in nanoseconds, 0 is the default.
    public struct Healthcheck: Equatable, Sendable {
        /// `NONE`, or `CMD` or `CMD-SHELL` and what follows; empty is inherited.
        public var test: [String]
        /// Nanoseconds between two checks.
        public var interval: Int64
        /// Nanoseconds that a check may take.
        public var timeout: Int64
        /// Nanoseconds after the start in which failures do not count.
        public var startPeriod: Int64
        /// Nanoseconds between two checks during the start period.
        public var startInterval: Int64
        /// Failures in a row before it counts as not working.
        public var retries: Int64

        public init(
            test: [String] = [], interval: Int64 = 0, timeout: Int64 = 0, startPeriod: Int64 = 0,
            startInterval: Int64 = 0, retries: Int64 = 0
        ) {
            self.test = test
            self.interval = interval
            self.timeout = timeout
            self.startPeriod = startPeriod
            self.startInterval = startInterval
            self.retries = retries
        }
    }
}

extension ImageConfig.Healthcheck: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        test = try fields.list("Test")
        interval = try fields.optional("Interval") ?? 0
        timeout = try fields.optional("Timeout") ?? 0
        startPeriod = try fields.optional("StartPeriod") ?? 0
        startInterval = try fields.optional("StartInterval") ?? 0
        retries = try fields.optional("Retries") ?? 0
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("Test", test)
        if interval != 0 { fields.put("Interval", interval) }
        if timeout != 0 { fields.put("Timeout", timeout) }
        if startPeriod != 0 { fields.put("StartPeriod", startPeriod) }
        if startInterval != 0 { fields.put("StartInterval", startInterval) }
        if retries != 0 { fields.put("Retries", retries) }
        return fields.json
    }
}
