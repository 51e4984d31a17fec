internal import LinuxKernel
internal import OCISpec

/// The group of a container in the kernel's resctrl file system: its share of caches and memory bandwidth.
///
/// Source: runtime-spec config-linux.md, "IntelRdt"; Documentation/filesystems/resctrl.rst.
struct ResctrlGroup: ~Copyable {
    private let directory: OwnedDescriptor
    /// The path of the group if it was made for this container, and so goes with it.
    let madePath: String?

    private static let root = "/sys/fs/resctrl"

    /// Finds or makes the group that the bundle names, or one with the container's id.
    ///
    /// - Throws: `unsupported` where the machine or the kernel has no resctrl; `invalidInput` for a group that must be
    ///   there and is not.
    init(_ wanted: RuntimeConfig.Linux.IntelRdt, id: ContainerID) throws(RuntimeError) {
        let name = wanted.closID ?? id.text
        do throws(SyscallError) {
            let root = try Self.openRoot()
            let isMade = name == "/" ? false : try Self.make(name, in: root)
            let group = try root.open(name == "/" ? "." : name, [.pathOnly, .directory, .noFollow])
            madePath = isMade ? "\(Self.root)/\(name)" : nil
            directory = group
        } catch {
            throw RuntimeError(
                .unsupported, "linux.intelRdt: \(Self.root)/\(name): \(error.code); is resctrl mounted there?")
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
        guard !wanted.enableMonitoring else {
            throw RuntimeError(.unsupported, "linux.intelRdt.enableMonitoring: monitoring groups are not supported")
        }
        let lines = wanted.schemata + [wanted.l3CacheSchema, wanted.memBwSchema].compactMap { $0 }
        try attempting("linux.intelRdt") { () throws(SyscallError) in
            for line in lines where !line.isEmpty {
                // One line a call: the kernel answers for each.
                try directory.open("schemata", [.write, .noFollow]).write(line + "\n")
            }
            try directory.open("tasks", [.write, .noFollow]).write("\(pid)")
        }
    }
}
