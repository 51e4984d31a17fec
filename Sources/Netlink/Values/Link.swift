/// A network interface as the kernel describes it.
public struct Link: Equatable, Sendable {
    /// Its number in its network namespace, from 1.
    public let index: Int32
    /// What the kernel calls it; names that users can give are `InterfaceName`s.
    public let name: String
    /// What the kernel says of it.
    public let flags: LinkFlags
    /// The driver's kind: `veth`, `bridge`, `macvlan`, …; `nil` for hardware and `lo`.
    public let kind: String?
    /// In bytes.
    public let mtu: UInt32
    /// The hardware address; empty for some tunnels.
    public let hardwareAddress: [UInt8]
    /// The bridge or bond that it belongs to.
    public let master: Int32?
    /// The lower link of a macvlan, the other end of a veth.
    public let peer: Int32?
    /// Which namespace `peer` is in, as the own one numbers it; `nil` for the own one.
    public let peerNamespace: Int32?
    /// Free text.
    public let alias: String?
    /// Further names.
    public let alternativeNames: [String]
    /// RFC 2863's state: 6 is up.
    public let operationalState: UInt8

    /// Whether somebody has switched it on.
    public var isUp: Bool { flags.contains(.up) }
}

/// `IFF_*`. Source: netdevice(7).
public struct LinkFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `IFF_UP`: switched on.
    public static let up = LinkFlags(rawValue: 0x1)
    /// `IFF_BROADCAST`
    public static let broadcast = LinkFlags(rawValue: 0x2)
    /// `IFF_LOOPBACK`
    public static let loopback = LinkFlags(rawValue: 0x8)
    /// `IFF_POINTOPOINT`
    public static let pointToPoint = LinkFlags(rawValue: 0x10)
    /// `IFF_RUNNING`: switched on and able to send.
    public static let running = LinkFlags(rawValue: 0x40)
    /// `IFF_NOARP`
    public static let noARP = LinkFlags(rawValue: 0x80)
    /// `IFF_PROMISC`: takes what is for others, too.
    public static let promiscuous = LinkFlags(rawValue: 0x100)
    /// `IFF_MULTICAST`
    public static let multicast = LinkFlags(rawValue: 0x1000)
    /// `IFF_LOWER_UP`: there is a carrier.
    public static let lowerUp = LinkFlags(rawValue: 0x1_0000)
}

extension Link {
    /// Reads an `RTM_NEWLINK` message: `struct ifinfomsg` and `IFLA_*` attributes.
    init(_ message: ReceivedMessage) throws(MalformedMessage) {
        var fixed = FieldReader(message.payload)
        try fixed.skip(4)  // family, padding, hardware type
        index = try fixed.next()
        flags = LinkFlags(rawValue: try fixed.next())
        try fixed.skip(4)  // change mask
        var (name, kind, alias): (String, String?, String?) = ("", nil, nil)
        var (mtu, state): (UInt32, UInt8) = (0, 0)
        var (master, peer, peerNamespace): (Int32?, Int32?, Int32?) = (nil, nil, nil)
        var (address, names): ([UInt8], [String]) = ([], [])
        for attribute in try Attribute.list(fixed.rest) {
            switch LinkAttribute(rawValue: attribute.type) {
            case .name: name = attribute.text
            case .address: address = Array(attribute.value)
            case .mtu: mtu = try attribute.number()
            case .master: master = try attribute.number()
            case .link: peer = try attribute.number()
            case .linkNamespaceID: peerNamespace = try attribute.number()
            case .alias: alias = attribute.text
            case .operationalState: state = try attribute.number()
            case .information: kind = try attribute.nested().first { $0.type == 1 /* IFLA_INFO_KIND */ }?.text
            case .propertyList:
                names = try attribute.nested().filter { $0.type == LinkAttribute.alternativeName.rawValue }.map(\.text)
            default: break
            }
        }
        self.name = name
        self.kind = kind
        self.alias = alias
        self.mtu = mtu
        operationalState = state
        self.master = master
        self.peer = peer
        self.peerNamespace = peerNamespace
        hardwareAddress = address
        alternativeNames = names
    }
}

/// `IFLA_*`. Source: linux/if_link.h.
enum LinkAttribute: UInt16 {
    case address = 1
    case name = 3
    case mtu = 4
    case link = 5
    case master = 10
    case operationalState = 16
    case information = 18
    case alias = 20
    case namespaceDescriptor = 28
    case extendedMask = 29
    case linkNamespaceID = 37
    case propertyList = 52
    case alternativeName = 53
}

extension MessageWriter {
    mutating func attribute(_ type: LinkAttribute, _ value: some FixedWidthInteger) { attribute(type.rawValue, value) }
    mutating func attribute(_ type: LinkAttribute, text: String) { attribute(type.rawValue, text: text) }
    mutating func attribute(_ type: LinkAttribute, bytes: some Sequence<UInt8>) {
        attribute(type.rawValue, bytes: bytes)
    }

    /// `struct ifinfomsg`.
    mutating func appendLink(index: Int32 = 0, flags: LinkFlags = [], mask: LinkFlags = []) {
        append(UInt8(0))  // AF_UNSPEC
        append(UInt8(0))
        append(UInt16(0))
        append(index)
        append(flags.rawValue)
        append(mask.rawValue)
    }
}
