internal import LinuxKernel
internal import OCISpec

/// The group of a container in the kernel's resctrl file system: its share of caches and memory bandwidth.
///
/// Source: runtime-spec config-linux.md, "IntelRdt"; Documentation/filesystems/resctrl.rst.
struct ResctrlGroup: ~Copyable {
    private let directory: OwnedDescriptor
    /// The group in `mon_groups` that counts for this container alone, if there is to be one.
    private let monitor: OwnedDescriptor?
    /// The path of the group that was made for this container, and so goes with it. A monitoring group in a group that
    /// was made goes with that.
    let madePath: String?

    private static let root = "/sys/fs/resctrl"

    /// Where the group of a container lies if the bundle names none.
    static func path(of id: ContainerID) -> String { "\(root)/\(id.text)" }

    /// Finds or makes the group that the bundle names, or one with the container's id.
    ///
    /// - Throws: `unsupported` where the machine or the kernel has no resctrl; `invalidInput` for a group that must be
    ///   there and is not.
    init(_ wanted: RuntimeConfig.Linux.IntelRdt, id: ContainerID) throws(RuntimeError) {
        let root: OwnedDescriptor
        do throws(SyscallError) {
            root = try Self.openRoot()
        } catch {
            throw RuntimeError(.unsupported, "linux.intelRdt: \(Self.root): \(error.code); is resctrl mounted there?")
        }
        try self.init(wanted, id: id, in: root)
    }

    /// As above, below a directory that stands for resctrl's root.
    init(
        _ wanted: RuntimeConfig.Linux.IntelRdt, id: ContainerID, in root: borrowing OwnedDescriptor
    ) throws(RuntimeError) {
        let name = wanted.closID ?? id.text
        let parts = try attempting("linux.intelRdt: \(Self.root)/\(name)") { () throws(SyscallError) in
            try Self.open(name, monitor: wanted.enableMonitoring ? id.text : nil, in: root)
        }
        madePath = parts.made.map { "\(Self.root)/\($0)" }
        directory = parts.group
        monitor = parts.monitor
    }

    private struct Parts: ~Copyable {
        let group: OwnedDescriptor
        let monitor: OwnedDescriptor?
        /// Below resctrl's root.
        let made: String?
    }

    private static func open(
        _ name: String, monitor: String?, in root: borrowing OwnedDescriptor
    ) throws(SyscallError) -> Parts {
        let isRoot = name == "/"
        let isMade = isRoot ? false : try make(name, in: root)
        do throws(SyscallError) {
            let group = try root.open(isRoot ? "." : name, [.pathOnly, .directory, .noFollow])
            guard let monitor else { return Parts(group: group, monitor: nil, made: isMade ? name : nil) }
            let groups = try group.open("mon_groups", [.pathOnly, .directory, .noFollow])
            let isCounted = try make(monitor, in: groups)
            let counter = try groups.open(monitor, [.pathOnly, .directory, .noFollow])
            let path = (isRoot ? "" : name + "/") + "mon_groups/" + monitor
            return Parts(group: group, monitor: .some(counter), made: isMade ? name : isCounted ? path : nil)
        } catch {
            // The first failure counts; nobody else would remove it.
            if isMade { try? root.removeDirectory(name) }
            throw error
        }
    }

    private static func openRoot() throws(SyscallError) -> OwnedDescriptor {
        let root = try OwnedDescriptor(open: Self.root, [.pathOnly, .directory, .noFollow])
        // The magic number of resctrl (RDTGROUP_SUPER_MAGIC): a plain directory would take the files and mean nothing.
        guard try root.fileSystemType() == FileSystemType(rawValue: 0x765_5821) else {
            throw SyscallError(call: "statfs", subject: Self.root, code: .noDevice)
        }
        return root
    }

    private static func make(_ name: String, in root: borrowing OwnedDescriptor) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try root.makeDirectory(name, mode: 0o755)
            return true
        } catch  where error.code == .fileExists {
            return false
        }
    }

    /// Sets the shares and puts a process in.
    borrowing func apply(_ wanted: RuntimeConfig.Linux.IntelRdt, to pid: Int32) throws(RuntimeError) {
        let lines = wanted.schemata + [wanted.l3CacheSchema, wanted.memBwSchema].compactMap { $0 }
        try attempting("linux.intelRdt") { () throws(SyscallError) in
            for line in lines where !line.isEmpty {
                // One line a call: the kernel answers for each.
                try directory.open("schemata", [.write, .noFollow]).write(line + "\n")
            }
            try directory.open("tasks", [.write, .noFollow]).write("\(pid)")
            // In this order: a task can be counted only in a group below its own.
            try monitor?.open("tasks", [.write, .noFollow]).write("\(pid)")
        }
    }
}
