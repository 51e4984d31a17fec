/// Changes to nf_tables that take effect together, or not at all.
public struct RuleTransaction: Sendable {
    private let family: TableFamily
    private let table: RuleName
    /// Each without its sequence number.
    private(set) var messages: [MessageWriter] = []
    private var lastSetID: UInt32 = 0

    /// A transaction on one table, without any change yet.
    public init(_ family: TableFamily, _ table: RuleName) {
        self.family = family
        self.table = table
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool { messages.isEmpty }

    /// The number of a message of the subsystem `NFNL_SUBSYS_NFTABLES`.
    static func number(_ message: UInt16) -> UInt16 { 10 << 8 | message }

    private mutating func add(
        _ message: UInt16, _ flags: MessageFlags, _ content: (inout MessageWriter) -> Void
    ) {
        var writer = MessageWriter(number: Self.number(message), [.request, .acknowledge, flags])
        writer.appendHeader(family)
        content(&writer)
        messages.append(writer)
    }

    /// Makes the table unless it is there.
    public mutating func addTable() {
        let table = table
        add(0 /* NFT_MSG_NEWTABLE */, .create) { $0.attribute(1 /* NFTA_TABLE_NAME */, text: table.text) }
    }

    /// Takes the table away with all that is in it; an error if there is none.
    public mutating func removeTable() {
        let table = table
        add(2 /* NFT_MSG_DELTABLE */, []) { $0.attribute(1 /* NFTA_TABLE_NAME */, text: table.text) }
    }

    /// Puts a whole table, without elements, in the place of whatever has its name.
    public mutating func replace(with table: RuleTable) {
        addTable()
        removeTable()
        addTable()
        for set in table.sets { add(set) }
        for chain in table.chains { add(chain) }
    }

    private mutating func add(_ set: RuleSet) {
        lastSetID += 1
        let (id, table) = (lastSetID, table)
        add(9 /* NFT_MSG_NEWSET */, .create) { message in
            message.attribute(1 /* NFTA_SET_TABLE */, text: table.text)
            message.attribute(2 /* NFTA_SET_NAME */, text: set.name)
            let hasRangesOfParts = set.holdsIntervals && set.key.count > 1
            var flags: UInt32 = (set.holdsIntervals ? 4 : 0) | (set.value.isEmpty ? 0 : 8 /* NFT_SET_MAP */)
            if hasRangesOfParts { flags |= 0x80 /* NFT_SET_CONCAT, since Linux 5.6 */ }
            message.bigEndian(3 /* NFTA_SET_FLAGS */, flags)
            message.bigEndian(4 /* NFTA_SET_KEY_TYPE */, Self.typeNumber(set.key))
            message.bigEndian(5 /* NFTA_SET_KEY_LEN */, Self.length(set.key))
            if !set.value.isEmpty {
                message.bigEndian(6 /* NFTA_SET_DATA_TYPE */, Self.typeNumber(set.value))
                message.bigEndian(7 /* NFTA_SET_DATA_LEN */, Self.length(set.value))
            }
            if hasRangesOfParts {
                message.nested(9 /* NFTA_SET_DESC */ | nestedFlag) { description in
                    description.nested(2 /* NFTA_SET_DESC_CONCAT */ | nestedFlag) { fields in
                        for part in set.key {
                            fields.nested(1 /* NFTA_LIST_ELEM */ | nestedFlag) {
                                $0.bigEndian(1 /* NFTA_SET_FIELD_LEN */, part.length)
                            }
                        }
                    }
                }
            }
            message.bigEndian(10 /* NFTA_SET_ID */, id)
        }
    }

    /// As `nft` does: six bits for each part.
    private static func typeNumber(_ types: [RuleDataType]) -> UInt32 { types.reduce(0) { $0 << 6 | $1.rawValue } }

    private static func length(_ types: [RuleDataType]) -> UInt32 { types.reduce(0) { $0 + $1.length } }

    private mutating func add(_ chain: RuleChain) {
        let table = table
        add(3 /* NFT_MSG_NEWCHAIN */, .create) { message in
            message.attribute(1 /* NFTA_CHAIN_TABLE */, text: table.text)
            message.attribute(3 /* NFTA_CHAIN_NAME */, text: chain.name)
            message.nested(4 /* NFTA_CHAIN_HOOK */ | nestedFlag) {
                $0.bigEndian(1 /* NFTA_HOOK_HOOKNUM */, chain.hook.rawValue)
                $0.bigEndian(2 /* NFTA_HOOK_PRIORITY */, UInt32(bitPattern: chain.priority))
            }
            message.bigEndian(5 /* NFTA_CHAIN_POLICY */, 1 /* NF_ACCEPT */)
            message.attribute(7 /* NFTA_CHAIN_TYPE */, text: chain.kind.rawValue)
        }
        for rule in chain.rules {
            // NLM_F_APPEND: behind the rules that are there.
            add(6 /* NFT_MSG_NEWRULE */, [.create, MessageFlags(rawValue: 0x800)]) { message in
                message.attribute(1 /* NFTA_RULE_TABLE */, text: table.text)
                message.attribute(2 /* NFTA_RULE_CHAIN */, text: chain.name)
                message.nested(4 /* NFTA_RULE_EXPRESSIONS */ | nestedFlag) { list in
                    for expression in rule.expressions { expression.append(to: &list) }
                }
                message.attribute(7 /* NFTA_RULE_USERDATA */, bytes: RuleComment.encoded(rule.comment))
            }
        }
    }

    /// Adds elements to a set or map; those that are there already are no error unless their values differ (`EEXIST`).
    public mutating func add(_ elements: [RuleElement], to set: String) {
        change(12 /* NFT_MSG_NEWSETELEM */, .create, elements, set)
    }

    /// Takes elements away.
    public mutating func remove(_ elements: [RuleElement], from set: String) {
        change(14 /* NFT_MSG_DELSETELEM */, [], elements, set)
    }

    private mutating func change(
        _ message: UInt16, _ flags: MessageFlags, _ elements: [RuleElement], _ set: String
    ) {
        let table = table
        // A list is one attribute, so below 64 KiB; an element takes less than 300 bytes.
        for start in stride(from: 0, to: elements.count, by: 200) {
            add(message, flags) { writer in
                writer.attribute(1 /* NFTA_SET_ELEM_LIST_TABLE */, text: table.text)
                writer.attribute(2 /* NFTA_SET_ELEM_LIST_SET */, text: set)
                writer.nested(3 /* NFTA_SET_ELEM_LIST_ELEMENTS */ | nestedFlag) { list in
                    for element in elements[start..<min(start + 200, elements.count)] { list.append(element) }
                }
            }
        }
    }
}

/// Comments as `nft` keeps them: a type, a length and the text with its zero.
enum RuleComment {
    static func encoded(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(120)) + [0]
        return [0, UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension MessageWriter {
    /// `struct nfgenmsg`
    mutating func appendHeader(_ family: TableFamily) {
        append(family.rawValue)
        append(UInt8(0))
        append(UInt16(0))
    }

    fileprivate mutating func append(_ element: RuleElement) {
        nested(1 /* NFTA_LIST_ELEM */ | nestedFlag) { item in
            item.value(1 /* NFTA_SET_ELEM_KEY */, element.key)
            if !element.end.isEmpty { item.value(10 /* NFTA_SET_ELEM_KEY_END */, element.end) }
            if !element.value.isEmpty { item.value(2 /* NFTA_SET_ELEM_DATA */, element.value) }
            if element.endsInterval { item.bigEndian(3 /* NFTA_SET_ELEM_FLAGS */, 1) }
            if !element.comment.isEmpty {
                item.attribute(6 /* NFTA_SET_ELEM_USERDATA */, bytes: RuleComment.encoded(element.comment))
            }
        }
    }
}
