package import LinuxKernel
package import OCISpec

/// Which process it is all about.
package struct Subject: Equatable, Sendable {
    package var pid: Int32
    package var startTime: UInt64
    package var name: String
    package var commandLine: [String]
    package var executable: String?
    /// The container's name, where the caller knows one.
    package var container: String?
    /// Whose container it seems to be, by the name of its cgroup: `brig`, `docker`, `podman`, …
    package var engine: String?
    package var uid: UInt32
    package var gid: UInt32
    package var groups: [UInt32]
    package var evidence: [Evidence]

    package init(
        pid: Int32, startTime: UInt64 = 0, name: String, commandLine: [String] = [], executable: String? = nil,
        container: String? = nil, engine: String? = nil, uid: UInt32 = 0, gid: UInt32 = 0, groups: [UInt32] = [],
        evidence: [Evidence] = []
    ) {
        self.pid = pid
        self.startTime = startTime
        self.name = name
        self.commandLine = commandLine
        self.executable = executable
        self.container = container
        self.engine = engine
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.evidence = evidence
    }

    package var json: JSONValue {
        [
            "pid": JSONValue(pid), "startTime": JSONValue(startTime), "name": .string(name),
            "commandLine": .list(commandLine), "executable": .optional(executable), "container": .optional(container),
            "engine": .optional(engine), "uid": JSONValue(uid), "gid": JSONValue(gid),
            "groups": .array(groups.map { JSONValue($0) }), "evidence": .array(evidence.map(\.json)),
        ]
    }

    /// What the paths of a process's cgroups say about who made it.
    package static func engine(cgroups: [CgroupMembership]) -> String? {
        for path in cgroups.map(\.path) {
            if path.contains("/libpod-") || path.contains("/libpod_parent") { return "podman" }
            if path.hasPrefix("/docker/") || path.contains("/docker-") { return "docker" }
            if path.contains("/brig/") || path.contains("/brig-") { return "brig" }
            if path.contains("/kubepods") { return "kubernetes" }
            if path.contains("/lxc.payload") { return "lxc" }
        }
        return nil
    }
}

/// One process of a container.
package struct ContainedProcess: Equatable, Sendable {
    package var pid: Int32
    /// Its number inside; the same as `pid` where it has no pid namespace of its own.
    package var insidePid: Int32
    package var parent: Int32
    package var uid: UInt32?
    package var command: String
    package var state: ProcessState?

    package init(
        pid: Int32, insidePid: Int32, parent: Int32, uid: UInt32?, command: String, state: ProcessState? = nil
    ) {
        self.pid = pid
        self.insidePid = insidePid
        self.parent = parent
        self.uid = uid
        self.command = command
        self.state = state
    }

    var json: JSONValue {
        [
            "pid": JSONValue(pid), "insidePid": JSONValue(insidePid), "parent": JSONValue(parent),
            "uid": uid.map { JSONValue($0) } ?? .null, "command": .string(command),
            "state": .optional(state.map { String(UnicodeScalar($0.rawValue)) }),
            "evidence": [Evidence("/proc/\(pid)/status", "NSpid … \(insidePid), PPid \(parent)").json],
        ]
    }
}

extension ContainedProcess {
    /// The processes of a container, from the top of its tree: all that share its pid namespace if that is not the host's,
    /// and all below the process itself.
    static func list(of subject: ScannedProcess, hostPidNamespace: UInt64?, _ scan: ProcessScan) -> [ContainedProcess] {
        var pids = Set(scan.descendants(of: subject.pid))
        if let own = subject.namespace(.pid), own != hostPidNamespace {
            pids.formUnion(scan.processes.filter { $0.namespace(.pid) == own }.map(\.pid))
        }
        return pids.sorted().compactMap { pid in
            guard let scanned = scan.byPid[pid], let process = try? ProcessInformation(pid: pid) else { return nil }
            let status = try? process.status()
            let words = (try? process.commandLine()) ?? []
            return ContainedProcess(
                pid: pid, insidePid: status?.namespacePids.last ?? pid, parent: scanned.parent,
                uid: status?.userIDs.first, command: words.isEmpty ? "[\(scanned.name)]" : words.joined(separator: " "),
                state: scanned.state)
        }
    }
}
