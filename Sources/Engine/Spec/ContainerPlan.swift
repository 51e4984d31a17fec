/// A container's two configurations as checked values: what all of them mean together, before anything is made.
///
/// Made when a container is created, so that wrong input makes nothing, and again each time it starts: no start passes
/// by these checks.
struct ContainerPlan: Equatable, Sendable {
    let id: Identifier
    /// Program and arguments.
    let arguments: [String]
    /// Without `HOME`, which depends on the user.
    let environment: [EnvironmentEntry]
    let workingDirectory: String
    let user: UserSpec
    let hostname: Hostname
    let domainname: Hostname?
    let hasTerminal: Bool
    let binds: [VolumeBinding]
    let tmpfs: [TemporaryFileSystem]
    let capabilities: [String]
    let security: SecurityOptions
    let network: NetworkPlan
    let cgroupNamespaceIsPrivate: Bool
    let privileged: Bool
    let readonlyRootfs: Bool
    let limits: ResourceLimits
    let userLimits: [UserLimit]
    /// Bytes.
    let shmSize: Int64
    let oomScoreAdj: Int

    struct TemporaryFileSystem: Equatable, Sendable {
        let destination: String
        let options: [String]
    }

    struct ResourceLimits: Equatable, Sendable {
        /// Bytes.
        var memory: Int64?
        /// Memory and swap together, in bytes; -1 is no limit.
        var memoryAndSwap: Int64?
        /// Microseconds of processor time in each period of 100,000.
        var cpuQuota: Int64?
        var processes: Int64?
    }

    /// - Throws: `EngineError`, `invalidInput` but for what this host or this version cannot do: `unsupported`.
    init(
        id: Identifier, _ container: ContainerConfiguration, _ host: HostConfiguration, _ facts: HostFacts
    ) throws(EngineError) {
        self.id = id
        arguments = container.command
        guard let program = arguments.first, !program.isEmpty else {
            throw EngineError(.invalidInput, "no command specified")
        }
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw EngineError(.invalidInput, "the command holds a NUL character")
        }
        network = try NetworkPlan(container, host)
        hostname =
            container.hostname.isEmpty
            ? (network.mode == .host ? try Hostname(facts.hostname) : Hostname(id)) : try Hostname(container.hostname)
        domainname = container.domainname.isEmpty ? nil : try Hostname(container.domainname)
        hasTerminal = container.tty
        environment = try Self.environment(container, hostname)
        workingDirectory = try Self.workingDirectory(container.workingDir)
        user = container.user.isEmpty ? .root : try UserSpec(container.user)
        binds = try host.binds.map { text throws(EngineError) in try VolumeBinding(text, workingDirectory: "/") }
        tmpfs = try Self.tmpfs(host.tmpfs)
        let destinations = binds.map(\.destination) + tmpfs.map(\.destination)
        if let twice = destinations.first(where: { one in destinations.count { $0 == one } > 1 }) {
            throw EngineError(.invalidInput, "duplicate mount point: \(quotedForError(twice))")
        }
        privileged = host.privileged
        capabilities = try CapabilitySelection.select(
            adding: host.capAdd, dropping: host.capDrop, privileged: host.privileged,
            lastCapability: facts.lastCapability)
        security = try SecurityOptions(host.securityOpt)
        if security.appArmorProfile != nil, security.appArmorProfile != "unconfined", !facts.hasAppArmor {
            throw EngineError(.unsupported, "--security-opt apparmor: this kernel has no AppArmor")
        }
        cgroupNamespaceIsPrivate = try Self.isPrivate(host.cgroupnsMode, facts, privileged: host.privileged)
        for (mode, option) in [
            (host.pidMode, "--pid"), (host.utsMode, "--uts"), (host.usernsMode, "--userns"),
            (host.ipcMode == "private" ? "" : host.ipcMode, "--ipc"), (host.cgroupParent, "--cgroup-parent"),
        ] where !mode.isEmpty {
            throw EngineError(.unsupported, "\(option) \(quotedForError(mode)) is not supported yet")
        }
        readonlyRootfs = host.readonlyRootfs
        limits = try Self.limits(host, facts)
        userLimits = host.ulimits
        guard host.shmSize >= 0 else { throw EngineError(.invalidInput, "the size of /dev/shm must not be below zero") }
        shmSize = host.shmSize == 0 ? 64 << 20 : host.shmSize
        guard (-1000...1000).contains(host.oomScoreAdj) else {
            throw EngineError(.invalidInput, "--oom-score-adj must be between -1000 and 1000")
        }
        oomScoreAdj = host.oomScoreAdj
    }
}

