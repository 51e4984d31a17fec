import LinuxKernel

/// The cgroup hierarchies of this host as this process sees them: v1, v2 or both, and which has which controller.
public struct CgroupHost: Sendable {
    /// v1 hierarchies in the order of `/proc/self/cgroup`, then v2's if it is mounted.
    public let hierarchies: [Hierarchy]
    /// A directory before all mount points, for tests against a tree of plain files; empty on a real host.
    let testRoot: String

    /// How a host is set up, in the words of systemd.
    public enum Layout: Sendable {
        /// v2 alone.
        case unified
        /// v1 controllers, and a v2 mount that may have some.
        case hybrid
        /// v1 alone.
        case legacy
        /// Nothing is mounted.
        case none
    }

    /// Which of the three ways this machine has its cgroups.
    public var layout: Layout {
        let hasLegacy = hierarchies.contains { $0.version == .v1 }
        return unified == nil ? (hasLegacy ? .legacy : .none) : (hasLegacy ? .hybrid : .unified)
    }

    /// The v2 hierarchy.
    public var unified: Hierarchy? { hierarchies.last { $0.version == .v2 } }

    /// Which hierarchy has this controller. v1's comes first: a controller bound there is not on v2.
    public func hierarchy(of controller: Controller) -> Hierarchy? {
        hierarchies.first { $0.controllers.contains(controller) }
    }

    /// Finds out, by `/proc/self/cgroup` and as much of `/proc/self/mountinfo` as it takes.
    ///
    /// - Throws: `CgroupError.failed` if procfs cannot be read. No hierarchy at all is no error here.
    public static func detect() throws(CgroupError) -> CgroupHost {
        do {
            var finder = MountFinder(CgroupMembership.list(parsing: try readFile("/proc/self/cgroup")))
            let table = try OwnedDescriptor(open: "/proc/self/mountinfo", .read)
            // A host with many containers has thousands of mounts, and cgroups come among the first.
            while !finder.isComplete {
                let part = try table.read(upTo: 16_384)
                if part.isEmpty { break }
                finder.take(part)
            }
            return CgroupHost(finder, testRoot: "")
        } catch {
            throw .failed(error)
        }
    }

    /// Takes the contents of the kernel's files, for tests and for other processes than this one.
    ///
    /// - Parameters:
    ///   - mountInfo: As `/proc/self/mountinfo`.
    ///   - membership: As `/proc/self/cgroup`.
    ///   - root: A directory that stands for `/` before each mount point; cgroup file systems are not insisted on there.
    public init(mountInfo: String, membership: String, root: String = "") {
        var finder = MountFinder(CgroupMembership.list(parsing: Array(membership.utf8)))
        finder.take(Array(mountInfo.utf8))
        self.init(finder, testRoot: root)
    }

    private init(_ finder: MountFinder, testRoot: String) {
        self.testRoot = testRoot
        var hierarchies: [Hierarchy] = []
        var unified: Hierarchy?
        for (membership, mount) in zip(finder.memberships, finder.mounts) {
            guard let mount else { continue }
            let version: Hierarchy.Version = membership.controllers.isEmpty ? .v2 : .v1
            let controllers =
                switch version {
                case .v1: ControllerSet(names: membership.controllers)
                case .v2: CgroupHost.unifiedControllers(testRoot + mount.mountPoint)
                }
            let hierarchy = Hierarchy(
                version: version, controllers: controllers, label: membership.label, mountPoint: mount.mountPoint,
                mountRoot: mount.root, ownPath: membership.path)
            if version == .v1 { hierarchies.append(hierarchy) } else { unified = hierarchy }
        }
        if let unified { hierarchies.append(unified) }
        self.hierarchies = hierarchies
    }

    /// What v2 offers below its mount. An unreadable file means none: each limit then says so itself.
    private static func unifiedControllers(_ mountPoint: String) -> ControllerSet {
        let names = (try? readFile(mountPoint + "/cgroup.controllers", limit: 4096)) ?? []
        return ControllerSet(list: names).union(.implicitOnUnified)
    }
}
