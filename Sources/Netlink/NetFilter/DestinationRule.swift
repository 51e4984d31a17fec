/// A rule, whoever made it, that sends connections for some port to another address.
///
/// What its chain is jumped to for, and rules before it, are not asked: it says what this rule alone does.
public struct DestinationRule: Equatable, Sendable {
    /// The table's: `ip`, `ip6` or `inet`.
    public var family: TableFamily
    /// The name of its table.
    public var table: String
    /// The name of its chain.
    public var chain: String
    /// By which `nft -a list` shows it.
    public var handle: UInt64
    /// The map and the element's key by which the rule decides; empty where the rule itself has the port.
    public var element: String
    /// `IPPROTO_*`; `nil` for every transport.
    public var transport: UInt8?
    /// The address that a packet must be for; `nil` for every one.
    public var address: IPAddress?
    /// The ports that a packet may be for; `nil` for every one.
    public var ports: ClosedRange<UInt16>?
    /// Where it sends them.
    public var target: IPAddress
    /// `nil` where the port stays as it is.
    public var targetPort: UInt16?

    /// A rule as it is told; `element` is for those that ask a map.
    public init(
        family: TableFamily, table: String, chain: String, handle: UInt64, element: String = "",
        transport: UInt8? = nil, address: IPAddress? = nil, ports: ClosedRange<UInt16>? = nil, target: IPAddress,
        targetPort: UInt16? = nil
    ) {
        self.family = family
        self.table = table
        self.chain = chain
        self.handle = handle
        self.element = element
        self.transport = transport
        self.address = address
        self.ports = ports
        self.target = target
        self.targetPort = targetPort
    }
}

extension RuleSocket {
    /// The rules of all tables that translate destination addresses, as far as they can be told without following a packet:
    /// those of `nft`, of `iptables` on nf_tables (`xt` extensions), and those that ask a map.
    ///
    /// - Throws: `NetlinkError`, where the kernel has no nf_tables or does not let the caller ask.
    public mutating func destinationRules() throws(NetlinkError) -> [DestinationRule] {
        var result: [DestinationRule] = []
        for family in [TableFamily.inet, .ip4, .ip6] {
            var maps: [(lookup: RegisterReading.Lookup, rule: DestinationRule)] = []
            try list("list rules", Self.question(7 /* NFT_MSG_GETRULE */, family), 6) {
                (attributes) throws(MalformedMessage) in
                guard let table = attributes.first(where: { $0.type == 1 /* NFTA_RULE_TABLE */ })?.text,
                    let chain = attributes.first(where: { $0.type == 2 /* NFTA_RULE_CHAIN */ })?.text,
                    let handle = try attributes.first(where: { $0.type == 3 /* NFTA_RULE_HANDLE */ })?
                        .number(UInt64.self),
                    let expressions = try attributes.first(where: { $0.type == 4 /* NFTA_RULE_EXPRESSIONS */ })?
                        .nested()
                else { return }
                var reading = RegisterReading(family: family)
                for expression in expressions { try reading.take(expression) }
                var rule = DestinationRule(
                    family: family, table: table, chain: chain, handle: UInt64(bigEndian: handle),
                    transport: reading.transport, address: reading.address, ports: reading.ports,
                    target: .version4(0), targetPort: nil)
                for target in reading.targets {
                    (rule.target, rule.targetPort) = (target.address, target.port)
                    result.append(rule)
                }
                if let lookup = reading.translatedLookup { maps.append((lookup, rule)) }
            }
            // The same maps are asked at several hooks.
            var known: [[String]: [RuleElement]] = [:]
            for (lookup, rule) in maps {
                let place = [rule.table, lookup.map]
                if known[place] == nil, let table = RuleName(rule.table) {
                    // One that was removed meanwhile leads nowhere.
                    known[place] = try? elements(family, of: table, set: lookup.map)
                }
                result += (known[place] ?? []).compactMap { lookup.rule($0, rule) }
            }
        }
        return result
    }
}

/// What the registers hold, and what was asked of them, while a rule's expressions are read one after the other.
struct RegisterReading {
    enum Content: Equatable {
        case transport, address4, address6, port
        case bytes([UInt8])

        /// How many cells it fills.
        var cells: Int {
            switch self {
            case .transport, .address4, .port: 1
            case .address6: 4
            case .bytes(let bytes): max(1, (bytes.count + 3) / 4)
            }
        }
    }

    /// A map that was asked, and where its answer was put.
    struct Lookup: Equatable {
        var map: String
        /// What its key is made of.
        var key: [Content]
        /// The first cell of the answer.
        var cell: Int
        /// Which bytes of the answer are the address, and which the port.
        var addressOffset = 0
        var portOffset: Int?
        var isVersion4 = true
    }

