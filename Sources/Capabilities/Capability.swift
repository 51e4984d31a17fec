/// One of the privileges into which the kernel divides root's. Newer kernels may know numbers without a name here.
///
/// Source: capabilities(7), linux/capability.h up to Linux 6.18.
public struct Capability: RawRepresentable, Hashable, Comparable, Sendable {
    /// The kernel's number, 0 to 63.
    public let rawValue: UInt8

    /// The capability with this number; `nil` above 63, which no mask can hold.
    public init?(rawValue: UInt8) {
        guard rawValue < 64 else { return nil }
        self.rawValue = rawValue
    }

    private init(_ rawValue: UInt8) { self.rawValue = rawValue }

    public static func < (left: Capability, right: Capability) -> Bool { left.rawValue < right.rawValue }

    /// `CAP_CHOWN`: give files to others.
    public static let chown = Capability(0)
    /// `CAP_DAC_OVERRIDE`: read, write and execute whatever the permissions say.
    public static let dacOverride = Capability(1)
    /// `CAP_DAC_READ_SEARCH`: read files and directories whatever the permissions say; open_by_handle_at(2).
    public static let dacReadSearch = Capability(2)
    /// `CAP_FOWNER`: do to others' files what only their owner may.
    public static let fowner = Capability(3)
    /// `CAP_FSETID`: keep set-id bits on a change.
    public static let fsetid = Capability(4)
    /// `CAP_KILL`: signal others' processes.
    public static let kill = Capability(5)
    /// `CAP_SETGID`: take on any group.
    public static let setgid = Capability(6)
    /// `CAP_SETUID`: take on any user.
    public static let setuid = Capability(7)
    /// `CAP_SETPCAP`: add to the inheritable set, drop from the bounding set, change secure bits.
    public static let setpcap = Capability(8)
    /// `CAP_LINUX_IMMUTABLE`: set the immutable and append-only flags.
    public static let linuxImmutable = Capability(9)
    /// `CAP_NET_BIND_SERVICE`: bind ports below 1024.
    public static let netBindService = Capability(10)
    /// `CAP_NET_BROADCAST`: unused by the kernel.
    public static let netBroadcast = Capability(11)
    /// `CAP_NET_ADMIN`: configure the network namespace.
    public static let netAdmin = Capability(12)
    /// `CAP_NET_RAW`: raw and packet sockets.
    public static let netRaw = Capability(13)
    /// `CAP_IPC_LOCK`: lock memory beyond the limit.
    public static let ipcLock = Capability(14)
    /// `CAP_IPC_OWNER`: use others' System V objects.
    public static let ipcOwner = Capability(15)
    /// `CAP_SYS_MODULE`: load kernel modules.
    public static let sysModule = Capability(16)
    /// `CAP_SYS_RAWIO`: ports and physical memory.
    public static let sysRawio = Capability(17)
    /// `CAP_SYS_CHROOT`: chroot(2), and entering mount namespaces.
    public static let sysChroot = Capability(18)
    /// `CAP_SYS_PTRACE`: trace and read any process of the user namespace.
    public static let sysPtrace = Capability(19)
    /// `CAP_SYS_PACCT`: acct(2).
    public static let sysPacct = Capability(20)
    /// `CAP_SYS_ADMIN`: mounts, namespaces and much else.
    public static let sysAdmin = Capability(21)
    /// `CAP_SYS_BOOT`: reboot(2), kexec_load(2).
    public static let sysBoot = Capability(22)
    /// `CAP_SYS_NICE`: raise priorities, set affinities.
    public static let sysNice = Capability(23)
    /// `CAP_SYS_RESOURCE`: exceed resource limits and quotas.
    public static let sysResource = Capability(24)
    /// `CAP_SYS_TIME`: set the clocks.
    public static let sysTime = Capability(25)
    /// `CAP_SYS_TTY_CONFIG`: vhangup(2), configure virtual terminals.
    public static let sysTtyConfig = Capability(26)
    /// `CAP_MKNOD`: make device nodes.
    public static let mknod = Capability(27)
    /// `CAP_LEASE`: leases on any file.
    public static let lease = Capability(28)
    /// `CAP_AUDIT_WRITE`: write to the kernel's audit log.
    public static let auditWrite = Capability(29)
    /// `CAP_AUDIT_CONTROL`: configure auditing.
    public static let auditControl = Capability(30)
    /// `CAP_SETFCAP`: set file capabilities, map uid 0 of the parent namespace.
    public static let setfcap = Capability(31)
    /// `CAP_MAC_OVERRIDE`: override mandatory access control (Smack).
    public static let macOverride = Capability(32)
    /// `CAP_MAC_ADMIN`: change its policy.
    public static let macAdmin = Capability(33)
    /// `CAP_SYSLOG`: read the kernel's log, see its addresses. Linux 2.6.37.
    public static let syslog = Capability(34)
    /// `CAP_WAKE_ALARM`: timers that wake the machine. Linux 3.0.
    public static let wakeAlarm = Capability(35)
    /// `CAP_BLOCK_SUSPEND`: keep the machine awake. Linux 3.5.
    public static let blockSuspend = Capability(36)
    /// `CAP_AUDIT_READ`: read the audit log. Linux 3.16.
    public static let auditRead = Capability(37)
    /// `CAP_PERFMON`: performance monitoring. Linux 5.8.
    public static let perfmon = Capability(38)
    /// `CAP_BPF`: load BPF programs. Linux 5.8.
    public static let bpf = Capability(39)
    /// `CAP_CHECKPOINT_RESTORE`: choose pids, read others' mappings. Linux 5.9.
    public static let checkpointRestore = Capability(40)

