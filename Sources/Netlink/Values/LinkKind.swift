/// What a new link is.
public enum LinkKind: Equatable, Sendable {
    /// A link that drops what is sent.
    case dummy
    case bridge(BridgeOptions)
    /// A further address on another link.
    case macvlan(parent: Int32, MacvlanMode)
    /// A further IP address on another link, sharing its hardware address.
    case ipvlan(parent: Int32, IpvlanMode)
    /// One VLAN of another link; 1 to 4094.
    case vlan(parent: Int32, id: UInt16)

    var name: String {
        switch self {
        case .dummy: "dummy"
        case .bridge: "bridge"
        case .macvlan: "macvlan"
        case .ipvlan: "ipvlan"
        case .vlan: "vlan"
        }
    }

    var parent: Int32? {
        switch self {
        case .dummy, .bridge: nil
        case .macvlan(let parent, _), .ipvlan(let parent, _), .vlan(let parent, _): parent
        }
    }
}

/// What differs from the kernel's defaults in a new bridge.
public struct BridgeOptions: Equatable, Sendable {
    /// `IFLA_BR_FORWARD_DELAY`, in hundredths of seconds; 0 lets ports forward at once.
    public var forwardDelay: UInt32?
    /// `IFLA_BR_STP_STATE`
    public var spanningTree: Bool?
    /// `IFLA_BR_MCAST_SNOOPING`
    public var multicastSnooping: Bool?
    /// `IFLA_BR_VLAN_FILTERING`
    public var vlanFiltering: Bool?

    /// Settings of a bridge; `nil` leaves the kernel's default.
    public init(
        forwardDelay: UInt32? = nil, spanningTree: Bool? = nil, multicastSnooping: Bool? = nil,
        vlanFiltering: Bool? = nil
    ) {
        self.forwardDelay = forwardDelay
        self.spanningTree = spanningTree
        self.multicastSnooping = multicastSnooping
        self.vlanFiltering = vlanFiltering
    }
}

/// `IFLA_MACVLAN_MODE`
public enum MacvlanMode: UInt32, Sendable {
    case `private` = 1
    case vepa = 2
    case bridge = 4
    case passthrough = 8
}

/// `IFLA_IPVLAN_MODE`
public enum IpvlanMode: UInt16, Sendable {
    case layer2 = 0
    case layer3 = 1
    case layer3Symmetric = 2
}

/// How a bridge treats one of its ports: `IFLA_BRPORT_*`.
public struct BridgePortOptions: Equatable, Sendable {
    /// Whether frames may go back out through the port they came in by.
    public var hairpin: Bool?
    /// Whether this port reaches no other isolated one.
    public var isolated: Bool?
    /// Whether source addresses are learned.
    public var learning: Bool?

    /// Settings of a port of a bridge; `nil` leaves the kernel's default.
    public init(hairpin: Bool? = nil, isolated: Bool? = nil, learning: Bool? = nil) {
        self.hairpin = hairpin
        self.isolated = isolated
        self.learning = learning
    }
}

/// What a link is given when it is made.
public struct NewLink: Sendable {
    /// In the namespace where it is made.
    public var name: InterfaceName
    /// In bytes; the kernel's choice if `nil`.
    public var mtu: UInt32?
    /// `nil` lets the kernel choose.
    public var hardwareAddress: HardwareAddress?
    /// The bridge that it joins.
    public var master: Int32?
    /// Whether it is up at once.
    public var isUp: Bool

    /// A link that is down and has the kernel's choices, unless said otherwise.
    public init(
        _ name: InterfaceName, mtu: UInt32? = nil, hardwareAddress: HardwareAddress? = nil, master: Int32? = nil,
        isUp: Bool = false
    ) {
        self.name = name
        self.mtu = mtu
        self.hardwareAddress = hardwareAddress
        self.master = master
        self.isUp = isUp
    }
}

/// What the other end of a new pair is given. The kernel cannot take it up before the pair is whole.
public struct VethPeer: Sendable {
    /// In the namespace where it is made.
    public var name: InterfaceName
    /// In bytes; the kernel's choice if `nil`.
    public var mtu: UInt32?
    /// `nil` lets the kernel choose.
    public var hardwareAddress: HardwareAddress?

    /// A link with the kernel's defaults where nothing is said.
    public init(_ name: InterfaceName, mtu: UInt32? = nil, hardwareAddress: HardwareAddress? = nil) {
        self.name = name
        self.mtu = mtu
        self.hardwareAddress = hardwareAddress
    }
}

/// What is changed about a link, all in one request; what is `nil` stays.
public struct LinkChange: Equatable, Sendable {
    /// Taken up or down.
    public var isUp: Bool?
    /// On kernels before 6.2 only while the link is down.
    public var name: InterfaceName?
    /// In bytes.
    public var mtu: UInt32?
    /// `nil` leaves it as it is.
    public var hardwareAddress: HardwareAddress?
    /// The bridge that it joins; 0 for none.
    public var master: Int32?
    /// At most 255 bytes; empty for none.
    public var alias: String?

    /// Changes of a link; `nil` leaves that as it is.
    public init(
        isUp: Bool? = nil, name: InterfaceName? = nil, mtu: UInt32? = nil, hardwareAddress: HardwareAddress? = nil,
        master: Int32? = nil, alias: String? = nil
    ) {
        self.isUp = isUp
        self.name = name
        self.mtu = mtu
        self.hardwareAddress = hardwareAddress
        self.master = master
        self.alias = alias
    }
}
