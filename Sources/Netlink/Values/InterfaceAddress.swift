/// An address of a link.
public struct InterfaceAddress: Equatable, Sendable {
    /// The link's number.
    public let link: Int32
    /// The link's own address with its network.
    public let network: IPNetwork
    /// The other end of a point-to-point link.
    public let peer: IPAddress?
    /// How far the address is known.
    public let scope: AddressScope
    /// What the kernel says of it.
    public let flags: AddressFlags
    /// Version 4's name for it, by default the link's.
    public let label: String?
}

/// How far an address or a route reaches: `RT_SCOPE_*`.
public struct AddressScope: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `RT_SCOPE_UNIVERSE`: known everywhere.
    public static let global = AddressScope(rawValue: 0)
    /// `RT_SCOPE_SITE`
    public static let site = AddressScope(rawValue: 200)
    /// `RT_SCOPE_LINK`: on this link only.
    public static let link = AddressScope(rawValue: 253)
    /// `RT_SCOPE_HOST`: on this host only.
    public static let host = AddressScope(rawValue: 254)
}

/// `IFA_F_*`
public struct AddressFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `IFA_F_SECONDARY`: another one of the same network came first.
    public static let secondary = AddressFlags(rawValue: 0x1)
    /// Usable at once, without asking whether another host has it.
    public static let noDuplicateDetection = AddressFlags(rawValue: 0x2)
    /// `IFA_F_DADFAILED`: another host has it.
    public static let duplicate = AddressFlags(rawValue: 0x8)
    /// `IFA_F_TENTATIVE`: not in use until it is known that nobody else has it.
    public static let tentative = AddressFlags(rawValue: 0x40)
    /// Set by a user, not for a time only.
    public static let permanent = AddressFlags(rawValue: 0x80)
    /// Without the route to its network.
    public static let noPrefixRoute = AddressFlags(rawValue: 0x200)
}

/// `IFA_*`. Source: linux/if_addr.h.
enum AddressAttribute: UInt16 {
    case address = 1
    case local = 2
    case label = 3
    case broadcast = 4
    case flags = 8
}

extension InterfaceAddress {
    /// Reads an `RTM_NEWADDR` message: `struct ifaddrmsg` and `IFA_*` attributes; `nil` for families other than IP.
    init?(_ message: ReceivedMessage) throws(MalformedMessage) {
        var fixed = FieldReader(message.payload)
        try fixed.skip(1)
        let prefixLength: UInt8 = try fixed.next()
        var flags = UInt32(try fixed.next(UInt8.self))
        scope = AddressScope(rawValue: try fixed.next())
        link = try fixed.next()
        var (address, local, label): (IPAddress?, IPAddress?, String?) = (nil, nil, nil)
        for attribute in try Attribute.list(fixed.rest) {
            switch AddressAttribute(rawValue: attribute.type) {
            case .address: address = IPAddress(bytes: attribute.value)
            case .local: local = IPAddress(bytes: attribute.value)
            case .label: label = attribute.text
            case .flags: flags = try attribute.number()
            default: break
            }
        }
        // Only where the two differ is `address` the other end.
        guard let own = local ?? address, let network = IPNetwork(own, prefixLength: prefixLength) else { return nil }
        self.network = network
        peer = local == nil || address == local ? nil : address
        self.flags = AddressFlags(rawValue: flags)
        self.label = label
    }
}
