internal import LinuxKernel
internal import Netlink
internal import Networking

/// What `network inspect` shows: Docker's object, as far as Brig has what it tells.
public struct NetworkInspection: Encodable, Equatable, Sendable {
    public let name: String
    public let id: String
    public let created: String
    public let scope: String
    public let driver: String
    public let enableIPv4: Bool
    public let enableIPv6: Bool
    public let ipam: AddressManagement
    public let isInternal: Bool
    public let attachable: Bool
    public let ingress = false
    public let configFrom = ["Network": ""]
    public let configOnly = false
    public let containers: [String: Member]
    public let options: [String: String]
    public let labels: [String: String]

    enum CodingKeys: String, CodingKey {
        case name = "Name"
        case id = "Id"
        case created = "Created"
        case scope = "Scope"
        case driver = "Driver"
        case enableIPv4 = "EnableIPv4"
        case enableIPv6 = "EnableIPv6"
        case ipam = "IPAM"
        case isInternal = "Internal"
        case attachable = "Attachable"
        case ingress = "Ingress"
        case configFrom = "ConfigFrom"
        case configOnly = "ConfigOnly"
        case containers = "Containers"
        case options = "Options"
        case labels = "Labels"
    }

    public struct AddressManagement: Encodable, Equatable, Sendable {
        public let driver: String
        public let options: [String: String]
        public let config: [Configuration]

        enum CodingKeys: String, CodingKey {
            case driver = "Driver"
            case options = "Options"
            case config = "Config"
        }

        /// One subnet.
        public struct Configuration: Encodable, Equatable, Sendable {
            public let subnet: String
            public let ipRange: String?
            public let gateway: String
            public let auxiliaryAddresses: [String: String]?

            enum CodingKeys: String, CodingKey {
                case subnet = "Subnet"
                case ipRange = "IPRange"
                case gateway = "Gateway"
                case auxiliaryAddresses = "AuxiliaryAddresses"
            }
        }
    }

    /// A running container in the network.
    public struct Member: Encodable, Equatable, Sendable {
        public let name: String
        public let endpointID: String
        public let macAddress: String
        public let ipv4Address: String
        public let ipv6Address: String

        enum CodingKeys: String, CodingKey {
            case name = "Name"
            case endpointID = "EndpointID"
            case macAddress = "MacAddress"
            case ipv4Address = "IPv4Address"
            case ipv6Address = "IPv6Address"
        }
    }
}

/// A container's place in one network, in Docker's form. Empty but for the wishes while it does not run.
public struct NetworkEndpoint: Encodable, Equatable, Sendable {
    /// What was asked for.
    public struct Wish: Encodable, Equatable, Sendable {
        public let ipv4Address: String?
        public let ipv6Address: String?

        enum CodingKeys: String, CodingKey {
            case ipv4Address = "IPv4Address"
            case ipv6Address = "IPv6Address"
        }
    }

    public var ipamConfig: Wish?
    public var links: [String]?
    public var aliases: [String]?
    public var macAddress = ""
    public var driverOpts: [String: String]?
    public var gwPriority = 0
    public var networkID = ""
    public var endpointID = ""
    public var gateway = ""
    public var ipAddress = ""
    public var ipPrefixLength = 0
    public var ipv6Gateway = ""
    public var globalIPv6Address = ""
    public var globalIPv6PrefixLength = 0
    public var dnsNames: [String]?

    enum CodingKeys: String, CodingKey {
        case ipamConfig = "IPAMConfig"
        case links = "Links"
        case aliases = "Aliases"
        case macAddress = "MacAddress"
        case driverOpts = "DriverOpts"
        case gwPriority = "GwPriority"
        case networkID = "NetworkID"
        case endpointID = "EndpointID"
        case gateway = "Gateway"
        case ipAddress = "IPAddress"
        case ipPrefixLength = "IPPrefixLen"
        case ipv6Gateway = "IPv6Gateway"
        case globalIPv6Address = "GlobalIPv6Address"
        case globalIPv6PrefixLength = "GlobalIPv6PrefixLen"
        case dnsNames = "DNSNames"
    }
}

extension Engine {
    /// The networks, by name.
    public func networks(_ filter: NetworkFilter = .init()) throws(EngineError) -> [NetworkInspection] {
        try prepareDefaultNetworks()
        let used = try store.usedNetworks()
        var result: [NetworkInspection] = []
        for network in try store.networks() where filter.admits(network, isUsed: used.contains(network.name.text)) {
            result.append(try inspection(of: network))
        }
        return result
    }

    public func inspectNetwork(_ reference: String) throws(EngineError) -> NetworkInspection {
        try inspection(of: try networkForUse(reference))
    }

