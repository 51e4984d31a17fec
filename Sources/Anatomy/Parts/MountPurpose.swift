package import LinuxKernel
internal import OCISpec

/// A mount of the process, and why it is there.
package struct ExplainedMount: Equatable, Sendable {
    package var entry: MountEntry
    package var purpose: MountPurpose
    /// Where the host sees the same; only asked for binds.
    package var hostPath: String?

    package init(_ entry: MountEntry, hostPath: String? = nil) {
        self.entry = entry
        self.hostPath = hostPath
        let purpose = MountPurpose(entry)
        // What the host has mounted elsewhere, too, was brought from there.
        self.purpose = purpose == .other && hostPath != nil ? .hostDirectory : purpose
    }

    package var reason: String { purpose.reason(entry, hostPath: hostPath) }

    /// Whether what is seen here comes from elsewhere on the host.
    package var showsHost: Bool { [.hostDirectory, .volume, .engineFile].contains(purpose) }

    /// Its line, as far as it decides what the mount shows.
    func evidence(_ pid: Int32) -> Evidence {
        Evidence(
            "/proc/\(pid)/mountinfo",
            "\(entry.root) \(entry.mountPoint) \(entry.options.joined(separator: ",")) - \(entry.type) \(entry.source)")
    }

    func json(_ pid: Int32) -> JSONValue {
        [
            "path": .string(entry.mountPoint), "type": .string(entry.type), "source": .string(entry.source),
            "root": .string(entry.root), "device": .string("\(entry.device)"), "options": .list(entry.options),
            "superOptions": .list(entry.superOptions), "propagation": .list(entry.propagation),
            "purpose": .string(purpose.rawValue), "reason": .string(reason), "hostPath": .optional(hostPath),
            "evidence": [
                Evidence(
                    "/proc/\(pid)/mountinfo",
                    "\(entry.id) \(entry.parent) \(entry.device) \(entry.root) \(entry.mountPoint) \(entry.options.joined(separator: ",")) - \(entry.type) \(entry.source)"
                ).json
            ],
        ]
    }
}

/// Why a mount is there, as far as its place and its type tell.
package enum MountPurpose: String, Sendable {
    case root, processes, kernel, cgroups, devices, deviceNode, terminals, sharedMemory, queues, masked, readOnly
    case engineFile, volume, hostDirectory, memory, namespace, other

    package init(_ entry: MountEntry) {
        let path = entry.mountPoint
        func isBelow(_ directory: String) -> Bool { path.hasPrefix(directory + "/") }
        switch entry.type {
        case _ where path == "/": self = .root
        case "nsfs": self = .namespace
        case "proc": self = path == "/proc" || entry.root == "/" ? .processes : .readOnly
        case "sysfs": self = path == "/sys" || entry.root == "/" ? .kernel : .readOnly
        case "cgroup", "cgroup2": self = .cgroups
        case _ where isBelow("/sys/fs/cgroup") || path == "/sys/fs/cgroup": self = .cgroups
        case "devpts": self = path == "/dev/console" || entry.root != "/" ? .deviceNode : .terminals
        case "mqueue": self = .queues
        // What lies over a part of procfs or sysfs and is neither of them hides that part.
        case "tmpfs" where isBelow("/proc") || isBelow("/sys"), "devtmpfs" where isBelow("/proc") || isBelow("/sys"):
            self = .masked
        case _ where isBelow("/proc") || isBelow("/sys"):
            self = Self.kernelFileSystems.contains(entry.type) ? .kernel : .masked
        case "tmpfs" where path == "/dev/shm", "overlay" where path == "/dev/shm": self = .sharedMemory
        case "tmpfs" where path == "/dev" && entry.root == "/", "devtmpfs" where path == "/dev" && entry.root == "/":
            self = .devices
        case "devtmpfs" where isBelow("/dev"), "tmpfs" where isBelow("/dev") && entry.root != "/": self = .deviceNode
        case _ where Self.engineFiles.contains(path): self = .engineFile
        case "tmpfs" where entry.root == "/", "ramfs" where entry.root == "/": self = .memory
        case _ where entry.root.contains("/volumes/") && entry.root.hasSuffix("/_data"): self = .volume
        case _ where entry.root != "/" || entry.propagation.contains(where: { $0.hasPrefix("master:") }):
            self = .hostDirectory
        default: self = .other
        }
    }

    private static let engineFiles = [
        "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", "/run/secrets", "/.dockerenv",
        "/etc/passwd", "/etc/group",
    ]

    private static let kernelFileSystems = [
        "securityfs", "debugfs", "tracefs", "pstore", "bpf", "configfs", "selinuxfs", "fusectl", "efivarfs",
        "binfmt_misc", "autofs", "hugetlbfs",
    ]

    package func reason(_ entry: MountEntry, hostPath: String?) -> String {
        let access = entry.isReadOnly || entry.superOptions.contains("ro") ? "read-only" : "writable"
        let host = hostPath.map { "\($0) of the host" } ?? "\(entry.root) of \(entry.type) \(entry.source)"
        switch self {
        case .root: return "the root directory, \(access)"
        case .processes where hostPath != nil:
            return "the kernel's answers about the host's processes, \(access)"
        case .processes: return "the kernel's answers about processes of its pid namespace, \(access)"
        case .kernel: return "the kernel's objects and settings (\(entry.type)), \(access)"
        case .cgroups: return "its control groups, \(access)"
        case .devices where entry.type == "devtmpfs": return "all device nodes of the host"
        case .devices: return "a /dev of its own: only the nodes put there exist"
        case .deviceNode: return "one device: \(hostPath ?? entry.mountPoint)"
        case .terminals: return "terminals of its own"
        case .sharedMemory: return "shared memory between its processes"
        case .queues: return "POSIX message queues of its ipc namespace"
        case .masked: return "hides a part of the kernel's files that would tell or change something of the host"
        case .readOnly: return "\(entry.root) of the kernel's files, \(access): settings of the whole machine"
        case .engineFile: return "written by the engine: \(host), \(access)"
        case .volume: return "a named volume: \(host), \(access)"
        case .hostDirectory: return "shows \(host), \(access)"
        case .memory: return "a file system in memory, \(access)"
        case .namespace: return "keeps a namespace alive: \(entry.root)"
        case .other: return "\(entry.type) \(entry.source), \(access)"
        }
    }
}
