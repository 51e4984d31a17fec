/// Where the engine keeps its things: one directory that outlives a reboot and one that does not.
public struct EngineLocations: Equatable, Sendable {
    /// Store, layers and containers; `/var/lib/brig` unless said otherwise.
    public let root: String
    /// Bundles, sockets and the runtime's state; `/run/brig` unless said otherwise.
    public let runRoot: String

    /// - Throws: `EngineError` of kind `invalidInput` if a path is not absolute or holds what mount options cannot.
    public init(root: String = "/var/lib/brig", runRoot: String = "/run/brig") throws(EngineError) {
        self.root = try Self.checked(root, "root")
        self.runRoot = try Self.checked(runRoot, "run root")
    }

    private static func checked(_ path: String, _ what: String) throws(EngineError) -> String {
        let components = path.split(separator: "/")
        guard path.utf8.first == UInt8(ascii: "/"), !components.isEmpty, !components.contains("..") else {
            throw EngineError(.invalidInput, "\(what) must be an absolute path below /: \(path)")
        }
        guard !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw EngineError(.invalidInput, "\(what) must not hold control characters")
        }
        return "/" + components.joined(separator: "/")
    }

    var database: String { root + "/brig.db" }
    var layers: String { root + "/layers" }
    var containers: String { root + "/containers" }
    /// What happened, in files of its own so that readers can watch the directory.
    var events: String { root + "/events" }

    /// The first process of containers with `--init`.
    var initProgram: String { root + "/init" }

    /// Locked while a command changes links and rules.
    var networkLock: String { runRoot + "/network.lock" }

    /// The state root of `brig-runtime`.
    var runtimeState: String { runRoot + "/runtime" }

    func container(_ id: Identifier) -> ContainerLocations {
        ContainerLocations(
            directory: "\(containers)/\(id.text)", run: "\(runRoot)/\(id.text)", id: id)
    }
}

/// The files of one container.
struct ContainerLocations: Equatable, Sendable {
    /// What outlives a reboot: log, generated files, writable layer.
    let directory: String
    /// Bundle, attach socket and exit record.
    let run: String
    let id: Identifier

    var upper: String { directory + "/upper" }
    var work: String { directory + "/work" }
    var log: String { "\(directory)/\(id.text)-json.log" }
    var hostname: String { directory + "/hostname" }
    var hosts: String { directory + "/hosts" }
    /// How well it was, the last times that it was asked.
    var health: String { directory + "/health.json" }
    var resolvConf: String { directory + "/resolv.conf" }

    var rootfs: String { run + "/rootfs" }
    /// The `/dev/shm` of a container that shares its IPC namespace.
    var sharedMemory: String { run + "/shm" }
    var specification: String { run + "/config.json" }
    var attachSocket: String { run + "/attach.sock" }
    var exitRecord: String { run + "/exit.json" }
    /// What the monitor and the clean-up after it say when something goes wrong.
    var monitorLog: String { run + "/monitor.log" }
}
