/// What a runtime can do whatever the host: runtime-spec 1.3, features.md. nil is unknown.
public struct Features: Equatable, Sendable {
    /// The lowest version of the specification that is accepted in a configuration.
    public var ociVersionMin: String
    /// The highest one.
    public var ociVersionMax: String
    /// Names of the kinds that are run.
    public var hooks: [String]?
    /// Without those of a filesystem.
    public var mountOptions: [String]?
    /// What only Linux has.
    public var linux: Linux?
    /// For people and tools.
    public var annotations: OrderedMap<String>?
    /// Annotations that change what the runtime does; one that ends in a dot stands for all that begin so.
    public var potentiallyUnsafeConfigAnnotations: [String]?

    public init(
        ociVersionMin: String, ociVersionMax: String, hooks: [String]? = nil, mountOptions: [String]? = nil,
        linux: Linux? = nil, annotations: OrderedMap<String>? = nil, potentiallyUnsafeConfigAnnotations: [String]? = nil
    ) {
        self.ociVersionMin = ociVersionMin
        self.ociVersionMax = ociVersionMax
        self.hooks = hooks
        self.mountOptions = mountOptions
        self.linux = linux
        self.annotations = annotations
        self.potentiallyUnsafeConfigAnnotations = potentiallyUnsafeConfigAnnotations
    }
}

extension Features: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        ociVersionMin = try fields.required("ociVersionMin")
        ociVersionMax = try fields.required("ociVersionMax")
        hooks = try fields.optional("hooks")
        mountOptions = try fields.optional("mountOptions")
        linux = try fields.optional("linux")
        annotations = try fields.optional("annotations")
        potentiallyUnsafeConfigAnnotations = try fields.optional("potentiallyUnsafeConfigAnnotations")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("ociVersionMin", ociVersionMin)
        fields.put("ociVersionMax", ociVersionMax)
        fields.optional("hooks", hooks)
        fields.optional("mountOptions", mountOptions)
        fields.optional("linux", linux)
        fields.optional("annotations", annotations)
        fields.optional("potentiallyUnsafeConfigAnnotations", potentiallyUnsafeConfigAnnotations)
        return fields.json
    }
}

extension Features {
    /// What the runtime knows of `linux` in config.json.
    public struct Linux: Equatable, Sendable {
        /// Names as in `linux.namespaces`.
        public var namespaces: [String]?
        /// Names as `CAP_CHOWN`.
        public var capabilities: [String]?
        /// Kinds of cgroups.
        public var cgroup: Cgroup?
        /// Filters of system calls.
        public var seccomp: Seccomp?
        /// `process.apparmorProfile`
        public var apparmor: Switch?
        /// `process.selinuxLabel`
        public var selinux: Switch?
        /// `linux.intelRdt`
        public var intelRdt: IntelRdt?
        /// `linux.memoryPolicy`
        public var memoryPolicy: MemoryPolicy?
        /// Mounts with mappings of their own.
        public var mountExtensions: MountExtensions?
        /// `linux.netDevices`
        public var netDevices: Switch?

        public init(
            namespaces: [String]? = nil, capabilities: [String]? = nil, cgroup: Cgroup? = nil, seccomp: Seccomp? = nil,
            apparmor: Switch? = nil, selinux: Switch? = nil, intelRdt: IntelRdt? = nil,
            memoryPolicy: MemoryPolicy? = nil, mountExtensions: MountExtensions? = nil, netDevices: Switch? = nil
        ) {
            self.namespaces = namespaces
            self.capabilities = capabilities
            self.cgroup = cgroup
            self.seccomp = seccomp
            self.apparmor = apparmor
            self.selinux = selinux
            self.intelRdt = intelRdt
            self.memoryPolicy = memoryPolicy
            self.mountExtensions = mountExtensions
            self.netDevices = netDevices
        }
    }
}

extension Features.Linux: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        namespaces = try fields.optional("namespaces")
        capabilities = try fields.optional("capabilities")
        cgroup = try fields.optional("cgroup")
        seccomp = try fields.optional("seccomp")
        apparmor = try fields.optional("apparmor")
        selinux = try fields.optional("selinux")
        intelRdt = try fields.optional("intelRdt")
        memoryPolicy = try fields.optional("memoryPolicy")
        mountExtensions = try fields.optional("mountExtensions")
        netDevices = try fields.optional("netDevices")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("namespaces", namespaces)
        fields.optional("capabilities", capabilities)
        fields.optional("cgroup", cgroup)
        fields.optional("seccomp", seccomp)
        fields.optional("apparmor", apparmor)
        fields.optional("selinux", selinux)
        fields.optional("intelRdt", intelRdt)
        fields.optional("memoryPolicy", memoryPolicy)
        fields.optional("mountExtensions", mountExtensions)
        fields.optional("netDevices", netDevices)
        return fields.json
    }
}
