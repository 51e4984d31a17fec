internal import Capabilities

/// An answer of the kernel's on a netlink socket: the request that it refused.
///
/// Source: netlink(7), `NLMSG_ERROR`: the error's negative number, and the head of the request.
package struct NetlinkRefusal: Equatable, Sendable {
    package var errno: Int32
    /// The type in the head of the request.
    package var request: UInt16
    /// `NETLINK_ROUTE` and its kin.
    package var family: UInt32

    /// - Parameters:
    ///   - bytes: What was received; any number of messages, which may be anything.
    ///   - family: Asked only where one of them is a refusal.
    package init?(_ bytes: [UInt8], family: () -> UInt32?) {
        func word(_ offset: Int) -> UInt32? {
            guard offset >= 0, offset + 4 <= bytes.count else { return nil }
            return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
        }
        var at = 0
        while let length = word(at).map({ Int($0) }), let type = word(at + 4).map({ UInt16(truncatingIfNeeded: $0) }),
            length >= 16, length <= bytes.count - at
        {
            if type == 2, length >= 36, let error = word(at + 16).map({ Int32(bitPattern: $0) }),
                [-1, -13].contains(error),
                let request = word(at + 24).map({ UInt16(truncatingIfNeeded: $0) })
            {
                guard let family = family() else { return nil }
                (self.errno, self.request, self.family) = (-error, request, family)
                return
            }
            at += (length + 3) & ~3
        }
        return nil
    }

    private static let families: [UInt32: String] = [
        0: "ROUTE", 2: "USERSOCK", 4: "SOCK_DIAG", 6: "XFRM", 7: "SELINUX", 9: "AUDIT", 10: "FIB_LOOKUP",
        11: "CONNECTOR",
        12: "NETFILTER", 15: "KOBJECT_UEVENT", 16: "GENERIC", 20: "RDMA", 21: "CRYPTO",
    ]

    /// The request in the headers' names.
    var words: String {
        let name = Self.families[family].map { "NETLINK_\($0)" } ?? "netlink \(family)"
        return "\(name), \(requestName)"
    }

    private var requestName: String {
        switch family {
        case 0:
            let names: [UInt16: String] = [
                16: "LINK", 20: "ADDR", 24: "ROUTE", 28: "NEIGH", 32: "RULE", 36: "QDISC", 40: "TCLASS", 44: "TFILTER",
                64: "NEIGHTBL", 72: "ADDRLABEL", 80: "NETCONF", 84: "MDB", 88: "NSID", 104: "NEXTHOP", 112: "VLAN",
            ]
            let verb = ["NEW", "DEL", "GET", "SET"][Int(request & 3)]
            return names[request & ~3].map { "RTM_\(verb)\($0)" } ?? "type \(request)"
        case 12:
            let parts: [UInt16: String] = [
                1: "CTNETLINK", 2: "CTNETLINK_EXP", 3: "QUEUE", 4: "ULOG", 5: "OSF", 6: "IPSET", 7: "ACCT",
                8: "CTNETLINK_TIMEOUT", 9: "CTHELPER", 10: "NFTABLES", 11: "NFT_COMPAT", 12: "HOOK",
            ]
            // nft's changes lie between two messages of the first type.
            if request == 16 { return "NFNL_MSG_BATCH_BEGIN" }
            return parts[request >> 8].map { "NFNL_SUBSYS_\($0), type \(request & 0xff)" } ?? "type \(request)"
        default: return "type \(request)"
        }
    }

    /// What that part of the kernel asks for. Source: the callers of `netlink_capable` in the kernel.
    var capability: Capability? {
        switch family {
        case 0, 4, 6, 10, 12, 16, 20, 21: .netAdmin
        // Messages of programs, beside the control of auditing.
        case 9:
            (1100..<1200).contains(request) || (2100..<3000).contains(request) || request == 1005
                ? .auditWrite : .auditControl
        default: nil
        }
    }
}