    private func inspection(of network: NetworkRecord) throws(EngineError) -> NetworkInspection {
        var members: [String: NetworkInspection.Member] = [:]
        for endpoint in try store.endpoints(in: network.id) {
            let name = try store.container(endpoint.container)?.name.text ?? ""
            func text(_ address: IPAddress?, _ subnet: IPNetwork?) -> String {
                guard let address, let subnet else { return "" }
                return "\(address)/\(subnet.prefixLength)"
            }
            members[endpoint.container.text] = NetworkInspection.Member(
                name: name, endpointID: endpoint.id.text, macAddress: endpoint.hardwareAddress.description,
                ipv4Address: text(endpoint.address4, network.subnet4),
                ipv6Address: text(endpoint.address6, network.subnet6))
        }
        let config = network.subnets.map { subnet in
            let reserved = network.settings.auxiliaryAddresses.filter { _, address in
                IPAddress(address).map { subnet.contains($0) } ?? false
            }
            return NetworkInspection.AddressManagement.Configuration(
                subnet: subnet.network.description,
                ipRange: network.ranges.first { $0.address.isVersion4 == subnet.address.isVersion4 }?.description,
                gateway: subnet.address.description, auxiliaryAddresses: reserved.isEmpty ? nil : reserved)
        }
        var options = network.settings.options
        if network.driver == .bridge, let link = network.link { options["com.docker.network.bridge.name"] = link.text }
        return NetworkInspection(
            name: network.name.text, id: network.id.text, created: network.created.description, scope: "local",
            driver: network.driver.rawValue, enableIPv4: network.connects, enableIPv6: network.subnet6 != nil,
            ipam: .init(driver: "default", options: [:], config: config), isInternal: network.isInternal,
            attachable: network.settings.attachable, containers: members, options: options,
            labels: network.settings.labels)
    }

    /// `NetworkSettings` of a container's inspection.
    func networkSettings(
        of record: ContainerRecord, _ configuration: ContainerConfiguration, _ host: HostConfiguration
    ) throws(EngineError) -> ContainerInspection.NetworkSettings {
        var shown = ContainerInspection.NetworkSettings()
        let endpoints = try store.endpoints(of: record.id)
        let networks = try store.networks()
        for wish in try store.connections(of: record.id) {
            let network = networks.first { $0.name.text == wish.network }
            let endpoint = endpoints.first { $0.network == network?.id }
            let place = Self.place(of: record, configuration, wish, network, endpoint)
            shown.networks[wish.network] = place
            guard network?.isDefault == true else { continue }
            // Of the default bridge Docker shows this a second time.
            (shown.endpointID, shown.gateway, shown.ipAddress) = (place.endpointID, place.gateway, place.ipAddress)
            (shown.ipPrefixLength, shown.macAddress) = (place.ipPrefixLength, place.macAddress)
            (shown.ipv6Gateway, shown.globalIPv6Address) = (place.ipv6Gateway, place.globalIPv6Address)
            shown.globalIPv6PrefixLength = place.globalIPv6PrefixLength
        }
        if ["none", "host"].contains(host.networkMode) {
            var place = NetworkEndpoint()
            place.networkID = networks.first { $0.name.text == host.networkMode }?.id.text ?? ""
            shown.networks[host.networkMode] = place
        }
        guard case .running = try observe(record) else { return shown }
        for port in configuration.exposedPorts.keys.compactMap(ExposedPort.init) {
            shown.ports[port.text] = .some(nil)
        }
        var bindings: [String: [PortBinding]] = [:]
        for port in try store.ports(of: record.id) {
            bindings["\(port.containerPort)/\(port.transport.rawValue)", default: []].append(
                PortBinding(hostIP: port.hostAddressText, hostPort: "\(port.hostPort)"))
        }
        for (port, places) in bindings { shown.ports[port] = places }
        if let process = record.process {
            shown.sandboxKey = "/proc/\(process.pid)/ns/net"
            shown.sandboxID = record.id.text
        }
        return shown
    }

    private static func place(
        of record: ContainerRecord, _ configuration: ContainerConfiguration, _ wish: NetworkWish,
        _ network: NetworkRecord?, _ endpoint: EndpointRecord?
    ) -> NetworkEndpoint {
        var place = NetworkEndpoint()
        let settings = wish.settings
        if !settings.ipv4Address.isEmpty || !settings.ipv6Address.isEmpty {
            place.ipamConfig = .init(
                ipv4Address: settings.ipv4Address.isEmpty ? nil : settings.ipv4Address,
                ipv6Address: settings.ipv6Address.isEmpty ? nil : settings.ipv6Address)
        }
        place.links = settings.links.isEmpty ? nil : settings.links
        place.aliases = settings.aliases.isEmpty ? nil : settings.aliases
        place.gwPriority = settings.gatewayPriority
        place.macAddress = settings.macAddress
        guard let network else { return place }
        place.networkID = network.id.text
        if !network.isDefault {
            var names = [record.name.text]
            for name in settings.aliases + [record.id.short, configuration.hostname]
            where !name.isEmpty && !names.contains(name) { names.append(name) }
            place.dnsNames = names
        }
        guard let endpoint else { return place }
        place.endpointID = endpoint.id.text
        place.macAddress = endpoint.hardwareAddress.description
        if let address = endpoint.address4, let subnet = network.subnet4 {
            place.gateway = network.isInternal ? "" : subnet.address.description
            place.ipAddress = address.description
            place.ipPrefixLength = Int(subnet.prefixLength)
        }
        if let address = endpoint.address6, let subnet = network.subnet6 {
            place.ipv6Gateway = network.isInternal ? "" : subnet.address.description
            place.globalIPv6Address = address.description
            place.globalIPv6PrefixLength = Int(subnet.prefixLength)
        }
        return place
    }
}

extension ContainerSummary.Port {
    init(_ port: PublishedPort) {
        self.init(
            ip: port.hostAddressText, privatePort: port.containerPort, publicPort: port.hostPort,
            type: port.transport.rawValue)
    }
}
