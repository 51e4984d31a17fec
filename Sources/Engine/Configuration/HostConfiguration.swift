/// How a container stands on its host: Docker's `HostConfig` object, as far as Brig has it, in Docker's order.
public struct HostConfiguration: StoredDocument, Equatable, Sendable {
    /// `HOST:CONTAINER[:OPTIONS]` and `VOLUME:CONTAINER[:OPTIONS]`.
    public var binds: [String] = []
    /// Where the identifier was written to.
    public var containerIDFile = ""
    public var logConfig = LogConfiguration()
    /// `none`, `host`, `container:ID` or the name of a network.
    public var networkMode = NetworkName.defaultBridge
    /// What of the container is reached where on the host, by ports such as `80/tcp`.
    public var portBindings: [String: [PortBinding]] = [:]
    public var restartPolicy = RestartPolicy()
    public var autoRemove = false
    public var volumeDriver = ""
    /// Containers whose volumes it has as well: `NAME[:ro|rw]`.
    public var volumesFrom: [String] = []
    /// For the `config.json`; they choose nothing.
    public var annotations: [String: String] = [:]
    public var capAdd: [String] = []
    public var capDrop: [String] = []
    /// `private` or `host`.
    public var cgroupnsMode = ""
    public var dns: [String] = []
    public var dnsOptions: [String] = []
    public var dnsSearch: [String] = []
    /// `NAME:ADDRESS`, or `NAME:host-gateway`.
    public var extraHosts: [String] = []
    /// Further groups, names of the image's or numbers.
    public var groupAdd: [String] = []
    /// `none`, `private`, `shareable`, `host` or `container:ID`.
    public var ipcMode = "private"
    /// Names for other containers of the default bridge: `CONTAINER:ALIAS`.
    public var links: [String] = []
    public var oomScoreAdj = 0
    /// Empty, `host` or `container:ID`.
    public var pidMode = ""
    public var privileged = false
    /// Whether every exposed port gets one of the host's.
    public var publishAllPorts = false
    public var readonlyRootfs = false
    public var securityOpt: [String] = []
    /// Where each lies and its mount options.
    public var tmpfs: [String: String] = [:]
    /// Empty, `host` or `container:ID`.
    public var utsMode = ""
    public var usernsMode = ""
    /// Bytes.
    public var shmSize: Int64 = 64 << 20
    public var sysctls: [String: String] = [:]
    public var runtime = "brig-runtime"
    public var isolation = ""
    /// Relative to other containers; 0 is the default.
    public var cpuShares: Int64 = 0
    /// Bytes; 0 is no limit.
    public var memory: Int64 = 0
    /// Billionths of a processor; 0 is no limit.
    public var nanoCpus: Int64 = 0
    public var cgroupParent = ""
    /// 10 to 1000; 0 is the default.
    public var blkioWeight = 0
    public var blkioWeightDevice: [WeightDevice] = []
    public var blkioDeviceReadBps: [ThrottleDevice] = []
    public var blkioDeviceWriteBps: [ThrottleDevice] = []
    public var blkioDeviceReadIOps: [ThrottleDevice] = []
    public var blkioDeviceWriteIOps: [ThrottleDevice] = []
    /// Microseconds; 0 is the default.
    public var cpuPeriod: Int64 = 0
    /// Microseconds in each period; 0 and -1 are no limit.
    public var cpuQuota: Int64 = 0
    /// Microseconds.
    public var cpuRealtimePeriod: Int64 = 0
    public var cpuRealtimeRuntime: Int64 = 0
    public var cpusetCpus = ""
    public var cpusetMems = ""
    public var devices: [DeviceMapping] = []
    /// `TYPE MAJOR:MINOR ACCESS`.
    public var deviceCgroupRules: [String] = []
    /// Bytes; 0 is none.
    public var memoryReservation: Int64 = 0
    /// Memory and swap together in bytes; 0 is twice the memory, -1 is no limit.
    public var memorySwap: Int64 = 0
    /// 0 to 100; -1 is the host's.
    public var memorySwappiness: Int64 = -1
    public var oomKillDisable = false
    /// 0 and below is no limit.
    public var pidsLimit: Int64 = 0
    public var ulimits: [UserLimit] = []
    /// What `--mount` says.
    public var mounts: [MountRequest] = []
    public var maskedPaths: [String] = []
    public var readonlyPaths: [String] = []
    /// Whether a small init is pid 1.
    public var initProcess = false

