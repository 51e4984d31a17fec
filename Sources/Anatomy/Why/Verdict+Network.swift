internal import Capabilities
internal import LinuxKernel

extension Verdict {
    static func network(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        // Sockets for ping: the kernel asks for nothing but the group.
        let isPing = call.argument(1) & 0xf == 2 && [1, 58].contains(call.argument(2))
        guard call.name == "socket", call.errno == 13, isPing, [2, 10].contains(call.argument(0)) else { return nil }
        return Verdict(
            .limit,
            "its groups are not among those that may open sockets for ping (net.ipv4.ping_group_range of its network)",
            "--sysctl 'net.ipv4.ping_group_range=0 2147483647'", [])
    }

    /// What a kernel's part refuses in its answer to a message, while all calls succeed.
    init(_ refusal: NetlinkRefusal, _ facts: DenialFacts) {
        guard refusal.errno == 1, let needed = refusal.capability else {
            self.init(.unknown, "the part of the kernel that was asked refuses it for a reason of its own", nil)
            return
        }
        guard facts.effective.contains(needed) else {
            self = Self.missing(needed, facts)
            return
        }
        guard !facts.isHostUserNamespace else {
            self.init(
                .unknown, "it has \(needed.specName): the part of the kernel that was asked has rules of its own", nil,
                ["capabilities"])
            return
        }
        self.init(
            .userNamespace,
            "it has \(needed.specName) in its own user namespace, and its network belongs to another one",
            "--userns host --cap-add \(needed.specName.dropFirst(4))", ["capabilities", "userNamespace"])
    }
}
