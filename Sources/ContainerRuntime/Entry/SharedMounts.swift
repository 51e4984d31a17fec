internal import Capabilities
internal import LinuxKernel

/// The runtime's mount namespace, for a container whose bundle names none and that so inherits it (runtime-spec
/// config-linux.md, "Namespaces").
///
/// The container's mounts must not land on the host. They are made in a namespace that exists until they are complete; a
/// copy of their tree that belongs to no namespace becomes the process's root. The host's mounts stay as they are, and the
/// tree goes with the last process that has it.
///
/// What keeps the process there: the tree's root has no parent, so `..` does not lead out of it even with CAP_SYS_CHROOT;
/// and the kernel gives no user namespace, and so no right to mount, to a process whose root is not its namespace's. With
/// CAP_SYS_ADMIN setns(2) leads to that namespace's own root, the host's: so nobody gets it in such a container.
struct SharedMounts: ~Copyable {
    private let namespace: NamespaceDescriptor

    /// The calling process's.
    init() throws(RuntimeError) {
        namespace = try attempting("the mount namespace") { () throws(SyscallError) in
            try NamespaceDescriptor(.mount, path: "/proc/self/ns/mnt")
        }
    }

    /// Goes back there, with the tree at `/` as root.
    borrowing func enter() throws(SyscallError) {
        let tree = try DetachedMount.copy(
            of: OwnedDescriptor(open: "/", [.pathOnly, .directory]), recursive: true, subject: "the container's root")
        try namespace.enter()
        try changeRoot(to: tree.root)
    }

    /// - Throws: `unsupported` for a process with the right to leave its root.
    static func permit(_ capabilities: CapabilityPlan) throws(RuntimeError) {
        let sets = capabilities.sets
        let all = sets.bounding.union(sets.permitted).union(sets.inheritable)
        guard !all.contains(.sysAdmin) else {
            throw RuntimeError(
                .unsupported,
                "process.capabilities: with CAP_SYS_ADMIN a container without a mount namespace could leave its root")
        }
    }
}

extension CreationPlan {
    /// - Throws: What cannot be had without a mount namespace.
    func checkSharedMounts() throws(RuntimeError) {
        guard namespaces.sharesMounts else { return }
        guard !usesUserNamespace else {
            throw RuntimeError(
                .unsupported, "linux.namespaces: a container with a user namespace needs a mount namespace, too")
        }
        let isUnbindable =
            propagation.kind == .unbindable
            || mounts.contains { $0.options.propagation.contains { $0.kind == .unbindable } }
        guard !isUnbindable else {
            throw RuntimeError(
                .invalidInput, "linux.namespaces: without a mount namespace no mount of the container can be unbindable"
            )
        }
    }
}
