internal import Capabilities
internal import LinuxKernel
internal import OCISpec
internal import Seccomp

extension CreationPlan {
    private typealias Call = ExplainedStep.Call

    /// The process's own properties, and the program.
    func explainEnd(_ confinement: Confinement, _ steps: inout ExplainedSteps) {
        if limitsItself {
            for limit in process.rlimits {
                steps.add(
                    .container, [Call("prlimit64", "\(limit.type.rawValue), \(limit.soft), \(limit.hard)")],
                    "while it is still root: later it could only lower them")
            }
        }
        switch label {
        case .none: break
        case .appArmor(let profile):
            steps.add(
                .container, [Call("write", "/proc/self/attr/apparmor/exec, \(profile)")],
                "AppArmor's profile from exec on")
        case .selinux(let label):
            steps.add(.container, [Call("write", "/proc/self/attr/exec, \(label)")], "SELinux's label from exec on")
        }
        let directory = process.cwd.isEmpty ? "/" : process.cwd
        steps.add(
            .container, [Call("chdir", directory)],
            "while it is still root, who may enter what its user may not; and it must lie inside of the root (CVE-2024-21626)"
        )
        for step in confinement.stepsBeforeStart { explain(step, confinement, &steps) }
        steps.add(
            .container, [Call("chdir", directory)],
            "as its user, who may where root may not, in a share of the network",
            when: "root was not let in")
        for step in confinement.stepsAfterStart { explain(step, confinement, &steps) }
        steps.add(
            .container, [Call("execve", process.args.joined(separator: " "))],
            "the same process becomes the program: nothing of the runtime stays in the container")
    }

    private func explain(_ step: Confinement.Step, _ confinement: Confinement, _ steps: inout ExplainedSteps) {
        let sets = confinement.capabilities.sets
        switch step {
        case .setNoNewPrivileges:
            steps.add(.container, [Call("prctl", "PR_SET_NO_NEW_PRIVS")], "no program can give it more than it has")
        case .dropBoundingSet:
            let kept = sets.bounding.capabilities.map(\.specName).joined(separator: " ")
            steps.add(
                .container, [Call("prctl", "PR_CAPBSET_DROP, all but \(kept.isEmpty ? "none" : kept)")],
                "what is not in the bounding set no exec brings back")
        case .becomeUser:
            if confinement.capabilities.keepsAcross(userID: confinement.user.uid) {
                steps.add(.container, [Call("prctl", "PR_SET_KEEPCAPS")], "capabilities outlive the change of user")
            }
            let (uid, gid) = (confinement.user.uid, confinement.user.gid)
            let groups = confinement.groups.map { "\($0)" }.joined(separator: ",")
            steps.add(
                .container,
                [Call("setresgid", "\(gid)")] + (confinement.mayChangeGroups ? [Call("setgroups", groups)] : [])
                    + [Call("setresuid", "\(uid)")],
                "groups first: without CAP_SETGID they could not be changed any more")
        case .restrictCapabilities:
            steps.add(
                .container,
                [Call("capset", "permitted \(sets.permitted.hexadecimal), effective \(sets.effective.hexadecimal)")],
                "exactly these, and none to inherit")
            steps.add(
                .container, [Call("capset", "those of them that the runtime holds")],
                "a host that lacks some capabilities itself gives those that it has", when: "the first was refused")
            for capability in confinement.capabilities.raisableAmbient.capabilities {
                steps.add(
                    .container, [Call("prctl", "PR_CAP_AMBIENT_RAISE, \(capability.specName)")],
                    "it outlives the exec of an ordinary user")
            }
        case .loadFilter:
            guard let filter = confinement.filter else { return }
            steps.add(
                .container, [Call("seccomp", "SECCOMP_SET_MODE_FILTER, \(filter.instructions.count) instructions")],
                confinement.noNewPrivileges
                    ? "last of all, so that the profile need not allow what the runtime does"
                    : "while CAP_SYS_ADMIN is there, which loading a filter takes without no_new_privs")
        }
    }

