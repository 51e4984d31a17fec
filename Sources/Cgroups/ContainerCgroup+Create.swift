import LinuxKernel

extension ContainerCgroup {
    /// Makes the cgroup of a new container in every hierarchy.
    ///
    /// Directories that are there already are taken if they hold no processes and are not frozen: somebody may have
    /// prepared them. If anything fails, what was made is removed again.
    ///
    /// - Parameters:
    ///   - needs: Controllers that limits will need. If v2 cannot hand them down because this process and others stand in
    ///     the root of a container's own cgroup namespace, they are moved to a cgroup `init` below it. Nothing else makes
    ///     limits possible inside a container.
    ///   - enforcement: With `.bestEffort`, hierarchies in which the user may not make directories are left out and
    ///     reported.
    /// - Throws: `CgroupError.occupied`, `.frozen`, `.noHierarchies`, `.failed` and `.refused` with the kernel's answer.
    public static func create(
        _ path: CgroupPath, on host: CgroupHost, needs: ControllerSet = [], _ enforcement: Enforcement = .required
    ) throws(CgroupError) -> ContainerCgroup {
        if host.hierarchies.isEmpty {
            if enforcement == .required { throw .noHierarchies }
            let gap = Unenforced(limit: "cgroup", reason: "no cgroup file system is mounted")
            return ContainerCgroup([], host: host, unenforced: [gap])
        }
        var made: [MadeDirectory] = []
        var refusals: [CgroupError] = []
        do throws(CgroupError) {
            for hierarchy in host.hierarchies {
                do throws(CgroupError) {
                    made.append(try MadeDirectory(path, hierarchy, host, needs))
                } catch  where enforcement == .bestEffort && error.isWantOfPrivilege {
                    refusals.append(error)
                }
            }
        } catch {
            for one in made.reversed() { one.undo() }
            throw error
        }
        return ContainerCgroup(made.map { $0.directory }, host: host, unenforced: gaps(refusals))
    }

    /// The cgroup of a container that has none of its own: it stays where its maker is.
    public static func none(on host: CgroupHost) -> ContainerCgroup { ContainerCgroup([], host: host) }

    /// One clause for all hierarchies: mostly it is the same everywhere.
    private static func gaps(_ refusals: [CgroupError]) -> [Unenforced] {
        refusals.first.map { [Unenforced(limit: "cgroup", reason: "\($0)")] } ?? []
    }

    /// Opens the cgroup of an existing container.
    ///
    /// Hierarchies in which it is gone are left out: after the last process has ended, anybody may have removed it.
    ///
    /// - Throws: `CgroupError.invalidPath` for a record that points outside; `.failed` with the kernel's answer.
    public static func open(
        _ placement: CgroupPlacement, on host: CgroupHost
    ) throws(CgroupError) -> ContainerCgroup {
        var directories: [CgroupDirectory] = []
        for (label, path) in placement.entries {
            let path = try CgroupPath(path).joined
            guard let hierarchy = host.hierarchies.first(where: { $0.label == label }) else { continue }
            let mount = try CgroupMountPoint(hierarchy, testRoot: host.testRoot)
            do throws(CgroupError) {
                directories.append(try CgroupDirectory(opening: path, below: mount))
            } catch  where error.code == .noSuchFile {
                continue
            }
        }
        return ContainerCgroup(directories, host: host)
    }

    /// The container's program runs: no second one is kept away any more than by its processes.
    public func releaseClaim() { for directory in directories { directory.releaseClaim() } }

    /// Opens a cgroup below this one, for a process that goes there instead (`exec --cgroup`).
    ///
    /// - Parameter controllers: Those in whose hierarchies to go down; the others stay as they are. `nil` means all.
    public func subgroup(_ path: CgroupPath, of controllers: ControllerSet? = nil) throws(CgroupError)
        -> ContainerCgroup
    {
        var result: [CgroupDirectory] = []
        for directory in directories {
            if let controllers, directory.controllers.isDisjoint(with: controllers) {
                result.append(directory)
                continue
            }
            let mount = try CgroupMountPoint(directory.hierarchy, testRoot: host.testRoot)
            result.append(try CgroupDirectory(opening: directory.path + "/" + path.joined, below: mount))
        }
        return ContainerCgroup(result, host: host, unenforced: unenforced)
    }