extension ContainerPlan {
    /// Docker's order: what the engine sets, then the container's own; a variable of its own stands in the same place.
    private static func environment(
        _ container: ContainerConfiguration, _ hostname: Hostname
    ) throws(EngineError) -> [EnvironmentEntry] {
        var entries = [
            try EnvironmentEntry(key: "PATH", value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            try EnvironmentEntry(key: "HOSTNAME", value: hostname.text),
        ]
        if container.tty { entries.append(try EnvironmentEntry(key: "TERM", value: "xterm")) }
        for text in container.env {
            // Docker takes a bare name as the wish to have that variable unset.
            if text.utf8.contains(UInt8(ascii: "=")) {
                entries.set(try EnvironmentEntry(text))
            } else {
                entries.removeAll { $0.key == text }
            }
        }
        return entries
    }

    private static func workingDirectory(_ text: String) throws(EngineError) -> String {
        guard !text.isEmpty else { return "/" }
        guard text.hasPrefix("/"), !text.utf8.contains(0), let path = normalized(text) else {
            throw EngineError(
                .invalidInput,
                "the working directory \(quotedForError(text)) is invalid, it needs to be an absolute path")
        }
        return path
    }

    private static func tmpfs(_ wanted: [String: String]) throws(EngineError) -> [TemporaryFileSystem] {
        let allowed: Set<Substring> = [
            "exec", "noexec", "suid", "nosuid", "dev", "nodev", "ro", "rw", "size", "mode", "uid", "gid", "nr_inodes",
            "nr_blocks", "noatime", "relatime",
        ]
        var result: [TemporaryFileSystem] = []
        for (destination, options) in wanted.sorted(by: { $0.key < $1.key }) {
            // The same places are open to a tmpfs and to a volume.
            let binding = try VolumeBinding("/:\(destination)", workingDirectory: "/")
            let given = options.split(separator: ",")
            for option in given {
                let key = option.prefix { $0 != "=" }
                guard allowed.contains(key), option.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                    throw EngineError(.invalidInput, "invalid --tmpfs option: \(quotedForError(String(option)))")
                }
            }
            result.append(
                TemporaryFileSystem(
                    destination: binding.destination, options: ["noexec", "nosuid", "nodev"] + given.map(String.init)))
        }
        return result
    }

    /// Docker's default: private where cgroup version 2 is all there is, the host's view elsewhere.
    private static func isPrivate(
        _ mode: String, _ facts: HostFacts, privileged: Bool
    ) throws(EngineError) -> Bool {
        switch mode {
        case "": facts.hasUnifiedCgroups && !privileged
        case "private": true
        case "host": false
        default: throw EngineError(.invalidInput, "invalid cgroup namespace mode: \(quotedForError(mode))")
        }
    }

    private static func limits(_ host: HostConfiguration, _ facts: HostFacts) throws(EngineError) -> ResourceLimits {
        var limits = ResourceLimits()
        if host.memory != 0 {
            guard host.memory >= 6 << 20 else {
                throw EngineError(.invalidInput, "the minimum memory limit allowed is 6MB")
            }
            limits.memory = host.memory
        }
        switch host.memorySwap {
        case 0:
            // Docker's default. Where swap is not counted there is nothing to limit, and nobody asked for it.
            let (twice, overflow) = host.memory.multipliedReportingOverflow(by: 2)
            if host.memory != 0, facts.countsSwap { limits.memoryAndSwap = overflow ? -1 : twice }
        case -1:
            if facts.countsSwap, host.memory != 0 { limits.memoryAndSwap = -1 }
        default:
            guard host.memory != 0 else {
                throw EngineError(.invalidInput, "you should always set --memory when you set --memory-swap")
            }
            guard host.memorySwap >= host.memory else {
                throw EngineError(.invalidInput, "--memory-swap should be larger than --memory")
            }
            guard facts.countsSwap else {
                throw EngineError(.unsupported, "--memory-swap: this kernel does not count swap for each cgroup")
            }
            limits.memoryAndSwap = host.memorySwap
        }
        if host.nanoCpus != 0 {
            let most = Int64(facts.processors) * 1_000_000_000
            guard (10_000_000...most).contains(host.nanoCpus) else {
                throw EngineError(
                    .invalidInput,
                    "range of CPUs is from 0.01 to \(facts.processors).00, as there are only \(facts.processors) CPUs "
                        + "available")
            }
            limits.cpuQuota = host.nanoCpus / 10_000
        }
        if host.pidsLimit > 0 { limits.processes = host.pidsLimit }
        return limits
    }
}
