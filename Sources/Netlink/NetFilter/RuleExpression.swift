/// A place in which the expressions of a rule keep values: one of 16 cells of 4 bytes. What is longer fills several.
///
/// Source: linux/netfilter/nf_tables.h, `NFT_REG32_00` and following.
public struct RuleRegister: Hashable, Sendable {
    let number: UInt32

    /// - Parameter cell: 0 to 15; a higher one means the last.
    public init(cell: UInt32) { number = 8 + min(cell, 15) }
}

/// What ends the way of a packet through a chain.
public enum RuleVerdict: Equatable, Sendable {
    case accept, drop
    /// Goes on behind the rule that jumped here, or with the chain's policy.
    case `return`

    fileprivate var code: Int32 {
        switch self {
        case .drop: 0
        case .accept: 1
        case .return: -5
        }
    }
}

/// A fact about a packet that is not among its bytes: `NFT_META_*`.
public enum PacketFact: UInt32, Sendable {
    case inputLinkName = 6
    case outputLinkName = 7
    /// `NFPROTO_*`: 2 is IPv4, 10 is IPv6. One byte.
    case family = 15
    /// 6 is TCP, 17 is UDP. One byte.
    case transportProtocol = 16
}

/// Where an offset into a packet counts from: `NFT_PAYLOAD_*`.
public enum PacketHeader: UInt32, Sendable {
    case network = 1
    case transport = 2
}

/// What connection tracking knows about a packet's connection: `NFT_CT_*`.
public enum ConnectionFact: UInt32, Sendable {
    case state = 0
    case status = 2
}

/// One step of a rule. A rule's steps are done in order until one does not match.
public enum RuleExpression: Equatable, Sendable {
    case load(PacketFact, to: RuleRegister)
    /// Bytes of the packet.
    case payload(PacketHeader, offset: UInt32, length: UInt32, to: RuleRegister)
    case connection(ConnectionFact, to: RuleRegister)
    /// The kind of the packet's destination address on this host, `RTN_*`: 2 is one of its own.
    case destinationKind(to: RuleRegister)
    /// Puts bytes of the rule itself into a register.
    case value([UInt8], to: RuleRegister)
    /// Goes on if the register holds these bytes.
    case equals(RuleRegister, [UInt8])
    /// Goes on if the register and these bytes have a bit in common. 4 bytes, in the machine's order.
    case intersects(RuleRegister, UInt32)
    /// Goes on if the set has the register's value, or if it has it not.
    case isMember(RuleRegister, of: String, inverted: Bool = false)
    /// Goes on with the value that the map has for the register's.
    case map(RuleRegister, by: String, to: RuleRegister)
    /// Sends the connection to an address and port.
    case destinationTranslation(family: UInt32, address: RuleRegister, port: RuleRegister)
    /// Gives the connection the address of the link by which it leaves.
    case masquerade
    case verdict(RuleVerdict)
}

extension RuleExpression {
    private var name: String {
        switch self {
        case .load: "meta"
        case .payload: "payload"
        case .connection: "ct"
        case .destinationKind: "fib"
        case .equals: "cmp"
        case .intersects: "bitwise"
        case .isMember, .map: "lookup"
        case .destinationTranslation: "nat"
        case .masquerade: "masq"
        case .verdict, .value: "immediate"
        }
    }

    /// Adds the expression as elements of `NFTA_RULE_EXPRESSIONS`. Numbers of nf_tables are in network order.
    func append(to list: inout MessageWriter) {
        list.expression(name) { data in appendData(to: &data) }
        if case .intersects(let register, _) = self {
            list.expression("cmp") { data in
                data.bigEndian(1 /* NFTA_CMP_SREG */, register.number)
                data.bigEndian(2 /* NFTA_CMP_OP */, 1 /* NFT_CMP_NEQ */)
                data.value(3 /* NFTA_CMP_DATA */, [0, 0, 0, 0])
            }
        }
    }

