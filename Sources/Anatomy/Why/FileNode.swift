internal import Capabilities
package import LinuxKernel

/// A file or directory that the kernel came by when it looked a path up.
package struct FileNode: Equatable, Sendable {
    package var path: String
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    /// Whether an access control list decides beside the mode.
    package var hasAccessList = false
    package var attributes: FileAttributes = []
    /// Of a directory: whether the right to pass through it is asked. A descriptor's own directories are behind it.
    package var isSearched = true

    package init(path: String, mode: UInt32, uid: UInt32, gid: UInt32) {
        self.path = path
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }

    var isDirectory: Bool { mode & 0o170000 == 0o040000 }
    var isSticky: Bool { mode & 0o1000 != 0 }
    var permissions: String { String(mode & 0o7777, radix: 8) }
}

/// The rights that a call asks for, of the file and of the directory that holds it: 4 read, 2 write, 1 execute or pass.
struct AskedRights: Equatable {
    var file: UInt32 = 0
    var holder: UInt32 = 0

    /// - Parameter isThere: Whether the file existed before.
    init(_ call: FailedCall, isThere: Bool) {
        switch call.name {
        case "open", "openat", "openat2", "creat":
            let flags = call.openFlags ?? (call.name == "creat" ? 0o1101 : 0)
            if flags & 0o10000000 != 0 { return }
            if isThere {
                file = [4, 2, 6, 6][Int(flags & 3)] | (flags & 0o1000 != 0 ? 2 : 0)
                // O_TMPFILE makes a file in the directory that is named.
                if flags & 0o20000000 != 0 { file = 3 }
            } else if flags & 0o100 != 0 {
                holder = 3
            }
        case "truncate", "connect": file = 2
        case "execve", "execveat", "uselib", "chdir", "chroot": file = 1
        case "access": file = UInt32(truncatingIfNeeded: call.argument(1)) & 7
        case "faccessat", "faccessat2": file = UInt32(truncatingIfNeeded: call.argument(2)) & 7
        case "inotify_add_watch": file = 4
        case "setxattr", "lsetxattr", "removexattr", "lremovexattr":
            if call.detail?.hasPrefix("user.") == true { file = 2 }
        case "utimensat", "utime", "utimes", "futimesat": file = 2
        case "mkdir", "mkdirat", "mknod", "mknodat", "symlink", "symlinkat", "link", "linkat", "unlink", "unlinkat",
            "rmdir", "rename", "renameat", "renameat2", "bind":
            holder = 3
        default: break
        }
    }

    static func words(_ rights: UInt32, isDirectory: Bool) -> String {
        switch rights {
        case 1: isDirectory ? "pass through it" : "execute it"
        case 2: "write to it"
        case 3: isDirectory ? "change what is in it" : "write to it and execute it"
        case 4: isDirectory ? "list it" : "read it"
        case 6: "read it and write to it"
        default: "use it so"
        }
    }
}

/// Where the look-up of a path ends for want of a right.
struct Obstacle: Equatable {
    var node: FileNode
    var rights: UInt32

    /// The first thing that refuses, as the kernel asks: from the root down, then the file, then what holds it.
    init?(
        _ file: FileFacts, _ call: FailedCall, by asking: AskingProcess, _ effective: CapabilitySet,
        _ facts: DenialFacts
    ) {
        let rights = AskedRights(call, isThere: file.isThere)
        var steps = file.directories.filter(\.isSearched).map { ($0, UInt32(1)) }
        if rights.holder != 0, let holder = file.directories.last { steps.append((holder, rights.holder)) }
        if file.isThere { steps.append((file.node, rights.file)) }
        for (node, rights) in steps where !Self.may(rights, node, asking, effective, facts) {
            self.node = node
            self.rights = rights
            return
        }
        return nil
    }

    static func may(
        _ rights: UInt32, _ node: FileNode, _ asking: AskingProcess, _ effective: CapabilitySet, _ facts: DenialFacts
    ) -> Bool {
        if rights == 0 || asking.may(rights, mode: node.mode, uid: node.uid, gid: node.gid) { return true }
        // In a user namespace a capability counts for those files only whose owner it knows.
        guard facts.knows(node) else { return false }
        if effective.contains(.dacOverride), node.isDirectory || rights & 1 == 0 || node.mode & 0o111 != 0 {
            return true
        }
        return effective.contains(.dacReadSearch) && (node.isDirectory ? rights & 2 == 0 : rights == 4)
    }
}
