extension RouteSocket {
    /// The addresses of a link, or of all links.
    public mutating func addresses(of link: Int32? = nil) throws(NetlinkError) -> [InterfaceAddress] {
        var message = MessageWriter(.getAddress, [.request, .dump])
        message.appendAddress(family: 0, prefixLength: 0, link: 0)
        // Kernels before 4.20 cannot filter, so that is done here.
        return try list("list addresses", message, .newAddress) { (answer) throws(MalformedMessage) in
            try InterfaceAddress(answer).flatMap { link == nil || $0.link == link ? $0 : nil }
        }
    }

    /// Gives a link an address.
    ///
    /// - Parameters:
    ///   - broadcast: Version 4's address of everybody in the network; none if `nil`.
    ///   - flags: `noDuplicateDetection` for version 6 where the address is known to be free.
    /// - Throws: `EEXIST` if it has it already; `EACCES` or `EPERM` where version 6 is off.
    public mutating func add(
        address: IPNetwork, to link: Int32, broadcast: IPAddress? = nil, flags: AddressFlags = [],
        scope: AddressScope = .global
    ) throws(NetlinkError) {
        try change(
            "add address \(address) to link \(link)",
            RouteSocket.addition(of: address, to: link, broadcast: broadcast, flags: flags, scope: scope))
    }

    static func addition(
        of address: IPNetwork, to link: Int32, broadcast: IPAddress?, flags: AddressFlags, scope: AddressScope
    ) -> MessageWriter {
        var message = MessageWriter(.newAddress, [.request, .acknowledge, .create, .exclusive])
        message.appendAddress(
            family: address.address.family, prefixLength: address.prefixLength, link: link, scope: scope)
        message.attribute(AddressAttribute.local.rawValue, bytes: address.address.bytes)
        message.attribute(AddressAttribute.address.rawValue, bytes: address.address.bytes)
        if let broadcast { message.attribute(AddressAttribute.broadcast.rawValue, bytes: broadcast.bytes) }
        if !flags.isEmpty { message.attribute(AddressAttribute.flags.rawValue, flags.rawValue) }
        return message
    }

    /// Takes an address from a link.
    ///
    /// - Throws: `EADDRNOTAVAIL` if it does not have it.
    public mutating func remove(address: IPNetwork, from link: Int32) throws(NetlinkError) {
        var message = MessageWriter(.deleteAddress, [.request, .acknowledge])
        message.appendAddress(family: address.address.family, prefixLength: address.prefixLength, link: link)
        message.attribute(AddressAttribute.local.rawValue, bytes: address.address.bytes)
        message.attribute(AddressAttribute.address.rawValue, bytes: address.address.bytes)
        try change("remove address \(address) from link \(link)", message)
    }
}

extension MessageWriter {
    /// `struct ifaddrmsg`.
    fileprivate mutating func appendAddress(
        family: UInt8, prefixLength: UInt8, link: Int32, scope: AddressScope = .global
    ) {
        append(family)
        append(prefixLength)
        append(UInt8(0))  // The lower flags; all of them go into an attribute.
        append(scope.rawValue)
        append(link)
    }
}
