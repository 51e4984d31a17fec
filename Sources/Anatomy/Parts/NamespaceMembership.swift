package import LinuxKernel
internal import OCISpec

/// One namespace of the process, and who else is in it.
package struct NamespaceMembership: Equatable, Sendable {
    package var kind: NamespaceKind
    package var inode: UInt64
    /// Whether the host's first process is in it, too.
    package var isHost: Bool
    /// How many processes beside the container's own are in it.
    package var others: Int
    /// Some of those: containers by name, else processes.
    package var examples: [String]
    /// The inode of the user namespace that owns it; `nil` where the kernel does not say.
    package var owner: UInt64?
    package var evidence: [Evidence]

    package init(
        kind: NamespaceKind, inode: UInt64, isHost: Bool, others: Int = 0, examples: [String] = [],
        owner: UInt64? = nil, evidence: [Evidence] = []
    ) {
        self.kind = kind
        self.inode = inode
        self.isHost = isHost
        self.others = others
        self.examples = examples
        self.owner = owner
        self.evidence = evidence
    }

    /// What the namespace separates.
    package var meaning: String {
        switch kind {
        case .mount: "its own tree of mounts: what is at which path"
        case .pid: "its own numbers of processes, from 1; it sees no others"
        case .network: "its own interfaces, addresses, routes, ports and packet rules"
        case .ipc: "its own System V and POSIX queues, semaphores and shared memory"
        case .uts: "its own host name"
        case .user: "its own user ids; capabilities count against what belongs to it only"
        case .cgroup: "its own view of the cgroup tree, from its cgroup as /"
        case .time: "its own offsets of the clocks that count from boot"
        }
    }

    var json: JSONValue {
        [
            "kind": .string(kind.fileName), "inode": JSONValue(inode), "host": .bool(isHost),
            "others": JSONValue(others), "examples": .list(examples),
            "owner": owner.map { JSONValue($0) } ?? .null, "meaning": .string(meaning),
            "evidence": .array(evidence.map(\.json)),
        ]
    }

    /// Compares with everybody else.
    ///
    /// - Parameters:
    ///   - members: The container's own processes, which are not somebody else.
    ///   - names: Containers' names by the pid of their first process.
    static func list(
        of subject: ScannedProcess, members: Set<Int32>, host: ScannedProcess?, names: [Int32: String],
        _ scan: ProcessScan
    ) -> [NamespaceMembership] {
        NamespaceKind.allCases.enumerated().compactMap { index, kind in
            guard let inode = subject.namespace(kind) else { return nil }
            let others = scan.processes.filter { $0.namespaces[index] == inode && !members.contains($0.pid) }
            let path = "/proc/\(subject.pid)/ns/\(kind.fileName)"
            let owner = Self.owner(kind, path)
            var evidence = [Evidence(path, "\(kind.fileName):[\(inode)]")]
            if let owner { evidence.append(Evidence("ioctl NS_GET_USERNS \(path)", "user:[\(owner)]")) }
            return NamespaceMembership(
                kind: kind, inode: inode, isHost: host?.namespace(kind) == inode, others: others.count,
                examples: examples(others, names, scan), owner: owner, evidence: evidence)
        }
    }

    private static func owner(_ kind: NamespaceKind, _ path: String) -> UInt64? {
        guard let namespace = try? NamespaceDescriptor(kind, path: path) else { return nil }
        return try? namespace.owner()
    }

    private static func examples(_ others: [ScannedProcess], _ names: [Int32: String], _ scan: ProcessScan) -> [String]
    {
        var result: [String] = []
        for process in others {
            let text =
                container(of: process.pid, names, scan).map { "container \($0)" } ?? "\(process.name) (\(process.pid))"
            if !result.contains(text) { result.append(text) }
            if result.count == 3 { break }
        }
        return result
    }

    private static func container(of pid: Int32, _ names: [Int32: String], _ scan: ProcessScan) -> String? {
        guard !names.isEmpty else { return nil }
        var (pid, steps) = (pid, 0)
        while pid > 0, steps < 1000 {
            if let name = names[pid] { return name }
            guard let parent = scan.byPid[pid]?.parent else { return nil }
            (pid, steps) = (parent, steps + 1)
        }
        return nil
    }
}