    let family: TableFamily
    private(set) var transport: UInt8?
    private(set) var address: IPAddress?
    private(set) var ports: ClosedRange<UInt16>?
    private(set) var targets: [(address: IPAddress, port: UInt16?)] = []
    private(set) var translatedLookup: Lookup?
    private var cells: [Int: Content] = [:]
    private var lookups: [Lookup] = []

    init(family: TableFamily) { self.family = family }

    /// Cells have 4 bytes; a register of the older numbering has four of them. Source: `nft_parse_register`.
    private static func cell(_ attribute: Attribute) throws(MalformedMessage) -> Int {
        let number = Int(UInt32(bigEndian: try attribute.number()))
        return number < 8 ? (number - 1) * 4 : number - 8
    }

    mutating func take(_ expression: Attribute) throws(MalformedMessage) {
        let parts = try expression.nested()
        guard let name = parts.first(where: { $0.type == 1 })?.text,
            let data = try parts.first(where: { $0.type == 2 })?.nested()
        else { return }
        switch name {
        case "meta": try load(data, from: 2, key: 16 /* NFT_META_L4PROTO */, to: 1, .transport)
        case "payload": try payload(data)
        case "immediate": try immediate(data)
        case "cmp": try compare(data)
        case "range": try range(data)
        case "lookup": try look(data)
        case "nat": try translate(data)
        case "match": try extensionMatch(data)
        case "target": try extensionTarget(data)
        case "counter", "limit", "log", "quota", "masq", "redir", "notrack", "reject", "objref": break
        // What else there is may put something else into any register.
        default: cells = [:]
        }
    }

    private static func number(_ data: [Attribute], _ type: UInt16) throws(MalformedMessage) -> UInt32? {
        try data.first { $0.type == type }.map { (part) throws(MalformedMessage) in UInt32(bigEndian: try part.number())
        }
    }

    private static func bytes(_ data: [Attribute], _ type: UInt16) throws(MalformedMessage) -> [UInt8]? {
        Array(try data.first { $0.type == type }?.nested().first { $0.type == 1 /* NFTA_DATA_VALUE */ }?.value ?? [])
    }

    private static func cell(_ data: [Attribute], _ type: UInt16) throws(MalformedMessage) -> Int? {
        try data.first { $0.type == type }.map { (part) throws(MalformedMessage) in try cell(part) }
    }

    private mutating func load(
        _ data: [Attribute], from keyType: UInt16, key: UInt32, to registerType: UInt16, _ content: Content
    ) throws(MalformedMessage) {
        guard let cell = try Self.cell(data, registerType) else { return }
        cells[cell] = try Self.number(data, keyType) == key ? content : nil
    }

    /// Which part of the packet it is: a destination address or a port. Source: RFC 791, RFC 8200, RFC 9293.
    private mutating func payload(_ data: [Attribute]) throws(MalformedMessage) {
        guard let cell = try Self.cell(data, 1), let base = try Self.number(data, 2),
            let offset = try Self.number(data, 3), let length = try Self.number(data, 4)
        else { return }
        switch (base, offset, length) {
        case (1, 16, 4): cells[cell] = .address4
        case (1, 24, 16): cells[cell] = .address6
        case (2, 2, 2): cells[cell] = .port
        default: cells[cell] = nil
        }
    }

    private mutating func immediate(_ data: [Attribute]) throws(MalformedMessage) {
        guard let cell = try Self.cell(data, 1), cell >= 0, let bytes = try Self.bytes(data, 2) else { return }
        cells[cell] = .bytes(bytes)
    }

    private mutating func compare(_ data: [Attribute]) throws(MalformedMessage) {
        guard let cell = try Self.cell(data, 1), try Self.number(data, 2) == 0 /* NFT_CMP_EQ */,
            let bytes = try Self.bytes(data, 3)
        else { return }
        switch cells[cell] {
        case .transport: transport = bytes.first
        case .address4, .address6: address = IPAddress(bytes: bytes)
        case .port: ports = Self.port(bytes).map { $0...$0 }
        default: break
        }
    }

    private mutating func range(_ data: [Attribute]) throws(MalformedMessage) {
        guard let cell = try Self.cell(data, 1), cells[cell] == .port,
            try Self.number(data, 2) == 0 /* NFT_RANGE_EQ */,
            let first = Self.port(try Self.bytes(data, 3) ?? []), let last = Self.port(try Self.bytes(data, 4) ?? []),
            first <= last
        else { return }
        ports = first...last
    }

