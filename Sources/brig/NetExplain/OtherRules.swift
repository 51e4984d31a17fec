import Anatomy
import LinuxKernel
import Netlink

/// Rules that are not Brig's, which have their say about the same packets: they are told and not followed.
struct OtherRules {
    /// Brig's own table, which is followed; `nil` in a container.
    let table: String?
    let isVersion4: Bool
    /// Whose network namespace is asked; the own one if `nil`.
    var inside: (pid: Int32, name: String)?

    private var place: String { inside.map { " in container \($0.name)" } ?? "" }

    /// Chains with rules or with another policy than to let pass, at each hook of the packet's way.
    func explain(_ hooks: [ChainHook], _ explanation: inout Explanation) {
        for (family, name) in [(TableFamily.inet, "inet"), isVersion4 ? (.ip4, "ip") : (.ip6, "ip6")] {
            // A kernel without nf_tables has no such chains.
            guard var socket = socket(), let chains = try? socket.chains(family) else { continue }
            for hook in hooks {
                for chain in chains.sorted(by: { $0.priority < $1.priority })
                where chain.hook == hook && !(family == .inet && chain.table == table) {
                    let count = RuleName(chain.table).flatMap {
                        try? socket.rules(family, of: $0)[chain.name]?.count ?? 0
                    }
                    guard count != 0 || chain.policy == 0 else { continue }
                    let policy = chain.policy == 0 ? ", and drops what no rule of it lets pass" : ""
                    explanation.add(
                        "others look at the packet at the hook \(hook)\(place), too: table \(name) \(chain.table), chain \(chain.name), priority \(chain.priority)\(policy); what they do is not followed",
                        Evidence(
                            "nf_tables NFT_MSG_GETCHAIN \(name)",
                            "\(chain.table) \(chain.name), \(count.map { "\($0)" } ?? "?") rules"))
                    explanation.isOpen = true
                }
            }
        }
        let file = "/proc/\(inside.map { "\($0.pid)" } ?? "thread-self")/net/\(isVersion4 ? "ip" : "ip6")_tables_names"
        if let names = try? readText(file, limit: 4096), !names.isEmpty {
            explanation.add(
                "there are tables of the older ip_tables\(place), too; what they do is not followed",
                Evidence(file, names.split(separator: "\n").joined(separator: " ")))
            explanation.isOpen = true
        }
    }

    /// Rules that come before the tables of routes, and can send a packet elsewhere or nowhere.
    func explainPolicies(_ explanation: inout Explanation) throws {
        var socket = try RouteSocket()
        for policy in try socket.policies() where !policy.isUsual && policy.isVersion4 == isVersion4 {
            explanation.add(
                "a rule chooses the route of some packets; whether of this one, is not followed",
                rule: "ip rule \(policy.words)", Evidence("rtnetlink RTM_GETRULE", policy.words))
            explanation.isOpen = true
        }
    }

    private func socket() -> RuleSocket? {
        guard let inside else { return try? RuleSocket() }
        guard let namespace = try? OwnedDescriptor(open: "/proc/\(inside.pid)/ns/net", .read) else { return nil }
        return try? RuleSocket(in: namespace)
    }
}
