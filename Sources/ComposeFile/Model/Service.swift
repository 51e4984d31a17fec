/// A service in its long form: checked values for what runs containers of it.
public struct Service: Equatable, Sendable {
    public let name: String
    /// The whole of it, for `config` and for its hash.
    let node: Node
    /// Where it stands.
    public let mark: Mark

    public let image: String?
    public let build: Build?
    public let command: [String]?
    public let entrypoint: [String]?
    /// A variable without a value is not passed on.
    public let environment: [String: String]
    public let labels: [String: String]
    public let dependencies: [Dependency]
    public let healthcheck: HealthCheck?
    public let ports: [Port]
    public let mounts: [Mount]
    public let networkMode: String?
    /// In the order of the file, those of higher priority first.
    public let networks: [Attachment]
    public let configs: [Grant]
    public let secrets: [Grant]
    public let watches: [Watch]
    public let profiles: [String]
    /// How many containers; `deploy.replicas`, `scale` or 1.
    public let replicas: Int
    /// `no`, `always`, `unless-stopped`, `on-failure[:N]`.
    public let restart: String
    /// `pull_policy`
    public let pullPolicy: PullPolicy
    /// What `blkio_config` says.
    public let blockIO: BlockIO?
    /// Nanoseconds.
    public let stopGracePeriod: Int64?
    public let limits: Limits
    public let ulimits: [String: Ulimit]
    public let devices: [String]
    public let extraHosts: [String]
    public let sysctls: [String: String]
    public let loggingDriver: String?
    public let loggingOptions: [String: String]
    public let postStart: [Hook]
    public let preStop: [Hook]

    /// A scalar of the service by its name in the specification.
    public func text(_ key: String) -> String? { node[key]?.text }
    /// A truth value; `nil` if it is not said.
    public func flag(_ key: String) -> Bool? { node[key]?.bool }
    public func number(_ key: String) -> Int64? { node[key]?.integer }
    /// A list of texts.
    public func texts(_ key: String) -> [String] { (node[key]?.list ?? []).compactMap(\.text) }
    /// Names and values; those without a value are left out.
    public func pairs(_ key: String) -> [String: String] { Self.pairs(node[key], [:]) }
    /// Whether the file says anything of this field.
    public func has(_ key: String) -> Bool { node[key] != nil }

    public struct Build: Equatable, Sendable {
        /// An absolute path, or an address.
        public let context: String
        public let dockerfile: String?
        public let inline: String?
        public let target: String?
        public let network: String?
        public let arguments: [String: String]
        public let labels: [String: String]
        public let tags: [String]
        public let platforms: [String]
        public let cacheFrom: [String]
        public let cacheTo: [String]
        public let contexts: [String: String]
        public let extraHosts: [String]
        public let secrets: [Grant]
        public let ssh: [String]
        public let noCache: Bool
        public let pull: Bool
        public let shmSize: Int64?
        public let ulimits: [String: Ulimit]
        /// `no_cache_filter`: stages that are always built.
        public let noCacheFilter: [String]
        /// What `RUN` may ask for.
        public let entitlements: [String]
        /// `privileged`
        public let isPrivileged: Bool
        /// `isolation`
        public let isolation: String?
        /// Attestations that are asked for, or not.
        public let provenance: String?
        /// `sbom`
        public let sbom: String?
    }

    /// When an image is fetched.
    public enum PullPolicy: Equatable, Sendable {
        case always, never, missing, build
        /// If the last look at the registry is longer ago than so many nanoseconds.
        case after(Int64)
    }

    /// `blkio_config`
    public struct BlockIO: Equatable, Sendable {
        /// A value for one device.
        public struct Device: Equatable, Sendable {
            /// Of the device's node.
            public let path: String
            /// A weight, bytes or operations in a second.
            public let value: Int64
        }

        /// `weight`, 10 to 1000.
        public let weight: Int64?
        /// `weight_device`
        public let weights: [Device]
        /// `device_read_bps`, bytes a second.
        public let readBytes: [Device]
        /// `device_write_bps`, bytes a second.
        public let writeBytes: [Device]
        /// `device_read_iops`, operations a second.
        public let readOperations: [Device]
        /// `device_write_iops`, operations a second.
        public let writeOperations: [Device]
    }

