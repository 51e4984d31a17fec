/// Which packets a table sees. Source: linux/netfilter.h, `NFPROTO_*`.
public enum TableFamily: UInt8, Sendable {
    /// Versions 4 and 6 alike.
    case inet = 1
    case ip4 = 2
    case ip6 = 10
}

/// A name within nf_tables: letters, digits, `_`, `-` and `.`, at most 200.
public struct RuleName: Hashable, Sendable, CustomStringConvertible {
    /// Letters, digits, `_`, `-` and `.`, at most 200.
    public let text: String

    /// - Returns: `nil` for anything else.
    public init?(_ text: String) {
        let allowed = text.utf8.allSatisfy {
            0x30...0x39 ~= $0 || 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 || $0 == 0x5f || $0 == 0x2d || $0 == 0x2e
        }
        guard (1...200).contains(text.utf8.count), allowed else { return nil }
        self.text = text
    }

    public var description: String { text }
}

/// Where on its way a packet comes to a chain: `NF_INET_*`.
public enum ChainHook: UInt32, Sendable {
    case prerouting = 0
    case input = 1
    case forward = 2
    case output = 3
    case postrouting = 4
}

/// A chain that packets come to by themselves.
public struct RuleChain: Equatable, Sendable {
    /// What the kernel makes of the chain's verdicts.
    public enum Kind: String, Sendable {
        case filter, nat
    }

    /// Unique in its table.
    public var name: String
    /// What its verdicts are about.
    public var kind: Kind
    /// Where on a packet's way it is called.
    public var hook: ChainHook
    /// Chains of one hook go in this order, lowest first.
    public var priority: Int32
    /// In the order in which they are tried.
    public var rules: [Rule]

    /// A chain that the kernel calls at `hook`, lower priorities first.
    public init(_ name: String, _ kind: Kind, _ hook: ChainHook, priority: Int32, _ rules: [Rule]) {
        self.name = name
        self.kind = kind
        self.hook = hook
        self.priority = priority
        self.rules = rules
    }
}

/// One rule.
public struct Rule: Equatable, Sendable {
    /// What it is for, as `nft list` shows it; and how it is known again.
    public var comment: String
    /// Evaluated one after the other, until one does not match.
    public var expressions: [RuleExpression]

    /// A rule with a comment that nft shows.
    public init(_ comment: String, _ expressions: [RuleExpression]) {
        self.comment = comment
        self.expressions = expressions
    }
}

/// The type of a part of a key or value, as the program `nft` numbers it to print it.
public enum RuleDataType: UInt32, Sendable {
    case ipv4Address = 7
    case ipv6Address = 8
    case transportProtocol = 12
    case port = 13
    case linkName = 41

    /// Bytes in registers, whose cells have four.
    var length: UInt32 {
        switch self {
        case .ipv4Address, .transportProtocol, .port: 4
        case .ipv6Address, .linkName: 16
        }
    }
}

/// A set of values, or a map from values to values.
public struct RuleSet: Equatable, Sendable {
    /// Unique in its table.
    public var name: String
    /// The parts of which a key is put together.
    public var key: [RuleDataType]
    /// Empty for a set.
    public var value: [RuleDataType]
    /// Whether elements are ranges.
    public var holdsIntervals: Bool

    /// A set, or a map if elements have values.
    public init(_ name: String, key: [RuleDataType], value: [RuleDataType] = [], holdsIntervals: Bool = false) {
        self.name = name
        self.key = key
        self.value = value
        self.holdsIntervals = holdsIntervals
    }
}

/// An element of a set or map. Parts of a key stand in cells of 4 bytes, filled up with zeros.
public struct RuleElement: Hashable, Sendable {
    /// Its parts in cells, one after the other.
    public var key: [UInt8]
    /// Empty in a set.
    public var value: [UInt8]
    /// The last key of a range, in a set of ranges whose key has several parts: each part then is a range of its own.
    /// Empty elsewhere.
    public var end: [UInt8]
    /// Where a range of a set of intervals ends: this key is the first one behind it.
    public var endsInterval: Bool
    /// Shown by `nft list`; at most 120 bytes are kept.
    public var comment: String

    /// One element, with a value if the set is a map.
    public init(
        key: [UInt8], value: [UInt8] = [], end: [UInt8] = [], endsInterval: Bool = false, comment: String = ""
    ) {
        self.key = key
        self.value = value
        self.end = end
        self.endsInterval = endsInterval
        self.comment = comment
    }
}

/// A table with all that is in it.
public struct RuleTable: Equatable, Sendable {
    /// Which packets it sees.
    public var family: TableFamily
    /// Unique in its family.
    public var name: RuleName
    /// The sets that its rules look in.
    public var sets: [RuleSet]
    /// The chains with their rules.
    public var chains: [RuleChain]

    /// A table as it is to be, whole.
    public init(_ family: TableFamily, _ name: RuleName, sets: [RuleSet], chains: [RuleChain]) {
        self.family = family
        self.name = name
        self.sets = sets
        self.chains = chains
    }
}