    private func appendData(to data: inout MessageWriter) {
        switch self {
        case .load(let fact, let register):
            data.bigEndian(2 /* NFTA_META_KEY */, fact.rawValue)
            data.bigEndian(1 /* NFTA_META_DREG */, register.number)
        case .payload(let header, let offset, let length, let register):
            data.bigEndian(1 /* NFTA_PAYLOAD_DREG */, register.number)
            data.bigEndian(2 /* NFTA_PAYLOAD_BASE */, header.rawValue)
            data.bigEndian(3 /* NFTA_PAYLOAD_OFFSET */, offset)
            data.bigEndian(4 /* NFTA_PAYLOAD_LEN */, length)
        case .connection(let fact, let register):
            data.bigEndian(2 /* NFTA_CT_KEY */, fact.rawValue)
            data.bigEndian(1 /* NFTA_CT_DREG */, register.number)
        case .destinationKind(let register):
            data.bigEndian(3 /* NFTA_FIB_FLAGS */, 2 /* NFTA_FIB_F_DADDR */)
            data.bigEndian(2 /* NFTA_FIB_RESULT */, 3 /* NFT_FIB_RESULT_ADDRTYPE */)
            data.bigEndian(1 /* NFTA_FIB_DREG */, register.number)
        case .equals(let register, let bytes):
            data.bigEndian(1 /* NFTA_CMP_SREG */, register.number)
            data.bigEndian(2 /* NFTA_CMP_OP */, 0 /* NFT_CMP_EQ */)
            data.value(3 /* NFTA_CMP_DATA */, bytes)
        case .intersects(let register, let mask):
            data.bigEndian(1 /* NFTA_BITWISE_SREG */, register.number)
            data.bigEndian(2 /* NFTA_BITWISE_DREG */, register.number)
            data.bigEndian(3 /* NFTA_BITWISE_LEN */, 4)
            data.value(4 /* NFTA_BITWISE_MASK */, withUnsafeBytes(of: mask) { Array($0) })
            data.value(5 /* NFTA_BITWISE_XOR */, [0, 0, 0, 0])
        case .isMember(let register, let set, let inverted):
            data.attribute(1 /* NFTA_LOOKUP_SET */, text: set)
            data.bigEndian(2 /* NFTA_LOOKUP_SREG */, register.number)
            if inverted { data.bigEndian(5 /* NFTA_LOOKUP_FLAGS */, 1 /* NFT_LOOKUP_F_INV */) }
        case .map(let register, let map, let destination):
            data.attribute(1 /* NFTA_LOOKUP_SET */, text: map)
            data.bigEndian(2 /* NFTA_LOOKUP_SREG */, register.number)
            data.bigEndian(3 /* NFTA_LOOKUP_DREG */, destination.number)
        case .destinationTranslation(let family, let address, let port):
            data.bigEndian(1 /* NFTA_NAT_TYPE */, 1 /* NFT_NAT_DNAT */)
            data.bigEndian(2 /* NFTA_NAT_FAMILY */, family)
            data.bigEndian(3 /* NFTA_NAT_REG_ADDR_MIN */, address.number)
            data.bigEndian(5 /* NFTA_NAT_REG_PROTO_MIN */, port.number)
        case .masquerade: break
        case .value(let bytes, let register):
            data.bigEndian(1 /* NFTA_IMMEDIATE_DREG */, register.number)
            data.value(2 /* NFTA_IMMEDIATE_DATA */, bytes)
        case .verdict(let verdict):
            data.bigEndian(1 /* NFTA_IMMEDIATE_DREG */, 0 /* NFT_REG_VERDICT */)
            data.nested(2 /* NFTA_IMMEDIATE_DATA */ | nestedFlag) {
                $0.nested(2 /* NFTA_DATA_VERDICT */ | nestedFlag) {
                    $0.bigEndian(1 /* NFTA_VERDICT_CODE */, UInt32(bitPattern: verdict.code))
                }
            }
        }
    }
}

/// `NLA_F_NESTED`
let nestedFlag: UInt16 = 0x8000

extension MessageWriter {
    /// One element of a list of expressions.
    fileprivate mutating func expression(_ name: String, _ data: (inout MessageWriter) -> Void) {
        nested(1 /* NFTA_LIST_ELEM */ | nestedFlag) {
            $0.attribute(1 /* NFTA_EXPR_NAME */, text: name)
            $0.nested(2 /* NFTA_EXPR_DATA */ | nestedFlag, data)
        }
    }

    mutating func bigEndian(_ type: UInt16, _ value: UInt32) { attribute(type, value.bigEndian) }

    /// `NFTA_DATA_VALUE` in an attribute of its own.
    mutating func value(_ type: UInt16, _ bytes: [UInt8]) {
        nested(type | nestedFlag) { $0.attribute(1 /* NFTA_DATA_VALUE */, bytes: bytes) }
    }
}
