/// Marks and priorities of network packets, which only v1 has.
///
/// Source: the kernel's admin-guide/cgroup-v1/net_cls.rst and net_prio.rst.
enum NetworkController {
    static func applyClass(_ classID: UInt32, to group: CgroupDirectory) throws(CgroupError) {
        try group.write("net_cls.classid", String(classID))
    }

    static func applyPriorities(
        _ priorities: [Limits.Network.Priority], to group: CgroupDirectory
    ) throws(CgroupError) {
        for one in priorities {
            // IFNAMSIZ is 16 with the final zero.
            let isName =
                (1...15).contains(one.interface.utf8.count)
                && one.interface.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
            guard isName else {
                throw .invalidLimit(
                    name: "network.priorities", value: one.interface, reason: "is no name of an interface")
            }
            try group.write("net_prio.ifpriomap", "\(one.interface) \(one.priority)")
        }
    }
}
