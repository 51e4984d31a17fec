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
    /// Further groups, names of the image's or numbers.
    let groups: [UserSpec.Part]
    let mounts: [ContainerMount]
    let devices: [DeviceMapping]
    let deviceRules: [DeviceRule]
    let sysctls: [SysctlSetting]
    let capabilities: [String]
    let security: SecurityOptions
    let network: NetworkPlan
    let pidMode: NamespaceMode
    let ipcMode: NamespaceMode
    let utsMode: NamespaceMode
    let cgroupMode: NamespaceMode
    /// Absolute in each hierarchy.
    let cgroupParent: String
    let privileged: Bool
    let readonlyRootfs: Bool
    let resources: ResourcePlan
    let userLimits: [UserLimit]
    /// Bytes.
    let shmSize: Int64
    /// Its first process is a small one of ours. As in Docker, only in a process namespace of its own.
    let hasInit: Bool
    let oomScoreAdj: Int
    let annotations: [String: String]

    /// - Throws: `EngineError`, `invalidInput` but for what this host or this version cannot do: `unsupported`.
    init(
        id: Identifier, _ container: ContainerConfiguration, _ host: HostConfiguration, _ facts: HostFacts,
        mounts: [ContainerMount] = []
    ) throws(EngineError) {
        self.id = id
        arguments = container.command
        // An empty word of the user's is a program that is not there; an entry point that was taken away leaves none.
        guard let program = arguments.first, !program.isEmpty || container.entrypoint?.isEmpty ?? true else {
            throw EngineError(.invalidInput, "no command specified")
        }
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw EngineError(.invalidInput, "the command holds a NUL character")
        }
        network = try NetworkPlan(container, host)
        utsMode = try NamespaceMode(host.utsMode, .uts)
        hostname =
            container.hostname.isEmpty
            ? (network.mode == .host || utsMode == .host ? try Hostname(facts.hostname) : Hostname(id))
            : try Hostname(container.hostname)
        domainname = container.domainname.isEmpty ? nil : try Hostname(container.domainname)
        hasTerminal = container.tty
        environment = try Self.environment(container, hostname)
        workingDirectory = try Self.workingDirectory(container.workingDir)
        user = container.user.isEmpty ? .root : try UserSpec(container.user)
        groups = try host.groupAdd.map { text throws(EngineError) in try UserSpec.Part(text[...]) }
        self.mounts = mounts
        devices = host.devices
        deviceRules = try host.deviceCgroupRules.map { text throws(EngineError) in try DeviceRule(text) }
        privileged = host.privileged
        capabilities = try CapabilitySelection.select(
            adding: host.capAdd, dropping: host.capDrop, privileged: host.privileged,
            lastCapability: facts.lastCapability)
        security = try SecurityOptions(host.securityOpt)
        if security.appArmorProfile != nil, security.appArmorProfile != "unconfined", !facts.hasAppArmor {
            throw EngineError(.unsupported, "--security-opt apparmor: this kernel has no AppArmor")
        }
        cgroupMode = try Self.cgroupMode(host.cgroupnsMode, facts, privileged: host.privileged)
        pidMode = try NamespaceMode(host.pidMode, .pid)
        ipcMode = try NamespaceMode(host.ipcMode, .ipc)
        hasInit = host.initProcess && pidMode.isNew
        _ = try NamespaceMode(host.usernsMode, .user)
        cgroupParent = try Self.cgroupParent(host.cgroupParent)
        sysctls = try Self.sysctls(host, network, ipcMode)
        readonlyRootfs = host.readonlyRootfs
        resources = try ResourcePlan(host, facts)
        userLimits = host.ulimits
        guard host.shmSize >= 0 else { throw EngineError(.invalidInput, "the size of /dev/shm must not be below zero") }
        shmSize = host.shmSize == 0 ? 64 << 20 : host.shmSize
        guard (-1000...1000).contains(host.oomScoreAdj) else {
            throw EngineError(
                .invalidInput, "invalid value \(host.oomScoreAdj), range for oom score adj is [-1000, 1000]")
        }
        oomScoreAdj = host.oomScoreAdj
        annotations = host.annotations
        try container.healthcheck?.check()
        if let signal = container.stopSignal { _ = try Engine.signal(signal) }
        try PendingOptions.check(container, host)
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

    /// Docker's default: private where cgroup version 2 is all there is, the host's view elsewhere.
    private static func cgroupMode(
        _ text: String, _ facts: HostFacts, privileged: Bool
    ) throws(EngineError) -> NamespaceMode {
        guard text.isEmpty else { return try NamespaceMode(text, .cgroup) }
        return facts.hasUnifiedCgroups && !privileged ? .own : .host
    }

    /// A path of each hierarchy, from its root.
    private static func cgroupParent(_ text: String) throws(EngineError) -> String {
        guard !text.isEmpty else { return "/brig" }
        guard !text.split(separator: "/").contains(".."), !text.utf8.contains(where: { $0 < 0x21 || $0 > 0x7e }),
            let path = normalized("/" + text), path != "/"
        else { throw EngineError(.invalidInput, "invalid --cgroup-parent: \(quotedForError(text))") }
        return path
    }

    private static func sysctls(
        _ host: HostConfiguration, _ network: NetworkPlan, _ ipc: NamespaceMode
    ) throws(EngineError) -> [SysctlSetting] {
        try host.sysctls.sorted { $0.key < $1.key }.map { key, value throws(EngineError) in
            let setting = try SysctlSetting("\(key)=\(value)")
            if setting.isForNetwork, network.mode == .host {
                throw EngineError(.invalidInput, "sysctl '\(key)' is not allowed with --network host: it is the host's")
            }
            if !setting.isForNetwork, !ipc.isNew {
                throw EngineError(.invalidInput, "sysctl '\(key)' is not allowed with --ipc \(host.ipcMode)")
            }
            return setting
        }
    }
}

/// What is understood, but that no part of the engine acts on yet: refused, so that nothing is silently missing.
enum PendingOptions {
    static func check(_ container: ContainerConfiguration, _ host: HostConfiguration) throws(EngineError) {
        _ = try HealthPlan(container.healthcheck)
    }
}
