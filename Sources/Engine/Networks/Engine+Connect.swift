internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking

/// A container's network namespace, made before the container starts, so that its addresses are there from the start.
///
/// Nothing but this holds it until the container's first process does: when that ends, the kernel takes it away.
final class NetworkConnection {
    /// Where the monitor finds it while this process waits for the container's start.
    let namespacePath: String
    /// Of all networks, in the order of the container's interfaces.
    let addresses: [IPAddress]
    /// The names that links give.
    let linkedHosts: [(address: IPAddress, names: [String])]
    /// What the host is to this container: the gateway of its network.
    let hostGateway: IPAddress?
    /// Whether names of other containers are found, by the resolver on 127.0.0.11.
    let hasNames: Bool
    /// Whose `hosts`, `hostname` and `resolv.conf` it shares.
    let sharedFiles: ContainerLocations?
    private let namespace: NamespaceHolder?

    init(
        _ namespace: NamespaceHolder, addresses: [IPAddress], linkedHosts: [(address: IPAddress, names: [String])],
        hostGateway: IPAddress?, hasNames: Bool
    ) {
        self.namespace = namespace
        self.addresses = addresses
        self.linkedHosts = linkedHosts
        self.hostGateway = hostGateway
        self.hasNames = hasNames
        sharedFiles = nil
        namespacePath = namespace.path
    }

    /// The network of another container.
    init(sharing path: String, _ files: ContainerLocations) {
        namespace = nil
        addresses = []
        linkedHosts = []
        hostGateway = nil
        hasNames = false
        sharedFiles = files
        namespacePath = path
    }
}

/// A descriptor of a network namespace, where others find it while it is held.
final class NamespaceHolder {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

    var path: String { "/proc/\(CallerIdentity.pid)/fd/\(descriptor.raw)" }
}

extension Engine {
    /// Gives a container that is about to start its place in the networks that it is to be in.
    ///
    /// - Returns: `nil` where it has the host's network, or one of its own with nothing in it.
    /// - Throws: `EngineError`. A rule that cannot be installed stops the start.
    func connect(
        _ record: ContainerRecord, _ plan: ContainerPlan, _ undo: Undo
    ) throws(EngineError) -> NetworkConnection? {
        switch plan.network.mode {
        case .none, .host: return nil
        case .container(let reference): return try share(reference)
        case .network: break
        }
        // What a start that was killed has left.
        try disconnect(record.id)
        let id = record.id
        undo.add("disconnect container \(record.name)") { try self.disconnect(id) }
        do {
            let members = try memberships(of: record)
            let links = try linkedHosts(plan.network.links, in: members.map(\.network).first(where: \.isDefault))
            // Takes longest, and concerns nobody else: so before the lock.
            let namespace = NamespaceHolder(try ContainerNamespace.make())
            let addresses = try withNetworkLock { () throws(EngineError) in
                try attachLocked(record, plan, members, namespace)
            }
            return NetworkConnection(
                namespace, addresses: addresses, linkedHosts: links,
                // Of internal networks none leads on, but the host is in them, too.
                hostGateway: (Membership.gateway(among: members, version4: true) ?? members.first)?.network.subnet4?
                    .address,
                hasNames: members.contains { !$0.network.isDefault })
        } catch {
            throw .wrapping(error, while: "connect container \(record.name)")
        }
    }

    /// The networks that the container is to be in, with what it wishes of each.
    func memberships(of record: ContainerRecord) throws(EngineError) -> [Membership] {
        var result: [Membership] = []
        for wish in try store.connections(of: record.id) {
            let network = try networkForUse(wish.network)
            let plan = try ConnectionPlan(wish)
            try plan.check(in: network)
            result.append(Membership(network: network, plan: plan))
        }
        return result
    }

    /// The network of this name; the predefined ones are made when they are first asked for.
    func networkForUse(_ reference: String) throws(EngineError) -> NetworkRecord {
        do throws(EngineError) {
            return try store.network(reference)
        } catch  where error.kind == .notFound {
            guard ["bridge", "host", "none"].contains(reference) else { throw error }
            try prepareDefaultNetworks()
            return try store.network(reference)
        }
    }

    /// The network namespace and the files of a running container.
    private func share(_ reference: String) throws(EngineError) -> NetworkConnection {
        let other = try store.container(reference)
        guard case .running(let process?) = try observe(other) else {
            throw EngineError(
                .conflict, "cannot join the network of container \(other.name), which is not running: start it first")
        }
        return NetworkConnection(sharing: "/proc/\(process.pid)/ns/net", locations.container(other.id))
    }

    /// What links to other containers add to `hosts`, for containers of the default bridge.
    private func linkedHosts(
        _ links: [ContainerLink], in bridge: NetworkRecord?
    ) throws(EngineError) -> [(address: IPAddress, names: [String])] {
        var result: [(address: IPAddress, names: [String])] = []
        for link in links {
            let other = try store.container(link.container)
            var endpoints = try store.endpoints(of: other.id)
            if let bridge, !endpoints.isEmpty {
                endpoints.removeAll { $0.network != bridge.id }
                if endpoints.isEmpty {
                    throw EngineError(
                        .conflict, "cannot link to /\(other.name), as it does not belong to the default network")
                }
            }
            guard case .running = try observe(other), let address = endpoints.first?.addresses.first else {
                throw EngineError(
                    .conflict, "cannot link to container \(other.name), which is not running or has no address")
            }
            let hostname = try store.configurations(of: other.id).container.hostname
            var names = [link.alias.text]
            for name in [hostname, other.name.text] where !name.isEmpty && !names.contains(name) { names.append(name) }
            result.append((address, names))
        }
        return result
    }

