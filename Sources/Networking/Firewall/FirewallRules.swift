internal import Netlink

/// The rules, which never change: what is published and which networks there are stands in sets and maps, so that the
/// ten-thousandth port costs a packet what the first did. docs/networks.md explains each.
enum FirewallRules {
    static func table(_ name: RuleName) -> RuleTable {
        RuleTable(
            .inet, name, sets: FirewallSet.allCases.map(\.set),
            chains: [guardChain, prerouting, output, forward, postrouting])
    }

    private static func cell(_ number: UInt32) -> RuleRegister { RuleRegister(cell: number) }

    private static func isVersion(_ number: UInt8) -> [RuleExpression] {
        [.load(.family, to: cell(0)), .equals(cell(0), [number])]
    }
    private static var isVersion4: [RuleExpression] { isVersion(2) }
    private static var isVersion6: [RuleExpression] { isVersion(10) }

    private static func leavesBy(_ set: FirewallSet, inverted: Bool = false) -> [RuleExpression] {
        [.load(.outputLinkName, to: cell(0)), .isMember(cell(0), of: set.rawValue, inverted: inverted)]
    }
    private static func comesBy(_ set: FirewallSet) -> [RuleExpression] {
        [.load(.inputLinkName, to: cell(0)), .isMember(cell(0), of: set.rawValue)]
    }
    private static var staysOnBridge: [RuleExpression] {
        [
            .load(.inputLinkName, to: cell(0)), .load(.outputLinkName, to: cell(4)),
            .isMember(cell(0), of: FirewallSet.same.rawValue),
        ]
    }
    private static var source4: [RuleExpression] {
        isVersion4 + [.payload(.network, offset: 12, length: 4, to: cell(0))]
    }
    private static var source6: [RuleExpression] {
        isVersion6 + [.payload(.network, offset: 8, length: 16, to: cell(0))]
    }
    /// The first byte of an IPv4 header's address at this offset.
    private static func isLoopback(at offset: UInt32) -> [RuleExpression] {
        isVersion4 + [.payload(.network, offset: offset, length: 1, to: cell(0)), .equals(cell(0), [127])]
    }
    /// `IPS_DST_NAT`
    private static var isTranslated: [RuleExpression] {
        [.connection(.status, to: cell(0)), .intersects(cell(0), 1 << 5)]
    }

    /// With `route_localnet`, containers could otherwise reach what listens on the host's loopback, or pretend to be it.
    private static var guardChain: RuleChain {
        RuleChain(
            "guard", .filter, .prerouting, priority: -300,
            [
                Rule("no container reaches 127.0.0.0/8", comesBy(.bridges) + isLoopback(at: 16) + [.verdict(.drop)]),
                Rule("no container is 127.0.0.0/8", comesBy(.bridges) + isLoopback(at: 12) + [.verdict(.drop)]),
            ])
    }

    private static func publishedRules() -> [Rule] {
        let port: (UInt32) -> [RuleExpression] = {
            [
                .load(.transportProtocol, to: cell($0)),
                .payload(.transport, offset: 2, length: 2, to: cell($0 + 1)),
            ]
        }
        let isOwn: [RuleExpression] = [.destinationKind(to: cell(0)), .equals(cell(0), [2, 0, 0, 0])]
        let translate4: RuleExpression = .destinationTranslation(family: 2, address: cell(0), port: cell(1))
        let translate6: RuleExpression = .destinationTranslation(family: 10, address: cell(0), port: cell(4))
        func map(_ set: FirewallSet) -> RuleExpression { .map(cell(0), by: set.rawValue, to: cell(0)) }
        return [
            Rule(
                "ports of one address",
                isVersion4 + [.payload(.network, offset: 16, length: 4, to: cell(0))] + port(1)
                    + [map(.published4), translate4]),
            Rule(
                "ports of one address, version 6",
                isVersion6 + [.payload(.network, offset: 24, length: 16, to: cell(0))] + port(4)
                    + [map(.published6), translate6]),
            Rule("ports of all addresses", isVersion4 + isOwn + port(0) + [map(.anywhere4), translate4]),
            Rule("ports of all addresses, version 6", isVersion6 + isOwn + port(0) + [map(.anywhere6), translate6]),
        ]
    }

    private static var prerouting: RuleChain {
        RuleChain(
            "prerouting", .nat, .prerouting, priority: -100,
            // The kernel would drop these as martians, but only after the destination had been changed.
            [Rule("loopback is not reached from outside", isLoopback(at: 16) + [.verdict(.return)])]
                + publishedRules())
    }

    private static var output: RuleChain { RuleChain("output", .nat, .output, priority: -100, publishedRules()) }

    private static var forward: RuleChain {
        RuleChain(
            "forward", .filter, .forward, priority: 0,
            [
                Rule("within a network", staysOnBridge + [.verdict(.accept)]),
                Rule("nothing leaves an internal network", comesBy(.internal) + [.verdict(.drop)]),
                Rule("nothing enters an internal network", leavesBy(.internal) + [.verdict(.drop)]),
                Rule(
                    "answers",
                    // NF_CT_STATE_BIT: established, related
                    leavesBy(.bridges) + [
                        .connection(.state, to: cell(0)), .intersects(cell(0), 6), .verdict(.accept),
                    ]),
                Rule("published ports", leavesBy(.bridges) + isTranslated + [.verdict(.accept)]),
                Rule("nothing else enters a network", leavesBy(.bridges) + [.verdict(.drop)]),
            ])
    }

    private static var postrouting: RuleChain {
        RuleChain(
            "postrouting", .nat, .postrouting, priority: 100,
            [
                // By where the source belongs and not by where the packet came in: with br_netfilter, which has the
                // packets between ports of one bridge pass here, the kernel does not say.
                Rule(
                    "back into the same network",
                    isTranslated + source4 + [
                        .load(.outputLinkName, to: cell(1)), .isMember(cell(0), of: FirewallSet.inside4.rawValue),
                        .masquerade,
                    ]),
                Rule(
                    "back into the same network, version 6",
                    isTranslated + source6 + [
                        .load(.outputLinkName, to: cell(4)), .isMember(cell(0), of: FirewallSet.inside6.rawValue),
                        .masquerade,
                    ]),
                Rule("from the host's loopback", leavesBy(.bridges) + isLoopback(at: 12) + [.masquerade]),
                Rule(
                    "from the host's loopback, version 6",
                    leavesBy(.bridges) + source6 + [
                        .equals(cell(0), [UInt8](repeating: 0, count: 15) + [1]), .masquerade,
                    ]),
                Rule(
                    "to the outside",
                    leavesBy(.bridges, inverted: true) + source4 + [
                        .isMember(cell(0), of: FirewallSet.subnets4.rawValue), .masquerade,
                    ]),
                Rule(
                    "to the outside, version 6",
                    leavesBy(.bridges, inverted: true) + source6 + [
                        .isMember(cell(0), of: FirewallSet.subnets6.rawValue), .masquerade,
                    ]),
            ])
    }
}
