import LinuxKernel

extension CgroupHost {
    /// Moves the calling process, which must have one thread, to the root of each hierarchy's mount: away from a service or
    /// a session whose end, freezer or limits would otherwise be its own.
    ///
    /// The root always exists, so nothing stays behind; and on v2 it is the one cgroup that may hold processes and give
    /// controllers to its children. Where the caller may not go there, it stays.
    public func moveCallerToRoots() {
        for hierarchy in hierarchies where hierarchy.ownPath != hierarchy.mountRoot {
            guard let mount = try? CgroupMountPoint(hierarchy, testRoot: testRoot) else { continue }
            // A thread's file on v1: moving a whole process would stop everybody's fork and exec for the time.
            try? mount.write(hierarchy.version == .v1 ? "tasks" : "cgroup.procs", "0")
        }
    }
}
