internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking

/// What a user asks of a new network.
public struct NetworkRequest: Equatable, Sendable {
    public var name: String
    public var driver = "bridge"
    /// At most one for each version; Brig chooses where there is none.
    public var subnets: [String] = []
    public var gateways: [String] = []
    public var ranges: [String] = []
    /// Names and addresses that are given to nobody.
    public var auxiliaryAddresses: [String: String] = [:]
    public var isInternal = false
    public var hasVersion6 = false
    public var isAttachable = false
    public var labels: [String: String] = [:]
    public var options: [String: String] = [:]

    public init(name: String) { self.name = name }
}

extension Engine {
    /// Makes a network. Its bridge is made with the first container in it.
    ///
    /// - Returns: Its identifier.
    @discardableResult
    public func createNetwork(_ request: NetworkRequest) throws(EngineError) -> Identifier {
        let name = try NetworkName(request.name)
        guard !name.isReserved else {
            throw EngineError(
                .invalidInput, "operation is not permitted on predefined \(name) network: take another name")
        }
        try prepareDefaultNetworks()
        let network = try makeNetwork(name, request)
        self.record("create", network)
        return network.id
    }

    /// The networks that are there without anybody making them, and the one of containers that name none of their own.
    func prepareDefaultNetworks() throws(EngineError) {
        let known = Set(try store.networks().map(\.name.text))
        for (name, driver) in [("none", "null"), ("host", "host"), (NetworkName.defaultBridge, "bridge")]
        where !known.contains(name) {
            var request = NetworkRequest(name: name)
            request.driver = driver
            do throws(EngineError) {
                _ = try makeNetwork(try NetworkName(name), request)
            } catch  where error.kind == .conflict {
                // Another command was faster, or else the conflict is there again.
                _ = try store.network(name)
            }
        }
    }

    private func makeNetwork(_ name: NetworkName, _ request: NetworkRequest) throws(EngineError) -> NetworkRecord {
        let driver = try NetworkDriver(request, name)
        var generator = SystemRandomNumberGenerator()
        let id = Identifier.random(using: &generator)
        let wishes = try NetworkWishes(request)
        var network = NetworkRecord(
            id: id, name: name, created: .now, driver: driver, link: nil, isInternal: request.isInternal, subnet4: nil,
            subnet6: nil, settings: wishes.document(request))
        do {
            switch driver {
            case .bridge: network.link = try bridgeName(name, id, request.options)
            case .macvlan: network.link = try parentLink(request.options)
            case .host, .null: break
            }
            // A macvlan is a part of the network that its parent is in.
            let routes = driver == .bridge ? try AddressPool.routedNetworks() : []
            return try store.write { database in
                let others = try store.networks(database)
                if others.contains(where: { $0.name == name }) {
                    throw EngineError(.conflict, "network with name \(name) already exists")
                }
                if network.connects {
                    if driver == .bridge, let link = network.link, others.contains(where: { $0.link == link }) {
                        throw EngineError(.conflict, "another network has the bridge \(link)")
                    }
                    let used = routes + others.flatMap(\.subnets).map(\.network)
                    try wishes.choose(for: &network, used, using: &generator)
                }
                try store.insert(database, network)
                return network
            }
        } catch {
            throw .wrapping(error, while: "create network \(name)")
        }
    }

    private func bridgeName(
        _ name: NetworkName, _ id: Identifier, _ options: [String: String]
    ) throws -> InterfaceName {
        if let asked = options["com.docker.network.bridge.name"] {
            do {
                return try InterfaceName(asked)
            } catch {
                throw EngineError(.invalidInput, "invalid bridge name \(quotedForError(asked))")
            }
        }
        let isDefault = name.text == NetworkName.defaultBridge && locations.root == "/var/lib/brig"
        return try InterfaceName(isDefault ? "brig0" : "br-\(id.short)")
    }

    private func parentLink(_ options: [String: String]) throws -> InterfaceName {
        guard let parent = options["parent"], let name = try? InterfaceName(parent) else {
            throw EngineError(.invalidInput, "a macvlan needs the interface that it is on: -o parent=INTERFACE")
        }
        guard try Links.exists(name) else {
            throw EngineError(.notFound, "there is no interface \(name) for the macvlan")
        }
        return name
    }

    /// Removes a network with its bridge and rules.
    ///
    /// - Throws: `EngineError`: `conflict` while a running container is in it, `notFound`.
    public func removeNetwork(_ reference: String) throws(EngineError) {
        let network = try networkForUse(reference)
        guard !network.name.isPredefined else {
            throw EngineError(.conflict, "\(network.name) is a pre-defined network and cannot be removed")
        }
        try withNetworkLock { () throws(EngineError) in
            try sweepLocked(except: nil)
            try store.removeNetwork(network)
            do {
                if let firewalled = network.firewalled {
                    var firewall = try Firewall(table: firewallTable)
                    try firewall.remove(FirewallState(networks: [firewalled]))
                }
                if network.driver == .bridge, let bridge = network.link { try Bridge.remove(bridge) }
            } catch {
                throw .wrapping(error, while: "remove network \(network.name)")
            }
        }
        self.record("destroy", network)
    }

