/// What a rule chain is, as the kernel lists it.
public struct ListedChain: Equatable, Sendable {
    /// The name of the table that it is in.
    public var table = ""
    /// The chain's name in its table.
    public var name = ""
    /// `nil` for a chain that only other chains jump to.
    public var hook: ChainHook?
    /// Chains of one hook are called in the order of their priorities, the lowest first.
    public var priority: Int32 = 0
    /// `NF_ACCEPT` is 1, `NF_DROP` is 0.
    public var policy: UInt32?
    /// `filter`, `nat` or `route`; empty for a chain that only others jump to.
    public var kind = ""
}

extension RuleSocket {
    /// The chains of a table; none if there is no such table.
    public mutating func chains(_ family: TableFamily, of table: RuleName) throws(NetlinkError) -> [ListedChain] {
        try chains(family).filter { $0.table == table.text }
    }

    /// The chains of all tables of a family.
    public mutating func chains(_ family: TableFamily) throws(NetlinkError) -> [ListedChain] {
        var result: [ListedChain] = []
        try list("list chains", Self.question(4 /* NFT_MSG_GETCHAIN */, family), 3) {
            (attributes) throws(MalformedMessage) in
            var chain = ListedChain()
            for attribute in attributes {
                switch attribute.type {
                case 1: chain.table = attribute.text
                case 3: chain.name = attribute.text
                case 4:
                    for part in try attribute.nested() {
                        let number = UInt32(bigEndian: part.value.count == 4 ? try part.number() : 0)
                        if part.type == 1 { chain.hook = ChainHook(rawValue: number) }
                        if part.type == 2 { chain.priority = Int32(bitPattern: number) }
                    }
                case 5: chain.policy = UInt32(bigEndian: try attribute.number())
                case 7: chain.kind = attribute.text
                default: break
                }
            }
            result.append(chain)
        }
        return result
    }

    /// The comments of a table's rules, in order, by the name of their chain; none if there is no such table.
    public mutating func rules(_ family: TableFamily, of table: RuleName) throws(NetlinkError) -> [String: [String]] {
        var result: [String: [String]] = [:]
        var question = Self.question(7 /* NFT_MSG_GETRULE */, family)
        question.attribute(1 /* NFTA_RULE_TABLE */, text: table.text)
        try list("list rules", question, 6) { (attributes) throws(MalformedMessage) in
            guard attributes.first(where: { $0.type == 1 })?.text == table.text,
                let chain = attributes.first(where: { $0.type == 2 })?.text
            else { return }
            let comment = attributes.first { $0.type == 7 }.map { RuleComment.decoded($0.value) } ?? ""
            result[chain, default: []].append(comment)
        }
        return result
    }

    /// The elements of a set.
    ///
    /// - Throws: `ENOENT` if there is no such table or set.
    public mutating func elements(
        _ family: TableFamily, of table: RuleName, set: String
    ) throws(NetlinkError) -> [RuleElement] {
        var result: [RuleElement] = []
        var question = Self.question(13 /* NFT_MSG_GETSETELEM */, family)
        question.attribute(1 /* NFTA_SET_ELEM_LIST_TABLE */, text: table.text)
        question.attribute(2 /* NFTA_SET_ELEM_LIST_SET */, text: set)
        try list("list elements of \(set)", question, 12) { (attributes) throws(MalformedMessage) in
            for attribute in attributes where attribute.type == 3 {
                for item in try attribute.nested() { result.append(try RuleElement(item)) }
            }
        }
        return result
    }

    static func question(_ message: UInt16, _ family: TableFamily) -> MessageWriter {
        var writer = MessageWriter(number: RuleTransaction.number(message), [.request, .dump])
        writer.appendHeader(family)
        return writer
    }

    mutating func list(
        _ name: String, _ question: MessageWriter, _ answer: UInt16,
        _ body: ([Attribute]) throws(MalformedMessage) -> Void
    ) throws(NetlinkError) {
        try dump(name, question) { (message) throws(MalformedMessage) in
            guard message.type == RuleTransaction.number(answer) else { return }
            try body(try Attribute.list(message.payload.dropFirst(4)))
        }
    }
}

extension RuleElement {
    fileprivate init(_ attribute: Attribute) throws(MalformedMessage) {
        self.init(key: [])
        for part in try attribute.nested() {
            switch part.type {
            case 1: key = try Self.value(part)
            case 2: value = try Self.value(part)
            case 3: endsInterval = UInt32(bigEndian: try part.number()) & 1 == 1
            case 6: comment = RuleComment.decoded(part.value)
            case 10: end = try Self.value(part)
            default: break
            }
        }
    }

    private static func value(_ attribute: Attribute) throws(MalformedMessage) -> [UInt8] {
        Array(try attribute.nested().first { $0.type == 1 }?.value ?? [])
    }
}
