internal import LinuxKernel
internal import OCISpec

/// The container's root file system: a copy of the host's mounts there, put at its own place in the container's mount
/// namespace, so that pivot_root has a mount to go to.
final class RootSource {
    let root: ContainerRoot
    private let mount: DetachedMount

    /// Copies what is mounted at the bundle's root.
    ///
    /// - Throws: `invalidInput` if there is nothing, or no directory.
    init(_ plan: CreationPlan) throws(RuntimeError) {
        do throws(SyscallError) {
            let directory = try Self.open(plan)
            mount = try DetachedMount.copy(of: directory, recursive: true, subject: plan.rootPath)
            // It must not hand its mounts on to the host, and pivot_root takes no shared mount; what the bundle wants of the
            // root is set once it is one.
            if plan.propagation.kind == .slave {
                try mount.setPropagation(.slave, recursive: true)
            } else {
                try mount.setPropagation(.private, recursive: plan.propagation.kind != .shared)
            }
            root = ContainerRoot(directory: try mount.root.duplicate())
        } catch {
            let missing = error.code == .noSuchFile || error.code == .notDirectory
            throw RuntimeError(missing ? .invalidInput : .fault, "root.path \(plan.rootPath): \(error.reason)")
        }
    }

    /// Attaches it in the calling process's mount namespace.
    func attach(_ plan: CreationPlan) throws(RuntimeError) {
        try attempting("mounting the root \(plan.rootPath)") { () throws(SyscallError) in
            let place = try Self.open(plan)
            // A new mount below a shared one would spread to the host, and pivot_root refuses a shared parent.
            if plan.propagation.mayLeaveShared { try setPropagation(.private, ofMountContaining: place) }
            try mount.attach(to: place, subject: plan.rootPath)
        }
    }

    /// Links of the host's may lead there, links of procfs may not (SECURITY.md rule 6).
    private static func open(_ plan: CreationPlan) throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: "/", [.pathOnly, .directory]).resolve(plan.rootPath, [.pathOnly, .directory])
    }

    func makeReadOnly() throws(SyscallError) { try mount.change(set: .readOnly, clear: [], recursive: false) }

    /// Where pivot_root is impossible, as in an initramfs: the root is moved over `/`, and the process's root to it. The
    /// host's other mounts are taken away: a `/proc` and a `/sys` without masks, though nobody sees them, would give a user
    /// namespace in the container the right to mount such ones anew.
    func moveOverRoot() throws(SyscallError) {
        let others = try MountsOnRoot(except: root.directory)
        try mount.attach(to: OwnedDescriptor(open: "/", [.pathOnly, .directory]), subject: "/")
        try changeRoot(to: root.directory)
        try others.detach()
    }
}

extension CreationPlan {
    /// Opens and copies the sources of all bind mounts.
    func prepareSources() throws(RuntimeError) -> [MountSource?] {
        let mappings = OwnerMappings(uid: linux.uidMappings, gid: linux.gidMappings)
        var sources: [MountSource?] = []
        for mount in mounts {
            if case .bind(let path) = mount.content {
                sources.append(
                    try MountSource(mount, source: path, propagation: propagation, mappings: mappings))
            } else {
                sources.append(nil)
            }
        }
        return sources
    }
}
