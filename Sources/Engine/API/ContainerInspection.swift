/// What `inspect` shows of a container: Docker's object, as far as Brig has what it tells.
public struct ContainerInspection: Encodable, Sendable {
    public let id: String
    public let created: String
    public let path: String
    public let args: [String]
    public let state: State
    public let image: String
    public let resolvConfPath: String
    public let hostnamePath: String
    public let hostsPath: String
    public let logPath: String
    /// With a `/` before it.
    public let name: String
    public let restartCount: Int
    public let driver: String
    public let platform: String
    public let mountLabel: String
    public let processLabel: String
    public let appArmorProfile: String
    public let execIDs: [String]?
    public let hostConfig: HostConfiguration
    public let graphDriver: GraphDriver
    public let mounts: [MountPoint]
    public let config: ContainerConfiguration
    public let networkSettings: NetworkSettings

    enum CodingKeys: String, CodingKey {
        case id = "Id"
        case created = "Created"
        case path = "Path"
        case args = "Args"
        case state = "State"
        case image = "Image"
        case resolvConfPath = "ResolvConfPath"
        case hostnamePath = "HostnamePath"
        case hostsPath = "HostsPath"
        case logPath = "LogPath"
        case name = "Name"
        case restartCount = "RestartCount"
        case driver = "Driver"
        case platform = "Platform"
        case mountLabel = "MountLabel"
        case processLabel = "ProcessLabel"
        case appArmorProfile = "AppArmorProfile"
        case execIDs = "ExecIDs"
        case hostConfig = "HostConfig"
        case graphDriver = "GraphDriver"
        case mounts = "Mounts"
        case config = "Config"
        case networkSettings = "NetworkSettings"
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(created, forKey: .created)
        try members.encode(path, forKey: .path)
        try members.encode(args, forKey: .args)
        try members.encode(state, forKey: .state)
        try members.encode(image, forKey: .image)
        try members.encode(resolvConfPath, forKey: .resolvConfPath)
        try members.encode(hostnamePath, forKey: .hostnamePath)
        try members.encode(hostsPath, forKey: .hostsPath)
        try members.encode(logPath, forKey: .logPath)
        try members.encode(name, forKey: .name)
        try members.encode(restartCount, forKey: .restartCount)
        try members.encode(driver, forKey: .driver)
        try members.encode(platform, forKey: .platform)
        try members.encode(mountLabel, forKey: .mountLabel)
        try members.encode(processLabel, forKey: .processLabel)
        try members.encode(appArmorProfile, forKey: .appArmorProfile)
        // Present as null, as Docker has it where nothing was executed.
        try members.encode(execIDs, forKey: .execIDs)
        try members.encode(try hostConfig.shown(), forKey: .hostConfig)
        try members.encode(graphDriver, forKey: .graphDriver)
        try members.encode(mounts, forKey: .mounts)
        try members.encode(config, forKey: .config)
        try members.encode(networkSettings, forKey: .networkSettings)
    }
}

extension ContainerInspection {
    /// What the container is doing, asked of the kernel.
    public struct State: Encodable, Equatable, Sendable {
        /// `created`, `running` or `exited`.
        public var status = "created"
        public var running = false
        public var paused = false
        public var restarting = false
        public var oomKilled = false
        public var dead = false
        /// Of the first process, on the host; 0 unless it runs.
        public var pid: Int32 = 0
        public var exitCode: Int32 = 0
        public var error = ""
        /// RFC 3339; the year 1 for never.
        public var startedAt = State.never
        public var finishedAt = State.never
        /// Why it ended, in words, where the exit code does not tell. Brig's own.
        public var reason: String?
        /// Only with a health check.
        public var health: HealthState?

        static let never = "0001-01-01T00:00:00Z"

        enum CodingKeys: String, CodingKey {
            case status = "Status"
            case running = "Running"
            case paused = "Paused"
            case restarting = "Restarting"
            case oomKilled = "OOMKilled"
            case dead = "Dead"
            case pid = "Pid"
            case exitCode = "ExitCode"
            case error = "Error"
            case startedAt = "StartedAt"
            case finishedAt = "FinishedAt"
            case reason = "Reason"
            case health = "Health"
        }
    }

    /// Where the layers of the root file system lie.
    public struct GraphDriver: Encodable, Equatable, Sendable {
        public let data: [String: String]
        public let name: String

        enum CodingKeys: String, CodingKey {
            case data = "Data"
            case name = "Name"
        }
    }

    /// One directory of the host's in the container.
    public struct MountPoint: Encodable, Equatable, Sendable {
        public let type: String
        /// Of a volume.
        public let name: String?
        public let source: String
        public let destination: String
        public let driver: String?
        public let mode: String
        public let rw: Bool
        public let propagation: String

        enum CodingKeys: String, CodingKey {
            case type = "Type"
            case name = "Name"
            case source = "Source"
            case destination = "Destination"
            case driver = "Driver"
            case mode = "Mode"
            case rw = "RW"
            case propagation = "Propagation"
        }
    }

    /// What the container has of networks.
    public struct NetworkSettings: Encodable, Equatable, Sendable {
        public var sandboxID = ""
        public var sandboxKey = ""
        /// `nil` for a port that is exposed and leads nowhere on the host.
        public var ports: [String: [PortBinding]?] = [:]
        // Of the default bridge, as in Docker.
        public var endpointID = ""
        public var gateway = ""
        public var ipAddress = ""
        public var ipPrefixLength = 0
        public var macAddress = ""
        public var ipv6Gateway = ""
        public var globalIPv6Address = ""
        public var globalIPv6PrefixLength = 0
        // What Docker's objects have had empty for years, and scripts ask for.
        let bridge = ""
        let hairpinMode = false
        let linkLocalIPv6Address = ""
        let linkLocalIPv6PrefixLength = 0
        public var networks: [String: NetworkEndpoint] = [:]

        enum CodingKeys: String, CodingKey {
            case sandboxID = "SandboxID"
            case sandboxKey = "SandboxKey"
            case ports = "Ports"
            case endpointID = "EndpointID"
            case gateway = "Gateway"
            case ipAddress = "IPAddress"
            case ipPrefixLength = "IPPrefixLen"
            case macAddress = "MacAddress"
            case ipv6Gateway = "IPv6Gateway"
            case globalIPv6Address = "GlobalIPv6Address"
            case globalIPv6PrefixLength = "GlobalIPv6PrefixLen"
            case bridge = "Bridge"
            case hairpinMode = "HairpinMode"
            case linkLocalIPv6Address = "LinkLocalIPv6Address"
            case linkLocalIPv6PrefixLength = "LinkLocalIPv6PrefixLen"
            case networks = "Networks"
        }
    }
}
