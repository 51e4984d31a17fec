internal import AppArmor
internal import LinuxKernel
internal import OCISpec

/// What `create` has decided before there is a process: everything that can be refused is refused here.
struct CreationPlan {
    let id: ContainerID
    let config: RuntimeConfig
    let process: RuntimeConfig.Process
    let linux: RuntimeConfig.Linux
    /// The bundle's absolute path.
    let bundle: String
    /// The root file system's absolute path on the host.
    let rootPath: String
    let isRootReadOnly: Bool
    let namespaces: NamespacePlan
    let mounts: [PlannedMount]
    let devices: [DeviceNode]
    let propagation: TreePropagation
    let label: SecurityLabel
    let noPivot: Bool
    let newKeyring: Bool
    /// Whether the runtime acts for an ordinary user, whose privilege starts in the container's user namespace. Asked once:
    /// in that namespace the same user is root.
    let isRootless = CallerIdentity.effectiveUid != 0
    /// Whether the runtime itself writes the maps of an ordinary user, with the right to a single id of their own.
    let mapsOwnUser: Bool

    /// - Throws: `invalidInput` or `unsupported` for the first thing in the bundle that cannot be done.
    init(
        id: ContainerID, config: RuntimeConfig, bundle: String, noPivot: Bool, newKeyring: Bool
    ) throws(RuntimeError) {
        guard let process = config.process else {
            throw RuntimeError(.invalidInput, "config.json: process is missing; without it nothing can be created")
        }
        guard let root = config.root else { throw RuntimeError(.invalidInput, "config.json: root is missing") }
        (self.id, self.config, self.process, self.bundle) = (id, config, process, bundle)
        (self.noPivot, self.newKeyring) = (noPivot, newKeyring)
        linux = config.linux ?? RuntimeConfig.Linux()
        rootPath = root.path.utf8.first == UInt8(ascii: "/") ? root.path : "\(bundle)/\(root.path)"
        isRootReadOnly = root.readonly
        namespaces = NamespacePlan(linux.namespaces)
        mapsOwnUser =
            isRootless && namespaces.new.contains(.user) && IDMap.areOwn(linux.uidMappings, linux.gidMappings)
        propagation = TreePropagation(linux.rootfsPropagation)
        var mounts: [PlannedMount] = []
        for mount in config.mounts { mounts.append(try PlannedMount(mount, bundle: bundle)) }
        self.mounts = mounts
        devices = try DeviceNode.all(linux.devices)
        label = try SecurityLabel(process)
        try check()
    }

    private func check() throws(RuntimeError) {
        let kinds = namespaces.all
        try checkSharedMounts()
        if namespaces.new.contains(.user), linux.uidMappings.isEmpty || linux.gidMappings.isEmpty {
            throw RuntimeError(
                .invalidInput, "linux.namespaces: a new user namespace needs uidMappings and gidMappings")
        }
        if linux.netDevices.isEmpty == false, !kinds.contains(.network) {
            throw RuntimeError(.invalidInput, "linux.netDevices: the container has no network namespace of its own")
        }
        if namespaces.joins(.mount), !(config.hooks?.createContainer.isEmpty ?? true) {
            // They would be programs of that other container, executed with the runtime's rights.
            throw RuntimeError(
                .unsupported,
                "hooks.createContainer: the container joins a mount namespace, whose programs they would be")
        }
        let label = linux.mountLabel ?? ""
        if !label.isEmpty {
            guard try attempting("asking for SELinux", SELinux.isEnabled) else {
                throw RuntimeError(
                    .unsupported, "linux.mountLabel \(label): this kernel runs without SELinux; remove the label")
            }
        }
    }

    /// Whether the container's user namespace is another than the runtime's.
    var usesUserNamespace: Bool { namespaces.all.contains(.user) }

    /// Whether `/dev` is made by the runtime: it is, unless the bundle brings the host's.
    var makesDevices: Bool {
        !mounts.contains { mount in
            if mount.destination == "/dev", case .bind = mount.content { return true }
            return false
        }
    }

    /// Whether `/dev` is a file system of the container's own, in which nodes are made as it is mounted.
    var mountsOwnDevices: Bool {
        mounts.contains { mount in
            if mount.destination == "/dev", case .fileSystem = mount.content { return true }
            return false
        }
    }

    /// Whether supplementary groups can be set: not with a map that an ordinary user has written alone.
    var mayChangeGroups: Bool { !(isRootless && linux.gidMappings.count == 1 && linux.gidMappings[0].size == 1) }

    /// Whether the process sets its own limits, while it is still root. Once its user is another one, only CAP_SYS_RESOURCE
    /// lets the runtime do it, which not every host gives; in a user namespace the process itself has no such right.
    var limitsItself: Bool { !linux.namespaces.contains { $0.type == .user } }

    /// Whether the process must wait until its maker has done what only the maker can do.
    var waitsForParent: Bool { namespaces.new.contains(.user) || !linux.netDevices.isEmpty }

    /// The text for `/proc/self/timens_offsets`; `nil` without a time namespace of its own.
    var timeOffsets: String? {
        guard namespaces.new.contains(.time) else { return nil }
        return linux.timeOffsets.map { "\($0.key) \($0.value.secs) \($0.value.nanosecs)\n" }.joined()
    }
}
