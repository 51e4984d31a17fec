public import LinuxKernel

extension RouteSocket {
    /// Every link of the namespace.
    ///
    /// - Throws: `EAGAIN` if links kept changing while they were listed, five times.
    public mutating func links() throws(NetlinkError) -> [Link] {
        var message = MessageWriter(.getLink, [.request, .dump])
        message.appendLink()
        message.attribute(.extendedMask, RouteSocket.withoutStatistics)
        return try list("list links", message, .newLink) { (answer) throws(MalformedMessage) in try Link(answer) }
    }

    /// The link of this name or alternative name.
    ///
    /// - Throws: `ENODEV` if there is none.
    public mutating func link(named name: String) throws(NetlinkError) -> Link {
        var message = MessageWriter(.getLink, [.request, .acknowledge])
        message.appendLink()
        // Longer ones can only be alternative names; the kernel has looked for both by the second since Linux 5.5.
        if name.utf8.count <= 15 {
            message.attribute(.name, text: name)
        } else {
            message.attribute(.alternativeName, text: name)
        }
        message.attribute(.extendedMask, RouteSocket.withoutStatistics)
        return try link("get link \(name)", message)
    }

    /// The link with this number.
    ///
    /// - Throws: `ENODEV` if there is none.
    public mutating func link(index: Int32) throws(NetlinkError) -> Link {
        var message = MessageWriter(.getLink, [.request, .acknowledge])
        message.appendLink(index: index)
        message.attribute(.extendedMask, RouteSocket.withoutStatistics)
        return try link("get link \(index)", message)
    }

    private static var withoutStatistics: UInt32 { 1 << 3 /* RTEXT_FILTER_SKIP_STATS */ }

    private mutating func link(_ request: String, _ message: consuming MessageWriter) throws(NetlinkError) -> Link {
        var found: Link?
        try ask(request, message) { (answer) throws(MalformedMessage) in
            if answer.type == MessageType.newLink.rawValue { found = try Link(answer) }
        }
        guard let found else { throw .refused(request: request, .noDevice, explanation: nil) }
        return found
    }

    /// Makes a link.
    ///
    /// - Throws: `EEXIST` if the name is taken, `EOPNOTSUPP` if the kernel has no such kind.
    public mutating func create(_ kind: LinkKind, _ link: NewLink) throws(NetlinkError) {
        try change("create \(kind.name) \(link.name)", RouteSocket.creation(of: kind, link))
    }

    static func creation(of kind: LinkKind, _ link: NewLink) -> MessageWriter {
        var message = MessageWriter(.newLink, [.request, .acknowledge, .create, .exclusive])
        message.append(link)
        if let parent = kind.parent { message.attribute(.link, parent) }
        message.nested(LinkAttribute.information.rawValue) { information in
            information.attribute(1 /* IFLA_INFO_KIND */, text: kind.name)
            if case .dummy = kind { return }
            information.nested(2 /* IFLA_INFO_DATA */) { $0.append(kind) }
        }
        return message
    }

    /// Makes two links connected to each other, the other end in another namespace.
    ///
    /// - Parameters:
    ///   - peer: The other end. Its number there is unknown: find it there by its name.
    ///   - namespace: Where the other end is made.
    /// - Throws: `EEXIST` if a name is taken in its namespace.
    public mutating func createPair(
        _ link: NewLink, peer: VethPeer, in namespace: borrowing OwnedDescriptor
    ) throws(NetlinkError) {
        let raw = namespace.raw
        try change("create veth \(link.name)", RouteSocket.pairCreation(link, peer: peer, namespace: raw))
    }

    /// Makes two links connected to each other, both in the socket's namespace.
    ///
    /// - Throws: `EEXIST` if a name is taken.
    public mutating func createPair(_ link: NewLink, peer: VethPeer) throws(NetlinkError) {
        try change("create veth \(link.name)", RouteSocket.pairCreation(link, peer: peer, namespace: nil))
    }

    static func pairCreation(_ link: NewLink, peer: VethPeer, namespace: Int32?) -> MessageWriter {
        var message = MessageWriter(.newLink, [.request, .acknowledge, .create, .exclusive])
        message.append(link)
        message.nested(LinkAttribute.information.rawValue) { information in
            information.attribute(1 /* IFLA_INFO_KIND */, text: "veth")
            information.nested(2 /* IFLA_INFO_DATA */) { data in
                data.nested(1 /* VETH_INFO_PEER */) { other in
                    other.appendLink()
                    other.attribute(.name, text: peer.name.text)
                    if let mtu = peer.mtu { other.attribute(.mtu, mtu) }
                    if let address = peer.hardwareAddress { other.attribute(.address, bytes: address.bytes) }
                    if let namespace { other.attribute(.namespaceDescriptor, namespace) }
                }
            }
        }
        return message
    }

    /// Takes a link away; with a veth its peer goes, too.
    ///
    /// - Throws: `ENODEV`; `EOPNOTSUPP` for hardware and `lo`.
    public mutating func remove(link index: Int32) throws(NetlinkError) {
        var message = MessageWriter(.deleteLink, [.request, .acknowledge])
        message.appendLink(index: index)
        try change("remove link \(index)", message)
    }

    /// Takes the link of this name away.
    ///
    /// - Throws: As `remove(link:)`.
    public mutating func remove(linkNamed name: InterfaceName) throws(NetlinkError) {
        var message = MessageWriter(.deleteLink, [.request, .acknowledge])
        message.appendLink()
        message.attribute(.name, text: name.text)
        try change("remove link \(name)", message)
    }

