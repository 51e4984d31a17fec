internal import LinuxKernel

/// One way of a connection that the kernel tracks, as its first packet saw it.
public struct ConnectionTuple: Equatable, Sendable {
    /// Who sends.
    public var source: IPAddress
    /// Whom it is sent to.
    public var destination: IPAddress
    /// `IPPROTO_*`
    public var transport: UInt8
    /// The sender's port, in the machine's byte order.
    public var sourcePort: UInt16
    /// The port that it is sent to.
    public var destinationPort: UInt16
}

/// A connection that the kernel tracks: what is sent, and what is awaited as the answer. Where no address is translated, the
/// answer's is the other turned round.
public struct TrackedConnection: Equatable, Sendable {
    /// The way of the first packet, before any address was translated.
    public var original: ConnectionTuple
    /// The way that answers to it are awaited on.
    public var reply: ConnectionTuple
    /// `CTA_TUPLE_ORIG`, `CTA_ID` and `CTA_ZONE` as the kernel wrote them, by which it knows this connection and no later one.
    var identity: [Attribute]

    /// Whether both ways are the same; the kernel may know them as different connections.
    public static func == (left: Self, right: Self) -> Bool {
        left.original == right.original && left.reply == right.reply
    }
}

extension RuleSocket {
    /// The connections that the kernel tracks in this network namespace, of one version of IP and with ports.
    ///
    /// Source: linux/netfilter/nfnetlink_conntrack.h, `IPCTNL_MSG_CT_GET`.
    ///
    /// - Throws: `NetlinkError`, where the kernel does not track connections or does not tell them (`CONFIG_NF_CT_NETLINK`).
    public mutating func connections(_ family: TableFamily) throws(NetlinkError) -> [TrackedConnection] {
        var result: [TrackedConnection] = []
        let question = Self.connectionMessage(1 /* IPCTNL_MSG_CT_GET */, family, [.request, .dump])
        try dump("list connections", question) { (message) throws(MalformedMessage) in
            guard let connection = try TrackedConnection(message.payload) else { return }
            result.append(connection)
        }
        return result
    }

    /// Lets the kernel forget a connection: its next packet is the first of a new one, and meets the rules as they are then.
    /// One that is gone already is forgotten, too.
    public mutating func forget(_ connection: TrackedConnection) throws(NetlinkError) {
        let family: TableFamily = connection.original.source.isVersion4 ? .ip4 : .ip6
        var message = Self.connectionMessage(2 /* IPCTNL_MSG_CT_DELETE */, family, [.request, .acknowledge])
        for attribute in connection.identity {
            // The first alone has attributes inside.
            message.attribute(attribute.type == 1 ? 1 | nestedFlag : attribute.type, bytes: attribute.value)
        }
        do throws(NetlinkError) {
            try dump("forget a connection", message) { (_) throws(MalformedMessage) in }
        } catch  where error.code == .noSuchFile {
            return
        } catch {
            throw error
        }
    }

    private static func connectionMessage(
        _ number: UInt16, _ family: TableFamily, _ flags: MessageFlags
    ) -> MessageWriter {
        var message = MessageWriter(number: 1 << 8 /* NFNL_SUBSYS_CTNETLINK */ | number, flags)
        message.append(family.rawValue)
        message.append(UInt8(0))
        message.append(UInt16(0))
        return message
    }
}

extension TrackedConnection {
    /// - Returns: `nil` for one without ports.
    init?(_ payload: ArraySlice<UInt8>) throws(MalformedMessage) {
        let attributes = try Attribute.list(payload.dropFirst(4 /* struct nfgenmsg */))
        guard let first = attributes.first(where: { $0.type == 1 /* CTA_TUPLE_ORIG */ }),
            let second = attributes.first(where: { $0.type == 2 /* CTA_TUPLE_REPLY */ }),
            let original = try ConnectionTuple(first), let reply = try ConnectionTuple(second)
        else { return nil }
        let known: Set<UInt16> = [1, 12 /* CTA_ID */, 18 /* CTA_ZONE */]
        self.init(original: original, reply: reply, identity: attributes.filter { known.contains($0.type) })
    }
}

extension ConnectionTuple {
    fileprivate init?(_ tuple: Attribute) throws(MalformedMessage) {
        var (source, destination): (IPAddress?, IPAddress?) = (nil, nil)
        var (transport, sourcePort, destinationPort): (UInt8?, UInt16?, UInt16?) = (nil, nil, nil)
        for part in try tuple.nested() {
            for field in try part.nested() {
                switch (part.type, field.type) {
                case (1 /* CTA_TUPLE_IP */, 1), (1, 3): source = IPAddress(bytes: field.value)
                case (1, 2), (1, 4): destination = IPAddress(bytes: field.value)
                case (2 /* CTA_TUPLE_PROTO */, 1): transport = try field.number()
                case (2, 2): sourcePort = UInt16(bigEndian: try field.number())
                case (2, 3): destinationPort = UInt16(bigEndian: try field.number())
                default: break
                }
            }
        }
        guard let source, let destination, let transport, let sourcePort, let destinationPort else { return nil }
        self.init(
            source: source, destination: destination, transport: transport, sourcePort: sourcePort,
            destinationPort: destinationPort)
    }
}