    private mutating func look(_ data: [Attribute]) throws(MalformedMessage) {
        guard let map = data.first(where: { $0.type == 1 })?.text, var cell = try Self.cell(data, 2),
            let answer = try Self.cell(data, 3), answer >= 0
        else { return }
        var key: [Content] = []
        while let content = cells[cell], key.count < 4 {
            key.append(content)
            cell += content.cells
        }
        lookups.append(Lookup(map: map, key: key, cell: answer))
        for place in answer..<(answer + 8) { cells[place] = nil }
    }

    private mutating func translate(_ data: [Attribute]) throws(MalformedMessage) {
        guard try Self.number(data, 1) == 1 /* NFT_NAT_DNAT */, let cell = try Self.cell(data, 3) else { return }
        let port = try Self.cell(data, 5)
        if case .bytes(let bytes)? = cells[cell] {
            guard let address = IPAddress(bytes: bytes) else { return }
            var number: UInt16?
            if let port, case .bytes(let digits)? = cells[port] { number = Self.port(digits) }
            targets.append((address, number))
        } else if var lookup = lookups.last(where: { $0.cell <= cell && cell < $0.cell + 8 }) {
            lookup.addressOffset = (cell - lookup.cell) * 4
            lookup.portOffset = port.map { ($0 - lookup.cell) * 4 }
            lookup.isVersion4 = try Self.number(data, 2) == 2 /* NFPROTO_IPV4 */
            translatedLookup = lookup
        }
    }

    /// `iptables`' own matches of ports, with numbers in the machine's order. Source: linux/netfilter/xt_tcpudp.h.
    private mutating func extensionMatch(_ data: [Attribute]) throws(MalformedMessage) {
        guard let name = data.first(where: { $0.type == 1 })?.text, name == "tcp" || name == "udp",
            let info = data.first(where: { $0.type == 3 })?.value
        else { return }
        var reader = FieldReader(info)
        try reader.skip(4)
        let (first, last) = (try reader.next(UInt16.self), try reader.next(UInt16.self))
        // What is inverted says where it does not lead.
        let flags = Array(info.dropFirst(name == "tcp" ? 11 : 8)).first ?? 0
        guard first <= last, flags & 2 == 0 else { return }
        transport = name == "tcp" ? 6 : 17
        ports = first...last
    }

    /// `-j DNAT`. Source: linux/netfilter/nf_nat.h, by revision: `nf_nat_ipv4_multi_range_compat`, `nf_nat_range`,
    /// `nf_nat_range2`.
    private mutating func extensionTarget(_ data: [Attribute]) throws(MalformedMessage) {
        guard data.first(where: { $0.type == 1 })?.text == "DNAT", let info = data.first(where: { $0.type == 3 })?.value
        else { return }
        let revision = try Self.number(data, 2) ?? 0
        let bytes = Array(info)
        let isOld = revision == 0 && family == .ip4
        guard bytes.count >= (isOld ? 20 : 40) else { throw MalformedMessage(what: "size of a DNAT target") }
        var reader = FieldReader(bytes[(isOld ? 4 : 0)...])
        let flags = try reader.next(UInt32.self)
        guard flags & 1 == 1 /* NF_NAT_RANGE_MAP_IPS */,
            let address = IPAddress(bytes: isOld ? bytes[8..<12] : family == .ip6 ? bytes[4..<20] : bytes[4..<8])
        else { return }
        let port = Self.port(Array(isOld ? bytes[16..<18] : bytes[36..<38]))
        targets.append((address, flags & 2 == 0 /* NF_NAT_RANGE_PROTO_SPECIFIED */ ? nil : port))
    }

    /// In network order.
    fileprivate static func port(_ bytes: [UInt8]) -> UInt16? {
        bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : nil
    }
}

extension RegisterReading.Lookup {
    /// What the rule does by this element of its map.
    func rule(_ element: RuleElement, _ rule: DestinationRule) -> DestinationRule? {
        var result = rule
        var rest = element.key[...]
        for content in key {
            guard rest.count >= content.cells * 4 else { return nil }
            let part = Array(rest.prefix(content.cells * 4))
            rest = rest.dropFirst(content.cells * 4)
            switch content {
            case .transport: result.transport = part.first
            case .address4, .address6: result.address = IPAddress(bytes: part)
            case .port: result.ports = RegisterReading.port(part).map { $0...$0 }
            case .bytes: break
            }
        }
        let bytes = element.value
        let length = isVersion4 ? 4 : 16
        guard bytes.count >= addressOffset + length, addressOffset >= 0,
            let target = IPAddress(bytes: bytes[addressOffset..<(addressOffset + length)])
        else { return nil }
        result.target = target
        if let portOffset, portOffset >= 0, bytes.count >= portOffset + 2 {
            result.targetPort = RegisterReading.port(Array(bytes[portOffset..<(portOffset + 2)]))
        }
        result.element = map
        return result
    }
}
