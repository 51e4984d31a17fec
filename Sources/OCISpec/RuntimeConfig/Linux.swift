extension RuntimeConfig {
    /// What only Linux has: config-linux.md.
    public struct Linux: Equatable, Sendable {
        /// Of a new user namespace.
        public var uidMappings: [IDMapping]
        /// Of a new user namespace.
        public var gidMappings: [IDMapping]
        /// In the order in which they are written.
        public var sysctl: OrderedMap<String>
        /// The limits of the container's cgroup.
        public var resources: Resources?
        /// Absolute from the mount point of the hierarchy, or relative to a place that the runtime chooses.
        public var cgroupsPath: String?
        /// Kinds that are not named are shared with the runtime.
        public var namespaces: [Namespace]
        /// Nodes to make beside the default ones.
        public var devices: [Device]
        /// Network interfaces to move in, by their name on the host.
        public var netDevices: OrderedMap<NetDevice>
        /// Which system calls are allowed; all without it.
        public var seccomp: Seccomp?
        /// Of the root mount, once the container's process is in it.
        public var rootfsPropagation: Propagation?
        /// Absolute, in the container.
        public var maskedPaths: [String]
        /// Absolute, in the container.
        public var readonlyPaths: [String]
        /// The SELinux context of mounts.
        public var mountLabel: String?
        /// Shares of cache and memory bandwidth, through resctrl.
        public var intelRdt: IntelRdt?
        /// From which nodes memory comes: set_mempolicy(2).
        public var memoryPolicy: MemoryPolicy?
        /// The execution domain: personality(2).
        public var personality: Personality?
        /// Of a new time namespace, by clock: `monotonic`, `boottime`.
        public var timeOffsets: OrderedMap<TimeOffset>

        public init(
            uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = [], sysctl: OrderedMap<String> = [:],
            resources: Resources? = nil, cgroupsPath: String? = nil, namespaces: [Namespace] = [],
            devices: [Device] = [], netDevices: OrderedMap<NetDevice> = [:], seccomp: Seccomp? = nil,
            rootfsPropagation: Propagation? = nil, maskedPaths: [String] = [], readonlyPaths: [String] = [],
            mountLabel: String? = nil, intelRdt: IntelRdt? = nil, memoryPolicy: MemoryPolicy? = nil,
            personality: Personality? = nil, timeOffsets: OrderedMap<TimeOffset> = [:]
        ) {
            self.uidMappings = uidMappings
            self.gidMappings = gidMappings
            self.sysctl = sysctl
            self.resources = resources
            self.cgroupsPath = cgroupsPath
            self.namespaces = namespaces
            self.devices = devices
            self.netDevices = netDevices
            self.seccomp = seccomp
            self.rootfsPropagation = rootfsPropagation
            self.maskedPaths = maskedPaths
            self.readonlyPaths = readonlyPaths
            self.mountLabel = mountLabel
            self.intelRdt = intelRdt
            self.memoryPolicy = memoryPolicy
            self.personality = personality
            self.timeOffsets = timeOffsets
        }
    }
}

extension RuntimeConfig.Linux: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        uidMappings = try fields.list("uidMappings")
        gidMappings = try fields.list("gidMappings")
        sysctl = try fields.map("sysctl")
        resources = try fields.optional("resources")
        cgroupsPath = try fields.text("cgroupsPath")
        namespaces = try fields.list("namespaces")
        devices = try fields.list("devices")
        netDevices = try fields.map("netDevices")
        seccomp = try fields.optional("seccomp")
        rootfsPropagation = try fields.text("rootfsPropagation")
        maskedPaths = try fields.list("maskedPaths")
        readonlyPaths = try fields.list("readonlyPaths")
        mountLabel = try fields.text("mountLabel")
        intelRdt = try fields.optional("intelRdt")
        memoryPolicy = try fields.optional("memoryPolicy")
        personality = try fields.optional("personality")
        timeOffsets = try fields.map("timeOffsets")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("uidMappings", uidMappings)
        fields.list("gidMappings", gidMappings)
        fields.map("sysctl", sysctl)
        fields.optional("resources", resources)
        fields.optional("cgroupsPath", cgroupsPath)
        fields.list("namespaces", namespaces)
        fields.list("devices", devices)
        fields.map("netDevices", netDevices)
        fields.optional("seccomp", seccomp)
        fields.optional("rootfsPropagation", rootfsPropagation)
        fields.list("maskedPaths", maskedPaths)
        fields.list("readonlyPaths", readonlyPaths)
        fields.optional("mountLabel", mountLabel)
        fields.optional("intelRdt", intelRdt)
        fields.optional("memoryPolicy", memoryPolicy)
        fields.optional("personality", personality)
        fields.map("timeOffsets", timeOffsets)
        return fields.json
    }
}

extension RuntimeConfig.Linux {
    /// How mount events pass between the root filesystem and the host. The recursive forms are extensions of runc.
    public enum Propagation: String, CaseIterable, Sendable, NamedValue {
        case shared
        case slave
        case `private`
        case unbindable
        case recursiveShared = "rshared"
        case recursiveSlave = "rslave"
        case recursivePrivate = "rprivate"
        case recursiveUnbindable = "runbindable"
    }
}