    public struct Dependency: Equatable, Sendable {
        public enum Condition: String, Sendable {
            case started = "service_started"
            case healthy = "service_healthy"
            case completed = "service_completed_successfully"
        }

        public let service: String
        public let condition: Condition
        /// Whether this service is restarted when the other one is.
        public let restarts: Bool
        public let isRequired: Bool
    }

    public struct HealthCheck: Equatable, Sendable {
        public let isDisabled: Bool
        public let test: [String]?
        /// Nanoseconds, as the others.
        public let interval: Int64?
        public let timeout: Int64?
        public let startPeriod: Int64?
        public let startInterval: Int64?
        public let retries: Int?
    }

    public struct Port: Equatable, Sendable {
        public let target: Int
        /// A port, or a range out of which each container takes a free one.
        public let published: ClosedRange<Int>?
        public let hostAddress: String?
        public let transport: String
    }

    public struct Mount: Equatable, Sendable {
        public enum Kind: String, Sendable { case bind, volume, tmpfs, image }

        public let kind: Kind
        /// A bind's absolute path or a volume's key; `nil` for an anonymous volume.
        public let source: String?
        public let target: String
        public let isReadOnly: Bool
        public let propagation: String?
        public let createsHostPath: Bool
        /// `enabled`, `disabled`, `writable` or `readonly`: what becomes of mounts below it.
        public let recursive: String?
        public let selinux: String?
        public let noCopy: Bool
        public let subpath: String?
        /// Of a volume that is made with the container.
        public let labels: [String: String]
        public let tmpfsSize: Int64?
        public let tmpfsMode: String?
    }

    public struct Attachment: Equatable, Sendable {
        /// The network's key at the top level.
        public let network: String
        public let aliases: [String]
        public let ipv4Address: String?
        public let ipv6Address: String?
        public let macAddress: String?
        /// The way out is the network in which this is highest.
        public let gatewayPriority: Int
    }

    public struct Grant: Equatable, Sendable {
        public let source: String
        public let target: String?
        public let uid: String?
        public let gid: String?
        /// Octal.
        public let mode: String?
    }

    public struct Watch: Equatable, Sendable {
        public enum Action: String, Sendable {
            case rebuild, sync, restart
            case syncRestart = "sync+restart"
            case syncExec = "sync+exec"
        }

        public let action: Action
        public let path: String
        public let target: String?
        public let ignore: [String]
        public let include: [String]
        public let initialSync: Bool
        public let exec: Hook?
    }

    public struct Hook: Equatable, Sendable {
        public let command: [String]
        public let user: String?
        /// `privileged`
        public let isPrivileged: Bool
        public let workingDirectory: String?
        public let environment: [String: String]
    }

    /// What `deploy.resources` and the older fields say, whichever is there.
    public struct Limits: Equatable, Sendable {
        /// Bytes.
        public let memory: Int64?
        public let memoryReservation: Int64?
        public let memorySwap: Int64?
        /// Billionths of a processor.
        public let nanoCPUs: Int64?
        public let pids: Int64?
    }

    public struct Ulimit: Equatable, Sendable {
        public let soft: Int64
        public let hard: Int64
    }

    /// What `volumes_from` says: `SERVICE[:ro|rw]`, `service:SERVICE[:ro|rw]` or `container:NAME[:ro|rw]`.
    public var volumeSources: [(name: String, isContainer: Bool, mode: String?)] {
        texts("volumes_from").map { text in
            var parts = text.split(separator: ":").map(String.init)
            let isContainer = parts.first == "container" && parts.count > 1
            if isContainer || (parts.first == "service" && parts.count > 1 && !["ro", "rw"].contains(parts[1])) {
                parts.removeFirst()
            }
            return (parts.first ?? "", isContainer, parts.count > 1 ? parts[1] : nil)
        }
    }

    /// The services that must be there before this one, for whatever reason.
    public var needs: [String] {
        var result = dependencies.map(\.service)
        for key in ["network_mode", "ipc", "pid"] {
            if let mode = text(key), mode.hasPrefix("service:") { result.append(String(mode.dropFirst(8))) }
        }
        result += volumeSources.filter { !$0.isContainer }.map(\.name)
        for link in texts("links") { result.append(String(link.prefix { $0 != ":" })) }
        return result
    }
}
