/// What a message asks for or tells: `RTM_*`. Source: linux/rtnetlink.h.
enum MessageType: UInt16 {
    case error = 2  // NLMSG_ERROR
    case done = 3  // NLMSG_DONE
    case newLink = 16
    case deleteLink = 17
    case getLink = 18
    case newAddress = 20
    case deleteAddress = 21
    case getAddress = 22
    case newRoute = 24
    case deleteRoute = 25
    case getRoute = 26
    case newNeighbour = 28
    case deleteNeighbour = 29
    case getNeighbour = 30
    case newPolicy = 32  // RTM_NEWRULE
    case getPolicy = 34
    case newNamespaceNumber = 88
    case getNamespaceNumber = 90
    case newLinkProperty = 108
    case deleteLinkProperty = 109
}

/// `NLM_F_*`; some bits mean different things in requests and answers. Source: linux/netlink.h.
struct MessageFlags: OptionSet {
    let rawValue: UInt16

    static let request = MessageFlags(rawValue: 0x1)
    static let acknowledge = MessageFlags(rawValue: 0x4)
    /// Of an answer: what is listed changed meanwhile.
    static let interrupted = MessageFlags(rawValue: 0x10)
    static let dump = MessageFlags(rawValue: 0x300)
    static let replace = MessageFlags(rawValue: 0x100)
    static let exclusive = MessageFlags(rawValue: 0x200)
    static let create = MessageFlags(rawValue: 0x400)
    /// Of an error: only the request's header is repeated.
    static let capped = MessageFlags(rawValue: 0x100)
    /// Of an error: attributes explain it.
    static let explained = MessageFlags(rawValue: 0x200)
}
