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
    /// Those that the plan names.
    var devices = DevicePlan()
    /// The namespaces of others that the container enters, each with the path by which the runtime opens it.
    var joined: [RuntimeConfig.Linux.Namespace.Kind: String] = [:]
    /// Where on the host the sources of mounts are, by their destination: of volumes, images and shared memory.
    var sources: [String: String] = [:]
    /// Where on the host the first process is, if it is one of ours.
    var initProgram: String?

    /// The AppArmor profile that containers get where the kernel has AppArmor.
    static let defaultAppArmorProfile = "brig-default"

    func specification() -> RuntimeConfig {
        RuntimeConfig(
            ociVersion: "1.0.2",
            process: process(
                terminal: plan.hasTerminal,
                arguments: (initProgram == nil ? [] : InitProgram.words) + plan.arguments),
            root: RuntimeConfig.Root(path: rootfs, readonly: plan.readonlyRootfs),
            hostname: plan.utsMode.isNew ? plan.hostname.text : nil, domainname: plan.domainname?.text, mounts: mounts,
            annotations: annotations, linux: linux)
    }

    private func process(terminal: Bool, arguments: [String]) -> RuntimeConfig.Process {
        RuntimeConfig.Process(
            terminal: terminal,
            user: RuntimeConfig.Process.User(uid: user.uid, gid: user.gid, additionalGids: user.groups),
            args: arguments, env: environment, cwd: plan.workingDirectory, capabilities: capabilities,
            rlimits: rlimits, noNewPrivileges: plan.security.noNewPrivileges, apparmorProfile: appArmorProfile,
            oomScoreAdj: oomScoreAdj)
    }

    private var annotations: OrderedMap<String> {
        var result: OrderedMap<String> = [:]
        for (key, value) in plan.annotations.sorted(by: { $0.key < $1.key }) { result[key] = value }
        return result
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
        let taken = plan.mounts.map(\.destination)
        let defaults = DefaultMounts.mounts(
            privileged: plan.privileged, shmSize: plan.shmSize, ipc: plan.ipcMode, sharedMemory: sources["/dev/shm"]
        ).filter { !taken.contains($0.destination) }
        let files = generatedFiles.filter { !taken.contains($0.destination) }.map { file in
            RuntimeConfig.Mount(
                destination: file.destination, type: "bind", source: file.source,
                options: ["rbind", "rprivate"] + (plan.readonlyRootfs ? ["ro"] : []))
        }
        let program = initProgram.map {
            RuntimeConfig.Mount(
                destination: InitProgram.destination, type: "bind", source: $0,
                options: ["bind", "rprivate", "ro", "nosuid", "nodev"])
        }
        let asked = plan.mounts.map(mount)
        // A parent first, whatever the order on the command line: else it would hide what lies below it.
        let depth = { (mount: RuntimeConfig.Mount) in mount.destination.utf8.count { $0 == UInt8(ascii: "/") } }
        let own = asked.sorted { (depth($0), $0.destination) < (depth($1), $1.destination) }
        // A volume at /etc comes before the engine's files there.
        let isAbove = { (mount: RuntimeConfig.Mount) in
            files.contains { $0.destination.hasPrefix(mount.destination + "/") }
        }
        return defaults + own.filter(isAbove) + files + own.filter { !isAbove($0) } + (program.map { [$0] } ?? [])
    }

    private func mount(_ mount: ContainerMount) -> RuntimeConfig.Mount {
        if mount.kind == .tmpfs {
            return RuntimeConfig.Mount(
                destination: mount.destination, type: "tmpfs", source: "tmpfs", options: mount.options)
        }
        var options = [mount.isAlone ? "bind" : "rbind", mount.propagation]
        if mount.isReadOnly {
            let isWhole =
                mount.recursion == .required || (mount.recursion == .wanted && facts.hasRecursiveReadOnly)
            options.append(isWhole ? "rro" : "ro")
        }
        let mapped = !mount.uidMappings.isEmpty || !mount.gidMappings.isEmpty
        if mapped { options.append(mount.isAlone ? "idmap" : "ridmap") }
        let mapping = { (range: OwnerMapping) in
            RuntimeConfig.Linux.IDMapping(containerID: range.container, hostID: range.host, size: range.count)
        }
        return RuntimeConfig.Mount(
            destination: mount.destination, type: "bind", source: sources[mount.destination] ?? mount.source,
            options: options, uidMappings: mount.uidMappings.map(mapping), gidMappings: mount.gidMappings.map(mapping))
    }

    private var linux: RuntimeConfig.Linux {
        let open = plan.privileged || plan.security.unmaskedSystemPaths
        return RuntimeConfig.Linux(
            sysctl: sysctl, resources: resources, cgroupsPath: "\(plan.cgroupParent)/\(plan.id.text)",
            namespaces: namespaces,
            devices: (plan.privileged ? hostDevices : []) + namedDevices, seccomp: plan.privileged ? nil : seccomp,
            rootfsPropagation: rootPropagation, maskedPaths: open ? [] : SystemPaths.masked,
            readonlyPaths: open ? [] : SystemPaths.readOnly)
    }

    /// A mount that is to pass on needs a root that passes on.
    private var rootPropagation: RuntimeConfig.Linux.Propagation? {
        let wanted = plan.mounts.map(\.propagation)
        if wanted.contains(where: ["shared", "rshared"].contains) { return .shared }
        if wanted.contains(where: ["slave", "rslave"].contains) { return .recursiveSlave }
        return nil
    }

    /// A device that is named goes before the one of the host's in the same place.
    private var namedDevices: [RuntimeConfig.Linux.Device] {
        plan.privileged
            ? devices.devices.filter { device in !hostDevices.contains { $0.path == device.path } } : devices.devices
    }

    private var namespaces: [RuntimeConfig.Linux.Namespace] {
        var kinds: [RuntimeConfig.Linux.Namespace.Kind] = [.mount]
        for (kind, mode) in [
            (RuntimeConfig.Linux.Namespace.Kind.uts, plan.utsMode), (.pid, plan.pidMode), (.ipc, plan.ipcMode),
        ] where mode.isNew { kinds.append(kind) }
        if plan.network.mode != .host { kinds.append(.network) }
        if plan.cgroupMode.isNew { kinds.append(.cgroup) }
        return kinds.filter { joined[$0] == nil }.map {
            RuntimeConfig.Linux.Namespace(type: $0, path: $0 == .network ? networkNamespace : nil)
        } + joined.sorted { $0.key.rawValue < $1.key.rawValue }.map { .init(type: $0.key, path: $0.value) }
    }

    /// Docker lets every user of a container bind low ports and send pings in a network namespace of its own.
    private var sysctl: OrderedMap<String> {
        var result: OrderedMap<String> =
            plan.network.sharesNamespace
            ? [:] : ["net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"]
        for setting in plan.sysctls { result[setting.key] = setting.value }
        return result
    }

    private var resources: RuntimeConfig.Linux.Resources {
        plan.resources.specification(
            devices: (plan.privileged ? DeviceRules.everything : DeviceRules.standard) + devices.rules,
            blockIO: devices.blockIO)
    }
}

extension ResourcePlan {
    func specification(
        devices: [RuntimeConfig.Linux.Resources.DeviceRule], blockIO: RuntimeConfig.Linux.Resources.BlockIO?
    ) -> RuntimeConfig.Linux.Resources {
        var result = RuntimeConfig.Linux.Resources(devices: devices)
        let memory = RuntimeConfig.Linux.Resources.Memory(
            limit: memory, reservation: memoryReservation, swap: memoryAndSwap, swappiness: swappiness,
            disableOOMKiller: disablesOOMKiller ? true : nil)
        if memory != RuntimeConfig.Linux.Resources.Memory() { result.memory = memory }
        let cpu = RuntimeConfig.Linux.Resources.CPU(
            shares: cpuShares, quota: cpuQuota, period: cpuPeriod, realtimeRuntime: realtimeRuntime,
            realtimePeriod: realtimePeriod, cpus: processors, mems: memoryNodes)
        if cpu != RuntimeConfig.Linux.Resources.CPU() { result.cpu = cpu }
        if let processes { result.pids = .init(limit: processes) }
        result.blockIO = blockIO
        return result
    }
}
