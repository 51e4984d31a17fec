/// How a container stands on its host: Docker's `HostConfig` object, as far as Brig has it.
public struct HostConfiguration: StoredDocument, Equatable, Sendable {
    public var binds: [String] = []
    public var logConfig = LogConfiguration()
    /// `none`, `host`, `container:ID` or the name of a network.
    public var networkMode = NetworkName.defaultBridge
    /// What of the container is reached where on the host, by ports such as `80/tcp`.
    public var portBindings: [String: [PortBinding]] = [:]
    /// Whether every exposed port gets one of the host's.
    public var publishAllPorts = false
    /// Names for other containers of the default bridge: `CONTAINER:ALIAS`.
    public var links: [String] = []
    public var restartPolicy = RestartPolicy()
    public var autoRemove = false
    public var capAdd: [String] = []
    public var capDrop: [String] = []
    /// `private` or `host`.
    public var cgroupnsMode = ""
    public var ipcMode = "private"
    public var dns: [String] = []
    public var dnsOptions: [String] = []
    public var dnsSearch: [String] = []
    /// `NAME:ADDRESS`, or `NAME:host-gateway`.
    public var extraHosts: [String] = []
    public var oomScoreAdj = 0
    public var pidMode = ""
    public var privileged = false
    public var readonlyRootfs = false
    public var securityOpt: [String] = []
    /// Where each lies and its mount options.
    public var tmpfs: [String: String] = [:]
    public var utsMode = ""
    public var usernsMode = ""
    /// Bytes.
    public var shmSize: Int64 = 64 << 20
    public var runtime = "brig-runtime"
    /// Bytes; 0 is no limit.
    public var memory: Int64 = 0
    /// Billionths of a processor; 0 is no limit.
    public var nanoCpus: Int64 = 0
    public var cgroupParent = ""
    /// Memory and swap together in bytes; 0 is twice the memory, -1 is no limit.
    public var memorySwap: Int64 = 0
    /// 0 and below is no limit.
    public var pidsLimit: Int64 = 0
    public var ulimits: [UserLimit] = []
    public var maskedPaths: [String] = []
    public var readonlyPaths: [String] = []

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

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case maximumRetryCount = "MaximumRetryCount"
        }
    }

    enum CodingKeys: String, CodingKey {
        case binds = "Binds"
        case logConfig = "LogConfig"
        case networkMode = "NetworkMode"
        case portBindings = "PortBindings"
        case publishAllPorts = "PublishAllPorts"
        case links = "Links"
        case dns = "Dns"
        case dnsOptions = "DnsOptions"
        case dnsSearch = "DnsSearch"
        case extraHosts = "ExtraHosts"
        case restartPolicy = "RestartPolicy"
        case autoRemove = "AutoRemove"
        case capAdd = "CapAdd"
        case capDrop = "CapDrop"
        case cgroupnsMode = "CgroupnsMode"
        case ipcMode = "IpcMode"
        case oomScoreAdj = "OomScoreAdj"
        case pidMode = "PidMode"
        case privileged = "Privileged"
        case readonlyRootfs = "ReadonlyRootfs"
        case securityOpt = "SecurityOpt"
        case tmpfs = "Tmpfs"
        case utsMode = "UTSMode"
        case usernsMode = "UsernsMode"
        case shmSize = "ShmSize"
        case runtime = "Runtime"
        case memory = "Memory"
        case nanoCpus = "NanoCpus"
        case cgroupParent = "CgroupParent"
        case memorySwap = "MemorySwap"
        case pidsLimit = "PidsLimit"
        case ulimits = "Ulimits"
        case maskedPaths = "MaskedPaths"
        case readonlyPaths = "ReadonlyPaths"
    }
}
