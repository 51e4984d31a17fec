/// Which hardware address belongs to an IP address of a link's network.
public struct Neighbour: Equatable, Sendable {
    /// The link's number.
    public let link: Int32
    /// The neighbour's address on that link.
    public let address: IPAddress
    /// `nil` while it is being asked for.
    public let hardwareAddress: HardwareAddress?
    /// `NUD_*`: 0x02 reachable, 0x80 permanent.
    public let state: UInt16

    /// An entry of the table of neighbours; the state is `NUD_PERMANENT` unless said.
    public init(link: Int32, address: IPAddress, hardwareAddress: HardwareAddress?, state: UInt16 = 0x80) {
        self.link = link
        self.address = address
        self.hardwareAddress = hardwareAddress
        self.state = state
    }
}

extension RouteSocket {
    /// The neighbours on a link, or on all.
    public mutating func neighbours(of link: Int32? = nil) throws(NetlinkError) -> [Neighbour] {
        var message = MessageWriter(.getNeighbour, [.request, .dump])
        for _ in 0..<3 { message.append(UInt32(0)) }  // struct ndmsg
        return try list("list neighbours", message, .newNeighbour) { (answer) throws(MalformedMessage) in
            try Neighbour(answer).flatMap { link == nil || $0.link == link ? $0 : nil }
        }
    }

    /// Adds a neighbour, or replaces what is known about its address.
    public mutating func set(_ neighbour: Neighbour) throws(NetlinkError) {
        var message = MessageWriter(.newNeighbour, [.request, .acknowledge, .create, .replace])
        message.append(neighbour)
        try change("set neighbour \(neighbour.address)", message)
    }

    /// Takes a neighbour away.
    ///
    /// - Throws: `ENOENT` if there is none.
    public mutating func remove(_ neighbour: Neighbour) throws(NetlinkError) {
        var message = MessageWriter(.deleteNeighbour, [.request, .acknowledge])
        message.append(neighbour)
        try change("remove neighbour \(neighbour.address)", message)
    }
}

extension Neighbour {
    /// Reads an `RTM_NEWNEIGH` message: `struct ndmsg` and `NDA_*` attributes; `nil` for families other than IP.
    init?(_ message: ReceivedMessage) throws(MalformedMessage) {
        var fixed = FieldReader(message.payload)
        try fixed.skip(4)  // family, padding
        link = try fixed.next()
        state = try fixed.next()
        try fixed.skip(2)  // flags, type
        var (address, hardware): (IPAddress?, HardwareAddress?) = (nil, nil)
        for attribute in try Attribute.list(fixed.rest) {
            if attribute.type == 1 /* NDA_DST */ { address = IPAddress(bytes: attribute.value) }
            if attribute.type == 2 /* NDA_LLADDR */ { hardware = HardwareAddress(bytes: Array(attribute.value)) }
        }
        guard let address else { return nil }
        self.address = address
        hardwareAddress = hardware
    }
}

extension MessageWriter {
    /// `struct ndmsg` and attributes.
    fileprivate mutating func append(_ neighbour: Neighbour) {
        append(neighbour.address.family)
        append(UInt8(0))
        append(UInt16(0))
        append(neighbour.link)
        append(neighbour.state)
        append(UInt16(0))  // flags, type
        attribute(1 /* NDA_DST */, bytes: neighbour.address.bytes)
        if let address = neighbour.hardwareAddress { attribute(2 /* NDA_LLADDR */, bytes: address.bytes) }
    }
}
