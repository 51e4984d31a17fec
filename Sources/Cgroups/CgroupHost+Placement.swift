extension CgroupHost {
    /// Where a container's cgroup will lie, before it is made: to be remembered first, so that nothing is lost in a crash.
    public func placement(of path: CgroupPath) -> CgroupPlacement {
        CgroupPlacement(
            hierarchies.map { (label: $0.label, path: $0.directory(of: path, besideOwn: layout == .unified)) })
    }
}