    /// Where a further process of the container joins it. On v2 that is the cgroup of another of its processes if the
    /// container has made cgroups of its own and given them controllers: then this one takes no process (`EBUSY`).
    ///
    /// - Parameter process: A process of the container, such as its first.
    /// - Returns: This cgroup in all other cases.
    public func joinable(beside process: Int32) throws(CgroupError) -> ContainerCgroup {
        guard host.layout == .unified, let own = directories.first,
            try own.readIfPresent("cgroup.subtree_control")?.trimmedText.isEmpty == false
        else { return self }
        let memberships: [CgroupMembership]
        do throws(SyscallError) {
            memberships = try ProcessInformation(pid: process).cgroups()
        } catch {
            throw .failed(error)
        }
        let root = own.hierarchy.mountRoot == "/" ? "" : own.hierarchy.mountRoot
        let above = root + "/" + own.path + "/"
        guard let path = memberships.first(where: { $0.controllers.isEmpty })?.path, path.hasPrefix(above) else {
            return self
        }
        return try subgroup(try CgroupPath(String(path.dropFirst(above.count))))
    }
}

extension CgroupDirectory {
    /// Opens a directory that is there.
    convenience init(opening path: String, below mount: borrowing CgroupMountPoint) throws(CgroupError) {
        let opened = try mount.open(path)
        let hierarchy = mount.hierarchy
        let controllers =
            switch hierarchy.version {
            case .v1: hierarchy.controllers
            case .v2: try mount.unifiedControllers(path)
            }
        self.init(
            hierarchy: hierarchy, path: path, mount: try mount.duplicate(), descriptor: opened, controllers: controllers
        )
    }
}

extension CgroupMountPoint {
    /// Those whose files are in a v2 directory.
    borrowing func unifiedControllers(_ path: String) throws(CgroupError) -> ControllerSet {
        let names = try read(path, "cgroup.controllers")
        return ControllerSet(list: names.utf8).union(.implicitOnUnified)
    }

    borrowing func duplicate() throws(CgroupError) -> OwnedDescriptor {
        do throws(SyscallError) {
            return try descriptor.duplicate()
        } catch {
            throw .failed(error)
        }
    }
}

/// A container's directory in one hierarchy, with what is needed to take it back.
private struct MadeDirectory {
    let directory: CgroupDirectory
    /// How many components of the path were there before.
    private let existing: Int

    init(
        _ path: CgroupPath, _ hierarchy: Hierarchy, _ host: CgroupHost, _ needs: ControllerSet
    ) throws(CgroupError) {
        let mount = try CgroupMountPoint(hierarchy, testRoot: host.testRoot)
        let text = hierarchy.directory(of: path, besideOwn: host.layout == .unified)
        let components = pathComponents(text)
        let existing = try mount.makeDirectories(components)
        do throws(CgroupError) {
            // Every create comes to the first hierarchy first.
            let isFirst = hierarchy == host.hierarchies.first
            let claim = isFirst ? try CgroupClaim.take(text, mount) : nil
            if existing == components.count { try MadeDirectory.checkUnused(text, mount) }
            if isFirst, claim == nil { throw CgroupError.claimed(mount.fullPath(text)) }
            var controllers = hierarchy.controllers
            var missingReason: String?
            switch hierarchy.version {
            case .v1:
                if hierarchy.controllers.contains(.cpuset) {
                    try CPUSetController.inheritLegacy(mount: mount, components: components, firstNew: existing)
                }
            case .v2:
                (controllers, missingReason) = try UnifiedControllers.enable(mount, components, needs: needs)
            }
            directory = CgroupDirectory(
                hierarchy: hierarchy, path: text, mount: try mount.duplicate(), descriptor: try mount.open(text),
                controllers: controllers, missingReason: missingReason, claim: claim, existing: existing)
            self.existing = existing
        } catch {
            // The first failure is what counts; an empty directory that stays behind harms nobody. What another command
            // has claimed is its own by now, whoever made it.
            if case .claimed = error {} else { try? mount.removeDirectories(components, existing: existing) }
            throw error
        }
    }

    /// Refuses to put a container where another one is, or where its processes would never start.
    private static func checkUnused(_ path: String, _ mount: borrowing CgroupMountPoint) throws(CgroupError) {
        let group = try CgroupDirectory(opening: path, below: mount)
        let processes = try group.processes(recursively: true)
        if !processes.isEmpty { throw .occupied(group.fullPath, processes: processes.count) }
        if group.controllers.contains(.freezer), try Freezer(group).state() != .thawed {
            throw .frozen(group.fullPath)
        }
    }

    func undo() {
        // Undoing after a failure that is reported already; see above.
        guard let descriptor = try? directory.mount.duplicate() else { return }
        let mount = CgroupMountPoint(directory.hierarchy, adopting: descriptor)
        try? mount.removeDirectories(pathComponents(directory.path), existing: existing)
    }
}
