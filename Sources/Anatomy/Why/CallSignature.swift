/// What the arguments of a call are, for people.
enum ArgumentKind: Sendable {
    case number, hexadecimal, descriptor, directory, path, text, mode, openFlags, mountFlags, cloneFlags, device, signal
    case family, socketType, address, clock, trace, resource, identifier
}

/// The names of the arguments of calls that can be refused.
enum CallSignature {
    static func kinds(_ call: String) -> [ArgumentKind] { table[call] ?? [.hexadecimal, .hexadecimal, .hexadecimal] }

    /// Which argument is the path that the call is about, and which the directory that it starts from.
    static func path(_ call: String) -> (path: Int, directory: Int?)? {
        let kinds = table[call] ?? []
        // mount and link have two: what is changed is the second one.
        let second = [
            "mount", "link", "linkat", "symlink", "symlinkat", "move_mount", "rename", "renameat", "renameat2",
        ]
        let paths = kinds.indices.filter { kinds[$0] == .path }
        guard let path = second.contains(call) ? paths.last : paths.first else { return nil }
        let directory = path > 0 && kinds[path - 1] == .directory ? path - 1 : nil
        return (path, directory)
    }

    /// Whether a symbolic link at the end of the path is followed.
    static func followsLink(_ call: String, _ arguments: [UInt64], _ openFlags: UInt64?) -> Bool {
        func flags(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
        switch call {
        case "lstat", "lchown", "readlink", "readlinkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod",
            "mknodat", "symlink", "symlinkat", "link", "linkat", "rename", "renameat", "renameat2", "lsetxattr",
            "lremovexattr":
            return false
        case "fchownat": return flags(4) & 0x100 == 0
        case "newfstatat", "utimensat", "fchmodat2", "faccessat2": return flags(3) & 0x100 == 0
        case "statx": return flags(2) & 0x100 == 0
        default: return (openFlags ?? 0) & 0o400000 == 0 && (openFlags ?? 0) & 0o300 != 0o300
        }
    }

    private static let table: [String: [ArgumentKind]] = [
        "open": [.path, .openFlags, .mode], "openat": [.directory, .path, .openFlags, .mode],
        "openat2": [.directory, .path, .hexadecimal, .number], "creat": [.path, .mode],
        "access": [.path, .number], "faccessat": [.directory, .path, .number],
        "faccessat2": [.directory, .path, .number, .number], "stat": [.path], "lstat": [.path],
        "newfstatat": [.directory, .path], "statx": [.directory, .path], "readlink": [.path],
        "readlinkat": [.directory, .path], "execve": [.path], "execveat": [.directory, .path], "chdir": [.path],
        "chroot": [.path], "pivot_root": [.path, .path], "acct": [.path], "swapon": [.path, .hexadecimal],
        "swapoff": [.path], "uselib": [.path], "truncate": [.path, .number], "statfs": [.path],
        "mkdir": [.path, .mode], "mkdirat": [.directory, .path, .mode], "rmdir": [.path], "unlink": [.path],
        "unlinkat": [.directory, .path, .hexadecimal], "rename": [.path, .path],
        "renameat": [.directory, .path, .directory, .path],
        "renameat2": [.directory, .path, .directory, .path, .hexadecimal],
        "link": [.path, .path], "linkat": [.directory, .path, .directory, .path, .hexadecimal],
        "symlink": [.text, .path], "symlinkat": [.text, .directory, .path],
        "mknod": [.path, .mode, .device], "mknodat": [.directory, .path, .mode, .device],
        "chmod": [.path, .mode], "fchmod": [.descriptor, .mode], "fchmodat": [.directory, .path, .mode],
        "fchmodat2": [.directory, .path, .mode, .hexadecimal], "chown": [.path, .identifier, .identifier],
        "lchown": [.path, .identifier, .identifier], "fchown": [.descriptor, .identifier, .identifier],
        "fchownat": [.directory, .path, .identifier, .identifier, .hexadecimal],
        "utimensat": [.directory, .path], "utime": [.path], "utimes": [.path], "futimesat": [.directory, .path],
        "setxattr": [.path, .text], "lsetxattr": [.path, .text], "fsetxattr": [.descriptor, .text],
        "removexattr": [.path, .text], "lremovexattr": [.path, .text], "fremovexattr": [.descriptor, .text],
        "open_by_handle_at": [.descriptor, .hexadecimal, .openFlags], "name_to_handle_at": [.directory, .path],
        "mount": [.text, .path, .text, .mountFlags], "umount2": [.path, .hexadecimal], "umount": [.path],
        "mount_setattr": [.directory, .path, .hexadecimal], "open_tree": [.directory, .path, .hexadecimal],
        "move_mount": [.directory, .path, .directory, .path, .hexadecimal], "fsopen": [.text, .hexadecimal],
        "fspick": [.directory, .path, .hexadecimal], "fsmount": [.descriptor, .hexadecimal, .hexadecimal],
        "fsconfig": [.descriptor, .number, .text], "quotactl": [.hexadecimal, .path, .number],
        "sethostname": [.text, .number], "setdomainname": [.text, .number],
        "setns": [.descriptor, .cloneFlags], "unshare": [.cloneFlags], "clone": [.cloneFlags],
        "clone3": [.hexadecimal, .number],
        "fork": [], "vfork": [], "socket": [.family, .socketType, .number], "bind": [.descriptor, .address, .number],
        "connect": [.descriptor, .address, .number], "sendto": [.descriptor, .hexadecimal, .number],
        "listen": [.descriptor, .number], "setsockopt": [.descriptor, .number, .number],
        "ioctl": [.descriptor, .hexadecimal, .hexadecimal], "fcntl": [.descriptor, .number, .hexadecimal],
        "write": [.descriptor, .hexadecimal, .number], "pwrite64": [.descriptor, .hexadecimal, .number, .number],
        "writev": [.descriptor, .hexadecimal, .number], "fallocate": [.descriptor, .number, .number, .number],
        "ftruncate": [.descriptor, .number], "read": [.descriptor, .hexadecimal, .number],
        "kill": [.number, .signal], "tkill": [.number, .signal], "tgkill": [.number, .number, .signal],
        "pidfd_send_signal": [.descriptor, .signal], "pidfd_open": [.number, .hexadecimal],
        "pidfd_getfd": [.descriptor, .number], "ptrace": [.trace, .number, .hexadecimal, .hexadecimal],
        "process_vm_readv": [.number], "process_vm_writev": [.number], "kcmp": [.number, .number, .number],
        "setuid": [.identifier], "setgid": [.identifier], "setreuid": [.identifier, .identifier],
        "setregid": [.identifier, .identifier], "setresuid": [.identifier, .identifier, .identifier],
        "setresgid": [.identifier, .identifier, .identifier], "setfsuid": [.identifier], "setfsgid": [.identifier],
        "setgroups": [.number, .hexadecimal], "capset": [.hexadecimal, .hexadecimal],
        "prctl": [.number, .hexadecimal, .hexadecimal], "seccomp": [.number, .hexadecimal, .hexadecimal],
        "clock_settime": [.clock, .hexadecimal], "settimeofday": [.hexadecimal, .hexadecimal],
        "adjtimex": [.hexadecimal], "clock_adjtime": [.clock, .hexadecimal], "stime": [.hexadecimal],
        "bpf": [.number, .hexadecimal, .number], "perf_event_open": [.hexadecimal, .number, .number],
        "reboot": [.hexadecimal, .hexadecimal, .hexadecimal], "kexec_load": [.hexadecimal, .number],
        "kexec_file_load": [.descriptor, .descriptor], "init_module": [.hexadecimal, .number],
        "finit_module": [.descriptor, .text], "delete_module": [.text, .hexadecimal],
        "syslog": [.number, .hexadecimal, .number],
        "iopl": [.number], "ioperm": [.number, .number, .number], "vhangup": [],
        "setpriority": [.number, .number, .number], "sched_setscheduler": [.number, .number],
        "sched_setattr": [.number], "sched_setparam": [.number], "sched_setaffinity": [.number, .number],
        "ioprio_set": [.number, .number, .hexadecimal], "setrlimit": [.resource, .hexadecimal],
        "prlimit64": [.number, .resource, .hexadecimal], "mlock": [.hexadecimal, .number],
        "mlock2": [.hexadecimal, .number], "mlockall": [.hexadecimal],
        "mmap": [.hexadecimal, .number, .hexadecimal, .hexadecimal, .descriptor, .number],
        "mremap": [.hexadecimal, .number, .number], "brk": [.hexadecimal], "keyctl": [.number],
        "add_key": [.text, .text],
        "request_key": [.text, .text], "userfaultfd": [.hexadecimal], "io_uring_setup": [.number, .hexadecimal],
        "fanotify_init": [.hexadecimal, .hexadecimal], "inotify_add_watch": [.descriptor, .path],
        "inotify_init1": [.hexadecimal], "personality": [.hexadecimal], "nice": [.number],
    ]
}

/// Numbers of the kernel's headers by name.
enum ArgumentNames {
    static func openFlags(_ value: UInt64) -> String {
        let access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][Int(value & 3)]
        return
            ([access]
            + bits(
                value & ~3,
                [
                    (0o100, "O_CREAT"), (0o200, "O_EXCL"), (0o400, "O_NOCTTY"), (0o1000, "O_TRUNC"),
                    (0o2000, "O_APPEND"),
                    (0o4000, "O_NONBLOCK"), (0o200000, "O_DIRECTORY"), (0o400000, "O_NOFOLLOW"),
                    (0o2000000, "O_CLOEXEC"),
                    (0o10000000, "O_PATH"), (0o100000, "O_LARGEFILE"),
                ])).joined(separator: "|")
    }