    /// Every capability that has a name, by number.
    public static var named: [Capability] { (0..<UInt8(names.count)).map { Capability($0) } }
}

extension Capability: CustomStringConvertible {
    /// Names by number, without the prefix.
    private static let names: [StaticString] = [
        "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
        "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
        "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
        "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
        "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
        "checkpoint_restore",
    ]

    /// As the kernel tools write it: `cap_net_raw`, and the bare number of one without a name.
    public var toolName: String {
        let index = Int(rawValue)
        return index < Capability.names.count ? "cap_\(Capability.names[index])" : "\(rawValue)"
    }

    /// As the runtime-spec writes it: `CAP_NET_RAW`, and the bare number of one without a name.
    public var specName: String { toolName.uppercased() }

    public var description: String { specName }

    /// The capability of this name, in any case, with or without `CAP_`: `CAP_NET_RAW`, `net_raw`.
    public init?(name: String) {
        self.init(name: name) { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }

    /// The capability of exactly the runtime-spec's form, `CAP_NET_RAW`.
    public init?(specName: String) {
        // Letters become small ones and small ones no letters.
        guard specName.utf8.starts(with: "CAP_".utf8) else { return nil }
        self.init(name: specName) { 0x41...0x5a ~= $0 ? $0 | 0x20 : 0x61...0x7a ~= $0 ? 0 : $0 }
    }

    /// - Parameter folded: What a byte of the name counts as. Bytes are compared and no strings made: every container
    ///   that starts comes this way, several times.
    private init?(name: String, folded: (UInt8) -> UInt8) {
        var name = name.utf8[...]
        if name.count > 4, name.prefix(4).lazy.map(folded).elementsEqual("cap_".utf8) { name = name.dropFirst(4) }
        for (number, candidate) in Capability.names.enumerated() where candidate.utf8CodeUnitCount == name.count {
            var position = candidate.utf8Start
            let matches = name.allSatisfy { byte in
                defer { position += 1 }
                return folded(byte) == position.pointee
            }
            if matches {
                self.init(UInt8(number))
                return
            }
        }
        return nil
    }
}