    public init() {}

    public struct LogConfiguration: Codable, Equatable, Sendable {
        public var type = "json-file"
        public var config: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case config = "Config"
        }
    }

    public struct RestartPolicy: Codable, Equatable, Sendable {
        public var name = "no"
        public var maximumRetryCount = 0

        /// It is never started again by itself.
        var isNone: Bool { name.isEmpty || name == "no" }

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case maximumRetryCount = "MaximumRetryCount"
        }
    }

    enum CodingKeys: String, CodingKey {
        case binds = "Binds"
        case containerIDFile = "ContainerIDFile"
        case logConfig = "LogConfig"
        case networkMode = "NetworkMode"
        case portBindings = "PortBindings"
        case restartPolicy = "RestartPolicy"
        case autoRemove = "AutoRemove"
        case volumeDriver = "VolumeDriver"
        case volumesFrom = "VolumesFrom"
        case annotations = "Annotations"
        case capAdd = "CapAdd"
        case capDrop = "CapDrop"
        case cgroupnsMode = "CgroupnsMode"
        case dns = "Dns"
        case dnsOptions = "DnsOptions"
        case dnsSearch = "DnsSearch"
        case extraHosts = "ExtraHosts"
        case groupAdd = "GroupAdd"
        case ipcMode = "IpcMode"
        case links = "Links"
        case oomScoreAdj = "OomScoreAdj"
        case pidMode = "PidMode"
        case privileged = "Privileged"
        case publishAllPorts = "PublishAllPorts"
        case readonlyRootfs = "ReadonlyRootfs"
        case securityOpt = "SecurityOpt"
        case tmpfs = "Tmpfs"
        case utsMode = "UTSMode"
        case usernsMode = "UsernsMode"
        case shmSize = "ShmSize"
        case sysctls = "Sysctls"
        case runtime = "Runtime"
        case isolation = "Isolation"
        case cpuShares = "CpuShares"
        case memory = "Memory"
        case nanoCpus = "NanoCpus"
        case cgroupParent = "CgroupParent"
        case blkioWeight = "BlkioWeight"
        case blkioWeightDevice = "BlkioWeightDevice"
        case blkioDeviceReadBps = "BlkioDeviceReadBps"
        case blkioDeviceWriteBps = "BlkioDeviceWriteBps"
        case blkioDeviceReadIOps = "BlkioDeviceReadIOps"
        case blkioDeviceWriteIOps = "BlkioDeviceWriteIOps"
        case cpuPeriod = "CpuPeriod"
        case cpuQuota = "CpuQuota"
        case cpuRealtimePeriod = "CpuRealtimePeriod"
        case cpuRealtimeRuntime = "CpuRealtimeRuntime"
        case cpusetCpus = "CpusetCpus"
        case cpusetMems = "CpusetMems"
        case devices = "Devices"
        case deviceCgroupRules = "DeviceCgroupRules"
        case memoryReservation = "MemoryReservation"
        case memorySwap = "MemorySwap"
        case memorySwappiness = "MemorySwappiness"
        case oomKillDisable = "OomKillDisable"
        case pidsLimit = "PidsLimit"
        case ulimits = "Ulimits"
        case mounts = "Mounts"
        case maskedPaths = "MaskedPaths"
        case readonlyPaths = "ReadonlyPaths"
        case initProcess = "Init"
    }
}
