internal import Capabilities
internal import Cgroups
internal import LinuxKernel
package import OCISpec
internal import Seccomp

/// What the runtime would do for a bundle, from the same plan that it carries out: `CreationPlan`, `Confinement`,
/// `NamespacePlan` and `CgroupView` decide here as they do there. `ExplainTests` compares it with what strace sees.
package enum StartExplanation {
    /// - Throws: What `create` would refuse.
    package static func steps(
        _ id: ContainerID, _ config: RuntimeConfig, bundle: String
    ) throws -> [ExplainedStep] {
        let plan = try CreationPlan(id: id, config: config, bundle: bundle, noPivot: false, newKeyring: true)
        let host = try CgroupHost.detect()
        let path = try CgroupPath(plan.linux.cgroupsPath.flatMap { $0.isEmpty ? nil : $0 } ?? "/\(id.text)")
        let filter = try plan.config.linux?.seccomp.map { try Compiler.compile(try Profile(spec: $0)) }
        var unknown: [String] = []
        let confinement = Confinement(
            user: plan.process.user, noNewPrivileges: plan.process.noNewPrivileges,
            capabilities: CapabilityPlan(spec: plan.process.capabilities, unknown: &unknown), filter: filter,
            filterWantsListener: false, mayChangeGroups: plan.mayChangeGroups)
        let view = CgroupView(
            host.placement(of: path), on: host, hasOwnNamespace: plan.namespaces.all.contains(.cgroup))
        var steps = ExplainedSteps()
        plan.explainMaker(view, &steps)
        plan.explainEntry(view, &steps)
        plan.explainMounts(view, &steps)
        plan.explainRoot(&steps)
        plan.explainEnd(confinement, &steps)
        return steps.all
    }
}

extension CreationPlan {
    private typealias Call = ExplainedStep.Call

    /// What happens before the container's first process is there.
    func explainMaker(_ view: CgroupView, _ steps: inout ExplainedSteps) {
        for tree in view.trees {
            steps.add(
                .runtime, [Call("mkdirat", tree.path)],
                "a cgroup counts and limits what the container uses\(tree.name.isEmpty ? "" : ", here of \(tree.name)")"
            )
        }
        if let resources = linux.resources {
            steps.add(
                .runtime, [Call("write", "limits of linux.resources: \(Self.limitNames(resources))")],
                "the limits are files of those directories; devices come first, memory last")
        }
        for mount in mounts {
            guard case .bind(let source) = mount.content else { continue }
            steps.add(
                .runtime,
                [Call("open_tree", "\(source), OPEN_TREE_CLONE\(mount.options.isRecursive ? "|AT_RECURSIVE" : "")")]
                    + (propagation.kind == .shared ? [] : [Call("mount_setattr", Self.propagationName(propagation))])
                    + mount.options.explainedAttributes,
                "a copy of the host's mount, with its attributes, before the host is out of sight: for \(mount.destination)"
            )
        }
        steps.add(
            .runtime,
            [
                Call("open_tree", "\(rootPath), OPEN_TREE_CLONE|AT_RECURSIVE"),
                Call("mount_setattr", Self.rootPropagation(propagation)),
            ],
            "the root file system as a mount of its own, since pivot_root goes to a mount")
        let flags = namespaces.atClone.map(Self.flag) + ["CLONE_PIDFD"]
        steps.add(
            .runtime, [Call("clone3", flags.joined(separator: "|"))],
            "one hop: the container's first process, in new namespaces: \(namespaces.atClone.map(\.fileName).joined(separator: ", "))"
        )
    }

    /// From the first instruction until the container's files come into sight.
    func explainEntry(_ view: CgroupView, _ steps: inout ExplainedSteps) {
        steps.add(.container, [Call("setsid")], "a session of its own: the caller's terminal is not its")
        steps.add(
            .container, [Call("write", "its pid to the cgroups")],
            "it counts from now on; its children are counted with it")
        for joined in namespaces.joinedByProcess {
            steps.add(
                .container, [Call("setns", joined.path)], "the \(joined.kind.fileName) namespace is somebody else's")
        }
        steps.add(
            .container, [Call("mount_setattr", "/, \(Self.propagationName(propagation))")],
            "what is mounted from here on does not reach the host")
        steps.add(
            .container, [Call("move_mount", rootPath)], "the copy of the root is attached where it was taken from")
        if namespaces.new.contains(.cgroup) {
            steps.add(
                .container, [Call("unshare", "CLONE_NEWCGROUP")],
                "only now: the cgroup that it is in becomes the root that it sees")
        }
        if newKeyring {
            steps.add(
                .container, [Call("keyctl", "KEYCTL_JOIN_SESSION_KEYRING")], "the caller's keys are not the container's"
            )
        }
        if namespaces.new.contains(.network) {
            steps.add(
                .container, [Call("ioctl", "SIOCSIFFLAGS lo IFF_UP")], "a new network has a loopback that is down")
        }
    }