    /// Compares rules, bridges and links with what they must be.
    ///
    /// - Parameter repair: Puts back what is missing, with the bridges of networks that have containers.
    /// - Returns: What was wrong, one line each.
    public func checkNetworks(repair: Bool) throws(EngineError) -> [String] {
        try withNetworkLock { () throws(EngineError) in
            do {
                try sweepLocked(except: nil)
                let state = try firewallState()
                let used = Set(try store.endpoints().map(\.network))
                let networks = try store.networks().filter { used.contains($0.id) }
                // Before the first container nothing is there, and nothing needs to be.
                guard !networks.isEmpty else { return [] }
                var firewall = try Firewall(table: firewallTable)
                var problems = try firewall.check(state)
                for network in networks where network.driver == .bridge {
                    guard let bridge = network.link, try !Links.exists(bridge) else { continue }
                    problems.append("bridge \(bridge) of network \(network.name) is missing")
                }
                if try !namesAreServed() { problems.append("the name server of user-defined networks is missing") }
                guard repair, !problems.isEmpty else { return problems }
                for network in networks { try network.hostBridge?.prepare() }
                try firewall.install(state)
                try publishNamesLocked()
                return problems
            } catch {
                throw .wrapping(error, while: "check the networks")
            }
        }
    }
}

extension NetworkDriver {
    init(_ request: NetworkRequest, _ name: NetworkName) throws(EngineError) {
        if name.isPredefined, let driver = Self(rawValue: request.driver) {
            self = driver
            return
        }
        guard let driver = Self(rawValue: request.driver), driver == .bridge || driver == .macvlan else {
            throw EngineError(
                .unsupported,
                "network driver \(quotedForError(request.driver)) is not supported: use bridge or macvlan")
        }
        self = driver
    }
}

/// The addresses of a request as checked values.
private struct NetworkWishes {
    var subnet4: IPNetwork?
    var subnet6: IPNetwork?
    var ranges: [IPNetwork] = []
    var gateways: [IPAddress] = []
    var reserved: [String: IPAddress] = [:]
    var hasVersion6: Bool

    init(_ request: NetworkRequest) throws(EngineError) {
        hasVersion6 = request.hasVersion6
        for text in request.subnets {
            guard let subnet = IPNetwork(text), subnet.network == subnet, subnet.prefixLength >= 8 else {
                throw EngineError(
                    .invalidInput, "invalid subnet \(quotedForError(text)): write a network such as 10.1.0.0/16")
            }
            guard subnet.prefixLength <= subnet.address.bitWidth - 2 else {
                throw EngineError(.invalidInput, "subnet \(subnet) has no room for a gateway and a container")
            }
            switch (subnet.address.isVersion4, subnet4, subnet6) {
            case (true, nil, _): subnet4 = subnet
            case (false, _, nil):
                subnet6 = subnet
                hasVersion6 = true
            default: throw EngineError(.unsupported, "several subnets of one version are not supported")
            }
        }
        for text in request.ranges {
            guard let found = IPNetwork(text) else {
                throw EngineError(.invalidInput, "invalid --ip-range \(quotedForError(text))")
            }
            ranges.append(found.network)
        }
        for text in request.gateways { gateways.append(try Self.address(text, "gateway")) }
        for (name, text) in request.auxiliaryAddresses { reserved[name] = try Self.address(text, "--aux-address") }
        if let text = request.options["com.docker.network.driver.mtu"] {
            guard let mtu = UInt32(text), (68...65_535).contains(mtu) else {
                throw EngineError(.invalidInput, "invalid mtu \(quotedForError(text))")
            }
        }
    }

    private static func address(_ text: String, _ what: String) throws(EngineError) -> IPAddress {
        guard let address = IPAddress(text) else {
            throw EngineError(.invalidInput, "invalid \(what) \(quotedForError(text))")
        }
        return address
    }

    func document(_ request: NetworkRequest) -> NetworkSettingsDocument {
        var document = NetworkSettingsDocument()
        document.labels = request.labels
        document.options = request.options
        document.ranges = ranges.map(\.description)
        document.auxiliaryAddresses = reserved.mapValues(\.description)
        document.attachable = request.isAttachable
        return document
    }

    /// Gives the network its subnets.
    ///
    /// - Parameter used: Other networks of ours, and what the host has routes to.
    func choose(
        for network: inout NetworkRecord, _ used: [IPNetwork], using generator: inout some RandomNumberGenerator
    ) throws {
        network.subnet4 = try gateway(in: try subnet4 ?? AddressPool.freeVersion4(used))
        if hasVersion6 {
            network.subnet6 = try gateway(in: try subnet6 ?? AddressPool.freeVersion6(used, using: &generator))
        }
        for subnet in network.subnets {
            if let other = used.first(where: { $0.overlaps(subnet) }) {
                throw EngineError(
                    .conflict, "subnet \(subnet.network) overlaps with \(other), which is in use on this host")
            }
        }
        for range in ranges where !network.subnets.contains(where: { $0.network.contains(range) }) {
            throw EngineError(.invalidInput, "--ip-range \(range) is no part of the network's subnets")
        }
        for address in reserved.values where !network.subnets.contains(where: { $0.contains(address) }) {
            throw EngineError(.invalidInput, "--aux-address \(address) is no part of the network's subnets")
        }
    }

    /// The subnet with its gateway's address: the first one unless the user named another.
    private func gateway(in subnet: IPNetwork) throws(EngineError) -> IPNetwork {
        let asked = gateways.first { $0.isVersion4 == subnet.address.isVersion4 }
        let first = subnet.network.address.advanced(by: 1)
        guard let gateway = asked ?? first, AddressPool.isUsable(gateway, in: subnet),
            let result = IPNetwork(gateway, prefixLength: subnet.prefixLength)
        else { throw EngineError(.invalidInput, "the gateway does not lie in subnet \(subnet)") }
        return result
    }
}
