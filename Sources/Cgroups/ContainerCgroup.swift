public import LinuxKernel

/// The cgroup of one container: a directory in each hierarchy of the host's, held open.
public final class ContainerCgroup: Sendable {
    /// One for each hierarchy in which the cgroup exists.
    let directories: [CgroupDirectory]
    /// The host as it was found when the cgroup was made or opened.
    public let host: CgroupHost
    /// What could not be set up for want of privileges; empty unless that was allowed.
    public let unenforced: [Unenforced]

    init(_ directories: [CgroupDirectory], host: CgroupHost, unenforced: [Unenforced] = []) {
        self.directories = directories
        self.host = host
        self.unenforced = unenforced
    }

    /// The directory that has this controller's files.
    func directory(of controller: Controller) -> CgroupDirectory? {
        directories.first { $0.controllers.contains(controller) }
    }

    /// The v2 directory.
    var unified: CgroupDirectory? { directories.last { $0.hierarchy.version == .v2 } }

    /// Whether the container is in any cgroup of its own.
    public var isEmpty: Bool { directories.isEmpty }
}

// MARK: - Where it lies

/// Where the cgroup of a container lies, for its record: by hierarchy, as `/proc/self/cgroup` calls them, the path below
/// the mount's root.
public struct CgroupPlacement: Equatable, Sendable {
    /// `label` is `memory`, `cpu,cpuacct`, `name=systemd`, or nothing for v2.
    public var entries: [(label: String, path: String)]

    /// Label of each hierarchy, and the path below its root.
    public init(_ entries: [(label: String, path: String)]) { self.entries = entries }

    public static func == (left: CgroupPlacement, right: CgroupPlacement) -> Bool {
        left.entries.elementsEqual(right.entries) { $0 == $1 }
    }
}

extension ContainerCgroup {
    /// Where it lies, for whoever opens it later.
    public var placement: CgroupPlacement {
        CgroupPlacement(directories.map { ($0.hierarchy.label, $0.path) })
    }

    /// The whole path of each directory by controller name, as other runtimes put them into their state (v2: by "").
    public var paths: [(name: String, path: String)] {
        directories.flatMap { directory in
            let label = directory.hierarchy.label
            return (label.isEmpty ? [""] : label.split(separator: ",").map { String($0) })
                .map { ($0, directory.fullPath) }
        }
    }

    /// The whole path of the directory that has a controller's files.
    public func path(of controller: Controller) -> String? { directory(of: controller)?.fullPath }

    /// A descriptor of the v2 directory for `CLONE_INTO_CGROUP`, if there is one.
    public func unifiedDirectory() throws(CgroupError) -> OwnedDescriptor? {
        guard let unified else { return nil }
        do throws(SyscallError) {
            return try unified.descriptor.duplicate()
        } catch {
            throw .failed(error)
        }
    }
}
