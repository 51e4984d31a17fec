/// Handing controllers down a v2 tree.
///
/// A v2 directory has a controller's files once its parent names the controller in `cgroup.subtree_control`, and the
/// parent may do that only if it has the controller itself and holds no processes of its own.
///
/// Source: the kernel's admin-guide/cgroup-v2.rst, "Controlling Controllers" and "Threads".
enum UnifiedControllers {
    /// Enables what the mount's root has for the directory at `components`, as far as the kernel lets us.
    ///
    /// - Returns: What the directory has got, and why it has not got the rest: a limit that needs it says so later.
    static func enable(
        _ mount: borrowing CgroupMountPoint, _ components: [Substring]
    ) throws(CgroupError) -> (ControllerSet, missingReason: String?) {
        let path = components.joined(separator: "/")
        let wanted = mount.hierarchy.controllers
        var has = try mount.unifiedControllers(path)
        // Mostly an earlier container has seen to it.
        if has.isSuperset(of: wanted) { return (has, nil) }

        var reason: String?
        for count in 0..<components.count {
            let above = components[..<count].joined(separator: "/")
            let enabled = ControllerSet(
                names: try mount.read(above, "cgroup.subtree_control").utf8, separator: UInt8(ascii: " "))
            let missing = wanted.subtracting(enabled).subtracting(.implicitOnUnified).members
            if missing.isEmpty { continue }
            if let refusal = add(missing, mount, above), reason == nil { reason = "\(refusal)" }
        }
        has = try mount.unifiedControllers(path)
        if reason != nil { try leaveInvalidDomain(mount, path) }
        return (has, has.isSuperset(of: wanted) ? nil : reason)
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
