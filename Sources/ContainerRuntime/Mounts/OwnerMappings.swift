internal import LinuxKernel
internal import OCISpec

/// How the owners of a mount's files are mapped: by the mount's own mappings, or else the container's.
struct OwnerMappings {
    let uid: [RuntimeConfig.Linux.IDMapping]
    let gid: [RuntimeConfig.Linux.IDMapping]

    /// Maps the owners of `mount` as `planned` asks.
    ///
    /// - Throws: `unsupported` where the kernel or the file system cannot: files with wrong owners are never shown
    ///   instead.
    func apply(to mount: borrowing DetachedMount, _ planned: PlannedMount) throws(RuntimeError) {
        guard planned.options.ownerMapping != .none || !planned.uidMappings.isEmpty else { return }
        let own = !planned.uidMappings.isEmpty
        guard own || !uid.isEmpty else {
            throw RuntimeError(
                .invalidInput, "mount \(planned.destination): idmap needs uidMappings, of the mount or the container")
        }
        do throws(SyscallError) {
            let namespace = try MappedNamespace(
                uid: own ? planned.uidMappings : uid, gid: own ? planned.gidMappings : gid)
            try mount.mapOwners(
                through: namespace.descriptor, recursive: planned.options.ownerMapping == .tree)
        } catch {
            throw RuntimeError(.unsupported, "mount \(planned.destination): mapping the owners of files: \(error)")
        }
    }
}

/// A user namespace with mappings and nobody in it.
struct MappedNamespace: ~Copyable {
    let descriptor: OwnedDescriptor

    init(
        uid: [RuntimeConfig.Linux.IDMapping], gid: [RuntimeConfig.Linux.IDMapping]
    ) throws(SyscallError) {
        switch try clone(namespaces: [.user], cgroup: nil) {
        case .child:
            // The namespace lives as long as this process, which is until the parent has opened it.
            pauseForever()
        case .parent(let pid, let pidfd):
            defer {
                // The child may be gone already; what matters is that it is not left.
                try? send(.kill, to: pidfd)
                _ = try? Children.wait(for: pid)
            }
            try IDMap.write(uid, gid, of: pid)
            descriptor = try NamespaceDescriptor(.user, path: "/proc/\(pid)/ns/user").intoDescriptor()
        }
    }
}
