package import OCISpec

/// The `config.json` that `spec` writes: a shell in a container with few privileges, to be edited.
package struct StarterConfig {
    /// The version of the specification that it follows.
    package let ociVersion: String
    /// With cgroup v2 alone the container gets a cgroup namespace: `/sys/fs/cgroup` then shows its own part.
    package let hasUnifiedCgroups: Bool
    /// The ids of an ordinary user, who becomes root in a user namespace; `nil` for root.
    package let rootless: (uid: UInt32, gid: UInt32)?

    package init(ociVersion: String, hasUnifiedCgroups: Bool, rootless: (uid: UInt32, gid: UInt32)?) {
        self.ociVersion = ociVersion
        self.hasUnifiedCgroups = hasUnifiedCgroups
        self.rootless = rootless
    }

    package var json: JSONValue {
        [
            "ociVersion": .string(ociVersion), "process": process, "root": ["path": "rootfs", "readonly": true],
            "hostname": "brig", "mounts": .array(mounts), "linux": linux,
        ]
    }

    private var process: JSONValue {
        let capabilities: JSONValue = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return [
            "terminal": true, "user": ["uid": 0, "gid": 0], "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"], "cwd": "/",
            "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
            "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]], "noNewPrivileges": true,
        ]
    }

    private var mounts: [JSONValue] {
        [
            mount("/proc", "proc", "proc", []),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] + (rootless == nil ? ["gid=5"] : [])),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            // The kernel mounts sysfs only for the owner of a network namespace.
            rootless == nil
                ? mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
                : mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
        ]
    }

    private func mount(_ destination: String, _ type: String, _ source: String, _ options: [String]) -> JSONValue {
        var object: JSONObject = [
            "destination": .string(destination), "type": .string(type), "source": .string(source),
        ]
        if !options.isEmpty { object["options"] = .array(options.map { .string($0) }) }
        return .object(object)
    }

    private var linux: JSONValue {
        var kinds = ["pid", "ipc", "uts", "mount"]
        kinds.insert(contentsOf: rootless == nil ? ["network"] : [], at: 1)
        kinds += hasUnifiedCgroups ? ["cgroup"] : []
        kinds += rootless == nil ? [] : ["user"]
        var object = JSONObject()
        if let rootless {
            object["uidMappings"] = [["containerID": 0, "hostID": JSONValue(rootless.uid), "size": 1]]
            object["gidMappings"] = [["containerID": 0, "hostID": JSONValue(rootless.gid), "size": 1]]
        } else {
            object["resources"] = ["devices": [["allow": false, "access": "rwm"]]]
        }
        object["namespaces"] = .array(kinds.map { ["type": .string($0)] })
        object["maskedPaths"] = [
            "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
            "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/sys/devices/virtual/powercap", "/proc/scsi",
        ]
        object["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        return .object(object)
    }
}
