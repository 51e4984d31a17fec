extension RuntimeConfig.Linux {
    /// Limits for the cgroup of the container. Fields that are absent are left as they are.
    public struct Resources: Equatable, Sendable {
        /// In the order in which they apply.
        public var devices: [DeviceRule]
        /// Limits of memory.
        public var memory: Memory?
        /// Time on processors, and which of them.
        public var cpu: CPU?
        /// How many processes and threads.
        public var pids: Pids?
        /// Input and output on block devices.
        public var blockIO: BlockIO?
        /// One for each size of page.
        public var hugepageLimits: [HugepageLimit]
        /// Marks and priorities of what is sent; v1.
        public var network: Network?
        /// By device.
        public var rdma: OrderedMap<RDMA>
        /// Contents of files of cgroup v2, by file name, in the order in which they are written.
        public var unified: OrderedMap<String>

        public init(
            devices: [DeviceRule] = [], memory: Memory? = nil, cpu: CPU? = nil, pids: Pids? = nil,
            blockIO: BlockIO? = nil, hugepageLimits: [HugepageLimit] = [], network: Network? = nil,
            rdma: OrderedMap<RDMA> = [:], unified: OrderedMap<String> = [:]
        ) {
            self.devices = devices
            self.memory = memory
            self.cpu = cpu
            self.pids = pids
            self.blockIO = blockIO
            self.hugepageLimits = hugepageLimits
            self.network = network
            self.rdma = rdma
            self.unified = unified
        }
    }
}

extension RuntimeConfig.Linux.Resources: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        devices = try fields.list("devices")
        memory = try fields.optional("memory")
        cpu = try fields.optional("cpu")
        pids = try fields.optional("pids")
        blockIO = try fields.optional("blockIO")
        hugepageLimits = try fields.list("hugepageLimits")
        network = try fields.optional("network")
        rdma = try fields.map("rdma")
        unified = try fields.map("unified")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.list("devices", devices)
        fields.optional("memory", memory)
        fields.optional("cpu", cpu)
        fields.optional("pids", pids)
        fields.optional("blockIO", blockIO)
        fields.list("hugepageLimits", hugepageLimits)
        fields.optional("network", network)
        fields.map("rdma", rdma)
        fields.map("unified", unified)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources {
    /// Allows or denies the use of devices.
    public struct DeviceRule: Equatable, Sendable {
        /// False denies what the rule is about.
        public var allow: Bool
        /// nil is all.
        public var type: Kind?
        /// nil is all.
        public var major: Int64?
        /// nil is all.
        public var minor: Int64?
        /// Of `r`, `w` and `m` (mknod).
        public var access: String?

        public init(allow: Bool, type: Kind? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil) {
            self.allow = allow
            self.type = type
            self.major = major
            self.minor = minor
            self.access = access
        }
    }
}

extension RuntimeConfig.Linux.Resources.DeviceRule: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        allow = try fields.required("allow")
        type = try fields.text("type")
        major = try fields.optional("major")
        minor = try fields.optional("minor")
        access = try fields.text("access")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("allow", allow)
        fields.optional("type", type)
        fields.optional("major", major)
        fields.optional("minor", minor)
        fields.optional("access", access)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources.DeviceRule {
    /// `a` is all, with every number.
    public enum Kind: String, CaseIterable, Sendable, NamedValue {
        case all = "a"
        case character = "c"
        case block = "b"
    }
}

extension RuntimeConfig.Linux.Resources {
    /// Limits of the controller `pids`.
    public struct Pids: Equatable, Sendable {
        /// Tasks; below 0 is no limit, and 0 is a limit.
        public var limit: Int64?

        public init(limit: Int64? = nil) {
            self.limit = limit
        }
    }
}

extension RuntimeConfig.Linux.Resources.Pids: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        limit = try fields.optional("limit")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("limit", limit)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources {
    /// The most of huge pages of one size.
    public struct HugepageLimit: Equatable, Sendable {
        /// As in the names of the controller's files: `64KB`, `2MB`, `1GB`.
        public var pageSize: String
        /// In bytes.
        public var limit: UInt64

        public init(pageSize: String, limit: UInt64) {
            self.pageSize = pageSize
            self.limit = limit
        }
    }
}

extension RuntimeConfig.Linux.Resources.HugepageLimit: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        pageSize = try fields.required("pageSize")
        limit = try fields.required("limit")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("pageSize", pageSize)
        fields.put("limit", limit)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources {
    /// Limits for one device; at least one of them.
    public struct RDMA: Equatable, Sendable {
        /// The most of handles of a device; `nil` is not set.
        public var hcaHandles: UInt32?
        /// The most of objects of a device; `nil` is not set.
        public var hcaObjects: UInt32?

        public init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
            self.hcaHandles = hcaHandles
            self.hcaObjects = hcaObjects
        }
    }
}

extension RuntimeConfig.Linux.Resources.RDMA: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        hcaHandles = try fields.optional("hcaHandles")
        hcaObjects = try fields.optional("hcaObjects")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("hcaHandles", hcaHandles)
        fields.optional("hcaObjects", hcaObjects)
        return fields.json
    }
}
