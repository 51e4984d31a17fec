internal import Cgroups
internal import LinuxKernel

/// What a container is shown of the host's cgroup trees.
struct CgroupView: Equatable, Sendable {
    struct Tree: Equatable, Sendable {
        /// The directory below `/sys/fs/cgroup`, such as `cpu,cpuacct`.
        let name: String
        let isUnified: Bool
        /// Mount options that name the v1 hierarchy: its controllers, or `name=systemd`.
        let options: [String]
        /// The container's cgroup on the host, such as `/sys/fs/cgroup/memory/ID`.
        let path: String
    }

    /// In the host's order; on a host with cgroup v2 alone exactly one, whose name is empty.
    let trees: [Tree]
    /// Whether the container has a cgroup namespace of its own, whose root its cgroup is.
    var hasOwnNamespace: Bool

    init(_ cgroup: ContainerCgroup, hasOwnNamespace: Bool) {
        self.init(cgroup.placement, on: cgroup.host, hasOwnNamespace: hasOwnNamespace)
    }

    init(_ placement: CgroupPlacement, on host: CgroupHost, hasOwnNamespace: Bool) {
        let isUnifiedAlone = host.layout == .unified
        trees = placement.entries.compactMap { entry in
            host.hierarchies.first { $0.label == entry.label }.map { hierarchy in
                Tree(
                    name: isUnifiedAlone ? "" : hierarchy.directoryName, isUnified: hierarchy.version == .v2,
                    options: pieces(of: hierarchy.label, between: ",").map { String($0) },
                    path: "\(hierarchy.mountPoint)/\(entry.path)")
            }
        }
        self.hasOwnNamespace = hasOwnNamespace
    }

    /// Names of single controllers that stand for a hierarchy of several, such as `cpu` for `cpu,cpuacct`.
    var links: [(name: String, target: String)] {
        trees.filter { $0.options.count > 1 && !$0.isUnified }.flatMap { tree in
            tree.options.filter { $0 != tree.name }.map { ($0, tree.name) }
        }
    }
}

extension MountExecutor {
    /// Mounts the container's view of its cgroups: v2 directly, v1 as a directory with one mount for each hierarchy.
    func mountCgroups(_ planned: PlannedMount, in root: borrowing ContainerRoot) throws(RuntimeError) {
        try attempting("mount \(planned.destination)") { () throws(any Error) in
            let place = try place(planned, .directory, in: root)
            if let tree = cgroups.trees.first, cgroups.trees.count == 1, tree.isUnified {
                let mount = try cgroupMount(tree)
                try planned.options.apply(to: mount)
                try mount.attach(to: place, subject: planned.destination)
                return
            }
            let directory = try DetachedMount.fileSystem(
                "tmpfs", source: "tmpfs", options: ["mode=755"] + Self.labelOption(label, for: "tmpfs"),
                attributes: [.noSetUID, .noDevices, .noExec])
            try directory.attach(to: place, subject: planned.destination)
            for tree in cgroups.trees {
                let mount = try cgroupMount(tree)
                try planned.options.apply(to: mount)
                try directory.root.makeDirectory(tree.name, mode: 0o755)
                try mount.attach(
                    to: directory.root.open(tree.name, [.pathOnly, .directory, .noFollow]),
                    subject: "\(planned.destination)/\(tree.name)")
            }
            for link in cgroups.links { try directory.root.makeSymbolicLink(link.name, to: link.target) }
            if planned.options.isReadOnly { try directory.change(set: .readOnly, clear: [], recursive: false) }
        }
    }

    /// A new mount of the hierarchy, whose root is that of the cgroup namespace; without such a namespace, or where a
    /// user namespace does not suffice, a copy of the host's that starts at the container's own cgroup.
    private func cgroupMount(_ tree: CgroupView.Tree) throws(SyscallError) -> DetachedMount {
        if cgroups.hasOwnNamespace {
            do throws(SyscallError) {
                return try DetachedMount.fileSystem(
                    tree.isUnified ? "cgroup2" : "cgroup", source: "cgroup", options: tree.options)
            } catch  where error.code == .notPermitted || error.code == .busy {}
        }
        let copy = try DetachedMount.copy(
            of: OwnedDescriptor(open: tree.path, [.pathOnly, .directory, .noFollow]), recursive: false,
            subject: tree.path)
        try copy.setPropagation(.slave, recursive: false)
        return copy
    }
}
