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
        let bits = fileUID == owner ? mode >> 6 : isMember(of: gid) ? mode >> 3 : mode
        return bits & rights == rights
    }

    func isMember(of gid: UInt32) -> Bool { groupIDs.dropFirst().first == gid || groups.contains(gid) }
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
    package static func of(
        _ call: String, _ arguments: [UInt64], by asking: AskingProcess, _ facts: PrivilegeFacts
    ) -> [Capability] {
        if let found = ofProcess(call, arguments, by: asking, facts) { return found }
        let own = ofFile(call, arguments, by: asking, facts).map { [$0] } ?? []
        var more: [Capability] = []
        // A file keeps its bit of a group that its owner is not in with this one only; the kernel drops it in silence.
        let modes = ["chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2]
        if let index = modes[call], index < arguments.count, arguments[index] & 0o2000 != 0, let file = facts.file,
            !asking.isMember(of: file.gid)
        {
            more.append(.fsetid)
        }
        // What procfs shows of a process, it shows those who may trace it.
        if let target = facts.target, !asking.mayLookInto(target), CallSignature.path(call) != nil {
            more.append(.sysPtrace)
        }
        return own + more.filter { !own.contains($0) }
    }

    private static func ofFile(
        _ call: String, _ arguments: [UInt64], by asking: AskingProcess, _ facts: PrivilegeFacts
    ) -> Capability? {
        let (file, directories) = (facts.file, facts.directories)
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
        case "unlink", "unlinkat", "rmdir": return removes(file, directories, asking)
        case "rename", "renameat", "renameat2":
            // What is renamed leaves its directory, and what had the new name goes.
            if let needed = removes(facts.oldFile, facts.oldDirectories, asking) { return needed }
            return removes(file, directories, asking)
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
        case "execve", "execveat", "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2",
            "readlink", "readlinkat":
            return search(directories, asking)
        case "chdir", "fchdir": return search(directories + (file.map { [$0] } ?? []), asking)
        default: return NeededCapability.of(call, arguments, detail: facts.detail, port: facts.port)
        }
    }

    private static func count(_ call: String) -> Int { call.contains("res") ? 3 : call.contains("re") ? 2 : 1 }

    private static func removes(
        _ file: AskedFile?, _ directories: [AskedFile], _ asking: AskingProcess
    ) -> Capability? {
        guard let parent = directories.last else { return nil }
        if parent.mode & 0o1000 != 0, let file, file.uid != asking.uid, parent.uid != asking.uid { return .fowner }
        return search(directories, asking) ?? writes(parent, asking)
    }

    private static func search(_ directories: [AskedFile], _ asking: AskingProcess) -> Capability? {
        directories.allSatisfy { asking.may(1, mode: $0.mode, uid: $0.uid, gid: $0.gid) } ? nil : .dacOverride
    }

    private static func writes(_ directory: AskedFile, _ asking: AskingProcess) -> Capability? {
        asking.may(3, mode: directory.mode, uid: directory.uid, gid: directory.gid) ? nil : .dacOverride
    }
}

/// Which capabilities a call uses if it succeeds.
package struct RecordedUse: Equatable, Sendable {
    package var capabilities: [Capability]
    /// The call's name, if it could not be told whether it uses one.
    package var open: String?
}

extension ThreadReading {
    /// Which capabilities a call will use if it succeeds, found out before it is made.
    func privilegeUse(_ name: String, _ arguments: [UInt64]) -> RecordedUse? {
        // Nearly all of them are not MAP_LOCKED, and programs begin with many.
        if name == "mmap", arguments.count > 3, arguments[3] & 0x2000 == 0 { return nil }
        guard Self.interesting(name), let process = try? ProcessInformation(pid: thread) else { return nil }
        var facts = PrivilegeFacts()
        if Self.sends.contains(name) {
            // Most of what is written is no business of netlink's: that is found out first.
            guard let request = netlinkRequest(name, arguments) else { return nil }
            facts.request = request
        }
        guard let status = try? process.status() else { return nil }
        let asking = AskingProcess(status)
        let call = call(name, arguments, errno: 0)
        (facts.detail, facts.port) = (call.detail, call.port)
        if let path = call.path, let root = try? OwnedDescriptor(open: "/proc/\(thread)/root", [.pathOnly, .directory])
        {
            // A descriptor was searched for when it was opened.
            (facts.file, facts.directories) = Self.files(path, CallSignature.path(name) != nil, root)
            if name.hasPrefix("rename"), let old = oldPath(name, arguments) {
                (facts.oldFile, facts.oldDirectories) = Self.files(old, true, root)
            }
            readLookedInto(path, root, name, &facts)
        }
        readTarget(name, arguments, status, &facts)
        readLimits(name, arguments, status, &facts)
        let open = PrivilegeUse.isOpen(name, arguments, facts) ? name : nil
        return RecordedUse(capabilities: PrivilegeUse.of(name, arguments, by: asking, facts), open: open)
    }

    private static func files(
        _ path: String, _ isSearched: Bool, _ root: borrowing OwnedDescriptor
    ) -> (AskedFile?, [AskedFile]) {
        func asked(_ path: String) -> AskedFile? {
            guard let found = try? root.resolve(path), let status = try? found.status() else { return nil }
            return AskedFile(mode: status.permissions, uid: status.userID, gid: status.groupID)
        }
        var directories: [AskedFile] = []
        let parts = path.split(separator: "/")
        if isSearched {
            for count in 0..<max(1, parts.count) {
                if let directory = asked("/" + parts.prefix(count).joined(separator: "/")) {
                    directories.append(directory)
                }
            }
        }
        return (asked(path), directories)
    }

    private static let sends = ["sendto", "sendmsg", "sendmmsg", "write", "writev"]

    private static func interesting(_ name: String) -> Bool {
        name.hasPrefix("set") || name.hasPrefix("ch") || CallSignature.path(name) != nil
            || NeededCapability.of(name, [0, 0, 0, 0, 0, 0]) != nil || sends.contains(name)
            || [
                "socket", "bind", "fchown", "fchmod", "fchdir", "ioctl", "prctl", "mknod", "mknodat", "unshare",
                "clone",
                "mmap", "rt_tgsigqueueinfo", "keyctl", "shmctl", "msgctl", "semctl",
            ].contains(name)
    }
}

extension AskingProcess {
    init(_ status: ProcessStatus) {
        self.init(userIDs: status.userIDs, groupIDs: status.groupIDs, groups: status.groups)
    }
}
