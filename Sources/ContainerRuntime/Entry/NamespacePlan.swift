internal import LinuxKernel
internal import OCISpec

/// Which namespaces a container gets of its own and which it joins.
struct NamespacePlan: Equatable, Sendable {
    struct Joined: Equatable, Sendable {
        let kind: NamespaceKind
        let path: String
    }

    let new: [NamespaceKind]
    let joined: [Joined]
    /// Whether the mount namespace is the runtime's own.
    let sharesMounts: Bool

    init(_ namespaces: [RuntimeConfig.Linux.Namespace]) {
        var new: [NamespaceKind] = []
        var joined: [Joined] = []
        for namespace in namespaces {
            let kind = NamespaceKind(namespace.type)
            if let path = namespace.path, !path.isEmpty {
                joined.append(Joined(kind: kind, path: path))
            } else {
                new.append(kind)
            }
        }
        self.new = new
        sharesMounts = !namespaces.contains { $0.type == .mount }
        // A user namespace first: it gives the privilege to enter those that it owns (setns(2)).
        self.joined = joined.filter { $0.kind == .user } + joined.filter { $0.kind != .user }
    }

    /// All kinds that are not the runtime's own.
    var all: [NamespaceKind] { new + joined.map(\.kind) }

    /// Those that the maker of the process enters before it is there: all, if a user namespace is among them; with a new
    /// one all but the mount namespace, for its owner has no right to enter the host's; else those that concern future
    /// children alone.
    var joinedByMaker: [Joined] {
        if joins(.user) { return joined }
        if new.contains(.user) { return joined.filter { $0.kind != .mount } }
        return joined.filter { $0.kind == .pid || $0.kind == .time }
    }

    /// Those that the process enters itself.
    var joinedByProcess: [Joined] {
        let others = joinedByMaker.map(\.kind)
        return joined.filter { !others.contains($0.kind) }
    }

    func joins(_ kind: NamespaceKind) -> Bool { joined.contains { $0.kind == kind } }

    /// Those that clone3 gives the child. A cgroup namespace is made later, when the child is in its cgroups; a time
    /// namespace earlier, since its clocks can be set only before anybody is in it (time_namespaces(7)). A mount namespace
    /// in any case: who is to share the runtime's leaves it again (``SharedMounts``).
    var atClone: [NamespaceKind] {
        new.filter { $0 != .cgroup && $0 != .time } + (sharesMounts ? [.mount] : [])
    }
}

extension NamespaceKind {
    init(_ kind: RuntimeConfig.Linux.Namespace.Kind) {
        self =
            switch kind {
            case .pid: .pid
            case .network: .network
            case .mount: .mount
            case .ipc: .ipc
            case .uts: .uts
            case .user: .user
            case .cgroup: .cgroup
            case .time: .time
            }
    }
}
