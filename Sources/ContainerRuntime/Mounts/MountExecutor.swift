internal import LinuxKernel

/// Carries out the mounts of a bundle in the container's mount namespace.
struct MountExecutor {
    /// The host's cgroup trees and where the container is in them, for mounts of type cgroup.
    let cgroups: CgroupView
    /// Whether the container's user namespace is not the host's: some file systems cannot be mounted anew then.
    let inUserNamespace: Bool
    /// Whether the container's pid namespace is its own.
    let hasOwnProcesses: Bool
    let devices: [DeviceNode]
    let hostNodes: [HostNode]
    let links: [DeviceNode.Link]
    /// The SELinux label of new file systems' files, `linux.mountLabel`; empty for none.
    var label = ""

    /// Mounts `planned`; `source` is the prepared tree if it is a bind mount.
    func mount(
        _ planned: PlannedMount, _ source: MountSource?, in root: borrowing ContainerRoot
    ) throws(RuntimeError) {
        switch planned.content {
        case .bind:
            guard let source else {
                throw RuntimeError(.fault, "mount \(planned.destination): the source was not opened")
            }
            try bind(planned, source, in: root)
        case .cgroup: try mountCgroups(planned, in: root)
        case .fileSystem(let type, let source): try mountFileSystem(planned, type, source, in: root)
        }
    }

    private func bind(
        _ planned: PlannedMount, _ source: MountSource, in root: borrowing ContainerRoot
    ) throws(RuntimeError) {
        if planned.destination == "/proc", !source.isProcfs {
            throw RuntimeError(.invalidInput, "mount /proc: only a procfs may be mounted there, and whole")
        }
        try attempting("mount \(planned.destination)") { () throws(any Error) in
            try source.mount.attach(
                to: place(planned, source.isDirectory ? .directory : .file, in: root), subject: planned.destination)
        }
    }

    /// Where a mount goes. The kernel's own trees must lie in real directories of the image.
    func place(
        _ planned: PlannedMount, _ kind: ContainerRoot.Kind, in root: borrowing ContainerRoot
    ) throws -> OwnedDescriptor {
        if ["/proc", "/sys", "/dev"].contains(planned.destination) {
            return try root.realDirectory(planned.destination)
        }
        let place = try root.place(planned.destination, kind)
        // The plan has refused places below /proc by name. By a link of the image's, or of one who shares a volume and
        // changes it right now, others lead there, too: what has been found is what counts (CVE-2025-52881).
        if !planned.mayCoverProcFile, try place.fileSystemType() == .proc {
            throw RuntimeError(.invalidInput, "a link in the image leads below /proc, where no mount is allowed")
        }
        return place
    }

    private func mountFileSystem(
        _ planned: PlannedMount, _ type: String, _ source: String, in root: borrowing ContainerRoot
    ) throws(RuntimeError) {
        try attempting("mount \(planned.destination)") { () throws(any Error) in
            var options = planned.options.data
            let takesMode = type == "tmpfs" && !options.contains { $0.hasPrefix("mode=") }
            let isInImage = takesMode ? try root.has(planned.destination) : false
            let place = try place(planned, .directory, in: root)
            if takesMode, isInImage {
                // The mode that the image's directory has, as runc does, so that /tmp stays sticky. Where the image has
                // none it is the kernel's default, 1777: engines rely on it for users other than root.
                options.append("mode=\(String(try place.status().permissions, radix: 8))")
            }
            if planned.options.isReadOnly, !Self.isVirtual(type) { options.append("ro") }
            options += Self.labelOption(label, for: type)
            let mount = try fileSystem(type, source, options)
            if planned.options.copiesUp { try copyTree(from: place, to: mount.root) }
            try planned.options.apply(to: mount)
            try mount.attach(to: place, subject: planned.destination)
        }
        if planned.destination == "/dev" { try setUpDevices(in: root) }
    }

    /// What gives all files of a new file system one label. The kernel labels the files of its own trees by itself, and
    /// what is bound has the labels that it has.
    static func labelOption(_ label: String, for type: String) -> [String] {
        label.isEmpty || ["proc", "sysfs", "mqueue"].contains(type) ? [] : ["context=\(label)"]
    }

    /// Those whose superblock may be shared with other mounts, so that only this mount is made read-only.
    private static func isVirtual(_ type: String) -> Bool {
        switch type {
        case "proc", "sysfs", "tmpfs", "devpts", "mqueue", "ramfs", "securityfs", "debugfs", "tracefs", "bpf",
            "configfs":
            true
        default: false
        }
    }

    /// Mounts a new file system. Where a user namespace does not suffice for the kernel's trees, the host's are shown:
    /// but the host's /proc, which tells of the host's processes, only to a container that is among them.
    private func fileSystem(
        _ type: String, _ source: String, _ options: [String]
    ) throws(SyscallError) -> DetachedMount {
        do throws(SyscallError) {
            return try DetachedMount.fileSystem(type, source: source, options: options)
        } catch
            where error.code == .notPermitted && inUserNamespace
            && (type == "sysfs" || type == "proc" && !hasOwnProcesses)
        {
            let host = type == "sysfs" ? "/sys" : "/proc"
            let copy = try DetachedMount.copy(
                of: OwnedDescriptor(open: host, [.pathOnly, .directory]), recursive: true, subject: host)
            try copy.setPropagation(.slave, recursive: true)
            return copy
        }
    }

    /// Makes nodes and links in a `/dev` that is ours.
    func setUpDevices(in root: borrowing ContainerRoot) throws(RuntimeError) {
        try root.makeDevices(devices, hostNodes: hostNodes)
        try root.makeDeviceLinks(links)
    }
}
