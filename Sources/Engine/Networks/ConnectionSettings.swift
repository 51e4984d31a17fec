internal import Netlink
internal import Networking

/// What a user wishes of a container's place in a network: Docker's `EndpointSettings`, as far as it can be asked for.
public struct ConnectionSettings: StoredDocument, Equatable, Sendable {
    /// Further names, for the other containers of the network.
    public var aliases: [String] = []
    /// `CONTAINER[:ALIAS]`: names for this container alone.
    public var links: [String] = []
    public var ipv4Address = ""
    public var ipv6Address = ""
    public var macAddress = ""
    /// The way out is the network in which this is highest.
    public var gatewayPriority = 0

    public init() {}
}

/// One network that a container is to be in.
public struct NetworkWish: Equatable, Sendable {
    /// A name or an identifier.
    public var network: String
    public var settings: ConnectionSettings

    public init(network: String, settings: ConnectionSettings = .init()) {
        self.network = network
        self.settings = settings
    }

    /// Reads `--network`: a name, or `name=NET[,alias=…][,ip=…][,ip6=…][,mac-address=…][,gw-priority=…]`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(parsing text: String) throws(EngineError) {
        self.init(network: text)
        guard text.contains("="), !text.hasPrefix("container:") else { return }
        network = ""
        for part in text.split(separator: ",") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard halves.count == 2 else {
                throw EngineError(.invalidInput, "invalid field \(quotedForError(String(part))) in --network")
            }
            switch halves[0] {
            case "name": network = halves[1]
            case "alias": settings.aliases.append(halves[1])
            case "ip": settings.ipv4Address = halves[1]
            case "ip6": settings.ipv6Address = halves[1]
            case "mac-address": settings.macAddress = halves[1]
            case "gw-priority":
                guard let priority = Int(halves[1]) else {
                    throw EngineError(.invalidInput, "invalid gw-priority \(quotedForError(halves[1]))")
                }
                settings.gatewayPriority = priority
            default: throw EngineError(.invalidInput, "invalid field \(quotedForError(halves[0])) in --network")
            }
        }
        guard !network.isEmpty else { throw EngineError(.invalidInput, "--network: name= is missing") }
    }
}

/// The wishes for one network as checked values.
struct ConnectionPlan: Equatable, Sendable {
    let network: String
    let aliases: [Hostname]
    let links: [ContainerLink]
    let address4: IPAddress?
    let address6: IPAddress?
    let hardwareAddress: HardwareAddress?
    let gatewayPriority: Int

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ wish: NetworkWish) throws(EngineError) {
        network = try NetworkName(wish.network).text
        let settings = wish.settings
        aliases = try settings.aliases.map { text throws(EngineError) in try Hostname(text) }
        links = try settings.links.map { text throws(EngineError) in try ContainerLink(text) }
        address4 = try Self.address(settings.ipv4Address, isVersion4: true)
        address6 = try Self.address(settings.ipv6Address, isVersion4: false)
        if settings.macAddress.isEmpty {
            hardwareAddress = nil
        } else {
            guard let address = HardwareAddress(settings.macAddress), !address.isMulticast else {
                throw EngineError(
                    .invalidInput, "\(quotedForError(settings.macAddress)) is not a valid mac address")
            }
            hardwareAddress = address
        }
        gatewayPriority = settings.gatewayPriority
    }

    private static func address(_ text: String, isVersion4: Bool) throws(EngineError) -> IPAddress? {
        guard !text.isEmpty else { return nil }
        guard let address = IPAddress(text), address.isVersion4 == isVersion4 else {
            throw EngineError(
                .invalidInput, "invalid IPv\(isVersion4 ? 4 : 6) address: \(quotedForError(text))")
        }
        return address
    }

    /// What the default bridge, and networks that are none, cannot have.
    func check(in network: NetworkRecord) throws(EngineError) {
        guard network.connects else {
            throw EngineError(.conflict, "a container cannot be in \(network.name) and in other networks")
        }
        if network.isDefault {
            guard address4 == nil, address6 == nil else {
                throw EngineError(
                    .invalidInput, "user specified IP address is supported on user defined networks only")
            }
            guard aliases.isEmpty else {
                throw EngineError(
                    .invalidInput,
                    "network-scoped alias is supported only for containers in user defined networks")
            }
        }
        for (address, subnet) in [(address4, network.subnet4), (address6, network.subnet6)] {
            guard let address else { continue }
            guard let subnet, AddressPool.isUsable(address, in: subnet) else {
                throw EngineError(
                    .invalidInput, "no configured subnet of network \(network.name) contains the IP address \(address)")
            }
        }
    }
}

/// `--link CONTAINER[:ALIAS]`.
struct ContainerLink: Equatable, Sendable {
    let container: String
    let alias: Hostname

    /// - Throws: `EngineError` of kind `invalidInput`.
    init(_ text: String) throws(EngineError) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(halves.count), let first = halves.first, !first.isEmpty else {
            throw EngineError(.invalidInput, "bad format for links: \(quotedForError(text))")
        }
        container = first.hasPrefix("/") ? String(first.dropFirst()) : first
        alias = try Hostname(halves.count == 2 ? halves[1] : container)
    }
}
