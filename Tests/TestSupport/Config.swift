package import OCISpec

/// A `config.json` under construction. Numbers in a path are positions in a list, `-` is a new last element.
package struct Config: Sendable {
    package var json: JSONValue

    package init(json: JSONValue) { self.json = json }

    package subscript(path: String) -> JSONValue? {
        get { Self.value(json, path.split(separator: ".")[...]) }
        set { json = Self.replace(json, path.split(separator: ".")[...], newValue) ?? .object([:]) }
    }

    /// Adds an element to the list at `path`.
    package mutating func append(_ path: String, _ value: JSONValue) {
        var list: [JSONValue] = []
        if case .array(let present)? = self[path] { list = present }
        self[path] = .array(list + [value])
    }

    /// Adds a mount after the others.
    package mutating func mount(_ destination: String, _ type: String, _ source: String, _ options: [String] = []) {
        append(
            "mounts",
            [
                "destination": .string(destination), "type": .string(type), "source": .string(source),
                "options": .array(options.map { .string($0) }),
            ])
    }

    private static func value(_ json: JSONValue, _ path: ArraySlice<Substring>) -> JSONValue? {
        guard let first = path.first else { return json }
        switch json {
        case .object(let object): return object[String(first)].flatMap { value($0, path.dropFirst()) }
        case .array(let list):
            guard let index = Int(first), list.indices.contains(index) else { return nil }
            return value(list[index], path.dropFirst())
        default: return nil
        }
    }

    private static func replace(
        _ json: JSONValue, _ path: ArraySlice<Substring>, _ new: JSONValue?
    ) -> JSONValue? {
        guard let first = path.first else { return new }
        if case .array(var list) = json, let index = Int(first), list.indices.contains(index) {
            if let element = replace(list[index], path.dropFirst(), new) { list[index] = element }
            return .array(list)
        }
        var object: JSONObject = [:]
        if case .object(let present) = json { object = present }
        object[String(first)] = replace(object[String(first)] ?? .object([:]), path.dropFirst(), new)
        return .object(object)
    }
}

extension Config {
    /// A bundle like that of `spec`: a read-only root, the usual mounts, few capabilities, five namespaces.
    package static func plain(command: [String], cgroup: String) -> Config {
        let capabilities: JSONValue = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return Config(json: [
            "ociVersion": "1.0.2",
            "process": [
                "terminal": false, "user": ["uid": 0, "gid": 0], "cwd": "/",
                "args": .array(command.map { .string($0) }),
                "env": ["PATH=/bin", "TERM=xterm"],
                "capabilities": [
                    "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
                ],
                "noNewPrivileges": true,
            ],
            "root": ["path": "rootfs", "readonly": true],
            "hostname": "probe",
            "mounts": [
                ["destination": "/proc", "type": "proc", "source": "proc"],
                [
                    "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                    "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
                ],
                [
                    "destination": "/dev/pts", "type": "devpts", "source": "devpts",
                    "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
                ],
                [
                    "destination": "/dev/shm", "type": "tmpfs", "source": "shm",
                    "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
                ],
                [
                    "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
                    "options": ["nosuid", "noexec", "nodev"],
                ],
                [
                    "destination": "/sys", "type": "sysfs", "source": "sysfs",
                    "options": ["nosuid", "noexec", "nodev", "ro"],
                ],
            ],
            "linux": [
                "cgroupsPath": .string(cgroup),
                "resources": ["devices": [["allow": false, "access": "rwm"]]],
                "namespaces": [
                    ["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"], ["type": "mount"],
                ],
                "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            ],
        ])
    }
}
