/// A rule that decides which table of routes is asked, or that there is no way (`ip rule`).
public struct RoutePolicy: Equatable, Sendable {
    /// Rules are asked in the order of these, the lowest first.
    public var priority: UInt32
    /// Of which packets, by their sender; `nil` for all.
    public var source: IPNetwork?
    /// Of which packets, by where they go; `nil` for all.
    public var destination: IPNetwork?
    /// False for a rule of IPv6.
    public var isVersion4: Bool
    /// `FR_ACT_*`: 1 asks a table, 6 a blackhole, 7 unreachable, 8 prohibited.
    public var action: UInt8
    /// The routing table that it sends to; 0 where it sends to none.
    public var table: UInt32
    /// Whether it asks for more than addresses: an interface, a mark, a port, a user.
    public var isConditional: Bool

    /// The rules that the kernel makes: local, main and default.
    public var isUsual: Bool {
        action == 1 && source == nil && destination == nil && !isConditional
            && (priority == 0 && table == 255 || priority == 32766 && table == 254
                || priority == 32767 && table == 253)
    }

    /// As `ip rule` has it.
    public var words: String {
        let way =
            switch action {
            case 1: "lookup \(table)"
            case 2: "goto"
            case 6: "blackhole"
            case 7: "unreachable"
            case 8: "prohibit"
            default: "action \(action)"
            }
        return "\(priority): from \(source.map { "\($0)" } ?? "all")"
            + (destination.map { " to \($0)" } ?? "") + (isConditional ? " and other conditions" : "") + " \(way)"
    }
}

extension RouteSocket {
    /// The rules that come before the tables of routes, of both versions.
    public mutating func policies() throws(NetlinkError) -> [RoutePolicy] {
        var message = MessageWriter(.getPolicy, [.request, .dump])
        for _ in 0..<3 { message.append(UInt32(0)) }  // struct fib_rule_hdr
        return try list("list rules of routes", message, .newPolicy) { (answer) throws(MalformedMessage) in
            try RoutePolicy(answer)
        }
    }
}

extension RoutePolicy {
    /// Reads an `RTM_NEWRULE` message: `struct fib_rule_hdr` and `FRA_*` attributes; `nil` for families other than IP.
    ///
    /// Source: linux/fib_rules.h.
    init?(_ message: ReceivedMessage) throws(MalformedMessage) {
        var fixed = FieldReader(message.payload)
        let family: UInt8 = try fixed.next()
        guard family == 2 || family == 10 else { return nil }
        let destinationLength: UInt8 = try fixed.next()
        let sourceLength: UInt8 = try fixed.next()
        let service: UInt8 = try fixed.next()
        table = UInt32(try fixed.next(UInt8.self))
        try fixed.skip(2)
        action = try fixed.next()
        let flags: UInt32 = try fixed.next()
        isVersion4 = family == 2
        priority = 0
        // FIB_RULE_INVERT turns a rule round.
        isConditional = service != 0 || flags & 2 != 0
        for attribute in try Attribute.list(fixed.rest) {
            switch attribute.type {
            case 1:
                destination = IPAddress(bytes: attribute.value).flatMap {
                    IPNetwork($0, prefixLength: destinationLength)
                }
            case 2: source = IPAddress(bytes: attribute.value).flatMap { IPNetwork($0, prefixLength: sourceLength) }
            case 6: priority = try attribute.number()
            case 15: table = try attribute.number()
            // Interfaces, marks, ports, users, a tunnel, a protocol.
            case 3, 10, 12, 16, 17, 19, 20, 22, 23, 24: isConditional = try isSet(attribute) || isConditional
            default: break
            }
        }
    }
}

/// The kernel tells some conditions that are not asked for as a mask or number of 0.
private func isSet(_ attribute: Attribute) throws(MalformedMessage) -> Bool {
    switch attribute.type {
    // FRA_FWMASK, FRA_TUN_ID; suppressors (13, 14) say -1.
    case 10, 12, 16: attribute.value.contains { $0 != 0 }
    default: true
    }
}
