extension RuntimeConfig {
    /// The program to run in the container.
    public struct Process: Equatable, Sendable {
        /// Whether the standard streams are a pseudoterminal.
        public var terminal: Bool
        /// Ignored without a terminal.
        public var consoleSize: ConsoleSize?
        /// As whom it runs.
        public var user: User
        /// At least one entry.
        public var args: [String]
        /// `NAME=value` each.
        public var env: [String]
        /// Absolute, in the container.
        public var cwd: String
        /// None at all if absent.
        public var capabilities: Capabilities?
        /// No resource twice.
        public var rlimits: [Rlimit]
        /// `PR_SET_NO_NEW_PRIVS`: no exec gives more than there is.
        public var noNewPrivileges: Bool
        /// The profile to change to at exec; it must be loaded.
        public var apparmorProfile: String?
        /// From -1000 to 1000; nil leaves the value as it is.
        public var oomScoreAdj: Int?
        /// sched_setattr(2).
        public var scheduler: Scheduler?
        /// The label to change to at exec.
        public var selinuxLabel: String?
        /// ioprio_set(2).
        public var ioPriority: IOPriority?
        /// Not for the first process of the container.
        public var execCPUAffinity: CPUAffinity?

        public init(
            terminal: Bool = false, consoleSize: ConsoleSize? = nil, user: User, args: [String] = [],
            env: [String] = [], cwd: String, capabilities: Capabilities? = nil, rlimits: [Rlimit] = [],
            noNewPrivileges: Bool = false, apparmorProfile: String? = nil, oomScoreAdj: Int? = nil,
            scheduler: Scheduler? = nil, selinuxLabel: String? = nil, ioPriority: IOPriority? = nil,
            execCPUAffinity: CPUAffinity? = nil
        ) {
            self.terminal = terminal
            self.consoleSize = consoleSize
            self.user = user
            self.args = args
            self.env = env
            self.cwd = cwd
            self.capabilities = capabilities
            self.rlimits = rlimits
            self.noNewPrivileges = noNewPrivileges
            self.apparmorProfile = apparmorProfile
            self.oomScoreAdj = oomScoreAdj
            self.scheduler = scheduler
            self.selinuxLabel = selinuxLabel
            self.ioPriority = ioPriority
            self.execCPUAffinity = execCPUAffinity
        }
    }
}

extension RuntimeConfig.Process: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        terminal = try fields.flag("terminal")
        consoleSize = try fields.optional("consoleSize")
        user = try fields.required("user")
        args = try fields.list("args")
        env = try fields.list("env")
        cwd = try fields.required("cwd")
        capabilities = try fields.optional("capabilities")
        rlimits = try fields.list("rlimits")
        noNewPrivileges = try fields.flag("noNewPrivileges")
        apparmorProfile = try fields.text("apparmorProfile")
        oomScoreAdj = try fields.optional("oomScoreAdj")
        scheduler = try fields.optional("scheduler")
        selinuxLabel = try fields.text("selinuxLabel")
        ioPriority = try fields.optional("ioPriority")
        execCPUAffinity = try fields.optional("execCPUAffinity")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.flag("terminal", terminal)
        fields.optional("consoleSize", consoleSize)
        fields.put("user", user)
        fields.list("args", args)
        fields.list("env", env)
        fields.put("cwd", cwd)
        fields.optional("capabilities", capabilities)
        fields.list("rlimits", rlimits)
        fields.flag("noNewPrivileges", noNewPrivileges)
        fields.optional("apparmorProfile", apparmorProfile)
        fields.optional("oomScoreAdj", oomScoreAdj)
        fields.optional("scheduler", scheduler)
        fields.optional("selinuxLabel", selinuxLabel)
        fields.optional("ioPriority", ioPriority)
        fields.optional("execCPUAffinity", execCPUAffinity)
        return fields.json
    }
}

extension RuntimeConfig.Process {
    /// In characters.
    public struct ConsoleSize: Equatable, Sendable {
        /// Lines of text.
        public var height: UInt64
        /// Characters in a line.
        public var width: UInt64

        public init(height: UInt64, width: UInt64) {
            self.height = height
            self.width = width
        }
    }
}

extension RuntimeConfig.Process.ConsoleSize: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        height = try fields.required("height")
        width = try fields.required("width")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("height", height)
        fields.put("width", width)
        return fields.json
    }
}

extension RuntimeConfig.Process {
    /// Numeric ids in the container.
    public struct User: Equatable, Sendable {
        /// In the container's user namespace.
        public var uid: UInt32
        /// In the container's user namespace.
        public var gid: UInt32
        /// nil leaves the mask of the runtime.
        public var umask: UInt32?
        /// Supplementary groups, in the container's user namespace.
        public var additionalGids: [UInt32]

        public init(uid: UInt32, gid: UInt32, umask: UInt32? = nil, additionalGids: [UInt32] = []) {
            self.uid = uid
            self.gid = gid
            self.umask = umask
            self.additionalGids = additionalGids
        }
    }
}

extension RuntimeConfig.Process.User: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        uid = try fields.required("uid")
        gid = try fields.required("gid")
        umask = try fields.optional("umask")
        additionalGids = try fields.list("additionalGids")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("uid", uid)
        fields.put("gid", gid)
        fields.optional("umask", umask)
        fields.list("additionalGids", additionalGids)
        return fields.json
    }
}

extension RuntimeConfig.Process {
    /// Names as in capabilities(7), `CAP_CHOWN`. Unknown ones are for a warning, not an error.
    public struct Capabilities: Equatable, Sendable {
        /// Names as `CAP_CHOWN`: what exec can give at most.
        public var bounding: [String]
        /// What counts at once.
        public var effective: [String]
        /// What a file's own inheritable set lets through exec.
        public var inheritable: [String]
        /// What can be made effective.
        public var permitted: [String]
        /// What goes through exec of an ordinary file.
        public var ambient: [String]

        public init(
            bounding: [String] = [], effective: [String] = [], inheritable: [String] = [], permitted: [String] = [],
            ambient: [String] = []
        ) {
            self.bounding = bounding
            self.effective = effective
            self.inheritable = inheritable
            self.permitted = permitted
            self.ambient = ambient
        }
    }
}

extension RuntimeConfig.Process.Capabilities: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        bounding = try fields.list("bounding")
        effective = try fields.list("effective")
        inheritable = try fields.list("inheritable")
        permitted = try fields.list("permitted")
        ambient = try fields.list("ambient")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("bounding", bounding)
        fields.list("effective", effective)
        fields.list("inheritable", inheritable)
        fields.list("permitted", permitted)
        fields.list("ambient", ambient)
        return fields.json
    }
}
