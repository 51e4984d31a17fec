extension RouteSocket {
    /// The routes of a table, of both versions.
    ///
    /// - Parameter table: 254 is the main table; all of them if `nil`.
    public mutating func routes(table: UInt32? = 254) throws(NetlinkError) -> [Route] {
        var message = MessageWriter(.getRoute, [.request, .dump])
        for _ in 0..<3 { message.append(UInt32(0)) }  // struct rtmsg
        return try list("list routes", message, .newRoute) { (answer) throws(MalformedMessage) in
            try Route(answer).flatMap { table == nil || $0.table == table ? $0 : nil }
        }
    }

    /// Adds a route.
    ///
    /// - Throws: `EEXIST`; `ENETUNREACH` if the gateway is not reached directly; `ENETDOWN` if the link is down.
    public mutating func add(_ route: Route) throws(NetlinkError) {
        try change("add route to \(route.destination)", RouteSocket.addition(of: route))
    }

    static func addition(of route: Route) -> MessageWriter {
        var message = MessageWriter(.newRoute, [.request, .acknowledge, .create, .exclusive])
        message.append(route)
        return message
    }

    /// Takes a route away.
    ///
    /// - Throws: `ESRCH` if there is none like it.
    public mutating func remove(_ route: Route) throws(NetlinkError) {
        var message = MessageWriter(.deleteRoute, [.request, .acknowledge])
        message.append(route)
        try change("remove route to \(route.destination)", message)
    }
}

extension MessageWriter {
    /// `struct rtmsg` and attributes.
    fileprivate mutating func append(_ route: Route) {
        append(route.destination.address.family)
        append(route.destination.prefixLength)
        append(UInt16(0))  // source length, type of service
        append(UInt8(route.table < 256 ? UInt8(truncatingIfNeeded: route.table) : 252 /* RT_TABLE_COMPAT */))
        append(route.origin)
        append(route.scope.rawValue)
        append(route.kind.rawValue)
        append(UInt32(0))  // flags
        if route.destination.prefixLength > 0 {
            // The kernel insists on zeros after the prefix.
            attribute(RouteAttribute.destination.rawValue, bytes: route.destination.network.address.bytes)
        }
        if let gateway = route.gateway { attribute(RouteAttribute.gateway.rawValue, bytes: gateway.bytes) }
        if let link = route.link { attribute(RouteAttribute.link.rawValue, link) }
        if let source = route.source { attribute(RouteAttribute.source.rawValue, bytes: source.bytes) }
        if let metric = route.metric { attribute(RouteAttribute.priority.rawValue, metric) }
        if route.table >= 256 { attribute(RouteAttribute.table.rawValue, route.table) }
    }
}