    static func flag(_ kind: NamespaceKind) -> String {
        switch kind {
        case .mount: "CLONE_NEWNS"
        case .pid: "CLONE_NEWPID"
        case .network: "CLONE_NEWNET"
        case .ipc: "CLONE_NEWIPC"
        case .uts: "CLONE_NEWUTS"
        case .user: "CLONE_NEWUSER"
        case .cgroup: "CLONE_NEWCGROUP"
        case .time: "CLONE_NEWTIME"
        }
    }

    static func propagationName(_ propagation: TreePropagation) -> String {
        let name =
            switch propagation.kind {
            case .shared: "MS_SHARED"
            case .slave: "MS_SLAVE"
            case .private: "MS_PRIVATE"
            case .unbindable: "MS_UNBINDABLE"
            }
        return name + (propagation.recursive ? "|AT_RECURSIVE" : "")
    }

    /// As `RootSource` chooses it.
    static func rootPropagation(_ propagation: TreePropagation) -> String {
        propagation.kind == .slave
            ? "MS_SLAVE|AT_RECURSIVE" : "MS_PRIVATE" + (propagation.kind == .shared ? "" : "|AT_RECURSIVE")
    }

    static func reason(for destination: String, _ type: String) -> String {
        switch destination {
        case "/proc": "a procfs of its own pid namespace: it shows the container's processes only"
        case "/dev": "devices are the runtime's choice; what the image has there is covered"
        case "/dev/pts": "terminals of its own"
        case "/dev/shm": "shared memory of its own, of a limited size"
        case "/dev/mqueue": "message queues of its own ipc namespace"
        case "/sys": "sysfs of its own network namespace, to be read only"
        default: type == "tmpfs" ? "files in memory, gone with the container" : "a file system of type \(type)"
        }
    }

    static func limitNames(_ resources: RuntimeConfig.Linux.Resources) -> String {
        var names: [String] = []
        if !resources.devices.isEmpty { names.append("devices") }
        if resources.memory != nil { names.append("memory") }
        if resources.cpu != nil { names.append("cpu") }
        if resources.pids != nil { names.append("pids") }
        if resources.blockIO != nil { names.append("blkio") }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}

extension MountOptions {
    /// The calls of `apply(to:)`.
    var explainedAttributes: [ExplainedStep.Call] {
        var calls: [ExplainedStep.Call] = []
        if !set.isEmpty || !clear.isEmpty { calls.append(.init("mount_setattr", Self.names(set))) }
        if !recursiveSet.isEmpty || !recursiveClear.isEmpty {
            calls.append(.init("mount_setattr", Self.names(recursiveSet) + "|AT_RECURSIVE"))
        }
        for change in propagation {
            calls.append(
                .init(
                    "mount_setattr",
                    CreationPlan.propagationName(TreePropagation(kind: change.kind, recursive: change.recursive))))
        }
        return calls
    }

    private static func names(_ attributes: MountAttributes) -> String {
        let names: [(MountAttributes, String)] = [
            (.readOnly, "MOUNT_ATTR_RDONLY"), (.noSetUID, "MOUNT_ATTR_NOSUID"), (.noDevices, "MOUNT_ATTR_NODEV"),
            (.noExec, "MOUNT_ATTR_NOEXEC"), (.noAccessTime, "MOUNT_ATTR_NOATIME"),
            (.strictAccessTime, "MOUNT_ATTR_STRICTATIME"), (.noDirectoryAccessTime, "MOUNT_ATTR_NODIRATIME"),
            (.noSymbolicLinks, "MOUNT_ATTR_NOSYMFOLLOW"),
        ]
        let found = names.filter { attributes.contains($0.0) }.map(\.1)
        return found.isEmpty ? "attributes cleared" : found.joined(separator: "|")
    }
}
