internal import OCISpec

/// The mounts that every container has.
enum DefaultMounts {
    /// In the order in which they are made. Source: Docker's defaults; `/dev/shm` is a tmpfs of the container's own here.
    ///
    /// - Parameter sharedMemory: A directory of the host's that is `/dev/shm` for several containers.
    static func mounts(
        privileged: Bool, shmSize: Int64, ipc: NamespaceMode, sharedMemory: String?
    ) -> [RuntimeConfig.Mount] {
        let access = privileged ? [] : ["ro"]
        var mounts = [
            mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev"] + access),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", access + ["nosuid", "noexec", "nodev"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        ]
        switch ipc {
        case .bare: break
        case .host: mounts.append(mount("/dev/shm", "bind", "/dev/shm", ["rbind", "rprivate"]))
        case .own, .shareable, .container:
            mounts.append(
                sharedMemory.map { mount("/dev/shm", "bind", $0, ["bind", "rprivate"]) }
                    ?? mount(
                        "/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=\(shmSize)"]))
        }
        return mounts
    }

    private static func mount(
        _ destination: String, _ type: String, _ source: String, _ options: [String]
    ) -> RuntimeConfig.Mount {
        RuntimeConfig.Mount(destination: destination, type: type, source: source, options: options)
    }
}

/// What of the kernel's own files a container neither sees nor changes.
enum SystemPaths {
    /// Docker's list with the power meters, which tell what other containers compute.
    static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]

    static let readOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

/// The device files that a container may use.
enum DeviceRules {
    private typealias Rule = RuntimeConfig.Linux.Resources.DeviceRule

    /// Docker's list: nothing but what the runtime puts into `/dev`, and the making of nodes, which by itself opens none.
    static var standard: [RuntimeConfig.Linux.Resources.DeviceRule] {
        let nodes: [(Int64, Int64)] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2)]
        return [
            Rule(allow: false, access: "rwm"),
            Rule(allow: true, type: .character, access: "m"),
            Rule(allow: true, type: .block, access: "m"),
        ] + nodes.map { Rule(allow: true, type: .character, major: $0.0, minor: $0.1, access: "rwm") }
            + [Rule(allow: true, type: .character, major: 136, access: "rwm")]
    }

    static var everything: [RuntimeConfig.Linux.Resources.DeviceRule] { [Rule(allow: true, access: "rwm")] }
}
