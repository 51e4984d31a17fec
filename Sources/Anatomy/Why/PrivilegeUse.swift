package import Capabilities
internal import LinuxKernel

/// Who asks for something, as far as file permissions and changes of user go.
package struct AskingProcess: Equatable, Sendable {
    package var userIDs: [UInt32]
    package var groupIDs: [UInt32]
    package var groups: [UInt32]

    package init(userIDs: [UInt32], groupIDs: [UInt32], groups: [UInt32] = []) {
        self.userIDs = userIDs
        self.groupIDs = groupIDs
        self.groups = groups
    }

    var uid: UInt32 { userIDs.dropFirst().first ?? userIDs.first ?? 0 }

    /// As which files are asked for: the effective one, but for setfsuid(2).
    var fileUID: UInt32 { userIDs.count > 3 ? userIDs[3] : uid }

    /// Whether a file's mode alone gives these rights (4 read, 2 write, 1 search or execute), as for somebody without
    /// capabilities.
    func may(_ rights: UInt32, mode: UInt32, uid owner: UInt32, gid: UInt32) -> Bool {
        let isMember = groupIDs.dropFirst().first == gid || groups.contains(gid)
        let bits = fileUID == owner ? mode >> 6 : isMember ? mode >> 3 : mode
        return bits & rights == rights
    }
}

/// A file as it lies before a call.
package struct AskedFile: Equatable, Sendable {
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32

    package init(mode: UInt32, uid: UInt32, gid: UInt32) {
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}

/// Which capability a call uses that succeeds: what the kernel would refuse without it.
package enum PrivilegeUse {
    /// - Parameters:
    ///   - file: What the call is about; `nil` where it is not there.
    ///   - directories: From the root to the one that holds the file.
    ///   - port: Of bind(2).
    package static func of(
        _ call: String, _ arguments: [UInt64], by asking: AskingProcess, file: AskedFile?, directories: [AskedFile],
        detail: String? = nil, port: UInt16? = nil
    ) -> Capability? {
        func id(_ index: Int) -> UInt32? {
            let value = index < arguments.count ? UInt32(truncatingIfNeeded: arguments[index]) : .max
            return value == .max ? nil : value
        }
        switch call {
        case "setuid", "setreuid", "setresuid", "setfsuid":
            return (0..<3).compactMap(id).prefix(count(call)).contains { !asking.userIDs.contains($0) } ? .setuid : nil
        case "setgid", "setregid", "setresgid", "setfsgid":
            return (0..<3).compactMap(id).prefix(count(call)).contains { !asking.groupIDs.contains($0) } ? .setgid : nil
        case "setgroups": return .setgid
        case "chown", "lchown", "fchown", "fchownat":
            let first = call == "fchownat" ? 2 : 1
            guard let file else { return .chown }
            if let uid = id(first), uid != file.uid { return .chown }
            if let gid = id(first + 1), gid != file.gid {
                let isOwn = file.uid == asking.uid && (asking.groupIDs.contains(gid) || asking.groups.contains(gid))
                return isOwn ? nil : .chown
            }
            return search(directories, asking)
        case "chmod", "fchmod", "fchmodat", "fchmodat2", "utimensat", "utime", "utimes", "futimesat":
            if let file, file.uid != asking.uid { return .fowner }
            return search(directories, asking)
        case "prlimit64", "setrlimit", "capset", "setpriority", "sched_setattr", "sched_setaffinity",
            "sched_setscheduler",
            "ioprio_set", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_send_signal", "clone3", "seccomp",
            "mlock",
            "mlock2", "mlockall", "mmap", "kcmp":
            // Most uses need nothing; the few that do are found by what is refused when it is tried.
            return nil
        case "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2":
            guard let parent = directories.last else { return nil }
            if parent.mode & 0o1000 != 0, let file, file.uid != asking.uid, parent.uid != asking.uid { return .fowner }
            return search(directories, asking) ?? writes(parent, asking)
        case "mkdir", "mkdirat", "symlink", "symlinkat", "link", "linkat":
            return search(directories, asking) ?? directories.last.flatMap { writes($0, asking) }
        case "mknod", "mknodat":
            return NeededCapability.of(call, arguments) ?? search(directories, asking)
                ?? directories.last.flatMap { writes($0, asking) }
        case "open", "openat", "creat":
            let flags = call == "creat" ? 0o1101 : arguments.count > 2 ? arguments[call == "open" ? 1 : 2] : 0
            if let denied = search(directories, asking) { return denied }
            guard let file else { return flags & 0o100 != 0 ? directories.last.flatMap { writes($0, asking) } : nil }
            // O_PATH asks for nothing.
            if flags & 0o10000000 != 0 { return nil }
            let rights: UInt32 = [4, 2, 6, 6][Int(flags & 3)]
            return asking.may(rights, mode: file.mode, uid: file.uid, gid: file.gid) ? nil : .dacOverride
        case "execve", "execveat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "chdir",
            "readlink", "readlinkat":
            return search(directories, asking)
        default: return NeededCapability.of(call, arguments, detail: detail, port: port)
        }
    }

    private static func count(_ call: String) -> Int { call.contains("res") ? 3 : call.contains("re") ? 2 : 1 }

    private static func search(_ directories: [AskedFile], _ asking: AskingProcess) -> Capability? {
        directories.allSatisfy { asking.may(1, mode: $0.mode, uid: $0.uid, gid: $0.gid) } ? nil : .dacOverride
    }

    private static func writes(_ directory: AskedFile, _ asking: AskingProcess) -> Capability? {
        asking.may(3, mode: directory.mode, uid: directory.uid, gid: directory.gid) ? nil : .dacOverride
    }
}

extension ThreadReading {
    /// Which capability a call will use if it succeeds, found out before it is made.
    func privilegeUse(_ name: String, _ arguments: [UInt64]) -> Capability? {
        guard Self.interesting(name), let process = try? ProcessInformation(pid: thread),
            let status = try? process.status()
        else { return nil }
        let asking = AskingProcess(userIDs: status.userIDs, groupIDs: status.groupIDs, groups: status.groups)
        let call = call(name, arguments, errno: 0)
        var (file, directories): (AskedFile?, [AskedFile]) = (nil, [])
        if let path = call.path, let root = try? OwnedDescriptor(open: "/proc/\(thread)/root", [.pathOnly, .directory])
        {
            func asked(_ path: String) -> AskedFile? {
                guard let found = try? root.resolve(path), let status = try? found.status() else { return nil }
                return AskedFile(mode: status.permissions, uid: status.userID, gid: status.groupID)
            }
            let parts = path.split(separator: "/")
            // A descriptor was searched for when it was opened.
            if CallSignature.path(name) != nil {
                for count in 0..<max(1, parts.count) {
                    if let directory = asked("/" + parts.prefix(count).joined(separator: "/")) {
                        directories.append(directory)
                    }
                }
            }
            file = asked(path)
        }
        return PrivilegeUse.of(
            name, arguments, by: asking, file: file, directories: directories, detail: call.detail, port: call.port)
    }

    private static func interesting(_ name: String) -> Bool {
        name.hasPrefix("set") || name.hasPrefix("ch") || CallSignature.path(name) != nil
            || NeededCapability.of(name, [0, 0, 0, 0, 0, 0]) != nil
            || ["socket", "bind", "fchown", "fchmod", "ioctl", "prctl", "mknod", "mknodat", "unshare", "clone"]
                .contains(name)
    }
}