    /// Keeps addresses and ports, then makes links and rules.
    ///
    /// - Returns: The container's addresses.
    private func attachLocked(
        _ record: ContainerRecord, _ plan: ContainerPlan, _ members: [Membership], _ namespace: NamespaceHolder
    ) throws(EngineError) -> [IPAddress] {
        do {
            try sweepLocked(except: record.id)
            for network in members.map(\.network) { try network.hostBridge?.prepare() }
            let (endpoints, ports) = try store.write { database in
                var endpoints: [EndpointRecord] = []
                for (place, member) in members.enumerated() {
                    let endpoint = try lease(database, record.id, member, interface: place)
                    try store.insert(database, endpoint, EndpointNames(member.plan, record, plan))
                    endpoints.append(endpoint)
                }
                let targets = publishedAddresses(zip(members, endpoints).map { ($0, $1) })
                return (
                    endpoints,
                    try PortReservation.keep(plan.network.portWishes, for: record.id, at: targets, store, database)
                )
            }
            try admit(members.map(\.network), ports)
            for (member, endpoint) in zip(members, endpoints) { try attach(endpoint, member, to: namespace) }
            try setRoutes(members, in: namespace)
            if members.contains(where: { !$0.network.isDefault }) {
                try publishNamesLocked(starting: (record.id, namespace))
            }
            return endpoints.flatMap(\.addresses)
        } catch {
            throw .wrapping(error, while: "connect container \(record.name)")
        }
    }

    /// The addresses that published ports lead to: those of the networks that are the way out. On internal networks and on
    /// those that are not the host's nothing is published, as in Docker.
    func publishedAddresses(_ endpoints: [(Membership, EndpointRecord)]) -> [IPAddress] {
        let members = endpoints.map(\.0).filter { $0.network.driver == .bridge }
        let way4 = Membership.gateway(among: members, version4: true)?.network.id
        let way6 = Membership.gateway(among: members, version4: false)?.network.id
        let first = endpoints.first { $0.0.network.id == way4 }?.1.address4
        let second = endpoints.first { $0.0.network.id == way6 }?.1.address6
        return [first, second].compactMap(\.self)
    }

    /// Finds addresses for a container in a network.
    func lease(
        _ database: Database, _ container: Identifier, _ member: Membership, interface: Int
    ) throws -> EndpointRecord {
        let (network, plan) = (member.network, member.plan)
        // The bridge's own addresses are nobody else's.
        let taken = try store.leases(database, in: network.id)
            .union(network.subnets.map(\.address)).union(network.reserved)
        func address(_ subnet: IPNetwork?, _ asked: IPAddress?) throws -> IPAddress? {
            guard let subnet else { return nil }
            if let asked {
                guard !taken.contains(asked) else {
                    throw EngineError(.conflict, "address \(asked) is already in use on network \(network.name)")
                }
                return asked
            }
            let range = network.ranges.first { $0.address.isVersion4 == subnet.address.isVersion4 }
            return try AddressPool.freeAddress(in: subnet.network, range: range, taken: taken)
        }
        let address4 = try address(network.subnet4, plan.address4)
        let address6 = try address(network.subnet6, plan.address6)
        var generator = SystemRandomNumberGenerator()
        let hardware =
            plan.hardwareAddress ?? address4.flatMap(HardwareAddress.init(for:)) ?? .random(using: &generator)
        return EndpointRecord(
            id: Identifier.random(using: &generator), container: container, network: network.id,
            interface: try InterfaceName("eth\(interface)"), address4: address4, address6: address6,
            hardwareAddress: try hardware.orDamaged("hardware_address"),
            // 15 bytes with two digits; the container's identifier shows whose it is.
            hostLink: try InterfaceName("ve\(container.text.prefix(11))\(interface % 100)"))
    }

    /// Makes the link of one endpoint.
    func attach(_ endpoint: EndpointRecord, _ member: Membership, to namespace: NamespaceHolder) throws {
        let network = member.network
        guard let link = network.link, let hostLink = endpoint.hostLink else {
            throw EngineError(.fault, "network \(network.name) has no interface on the host")
        }
        try Attachment(
            hostLink: hostLink, to: network.driver == .macvlan ? .macvlan(parent: link) : .bridge(link),
            name: endpoint.interface, hardwareAddress: endpoint.hardwareAddress,
            addresses: zip(endpoint.addresses, network.subnets).compactMap {
                IPNetwork($0, prefixLength: $1.prefixLength)
            }, mtu: network.mtu
        ).connect(namespace.descriptor)
    }

    /// Gives a network namespace the ways out of its networks, and takes others away.
    func setRoutes(_ members: [Membership], in namespace: NamespaceHolder) throws {
        let gateways = [
            Membership.gateway(among: members, version4: true)?.network.subnet4,
            Membership.gateway(among: members, version4: false)?.network.subnet6,
        ].compactMap { $0?.address }
        try Attachment.setGateways(gateways, in: namespace.descriptor)
    }
}

/// A network that a container is to be in, with what it wishes there.
struct Membership: Equatable, Sendable {
    let network: NetworkRecord
    let plan: ConnectionPlan

    /// The network that is the way out: the highest priority, then the first name, as in Docker.
    static func gateway(among members: [Membership], version4: Bool) -> Membership? {
        members.filter { member in
            !member.network.isInternal && (version4 ? member.network.subnet4 : member.network.subnet6) != nil
        }.min { left, right in
            left.plan.gatewayPriority != right.plan.gatewayPriority
                ? left.plan.gatewayPriority > right.plan.gatewayPriority
                : left.network.name.text < right.network.name.text
        }
    }
}
