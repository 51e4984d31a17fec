package import Capabilities
package import LinuxKernel
package import Seccomp

/// A call that failed, as the kernel was asked it, and its answer.
package struct FailedCall: Equatable, Sendable {
    package var name: String
    package var arguments: [UInt64]
    /// The call as a person would write it.
    package var text: String
    /// The error's number; 0 where the call succeeded and yet did not do what was meant.
    package var errno: Int32
    /// The file that it is about, from the root of the process; `nil` for calls about something else.
    package var path: String?
    /// A text among the arguments that decides, such as the name of an extended attribute.
    package var detail: String?
    /// Of bind(2).
    package var port: UInt16?
    /// The call's number and the kernel's `AUDIT_ARCH_…`, where it is not one of this machine's own.
    package var number: UInt64?
    package var architecture: UInt32?
    /// Of open(2) and its kin.
    package var openFlags: UInt64?
    /// The directory from which the path is looked up, which needs no look-up itself.
    package var base: String?
    /// Of rename(2) and link(2): what gets another name.
    package var source: String?
    /// Of setrlimit(2) and prlimit(2): the limit that was asked for.
    package var newLimit: ResourceLimit?

    package init(
        name: String, arguments: [UInt64] = [], text: String = "", errno: Int32, path: String? = nil,
        detail: String? = nil, port: UInt16? = nil
    ) {
        self.name = name
        self.arguments = arguments
        self.text = text
        self.errno = errno
        self.path = path
        self.detail = detail
        self.port = port
    }

    func argument(_ index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
}

/// What the kernel shows of the thread that was refused something, read while it stands still.
package struct DenialFacts: Equatable, Sendable {
    /// What the filters answer to this call with these arguments.
    package var filterAction: Action = .allow
    package var effective: CapabilitySet = []
    package var bounding: CapabilitySet = []
    package var uid: UInt32 = 0
    package var isHostUserNamespace = true
    package var noNewPrivileges = false
    package var label: String?
    package var file: FileFacts?
    /// The cgroup's number of processes, and the most.
    package var processes: (current: UInt64, most: UInt64)?
    /// Soft limits of the process, by Docker's name.
    package var limits: [String: UInt64] = [:]
    /// Who asks, with all ids; without it, ``uid`` alone counts.
    package var asking: AskingProcess?
    /// Of rename(2) and link(2): what gets another name.
    package var source: FileFacts?
    /// What a script or a program is executed by, one after the other.
    package var interpreters: [FileFacts] = []
    /// Users and groups that the process's user namespace knows, by the caller's numbers; `nil` if it knows all.
    package var knownUsers: [ClosedRange<UInt32>]?
    package var knownGroups: [ClosedRange<UInt32>]?
    /// Settings of the kernel that decide, such as `fs.protected_regular`.
    package var settings: [String: UInt64] = [:]
    /// How many descriptors the process has.
    package var openDescriptors: UInt64?
    /// How the descriptor was opened from which mmap(2) maps: open(2)'s flags.
    package var descriptorFlags: UInt64?
    /// Only where there was not enough of it.
    package var memory: MemoryFacts?
    /// Whether children would come into a pid namespace other than the process's own.
    package var childrenGoElsewhere = false
    /// Whether setgroups(2) is switched off in the process's user namespace.
    package var setgroupsIsDenied = false
    /// Of ptrace(2): the process that traces the one that was asked for, and whether that is this very process.
    package var tracer: (pid: Int32, isOwn: Bool)?
    /// What the kernel's log says about a security module's refusal.
    package var logged: Evidence?
    /// A capability of those that Brig's own profile has calls for, which opens this one; asked only where a filter refused.
    package var openingCapability: Capability?
    package var evidence: [String: Evidence] = [:]

    package init() {}

    var asker: AskingProcess {
        asking
            ?? AskingProcess(userIDs: [uid, uid, uid, uid], groupIDs: Array(repeating: uid == 0 ? 0 : 65534, count: 4))
    }

    /// Whether the process's user namespace has numbers for the file's owner and group.
    func knows(_ node: FileNode) -> Bool {
        knownUsers?.contains { $0.contains(node.uid) } ?? true
            && knownGroups?.contains { $0.contains(node.gid) } ?? true
    }

    package static func == (left: DenialFacts, right: DenialFacts) -> Bool {
        left.filterAction == right.filterAction && left.effective == right.effective && left.uid == right.uid
            && left.file == right.file
    }
}

/// What is known of the file that a call was about.
package struct FileFacts: Equatable, Sendable {
    package var path: String
    /// The mount on which it lies.
    package var mount: ExplainedMount?
    package var isThere = true
    package var mode: UInt32 = 0
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0
    /// The device's number, of a node.
    package var device: DeviceNumber?
    package var isBlockDevice = false
    package var hasAccessList = false
    package var attributes: FileAttributes = []
    /// From the root to the one that holds the file.
    package var directories: [FileNode] = []
    /// The symbolic link at the path's end, if there is one, and the directory that it lies in.
    package var link: (node: FileNode, directory: FileNode)?

    package init(path: String, mount: ExplainedMount? = nil) {
        self.path = path
        self.mount = mount
    }

    package static func == (left: FileFacts, right: FileFacts) -> Bool {
        left.path == right.path && left.node == right.node && left.isThere == right.isThere
            && left.directories == right.directories
    }

    /// The file itself.
    var node: FileNode {
        var node = FileNode(path: path, mode: mode, uid: uid, gid: gid)
        node.hasAccessList = hasAccessList
        node.attributes = attributes
        return node
    }

    var isReadOnly: Bool {
        guard let entry = mount?.entry else { return false }
        return entry.isReadOnly || entry.superOptions.contains("ro")
    }
}

/// What there is of memory, read when there was not enough of it. Bytes.
package struct MemoryFacts: Equatable, Sendable {
    /// Of the process: its address space, and its private writable memory.
    package var space: UInt64?
    package var data: UInt64?
    /// How many parts the process's address space has.
    package var mappings: UInt64?
    /// The machine's memory and swap space.
    package var total: UInt64?
    package var commitLimit: UInt64?
    package var committed: UInt64?
    package var freeHugePages: UInt64?
    /// How often the cgroup has come to its limit since the watch began, and the file that says so.
    package var shortages: UInt64 = 0

    package init() {}
}