    /// Mounts in the order of the bundle.
    func explainMounts(_ view: CgroupView, _ steps: inout ExplainedSteps) {
        for mount in mounts {
            switch mount.content {
            case .bind(let source):
                steps.add(
                    .container, [Call("move_mount", mount.destination)], "\(source) of the host is seen there")
            case .cgroup: explainCgroups(mount, view, &steps)
            case .fileSystem(let type, let source):
                steps.add(
                    .container,
                    [Call("fsopen", type), Call("fsmount", ([source] + mount.options.data).joined(separator: ","))]
                        + mount.options.explainedAttributes + [Call("move_mount", mount.destination)],
                    Self.reason(for: mount.destination, type))
                if mount.destination == "/dev" { explainDevices(&steps) }
            }
        }
        if makesDevices, !mountsOwnDevices { explainDevices(&steps) }
        if !process.cwd.isEmpty, process.cwd != "/" {
            steps.add(
                .container, [Call("mkdirat", process.cwd)],
                "the working directory, and what is missing above it, while the root can be written to",
                when: "it is missing")
        }
    }

    private func explainCgroups(_ mount: PlannedMount, _ view: CgroupView, _ steps: inout ExplainedSteps) {
        func calls(_ tree: CgroupView.Tree, _ place: String) -> [Call] {
            let made =
                view.hasOwnNamespace
                ? [
                    Call("fsopen", tree.isUnified ? "cgroup2" : "cgroup"),
                    Call("fsmount", tree.options.joined(separator: ",")),
                ]
                : [Call("open_tree", tree.path), Call("mount_setattr", "MS_SLAVE")]
            return made + mount.options.explainedAttributes + [Call("move_mount", place)]
        }
        if let tree = view.trees.first, view.trees.count == 1, tree.isUnified {
            steps.add(.container, calls(tree, mount.destination), "its own cgroup, as the root of what it sees")
            return
        }
        steps.add(
            .container, [Call("fsopen", "tmpfs"), Call("fsmount", "mode=755"), Call("move_mount", mount.destination)],
            "a directory for the hierarchies of cgroup v1")
        for tree in view.trees {
            steps.add(.container, calls(tree, "\(mount.destination)/\(tree.name)"), "its own cgroup of \(tree.name)")
        }
        for link in view.links {
            steps.add(
                .container, [Call("symlinkat", "\(link.target), \(mount.destination)/\(link.name)")],
                "a name of one controller for the hierarchy of several")
        }
        if mount.options.isReadOnly {
            steps.add(
                .container, [Call("mount_setattr", "MOUNT_ATTR_RDONLY")], "limits are not the container's to change")
        }
    }

    private func explainDevices(_ steps: inout ExplainedSteps) {
        for device in devices {
            steps.add(
                .container,
                usesUserNamespace
                    ? [Call("move_mount", device.path)]
                    : [Call("mknodat", "\(device.path), \(device.number.major):\(device.number.minor)")],
                usesUserNamespace
                    ? "the host's node: a user namespace may not make any" : "a device that every program expects")
        }
        for link in DeviceNode.links(beside: mounts) {
            steps.add(
                .container, [Call("symlinkat", "\(link.target), /dev/\(link.name)")], "a name that programs expect")
        }
    }

    /// Names, masks, and the new root.
    func explainRoot(_ steps: inout ExplainedSteps) {
        if let hostname = config.hostname, !hostname.isEmpty {
            steps.add(.container, [Call("sethostname", hostname)], "in its own uts namespace")
        }
        if let name = config.domainname, !name.isEmpty {
            steps.add(.container, [Call("setdomainname", name)], "in its own uts namespace")
        }
        for setting in linux.sysctl {
            steps.add(
                .container, [Call("write", "/proc/sys/\(setting.key) = \(setting.value)")],
                "a kernel setting of the container's own namespaces, through a procfs that the container cannot have shaped"
            )
        }
        for path in linux.readonlyPaths {
            steps.add(
                .container,
                [Call("open_tree", path), Call("mount_setattr", "MOUNT_ATTR_RDONLY"), Call("move_mount", path)],
                "the kernel's settings are the host's: to be read only", when: "\(path) is there")
        }
        if !linux.maskedPaths.isEmpty {
            steps.add(
                .container,
                [
                    Call("fsopen", "tmpfs"), Call("fsmount", "nr_inodes=3"), Call("mount_setattr", "MOUNT_ATTR_RDONLY"),
                    Call("open_tree", "to see whether it can be copied"),
                ],
                "an empty file and an empty directory of our own, to cover with")
            steps.add(
                .container, [Call("move_mount", "/")], "before Linux 6.15 only an attached mount can be copied",
                when: "it could not be copied")
            for path in linux.maskedPaths {
                steps.add(
                    .container, [Call("open_tree", "the empty one"), Call("move_mount", path)],
                    "what the container must not read looks empty", when: "\(path) is there")
            }
            steps.add(
                .container, [Call("umount2", "MNT_DETACH")], "what the covers were copied from goes",
                when: "it was attached")
        }
        steps.add(
            .container,
            [
                Call("pivot_root", "\(rootPath), ."), Call("mount_setattr", "the old root, MS_SLAVE"),
                Call("umount2", "the old root, MNT_DETACH"),
            ],
            "the root becomes /, and the host's files are gone from this namespace")
        if let wanted = linux.rootfsPropagation {
            steps.add(
                .container, [Call("mount_setattr", "/, \(Self.propagationName(TreePropagation(wanted)))")],
                "linux.rootfsPropagation")
        }
        if isRootReadOnly {
            steps.add(.container, [Call("mount_setattr", "/, MOUNT_ATTR_RDONLY")], "--read-only")
        }
    }
}
