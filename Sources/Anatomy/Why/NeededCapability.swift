package import Capabilities

/// Which capability the kernel asks for before it makes a call.
package enum NeededCapability {
    /// - Parameters:
    ///   - call: The call's name.
    ///   - arguments: Its six values.
    ///   - detail: A text among its arguments that decides, such as the name of an extended attribute.
    ///   - port: Of bind(2).
    /// - Returns: `nil` for calls for which the kernel asks for none.
    ///
    /// Source: capabilities(7).
    package static func of(
        _ call: String, _ arguments: [UInt64], detail: String? = nil, port: UInt16? = nil, errno: Int32 = 1
    ) -> Capability? {
        func argument(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
        switch call {
        case "socket":
            // SOCK_RAW of the internet families, and packet sockets of any type.
            let isRaw = argument(1) & 0xf == 3 && [2, 10].contains(argument(0))
            return isRaw || argument(0) == 17 ? .netRaw : nil
        case "bind": return port.map { $0 > 0 && $0 < 1024 } == true ? .netBindService : nil
        case "mknod", "mknodat":
            let type = argument(call == "mknod" ? 1 : 2) & 0o170000
            return type == 0o020000 || type == 0o060000 ? .mknod : nil
        case "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr":
            if detail == "security.capability" { return .setfcap }
            return detail?.hasPrefix("trusted.") == true || detail?.hasPrefix("security.") == true ? .sysAdmin : .fowner
        case "ioctl": return ioctl(argument(1))
        case "prctl": return [8, 24, 28].contains(argument(0)) ? .setpcap : nil
        case "unshare", "clone":
            // A user namespace needs none.
            return argument(0) & 0x6e02_0080 != 0 && argument(0) & 0x1000_0000 == 0 ? .sysAdmin : nil
        case "mmap": return argument(3) & 0x2000 != 0 ? .ipcLock : nil
        case "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2": return errno == 1 ? .fowner : nil
        default: return table[call]
        }
    }

    private static func ioctl(_ request: UInt64) -> Capability? {
        switch request & 0xffff_ffff {
        case 0x8914, 0x8916, 0x891c, 0x8924, 0x8922, 0x890b, 0x890c, 0x8943, 0x89a0, 0x89a1, 0x8923: .netAdmin
        case 0x4004_54ca: .netAdmin  // TUNSETIFF
        case 0x4008_6602: .linuxImmutable  // FS_IOC_SETFLAGS
        case 0x5412, 0x125e, 0xc020_660b: .sysAdmin  // TIOCSTI and block devices
        default: nil
        }
    }

    private static let table: [String: Capability] = [
        "chown": .chown, "lchown": .chown, "fchown": .chown, "fchownat": .chown, "chmod": .fowner, "fchmod": .fowner,
        "fchmodat": .fowner, "fchmodat2": .fowner, "utimensat": .fowner, "utime": .fowner, "utimes": .fowner,
        "futimesat": .fowner, "kill": .kill, "tkill": .kill, "tgkill": .kill, "pidfd_send_signal": .kill,
        "rt_sigqueueinfo": .kill, "setgid": .setgid, "setregid": .setgid, "setresgid": .setgid, "setgroups": .setgid,
        "setuid": .setuid, "setreuid": .setuid, "setresuid": .setuid, "capset": .setpcap, "mlock": .ipcLock,
        "mlock2": .ipcLock, "mlockall": .ipcLock, "init_module": .sysModule, "finit_module": .sysModule,
        "delete_module": .sysModule, "iopl": .sysRawio, "ioperm": .sysRawio, "chroot": .sysChroot, "ptrace": .sysPtrace,
        "process_vm_readv": .sysPtrace, "process_vm_writev": .sysPtrace, "kcmp": .sysPtrace, "pidfd_getfd": .sysPtrace,
        "userfaultfd": .sysPtrace, "acct": .sysPacct, "mount": .sysAdmin, "umount": .sysAdmin, "umount2": .sysAdmin,
        "pivot_root": .sysAdmin, "mount_setattr": .sysAdmin, "move_mount": .sysAdmin, "open_tree": .sysAdmin,
        "fsopen": .sysAdmin, "fsmount": .sysAdmin, "fspick": .sysAdmin, "fsconfig": .sysAdmin, "setns": .sysAdmin,
        "sethostname": .sysAdmin, "setdomainname": .sysAdmin, "swapon": .sysAdmin, "swapoff": .sysAdmin,
        "quotactl": .sysAdmin, "quotactl_fd": .sysAdmin, "fanotify_init": .sysAdmin, "lookup_dcookie": .sysAdmin,
        "seccomp": .sysAdmin, "clone3": .sysAdmin, "reboot": .sysBoot, "kexec_load": .sysBoot,
        "kexec_file_load": .sysBoot, "setpriority": .sysNice, "nice": .sysNice, "sched_setscheduler": .sysNice,
        "sched_setattr": .sysNice, "sched_setparam": .sysNice, "sched_setaffinity": .sysNice, "ioprio_set": .sysNice,
        "migrate_pages": .sysNice, "move_pages": .sysNice, "setrlimit": .sysResource, "prlimit64": .sysResource,
        "settimeofday": .sysTime, "clock_settime": .sysTime, "adjtimex": .sysTime, "clock_adjtime": .sysTime,
        "stime": .sysTime, "vhangup": .sysTtyConfig, "bpf": .bpf, "perf_event_open": .perfmon, "syslog": .syslog,
        "open_by_handle_at": .dacReadSearch,
    ]
}
