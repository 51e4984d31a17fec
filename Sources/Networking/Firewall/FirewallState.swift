package import Netlink

/// What carries ports.
package enum TransportProtocol: String, CaseIterable, Hashable, Sendable {
    case tcp, udp, sctp

    /// `IPPROTO_*`
    var number: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        case .sctp: 132
        }
    }
}

/// A port of the host that leads to a container.
package struct PublishedPort: Hashable, Sendable {
    /// `nil` is every address of the host, of the version that the container's address has.
    package var hostAddress: IPAddress?
    package var hostPort: UInt16
    package var transport: TransportProtocol
    package var containerAddress: IPAddress
    package var containerPort: UInt16
    /// Whose it is: the beginning of the container's identifier.
    package var owner: String

    package init(
        hostAddress: IPAddress?, hostPort: UInt16, transport: TransportProtocol, containerAddress: IPAddress,
        containerPort: UInt16, owner: String
    ) {
        self.hostAddress = hostAddress
        self.hostPort = hostPort
        self.transport = transport
        self.containerAddress = containerAddress
        self.containerPort = containerPort
        self.owner = owner
    }
}

/// A bridge whose containers the rules are about.
package struct FirewalledNetwork: Hashable, Sendable {
    package var bridge: InterfaceName
    /// One for each version that it has.
    package var subnets: [IPNetwork]
    /// Nothing goes out and nothing comes in.
    package var isInternal: Bool

    package init(bridge: InterfaceName, subnets: [IPNetwork], isInternal: Bool) {
        self.bridge = bridge
        self.subnets = subnets
        self.isInternal = isInternal
    }
}

/// All that the rules are to hold.
package struct FirewallState: Equatable, Sendable {
    package var networks: [FirewalledNetwork]
    package var ports: [PublishedPort]

    package init(networks: [FirewalledNetwork] = [], ports: [PublishedPort] = []) {
        self.networks = networks
        self.ports = ports
    }

    /// The elements of each set and map.
    var elements: [FirewallSet: [RuleElement]] {
        var result: [FirewallSet: [RuleElement]] = [:]
        for network in networks {
            let name = Self.cell(network.bridge)
            let comment = network.bridge.text
            result[.bridges, default: []].append(RuleElement(key: name))
            result[.same, default: []].append(RuleElement(key: name + name))
            if network.isInternal { result[.internal, default: []].append(RuleElement(key: name)) }
            for subnet in network.subnets where !network.isInternal {
                let set: FirewallSet = subnet.address.isVersion4 ? .subnets4 : .subnets6
                result[set, default: []].append(
                    RuleElement(key: subnet.network.address.bytes, comment: comment))
                let inside: FirewallSet = subnet.address.isVersion4 ? .inside4 : .inside6
                result[inside, default: []].append(
                    RuleElement(key: subnet.network.address.bytes + name, end: subnet.last.bytes + name))
                if let end = subnet.last.successor {
                    result[set, default: []].append(RuleElement(key: end.bytes, endsInterval: true))
                }
            }
        }
        for port in ports {
            let isVersion4 = port.containerAddress.isVersion4
            let set: FirewallSet =
                port.hostAddress == nil
                ? (isVersion4 ? .anywhere4 : .anywhere6) : (isVersion4 ? .published4 : .published6)
            result[set, default: []].append(
                RuleElement(
                    key: (port.hostAddress?.bytes ?? []) + [port.transport.number, 0, 0, 0] + Self.cell(port.hostPort),
                    value: port.containerAddress.bytes + Self.cell(port.containerPort), comment: port.owner))
        }
        return result
    }

    private static func cell(_ port: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port), 0, 0]
    }

    private static func cell(_ name: InterfaceName) -> [UInt8] {
        let bytes = Array(name.text.utf8)
        return bytes + [UInt8](repeating: 0, count: max(0, 16 - bytes.count))
    }
}

/// The sets and maps of the table.
enum FirewallSet: String, CaseIterable {
    /// (address, protocol, port) to (address, port), for ports of one address of the host.
    case published4, published6
    /// (protocol, port) to (address, port), for ports of all of them.
    case anywhere4, anywhere6
    case bridges
    /// Bridges from which nothing goes out.
    case `internal`
    /// Each bridge with itself: to know what stays on one.
    case same
    /// Whose addresses stay inside.
    case subnets4, subnets6
    /// The addresses of each bridge with it.
    case inside4, inside6

    var set: RuleSet {
        switch self {
        case .published4:
            RuleSet(rawValue, key: [.ipv4Address, .transportProtocol, .port], value: [.ipv4Address, .port])
        case .published6:
            RuleSet(rawValue, key: [.ipv6Address, .transportProtocol, .port], value: [.ipv6Address, .port])
        case .anywhere4: RuleSet(rawValue, key: [.transportProtocol, .port], value: [.ipv4Address, .port])
        case .anywhere6: RuleSet(rawValue, key: [.transportProtocol, .port], value: [.ipv6Address, .port])
        case .bridges, .internal: RuleSet(rawValue, key: [.linkName])
        case .same: RuleSet(rawValue, key: [.linkName, .linkName])
        case .subnets4: RuleSet(rawValue, key: [.ipv4Address], holdsIntervals: true)
        case .subnets6: RuleSet(rawValue, key: [.ipv6Address], holdsIntervals: true)
        case .inside4: RuleSet(rawValue, key: [.ipv4Address, .linkName], holdsIntervals: true)
        case .inside6: RuleSet(rawValue, key: [.ipv6Address, .linkName], holdsIntervals: true)
        }
    }
}
