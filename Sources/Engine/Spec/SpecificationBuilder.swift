internal import OCISpec

/// Turns a plan into the one `config.json` that is the whole contract between engine and runtime.
///
/// Pure: what had to be looked up, on the host or in the image, is given.
struct SpecificationBuilder {
    let plan: ContainerPlan
    let facts: HostFacts
    let user: ResolvedUser
    /// The mounted root file system, absolute.
    let rootfs: String
    /// The generated files: where they are on the host and in the container.
    let generatedFiles: [(source: String, destination: String)]
    /// `nil` without a filter.
    let seccomp: RuntimeConfig.Linux.Seccomp?
    /// The host's device files, for privileged containers.
    let hostDevices: [RuntimeConfig.Linux.Device]
    /// Where a network namespace that is there already can be opened; `nil` for a new one.
    var networkNamespace: String?

    /// The AppArmor profile that containers get where the kernel has AppArmor.
    static let defaultAppArmorProfile = "brig-default"

    func specification() -> RuntimeConfig {
        RuntimeConfig(
            ociVersion: "1.0.2", process: process(terminal: plan.hasTerminal, arguments: plan.arguments),
            root: RuntimeConfig.Root(path: rootfs, readonly: plan.readonlyRootfs), hostname: plan.hostname.text,
            domainname: plan.domainname?.text, mounts: mounts, linux: linux)
    }

    private func process(terminal: Bool, arguments: [String]) -> RuntimeConfig.Process {
        RuntimeConfig.Process(
            terminal: terminal,
            user: RuntimeConfig.Process.User(uid: user.uid, gid: user.gid, additionalGids: user.groups),
            args: arguments, env: environment, cwd: plan.workingDirectory, capabilities: capabilities,
            rlimits: rlimits, noNewPrivileges: plan.security.noNewPrivileges, apparmorProfile: appArmorProfile,
            oomScoreAdj: oomScoreAdj)
    }

    private var environment: [String] {
        let home = plan.environment["HOME"] == nil ? ["HOME=\(user.home)"] : []
        return plan.environment.map(\.description) + home
    }

    /// Nothing inheritable, nothing ambient. For other users than root effective and permitted stay empty, as exec would
    /// leave them anyway.
    private var capabilities: RuntimeConfig.Process.Capabilities {
        let usable = user.uid == 0 ? plan.capabilities : []
        return RuntimeConfig.Process.Capabilities(
            bounding: plan.capabilities, effective: usable, permitted: usable)
    }

    /// Docker's engine runs with 1024:524288 open files and so do its containers. That is a default: it is lowered to
    /// what the host allows, where what the user asks for is passed on as it is.
    private var rlimits: [RuntimeConfig.Process.Rlimit] {
        let asked = plan.userLimits.compactMap { limit in
            RuntimeConfig.Process.Rlimit.Resource(rawValue: "RLIMIT_\(limit.name.uppercased())").map {
                RuntimeConfig.Process.Rlimit(
                    type: $0, hard: limit.hard < 0 ? .max : UInt64(limit.hard),
                    soft: limit.soft < 0 ? .max : UInt64(limit.soft))
            }
        }
        guard !asked.contains(where: { $0.type == .openFiles }) else { return asked }
        let hard = facts.canRaiseLimits ? 524_288 : min(524_288, facts.openFilesHardLimit)
        return asked + [RuntimeConfig.Process.Rlimit(type: .openFiles, hard: hard, soft: min(1024, hard))]
    }

    private var oomScoreAdj: Int {
        plan.oomScoreAdj == 0 && !facts.canRaiseLimits ? max(0, facts.oomScoreAdjustment) : plan.oomScoreAdj
    }

    private var appArmorProfile: String? {
        guard facts.hasAppArmor else { return nil }
        if let asked = plan.security.appArmorProfile { return asked }
        return plan.privileged ? "unconfined" : Self.defaultAppArmorProfile
    }

    private var mounts: [RuntimeConfig.Mount] {
        let own = plan.binds.map(\.destination) + plan.tmpfs.map(\.destination)
        let defaults = DefaultMounts.mounts(privileged: plan.privileged, shmSize: plan.shmSize)
            .filter { !own.contains($0.destination) }
        let files = generatedFiles.filter { !own.contains($0.destination) }.map { file in
            RuntimeConfig.Mount(
                destination: file.destination, type: "bind", source: file.source,
                options: ["rbind", "rprivate"] + (plan.readonlyRootfs ? ["ro"] : []))
        }
        let asked =
            plan.binds.map(bindMount)
            + plan.tmpfs.map {
                RuntimeConfig.Mount(
                    destination: $0.destination, type: "tmpfs", source: "tmpfs", options: $0.options)
            }
        // A parent first, whatever the order on the command line: else it would hide what lies below it.
        let depth = { (mount: RuntimeConfig.Mount) in mount.destination.utf8.count { $0 == UInt8(ascii: "/") } }
        return defaults + files + asked.sorted { (depth($0), $0.destination) < (depth($1), $1.destination) }
    }

    private func bindMount(_ binding: VolumeBinding) -> RuntimeConfig.Mount {
        let access = binding.isReadOnly ? [facts.hasRecursiveReadOnly ? "rro" : "ro"] : []
        return RuntimeConfig.Mount(
            destination: binding.destination, type: "bind", source: binding.source,
            options: ["rbind", binding.propagation.rawValue] + access)
    }

    private var linux: RuntimeConfig.Linux {
        let open = plan.privileged || plan.security.unmaskedSystemPaths
        return RuntimeConfig.Linux(
            sysctl: sysctl, resources: resources, cgroupsPath: "/brig/\(plan.id.text)", namespaces: namespaces,
            devices: plan.privileged ? hostDevices : [], seccomp: plan.privileged ? nil : seccomp,
            rootfsPropagation: rootPropagation, maskedPaths: open ? [] : SystemPaths.masked,
            readonlyPaths: open ? [] : SystemPaths.readOnly)
    }

    /// A mount that is to pass on needs a root that passes on.
    private var rootPropagation: RuntimeConfig.Linux.Propagation? {
        let wanted = plan.binds.map(\.propagation)
        if wanted.contains(where: { [.shared, .rshared].contains($0) }) { return .shared }
        if wanted.contains(where: { [.slave, .rslave].contains($0) }) { return .recursiveSlave }
        return nil
    }

    private var namespaces: [RuntimeConfig.Linux.Namespace] {
        var kinds: [RuntimeConfig.Linux.Namespace.Kind] = [.mount, .uts, .pid, .ipc]
        if plan.network.mode != .host { kinds.append(.network) }
        if plan.cgroupNamespaceIsPrivate { kinds.append(.cgroup) }
        return kinds.map { RuntimeConfig.Linux.Namespace(type: $0, path: $0 == .network ? networkNamespace : nil) }
    }

    /// Docker lets every user of a container bind low ports and send pings in a network namespace of its own.
    private var sysctl: OrderedMap<String> {
        plan.network.sharesNamespace
            ? [:] : ["net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"]
    }

    private var resources: RuntimeConfig.Linux.Resources {
        let limits = plan.limits
        var resources = RuntimeConfig.Linux.Resources(
            devices: plan.privileged ? DeviceRules.everything : DeviceRules.standard)
        if limits.memory != nil || limits.memoryAndSwap != nil {
            resources.memory = .init(limit: limits.memory, swap: limits.memoryAndSwap)
        }
        if let quota = limits.cpuQuota { resources.cpu = .init(quota: quota, period: 100_000) }
        if let processes = limits.processes { resources.pids = .init(limit: processes) }
        return resources
    }
}
