/// What containers may call unless the user says otherwise: Docker's allow-list.
///
/// Everything that is not listed fails with `EPERM`, calls newer than the list with `ENOSYS`. Source: the published
/// default profile of Docker 29 (seccomp/default.json of moby/profiles), whose facts these are.
public enum DefaultProfile {
    /// A kernel's version, as far as it decides on rules.
    public struct KernelVersion: Hashable, Comparable, Sendable {
        /// The first number of a kernel's version.
        public let major: Int
        /// The second number of a kernel's version.
        public let minor: Int

        /// Such as 6 and 1 of Linux 6.1.
        public init(_ major: Int, _ minor: Int) {
            self.major = major
            self.minor = minor
        }

        public static func < (one: Self, other: Self) -> Bool { (one.major, one.minor) < (other.major, other.minor) }
    }

    /// The profile of one container.
    ///
    /// - Parameters:
    ///   - capabilities: The bounding set, as `CAP_SYS_ADMIN`: what it holds opens the calls that it is for.
    ///   - kernel: Of the host.
    ///   - architecture: Of the host.
    public static func profile(
        capabilities: [String], kernel: KernelVersion, architecture: Architecture
    ) -> Profile {
        var rules = [Rule(allowed.flatMap(words), .allow)]
        // Before, a tracer could change a call behind the filter's back.
        if kernel >= KernelVersion(4, 8) { rules.append(Rule(words(tracing), .allow)) }
        rules += sockets() + personalities() + special(to: architecture)
        for (capability, calls) in gated where capabilities.contains(capability) {
            rules.append(Rule(words(calls), .allow))
        }
        if !capabilities.contains("CAP_SYS_ADMIN") { rules += cloning() }
        return Profile(
            defaultAction: .errno(Action.defaultErrno), architectures: architecture.family,
            flags: .allowSpeculation, rules: rules)
    }

    /// socket(2) for every family but AF_ALG (38: CVE-2026-31431) and AF_VSOCK (40: the hypervisor's other guests).
    ///
    /// One rule for each family above, where Docker has `> 40`: the kernel looks at 32 bits of the argument only, so
    /// 2³²+38 would pass such a rule and open AF_ALG. socketcall(2) of i386 stays open, as with Docker: the family lies
    /// in memory there, and 32-bit C libraries know no other way; AppArmor's `deny network alg` closes it.
    private static func sockets() -> [Rule] {
        let others: [UInt64] = [39, 41, 42, 43, 44, 45]
        return [Rule(["socket"], .allow, when: [Condition(0, .less, 38)])]
            + others.map { Rule(["socket"], .allow, when: [Condition(0, .equal, $0)]) }
    }

    /// Linux, 32-bit Linux, each with or without a version number of 2.6, and the question.
    private static func personalities() -> [Rule] {
        let values: [UInt64] = [0, 0x8, 0x20000, 0x20008, 0xFFFF_FFFF]
        return values.map { Rule(["personality"], .allow, when: [Condition(0, .equal, $0)]) }
    }

    /// clone(2) without new namespaces. clone3(2) has its flags in memory and does not exist, so that the C library
    /// goes back to clone.
    private static func cloning() -> [Rule] {
        // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
        let namespaces: UInt64 = 0x7E02_0000
        return [
            Rule(["clone"], .allow, when: [Condition(0, .maskedEqual, namespaces, 0)]),
            Rule(["clone3"], .noSuchCall),
        ]
    }

    private static func special(to architecture: Architecture) -> [Rule] {
        switch architecture {
        case .x86_64, .x32: [Rule(["arch_prctl", "modify_ldt"], .allow)]
        case .x86: [Rule(["modify_ldt"], .allow)]
        case .aarch64, .arm: [Rule(words(arm), .allow)]
        default: []
        }
    }

    private static let tracing: StaticString = "process_vm_readv process_vm_writev ptrace"
    private static let arm: StaticString =
        "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls"

    /// Calls that come with a capability.
    private static let gated: [(capability: String, calls: StaticString)] = [
        ("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
        (
            "CAP_SYS_ADMIN",
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
            lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
            quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """
        ),
        ("CAP_SYS_BOOT", "reboot"),
        ("CAP_SYS_CHROOT", "chroot"),
        ("CAP_SYS_MODULE", "delete_module finit_module init_module"),
        ("CAP_SYS_PACCT", "acct"),
        ("CAP_SYS_PTRACE", "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"),
        ("CAP_SYS_RAWIO", "ioperm iopl"),
        ("CAP_SYS_TIME", "clock_settime clock_settime64 settimeofday stime"),
        ("CAP_SYS_TTY_CONFIG", "vhangup"),
        ("CAP_SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        ("CAP_SYSLOG", "syslog"),
        ("CAP_BPF", "bpf"),
        ("CAP_PERFMON", "perf_event_open"),
    ]

    private static func words(_ text: StaticString) -> [String] {
        "\(text)".split { $0 == " " || $0 == "\n" }.map(String.init)
    }
}
