/// Where packets for a network go.
public struct Route: Equatable, Sendable {
    /// `0.0.0.0/0` or `::/0` for a default route.
    public var destination: IPNetwork
    /// The next host; `nil` if the destination is reached directly.
    public var gateway: IPAddress?
    /// The number of the link to send by; may be `nil` where the gateway tells.
    public var link: Int32?
    /// The own address that new connections use.
    public var source: IPAddress?
    /// Routes with a lower one win; the kernel's choice if `nil`.
    public var metric: UInt32?
    /// How far the destination is.
    public var scope: AddressScope
    /// What becomes of packets that go there.
    public var kind: RouteKind
    /// 254 is the main table.
    public var table: UInt32
    /// Who made it: 2 is the kernel, 4 an administrator.
    public var origin: UInt8

    /// A route of the main table, unless said otherwise.
    public init(
        to destination: IPNetwork, gateway: IPAddress? = nil, link: Int32? = nil, source: IPAddress? = nil,
        metric: UInt32? = nil, scope: AddressScope? = nil, kind: RouteKind = .unicast, table: UInt32 = 254,
        origin: UInt8 = 4
    ) {
        self.destination = destination
        self.gateway = gateway
        self.link = link
        self.source = source
        self.metric = metric
        // Version 4 knows what is reached directly by its scope; version 6 has none.
        self.scope =
            scope ?? (gateway == nil && kind == .unicast && destination.address.isVersion4 ? .link : .global)
        self.kind = kind
        self.table = table
        self.origin = origin
    }
}

/// `RTN_*`
public struct RouteKind: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `RTN_UNICAST`: sent on.
    public static let unicast = RouteKind(rawValue: 1)
    /// `RTN_LOCAL`: taken by this host.
    public static let local = RouteKind(rawValue: 2)
    /// `RTN_BLACKHOLE`: thrown away without a word.
    public static let blackhole = RouteKind(rawValue: 6)
    /// `RTN_UNREACHABLE`: refused with `EHOSTUNREACH`.
    public static let unreachable = RouteKind(rawValue: 7)
    /// `RTN_PROHIBIT`: refused with `EACCES`.
    public static let prohibit = RouteKind(rawValue: 8)
}

/// `RTA_*`. Source: linux/rtnetlink.h.
enum RouteAttribute: UInt16 {
    case destination = 1
    case link = 4
    case gateway = 5
    case priority = 6
    case source = 7
    case table = 15
}

extension Route {
    /// Reads an `RTM_NEWROUTE` message: `struct rtmsg` and `RTA_*` attributes; `nil` for families other than IP.
    init?(_ message: ReceivedMessage) throws(MalformedMessage) {
        var fixed = FieldReader(message.payload)
        let family: UInt8 = try fixed.next()
        let length: UInt8 = try fixed.next()
        try fixed.skip(2)  // source length, type of service
        table = UInt32(try fixed.next(UInt8.self))
        origin = try fixed.next()
        scope = AddressScope(rawValue: try fixed.next())
        kind = RouteKind(rawValue: try fixed.next())
        try fixed.skip(4)  // flags
        var address: IPAddress
        switch family {
        case 2: address = .version4(0)
        case 10: address = .version6(0, 0)
        default: return nil
        }
        for attribute in try Attribute.list(fixed.rest) {
            switch RouteAttribute(rawValue: attribute.type) {
            case .destination: address = IPAddress(bytes: attribute.value) ?? address
            case .link: link = try attribute.number()
            case .gateway: gateway = IPAddress(bytes: attribute.value)
            case .priority: metric = try attribute.number()
            case .source: source = IPAddress(bytes: attribute.value)
            case .table: table = try attribute.number()
            default: break
            }
        }
        guard let destination = IPNetwork(address, prefixLength: length) else { return nil }
        self.destination = destination
    }
}
