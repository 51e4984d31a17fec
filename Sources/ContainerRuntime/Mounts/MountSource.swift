internal import LinuxKernel
internal import OCISpec

/// The tree that a bind mount will show, copied from the host while the host's files can still be reached, with its
/// attributes set and attached nowhere.
///
/// A class, since an array cannot hold a mount, which has one owner.
final class MountSource {
    let mount: DetachedMount
    let isDirectory: Bool
    /// Whether it is a procfs from its root on, not some directory of one.
    let isProcfs: Bool

    /// Copies the source of `planned`.
    ///
    /// - Parameters:
    ///   - propagation: What the container's whole tree is set to, so that a copy does not stay the host's peer.
    ///   - mappings: User namespaces for mapped owners.
    /// - Throws: `invalidInput` if the source is missing or led to by a link of procfs (SECURITY.md rule 6), or mapping
    ///   owners is not possible.
    init(
        _ planned: PlannedMount, source: String, propagation: TreePropagation, mappings: OwnerMappings
    ) throws(RuntimeError) {
        do throws(SyscallError) {
            let named = try OwnedDescriptor(open: "/", [.pathOnly, .directory]).resolve(source)
            let status = try named.status()
            isDirectory = status.isDirectory
            // PROC_ROOT_INO
            let fileSystem = try named.fileSystemType()
            isProcfs = status.inode == 1 && fileSystem == .proc
            mount = try DetachedMount.copy(of: named, recursive: planned.options.isRecursive, subject: source)
        } catch {
            throw RuntimeError(
                error.code == .noSuchFile ? .invalidInput : .fault,
                "mount \(planned.destination): source \(source): \(error.reason)")
        }
        try attempting("mount \(planned.destination) from \(source)") { () throws(SyscallError) in
            if propagation.kind != .shared { try mount.setPropagation(propagation.kind, recursive: true) }
            try planned.options.apply(to: mount)
        }
        try mappings.apply(to: mount, planned)
    }
}

/// How mounts spread between the container's tree and the host's: `linux.rootfsPropagation`.
struct TreePropagation: Equatable, Sendable {
    let kind: MountPropagation
    let recursive: Bool

    /// Whether mounts below `/` may still be the host's peers when it is applied there.
    var mayLeaveShared: Bool { kind == .shared || !recursive }

    init(kind: MountPropagation, recursive: Bool) { (self.kind, self.recursive) = (kind, recursive) }

    /// Without a word in the bundle the host's new mounts reach the container and not the reverse, as in runc.
    init(_ propagation: RuntimeConfig.Linux.Propagation?) {
        (kind, recursive) =
            switch propagation {
            case nil, .recursiveSlave: (.slave, true)
            case .slave: (.slave, false)
            case .shared: (.shared, false)
            case .recursiveShared: (.shared, true)
            case .private: (.private, false)
            case .recursivePrivate: (.private, true)
            case .unbindable: (.unbindable, false)
            case .recursiveUnbindable: (.unbindable, true)
            }
    }
}

extension MountOptions {
    /// Gives a mount that is attached nowhere yet the attributes of the list.
    func apply(to mount: borrowing DetachedMount) throws(SyscallError) {
        if !set.isEmpty || !clear.isEmpty { try mount.change(set: set, clear: clear, recursive: false) }
        if !recursiveSet.isEmpty || !recursiveClear.isEmpty {
            try mount.change(set: recursiveSet, clear: recursiveClear, recursive: true)
        }
        for change in propagation { try mount.setPropagation(change.kind, recursive: change.recursive) }
    }
}
