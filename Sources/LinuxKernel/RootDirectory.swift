internal import CLinux
internal import Glibc

/// Takes away the mount whose root `root` names, as soon as nobody uses it (`MNT_DETACH`).
///
/// Changes the working directory, since umount2(2) has no form that takes a descriptor.
public func detachMount(at root: borrowing OwnedDescriptor, subject: @autoclosure () -> String) throws(SyscallError) {
    try changeDirectory(to: root)
    try kernel("umount2", subject()) { umount2(".", 2 /* MNT_DETACH */) }
}

/// Makes `newRoot`, a mount's root, the root of this mount namespace and of this process, and takes the old one away.
///
/// - Throws: `EINVAL` if a parent mount is shared or the root is not the root of a mount, as in an initramfs.
///
/// Source: pivot_root(2), "pivot_root(".", ".")": no directory for the old root is needed.
public func pivotRoot(to newRoot: borrowing OwnedDescriptor) throws(SyscallError) {
    let oldRoot = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
    try changeDirectory(to: newRoot)
    try kernel("pivot_root", "the container's root") { clinux_pivot_root(".", ".") }
    // The old root now lies over the new one. What happens to it here must not reach the host.
    try mountSetAttributes(oldRoot, propagation: MountPropagation.slave.rawValue, recursive: true)
    try detachMount(at: oldRoot, subject: "the host's root")
    try changeDirectory(to: "/")
}

/// Makes `newRoot` the root of this process alone. It does not confine a process that has CAP_SYS_CHROOT.
public func changeRoot(to newRoot: borrowing OwnedDescriptor) throws(SyscallError) {
    try changeDirectory(to: newRoot)
    try kernel("chroot", "the container's root") { clinux_chroot(".") }
    try changeDirectory(to: "/")
}

/// Changes the working directory to what a descriptor names.
public func changeDirectory(to directory: borrowing OwnedDescriptor) throws(SyscallError) {
    let raw = directory.raw
    try kernel("fchdir", "directory") { fchdir(raw) }
}

/// Changes the working directory.
public func changeDirectory(to path: String) throws(SyscallError) {
    try kernel("chdir", path) { chdir(path) }
}

/// Changes the propagation of the mount in which a directory lies, as this namespace shows it.
public func setPropagation(
    _ propagation: MountPropagation, ofMountContaining directory: borrowing OwnedDescriptor
) throws(SyscallError) {
    let path = try readSymbolicLink("/proc/self/fd/\(directory.raw)")
    let table = try MountTable.current()
    // Later lines lie over earlier ones at the same place.
    let containing = table.entries.last { entry in
        let isAbove = entry.mountPoint == "/" || path == entry.mountPoint || path.hasPrefix(entry.mountPoint + "/")
        return isAbove
            && !table.entries.contains {
                $0.mountPoint.utf8.count > entry.mountPoint.utf8.count
                    && (path == $0.mountPoint || path.hasPrefix($0.mountPoint + "/"))
            }
    }
    guard let containing else { throw SyscallError(call: "mountinfo", subject: path, code: .noSuchFile) }
    try mountSetAttributes(
        OwnedDescriptor(open: containing.mountPoint, .pathOnly), propagation: propagation.rawValue, recursive: false)
}

/// Moves the root mount of this mount namespace to `putOld` and makes `newRoot` the root: pivot_root(2) as pivot_root(8)
/// calls it.
///
/// - Throws: `EBUSY`, `EINVAL` as the man page says; most often since `newRoot` is no mount, or shared.
public func pivotRoot(_ newRoot: String, putOld: String) throws(SyscallError) {
    try kernel("pivot_root", "\(newRoot), old root at \(putOld)") { clinux_pivot_root(newRoot, putOld) }
}

/// The mounts that lie directly on the root mount of this process, as they can be found again when its root has changed.
public struct MountsOnRoot: ~Copyable {
    /// Where one is mounted: a class, since an array cannot hold what has one owner.
    private final class Place: Sendable {
        let directory: OwnedDescriptor
        let name: String

        init(_ directory: consuming OwnedDescriptor, _ name: String) {
            self.name = name
            self.directory = directory
        }
    }

    private let root: OwnedDescriptor
    private let places: [Place]

    /// - Parameter kept: The root of a mount that is none of them, wherever it lies.
    public init(except kept: borrowing OwnedDescriptor) throws(SyscallError) {
        let root = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
        places = try Self.places(root.mountID(), except: kept.mountID())
        self.root = root
    }

    private static func places(_ rootID: UInt64, except keptID: UInt64) throws(SyscallError) -> [Place] {
        var places: [Place] = []
        for entry in try MountTable.current().entries
        where entry.parent == rootID && entry.id != rootID && entry.id != keptID {
            var parents = pathComponents(entry.mountPoint)
            guard let name = parents.popLast() else { continue }
            let directory = try OwnedDescriptor(open: "/" + joinedPath(parents), [.pathOnly, .directory, .noFollow])
            places.append(Place(directory, String(name)))
        }
        return places
    }

    /// Takes them away from this mount namespace with all that lies on them, and from no other. Changes the working directory
    /// to the root.
    ///
    /// - Throws: `EINVAL` for mounts that belong to a user namespace above this one's.
    public consuming func detach() throws(SyscallError) {
        try mountSetAttributes(root, propagation: MountPropagation.slave.rawValue, recursive: true)
        for place in places {
            try changeDirectory(to: place.directory)
            // Several may lie one upon the other; the call fails when none is left.
            var isFirst = true
            while true {
                do throws(SyscallError) {
                    try kernel("umount2", place.name) { umount2(place.name, 2 | 8 /* MNT_DETACH, UMOUNT_NOFOLLOW */) }
                    isFirst = false
                } catch  where error.code == .invalidArgument && !isFirst {
                    break
                }
            }
        }
        try changeDirectory(to: "/")
    }
}

extension OwnedDescriptor {
    /// The number under which mountinfo has the mount that this file is on. Source: proc(5), `/proc/PID/fdinfo`.
    borrowing func mountID() throws(SyscallError) -> UInt64 {
        for line in try readFile("/proc/self/fdinfo/\(raw)", limit: 4096).split(separator: 0x0a) {
            guard line.starts(with: "mnt_id:".utf8) else { continue }
            if let id = decimal(line.dropFirst(7).drop { $0 == 0x09 || $0 == 0x20 }, as: UInt64.self) { return id }
        }
        throw SyscallError(call: "fdinfo", subject: "descriptor \(raw)", code: .noSuchFile)
    }
}
