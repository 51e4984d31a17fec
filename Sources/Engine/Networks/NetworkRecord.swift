internal import GRDB
internal import LinuxKernel
internal import Netlink
internal import Networking
internal import OCISpec

/// What makes a network.
enum NetworkDriver: String, Sendable {
    case bridge, macvlan
    /// The host's own network namespace, and one with nothing in it.
    case host, null
}

/// A network as the store has it.
struct NetworkRecord: Equatable, Sendable {
    var id: Identifier
    var name: NetworkName
    var created: Timestamp
    var driver: NetworkDriver
    /// The bridge, or a macvlan's parent; `nil` for `host` and `none`.
    var link: InterfaceName?
    var isInternal: Bool
    /// Each with the gateway's address and the length of the network's part.
    var subnet4: IPNetwork?
    var subnet6: IPNetwork?
    var settings: NetworkSettingsDocument

    var subnets: [IPNetwork] { [subnet4, subnet6].compactMap(\.self) }
    /// Parts of the subnets from which addresses are given out.
    var ranges: [IPNetwork] { settings.ranges.compactMap { IPNetwork($0) } }
    /// What nobody is given.
    var reserved: [IPAddress] { settings.auxiliaryAddresses.values.compactMap { IPAddress($0) } }
    var mtu: UInt32? { settings.options["com.docker.network.driver.mtu"].flatMap { UInt32($0) } }

    /// The default bridge has no names, no aliases and no chosen addresses.
    var isDefault: Bool { name.text == NetworkName.defaultBridge }
    /// Whether containers have addresses in it.
    var connects: Bool { driver == .bridge || driver == .macvlan }

    /// `nil` for what packets do not pass through the host's rules.
    var firewalled: FirewalledNetwork? {
        guard driver == .bridge, let link else { return nil }
        return FirewalledNetwork(bridge: link, subnets: subnets.map(\.network), isInternal: isInternal)
    }

    var hostBridge: Bridge? {
        guard driver == .bridge, let link else { return nil }
        return Bridge(name: link, addresses: subnets, mtu: mtu, isInternal: isInternal)
    }
}

/// What of a network needs no column of its own.
struct NetworkSettingsDocument: StoredDocument, Equatable, Sendable {
    var labels: [String: String] = [:]
    var options: [String: String] = [:]
    var ranges: [String] = []
    var auxiliaryAddresses: [String: String] = [:]
    var attachable = false
    /// A macvlan's.
    var mode = "bridge"

    init() {}
}

/// A container's place in a network as the store has it, from its start to its end.
struct EndpointRecord: Equatable, Sendable {
    var id: Identifier
    var container: Identifier
    var network: Identifier
    /// What the container calls it: `eth0`.
    var interface: InterfaceName
    var address4: IPAddress?
    var address6: IPAddress?
    var hardwareAddress: HardwareAddress
    /// The end of the pair that stays on the host; a macvlan has none.
    var hostLink: InterfaceName?

    var addresses: [IPAddress] { [address4, address6].compactMap(\.self) }
}

extension NetworkRecord {
    static let columns = "id, name, created, driver, link, internal, subnet4, subnet6, settings"

    init(_ row: Row) throws {
        id = try Identifier(try row.text("id")).orDamaged("id")
        name = try NetworkName(try row.text("name"))
        created = Timestamp(nanosecondsSince1970: try row.number("created"))
        driver = try NetworkDriver(rawValue: try row.text("driver")).orDamaged("driver")
        link = try row.optionalText("link").map { try InterfaceName($0) }
        isInternal = try row.number("internal") != 0
        subnet4 = row.optionalText("subnet4").flatMap { IPNetwork($0) }
        subnet6 = row.optionalText("subnet6").flatMap { IPNetwork($0) }
        settings = try NetworkSettingsDocument(stored: try row.text("settings"))
    }
}

extension EndpointRecord {
    init(_ row: Row) throws {
        id = try Identifier(try row.text("id")).orDamaged("id")
        container = try Identifier(try row.text("container_id")).orDamaged("container_id")
        network = try Identifier(try row.text("network_id")).orDamaged("network_id")
        interface = try InterfaceName(try row.text("interface"))
        address4 = row.optionalText("address4").flatMap { IPAddress($0) }
        address6 = row.optionalText("address6").flatMap { IPAddress($0) }
        hardwareAddress = try HardwareAddress(try row.text("hardware_address")).orDamaged("hardware_address")
        hostLink = try row.optionalText("host_link").map { try InterfaceName($0) }
    }
}

extension PublishedPort {
    init(_ row: Row) throws {
        let address = try IPAddress(try row.text("host_address")).orDamaged("host_address")
        self.init(
            hostAddress: address.isAny ? nil : address,
            hostPort: try UInt16(exactly: try row.number("host_port")).orDamaged("host_port"),
            transport: try TransportProtocol(rawValue: try row.text("transport")).orDamaged("transport"),
            containerAddress: try IPAddress(try row.text("container_address")).orDamaged("container_address"),
            containerPort: try UInt16(exactly: try row.number("container_port")).orDamaged("container_port"),
            owner: String(try row.text("container_id").prefix(12)))
    }

    /// `0.0.0.0` and `::` for all addresses.
    var hostAddressText: String { hostAddress?.description ?? (containerAddress.isVersion4 ? "0.0.0.0" : "::") }
}

extension IPAddress {
    /// Whether it stands for every address of its version.
    var isAny: Bool { self == .version4(0) || self == .version6(0, 0) }
}

extension Row {
    func optionalText(_ column: String) -> String? { String.fromDatabaseValue(self[column] as DatabaseValue) }
}
