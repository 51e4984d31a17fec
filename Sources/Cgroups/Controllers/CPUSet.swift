import LinuxKernel

/// CPUs and memory nodes.
///
/// Source: the kernel's admin-guide/cgroup-v1/cpusets.rst and admin-guide/cgroup-v2.rst, "Cpuset".
enum CPUSetController {
    /// The files have the same names on v1 and v2.
    static func apply(_ limits: Limits.CPU, to group: CgroupDirectory) throws(CgroupError) {
        if let cpus = limits.cpus { try group.write("cpuset.cpus", try checked(cpus, "cpu.cpus")) }
        if let mems = limits.mems { try group.write("cpuset.mems", try checked(mems, "cpu.mems")) }
    }

    /// Numbers, ranges and groups in ranges, as bitmap_parselist() reads them: `0-3,7`, `0-30:1/2`.
    private static func checked(_ list: String, _ name: String) throws(CgroupError) -> String {
        let allowed = list.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || "-,:/".utf8.contains($0) }
        guard allowed, list.utf8.count <= 4096 else {
            throw .invalidLimit(name: name, value: list, reason: "must be a list such as 0-3,7")
        }
        return list
    }

    /// On v1 a new cgroup has neither, and takes no process until it has: gives it what its parent has, or the parent's
    /// parent, and so on down.
    static func inheritLegacy(
        mount: borrowing CgroupMountPoint, components: [Substring], firstNew: Int
    ) throws(CgroupError) {
        guard firstNew < components.count else { return }
        var path = joinedPath(components[..<firstNew])
        var cpus = try mount.read(path, "cpuset.cpus")
        var mems = try mount.read(path, "cpuset.mems")
        if cpus.isEmpty || mems.isEmpty {
            // Somebody made the parent and left it empty: start from the root, which always has both.
            path = ""
            cpus = try mount.read("", "cpuset.cpus")
            mems = try mount.read("", "cpuset.mems")
            for component in components[..<firstNew] {
                if !path.isEmpty { path.append("/") }
                path.append(contentsOf: component)
                cpus = try fill(mount, path, "cpuset.cpus", from: cpus)
                mems = try fill(mount, path, "cpuset.mems", from: mems)
            }
        }
        for component in components[firstNew...] {
            if !path.isEmpty { path.append("/") }
            path.append(contentsOf: component)
            try mount.write(path, "cpuset.cpus", cpus)
            try mount.write(path, "cpuset.mems", mems)
        }
    }

    /// - Returns: What the cgroup has afterwards.
    private static func fill(
        _ mount: borrowing CgroupMountPoint, _ path: String, _ file: String, from parent: String
    ) throws(CgroupError) -> String {
        let own = try mount.read(path, file)
        if !own.isEmpty { return own }
        try mount.write(path, file, parent)
        return parent
    }
}
