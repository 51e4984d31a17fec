internal import Capabilities

extension PrivilegeUse {
    /// Which capabilities a call uses that is about processes, their limits and their memory, or about the network.
    ///
    /// - Returns: `nil` for all other calls.
    static func ofProcess(
        _ call: String, _ arguments: [UInt64], by asking: AskingProcess, _ facts: PrivilegeFacts
    ) -> [Capability]? {
        func argument(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
        func signed(_ index: Int) -> Int64 { Int64(Int32(truncatingIfNeeded: argument(index))) }
        let isOthers = facts.target.map { !asking.owns($0) } ?? false
        switch call {
        case "kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo":
            return facts.target.map { asking.maySignal($0) ? [] : [.kill] } ?? []
        case "setpriority", "nice":
            let wanted = call == "nice" ? facts.nice + signed(0) : signed(2)
            return isOthers || isRaised(min(max(wanted, -20), 19), facts) ? [.sysNice] : []
        case "sched_setaffinity", "migrate_pages", "move_pages": return isOthers ? [.sysNice] : []
        case "sched_setscheduler", "sched_setparam", "sched_setattr":
            // SCHED_FIFO, SCHED_RR and SCHED_DEADLINE; the structures of the two others are not read.
            let isRealTime = call == "sched_setscheduler" && [1, 2, 6].contains(argument(1) & 0xff)
            return isOthers || isRealTime && facts.limits["rtprio"] == 0 ? [.sysNice] : []
        case "ioprio_set":
            // IOPRIO_CLASS_RT
            return isOthers || argument(2) >> 13 == 1 ? [.sysNice] : []
        case "setrlimit", "prlimit64":
            let isRaised = facts.hardLimit.map { $0.wanted > $0.now } ?? false
            return isOthers || isRaised ? [.sysResource] : []
        case "mlock", "mlock2":
            return exceeds(facts.locked, argument(1), facts) ? [.ipcLock] : []
        case "mlockall":
            // MCL_CURRENT locks what is mapped, and any of them needs a limit that is not 0.
            return exceeds(0, argument(0) & 1 != 0 ? facts.mapped : 1, facts) ? [.ipcLock] : []
        case "mmap":
            // MAP_LOCKED
            return argument(3) & 0x2000 != 0 && exceeds(facts.locked, argument(1), facts) ? [.ipcLock] : []
        case "sendto", "sendmsg", "sendmmsg", "write", "writev":
            return facts.request.map { ofRequest($0.protocolNumber, $0.type) } ?? []
        case "setsockopt": return ofOption(signed(1), signed(2), facts)
        case "clone3": return facts.cloneFlags.flatMap { NeededCapability.of("clone", [$0]) }.map { [$0] } ?? []
        case "capset", "seccomp", "kcmp": return []
        default: return nil
        }
    }

    /// Whether a call is one whose need of a capability cannot be told from what is read of it.
    static func isOpen(_ call: String, _ arguments: [UInt64], _ facts: PrivilegeFacts) -> Bool {
        if facts.isTargetUnknown { return true }
        return switch call {
        case "sched_setattr", "sched_setparam", "keyctl", "shmctl", "msgctl", "semctl", "quotactl": true
        case "clone3": facts.cloneFlags == nil
        // Generic netlink's families say each for themselves what they want.
        case "sendto", "sendmsg", "sendmmsg", "write", "writev":
            facts.request.map { ![0, 4, 6, 9, 12, 15].contains($0.protocolNumber) } ?? false
        default: false
        }
    }

    private static func isRaised(_ wanted: Int64, _ facts: PrivilegeFacts) -> Bool {
        let allowed = 20 - Int64(clamping: facts.limits["nice"] ?? 0)
        return wanted < facts.nice && wanted < allowed
    }

    private static func exceeds(_ locked: UInt64, _ more: UInt64, _ facts: PrivilegeFacts) -> Bool {
        guard more > 0, let limit = facts.limits["memlock"], limit != .max else { return false }
        let (sum, overflow) = locked.addingReportingOverflow(more)
        return overflow || sum > limit
    }

    /// Of netlink, by linux/netlink.h and the kernel's handlers of each protocol.
    private static func ofRequest(_ protocolNumber: UInt32, _ type: UInt16) -> [Capability] {
        switch protocolNumber {
        // NETLINK_ROUTE: of four messages each, the third asks and changes nothing.
        case 0: type < 16 || type & 3 == 2 ? [] : [.netAdmin]
        // NETLINK_XFRM and NETLINK_NETFILTER take nothing from anybody else.
        case 6, 12: [.netAdmin]
        // NETLINK_AUDIT: messages of programs (1100 to 1199, 2100 to 2999), or the rules.
        case 9: (1100...1199).contains(type) || (2100...2999).contains(type) ? [.auditWrite] : [.auditControl]
        default: []
        }
    }

    /// Of setsockopt(2). Source: socket(7), ip(7), ipv6(7).
    private static func ofOption(_ level: Int64, _ option: Int64, _ facts: PrivilegeFacts) -> [Capability] {
        switch (level, option) {
        // SO_DEBUG, SO_SNDBUFFORCE, SO_RCVBUFFORCE, SO_MARK
        case (1, 1), (1, 32), (1, 33), (1, 36): [.netAdmin]
        // IP_TRANSPARENT and IPV6_TRANSPARENT; the tables of iptables
        case (0, 19), (41, 75), (0, 64...67), (41, 64...67), (0, 96...99): [.netAdmin]
        default: []
        }
    }
}

extension AskingProcess {
    private var real: UInt32 { userIDs.first ?? 0 }
    private var saved: UInt32 { userIDs.dropFirst(2).first ?? uid }

    /// Source: kill(2).
    func maySignal(_ target: AskingProcess) -> Bool {
        [uid, real].contains { $0 == target.real || $0 == target.saved }
    }

    /// Whether the other's limits and priorities are its own to change.
    func owns(_ target: AskingProcess) -> Bool { uid == target.real || uid == target.uid }

    /// Whether it may look into the other as ptrace(2) does. Source: ptrace(2), "Ptrace access mode checking".
    func mayLookInto(_ target: AskingProcess) -> Bool {
        let gid = groupIDs.dropFirst().first ?? 0
        return target.userIDs.prefix(3).allSatisfy { $0 == uid } && target.groupIDs.prefix(3).allSatisfy { $0 == gid }
    }
}
