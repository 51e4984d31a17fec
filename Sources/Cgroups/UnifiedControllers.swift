import LinuxKernel

/// Handing controllers down a v2 tree.
///
/// A v2 directory has a controller's files once its parent names the controller in `cgroup.subtree_control`, and the
/// parent may do that only if it has the controller itself and holds no processes of its own.
///
/// Source: the kernel's admin-guide/cgroup-v2.rst, "Controlling Controllers" and "Threads".
enum UnifiedControllers {
    /// Enables what the mount's root has for the directory at `components`, as far as the kernel lets us.
    ///
    /// - Parameter needs: Those without which the container could not be limited as asked.
    /// - Returns: What the directory has got, and why it has not got the rest: a limit that needs it says so later.
    static func enable(
        _ mount: borrowing CgroupMountPoint, _ components: [Substring], needs: ControllerSet
    ) throws(CgroupError) -> (ControllerSet, missingReason: String?) {
        let path = joinedPath(components)
        let wanted = mount.hierarchy.controllers
        var has = try mount.unifiedControllers(path)
        // Mostly an earlier container has seen to it.
        if has.isSuperset(of: wanted) { return (has, nil) }

        // A cgroup that holds processes can hand down what threads may share, and nothing else; its children would then be
        // good for threads alone. So room comes first where a limit needs more.
        if !needs.intersection(wanted).isSubset(of: .forThreads) { _ = try makeRoom(mount) }
        var refusal = try hand(wanted, down: components, mount)
        has = try mount.unifiedControllers(path)
        if refusal?.code == .busy, !has.isSuperset(of: needs.intersection(wanted)), try makeRoom(mount) {
            refusal = try hand(wanted, down: components, mount)
            has = try mount.unifiedControllers(path)
        }
        guard let refusal else { return (has, nil) }
        try leaveInvalidDomain(mount, path)
        return (has, has.isSuperset(of: wanted) ? nil : "\(refusal)")
    }

    /// - Returns: The first refusal.
    private static func hand(
        _ controllers: ControllerSet, down components: [Substring], _ mount: borrowing CgroupMountPoint
    ) throws(CgroupError) -> CgroupError? {
        var refusal: CgroupError?
        for count in 0..<components.count {
            let path = joinedPath(components[..<count])
            let enabled = ControllerSet(list: try mount.read(path, "cgroup.subtree_control").utf8)
            let missing = controllers.subtracting(enabled).subtracting(.implicitOnUnified).members
            if !missing.isEmpty, let error = add(missing, mount, path) { refusal = refusal ?? error }
        }
        return refusal
    }

    /// Inside a container the root of the mount is an ordinary cgroup, which holds the container's own processes: moves
    /// them one down.
    ///
    /// - Returns: Whether there is room now.
    private static func makeRoom(_ mount: borrowing CgroupMountPoint) throws(CgroupError) -> Bool {
        // The root of all cgroups has no type; and if this process stands elsewhere, others manage the tree.
        guard mount.hierarchy.ownPath == mount.hierarchy.mountRoot,
            (try? mount.read("", "cgroup.type")) == "domain"
        else { return false }
        _ = try mount.makeDirectory("init")
        // A process that is forked meanwhile is met by the next round.
        for _ in 0..<16 {
            // A process of another pid namespace shows as 0, which would name this one.
            let processes = try mount.read("", "cgroup.procs").split(separator: "\n").filter { $0 != "0" }
            if processes.isEmpty { return true }
            for process in processes {
                do throws(CgroupError) {
                    try mount.write("init", "cgroup.procs", String(process))
                } catch  where error.code == .noSuchProcess {
                    continue
                }
            }
        }
        return false
    }

    /// - Returns: Why one of them could not be enabled.
    private static func add(
        _ controllers: [Controller], _ mount: borrowing CgroupMountPoint, _ path: String
    ) -> CgroupError? {
        let file = "cgroup.subtree_control"
        do throws(CgroupError) {
            try mount.write(path, file, controllers.map { "+" + $0.unifiedName }.joined(separator: " "))
            return nil
        } catch {
            // One that is refused makes the whole line fail: realtime processes in the root keep cpu from being enabled.
            guard controllers.count > 1 else { return error }
            var refusal: CgroupError?
            for controller in controllers {
                do throws(CgroupError) {
                    try mount.write(path, file, "+" + controller.unifiedName)
                } catch {
                    refusal = refusal ?? error
                }
            }
            return refusal
        }
    }

    /// Below a cgroup that has become threaded a new one takes no process until it is threaded itself.
    private static func leaveInvalidDomain(
        _ mount: borrowing CgroupMountPoint, _ path: String
    ) throws(CgroupError) {
        if try mount.read(path, "cgroup.type") == "domain invalid" {
            try mount.write(path, "cgroup.type", "threaded")
        }
    }
}

extension Controller {
    /// The name in `cgroup.controllers`.
    var unifiedName: String { self == .blkio ? "io" : name }
}