    static func mountFlags(_ value: UInt64) -> String {
        let names = bits(
            value,
            [
                (1, "MS_RDONLY"), (2, "MS_NOSUID"), (4, "MS_NODEV"), (8, "MS_NOEXEC"), (32, "MS_REMOUNT"),
                (0x1000, "MS_BIND"), (0x2000, "MS_MOVE"), (0x4000, "MS_REC"), (0x8000, "MS_SILENT"),
                (0x20000, "MS_UNBINDABLE"), (0x40000, "MS_PRIVATE"), (0x80000, "MS_SLAVE"), (0x100000, "MS_SHARED"),
                (0x200000, "MS_RELATIME"),
            ])
        return names.isEmpty ? "0" : names.joined(separator: "|")
    }

    static func cloneFlags(_ value: UInt64) -> String {
        let names = bits(
            value & ~0xff,
            [
                (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"), (0x800, "CLONE_SIGHAND"),
                (0x4000, "CLONE_VFORK"), (0x10000, "CLONE_THREAD"), (0x20000, "CLONE_NEWNS"),
                (0x0200_0000, "CLONE_NEWCGROUP"),
                (0x0400_0000, "CLONE_NEWUTS"), (0x0800_0000, "CLONE_NEWIPC"), (0x1000_0000, "CLONE_NEWUSER"),
                (0x2000_0000, "CLONE_NEWPID"), (0x4000_0000, "CLONE_NEWNET"), (0x20_0000, "CLONE_CHILD_CLEARTID"),
                (0x100_0000, "CLONE_CHILD_SETTID"), (0x10_0000, "CLONE_PARENT_SETTID"), (0x8_0000, "CLONE_SETTLS"),
                (0x4_0000, "CLONE_SYSVSEM"),
            ])
        return names.isEmpty ? "\(value)" : names.joined(separator: "|")
    }

    static func family(_ value: UInt64) -> String {
        let names: [UInt64: String] = [
            1: "AF_UNIX", 2: "AF_INET", 10: "AF_INET6", 16: "AF_NETLINK", 17: "AF_PACKET", 38: "AF_ALG", 40: "AF_VSOCK",
            31: "AF_BLUETOOTH", 44: "AF_XDP",
        ]
        return names[value] ?? "\(value)"
    }

    static func socketType(_ value: UInt64) -> String {
        let names: [UInt64: String] = [1: "SOCK_STREAM", 2: "SOCK_DGRAM", 3: "SOCK_RAW", 5: "SOCK_SEQPACKET"]
        return names[value & 0xf] ?? "\(value & 0xf)"
    }

    static func clock(_ value: UInt64) -> String {
        value == 0 ? "CLOCK_REALTIME" : value == 1 ? "CLOCK_MONOTONIC" : "clock \(value)"
    }

    static func trace(_ value: UInt64) -> String {
        let names: [UInt64: String] = [
            0: "PTRACE_TRACEME", 3: "PTRACE_PEEKUSER", 7: "PTRACE_CONT", 16: "PTRACE_ATTACH", 0x4206: "PTRACE_SEIZE",
        ]
        return names[value] ?? "0x\(String(value, radix: 16))"
    }

    static let resources = [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending",
        "msgqueue", "nice", "rtprio", "rttime",
    ]

    private static func bits(_ value: UInt64, _ names: [(UInt64, String)]) -> [String] {
        var (rest, result): (UInt64, [String]) = (value, [])
        for (bit, name) in names where rest & bit != 0 {
            result.append(name)
            rest &= ~bit
        }
        if rest != 0 { result.append("0x\(String(rest, radix: 16))") }
        return result
    }
}