    /// Changes a link.
    public mutating func change(link index: Int32, _ wanted: LinkChange) throws(NetlinkError) {
        var message = MessageWriter(.newLink, [.request, .acknowledge])
        message.appendLink(index: index, flags: wanted.isUp == true ? .up : [], mask: wanted.isUp == nil ? [] : .up)
        if let name = wanted.name { message.attribute(.name, text: name.text) }
        if let mtu = wanted.mtu { message.attribute(.mtu, mtu) }
        if let address = wanted.hardwareAddress { message.attribute(.address, bytes: address.bytes) }
        if let master = wanted.master { message.attribute(.master, master) }
        if let alias = wanted.alias {
            // IFALIASZ; longer ones and ones with a zero would be cut or refused without a word why.
            guard alias.utf8.count <= 255, !alias.utf8.contains(0) else {
                throw .refused(
                    request: "set alias of link \(index)", .invalidArgument, explanation: "longer than 255 bytes")
            }
            message.attribute(.alias, text: alias)
        }
        try change("change link \(index)", message)
    }

    /// Changes how a bridge treats its port.
    public mutating func change(bridgePort index: Int32, _ options: BridgePortOptions) throws(NetlinkError) {
        var message = MessageWriter(.newLink, [.request, .acknowledge])
        message.appendLink(index: index)
        message.nested(LinkAttribute.information.rawValue) { information in
            information.attribute(4 /* IFLA_INFO_SLAVE_KIND */, text: "bridge")
            information.nested(5 /* IFLA_INFO_SLAVE_DATA */) { data in
                if let hairpin = options.hairpin { data.attribute(4 /* IFLA_BRPORT_MODE */, UInt8(hairpin ? 1 : 0)) }
                if let learning = options.learning { data.attribute(8, UInt8(learning ? 1 : 0)) }
                if let isolated = options.isolated { data.attribute(33, UInt8(isolated ? 1 : 0)) }
            }
        }
        try change("change bridge port \(index)", message)
    }

    /// Moves a link to another network namespace. It arrives down and without addresses.
    ///
    /// - Parameter name: A new name, given in the same step: so that it is taken in neither namespace meanwhile.
    /// - Throws: `EEXIST` if the name is taken there, `EINVAL` for links that belong to their namespace, as `lo`.
    public mutating func move(
        link index: Int32, to namespace: borrowing OwnedDescriptor, as name: InterfaceName? = nil
    ) throws(NetlinkError) {
        try change(
            "move link \(index)\(name.map { " as \($0)" } ?? "")",
            RouteSocket.movement(of: index, namespace: namespace.raw, name: name))
    }

    static func movement(of index: Int32, namespace: Int32, name: InterfaceName?) -> MessageWriter {
        var message = MessageWriter(.newLink, [.request, .acknowledge])
        message.appendLink(index: index)
        if let name { message.attribute(.name, text: name.text) }
        message.attribute(.namespaceDescriptor, namespace)
        return message
    }

    /// Gives a link a further name, of up to 127 bytes, or takes it away.
    public mutating func change(
        link index: Int32, alternativeName name: String, present: Bool
    ) throws(NetlinkError) {
        guard (1...127).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw .refused(request: "name link \(index)", .invalidArgument, explanation: "1 to 127 bytes are a name")
        }
        var message =
            present
            ? MessageWriter(.newLinkProperty, [.request, .acknowledge, .create, .exclusive])
            : MessageWriter(.deleteLinkProperty, [.request, .acknowledge])
        message.appendLink(index: index)
        // NLA_F_NESTED, as this newer request insists on it.
        message.nested(LinkAttribute.propertyList.rawValue | 0x8000) {
            $0.attribute(.alternativeName, text: name)
        }
        try change("\(present ? "add" : "remove") name \(name) of link \(index)", message)
    }

    /// Lists what a question answers with, again if it changed meanwhile, at most five times.
    mutating func list<Value>(
        _ request: String, _ message: MessageWriter, _ type: MessageType,
        _ read: (ReceivedMessage) throws(MalformedMessage) -> Value?
    ) throws(NetlinkError) -> [Value] {
        var attempts = 5
        while true {
            var result: [Value] = []
            do throws(NetlinkError) {
                try ask(request, message) { (answer) throws(MalformedMessage) in
                    if answer.type == type.rawValue, let value = try read(answer) { result.append(value) }
                }
                return result
            } catch  where error.code == .again && attempts > 1 {
                attempts -= 1
            }
        }
    }
}

extension MessageWriter {
    /// `struct ifinfomsg` and the attributes that every new link may have.
    fileprivate mutating func append(_ link: NewLink) {
        appendLink(flags: link.isUp ? .up : [], mask: link.isUp ? .up : [])
        attribute(.name, text: link.name.text)
        if let mtu = link.mtu { attribute(.mtu, mtu) }
        if let address = link.hardwareAddress { attribute(.address, bytes: address.bytes) }
        if let master = link.master { attribute(.master, master) }
    }

    /// `IFLA_INFO_DATA` of each kind. Source: linux/if_link.h.
    fileprivate mutating func append(_ kind: LinkKind) {
        switch kind {
        case .dummy: break
        case .bridge(let options):
            if let delay = options.forwardDelay { attribute(1, delay) }
            if let spanningTree = options.spanningTree { attribute(5, UInt32(spanningTree ? 1 : 0)) }
            if let filtering = options.vlanFiltering { attribute(7, UInt8(filtering ? 1 : 0)) }
            if let snooping = options.multicastSnooping { attribute(23, UInt8(snooping ? 1 : 0)) }
        case .macvlan(_, let mode): attribute(1, mode.rawValue)
        case .ipvlan(_, let mode): attribute(1, mode.rawValue)
        case .vlan(_, let id): attribute(1, id)
        }
    }
}
