internal import LinuxKernel

/// The kernel's own files, in the lab's mount namespace.
struct KernelEvidence: Evidence {
    func content(_ path: String) -> String? {
        guard let bytes = try? OwnedDescriptor(open: path, .read).readAll(limit: 1 << 20) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    func link(_ path: String) -> String? { try? readSymbolicLink(path) }

    func exists(_ path: String) -> Bool { (try? OwnedDescriptor(open: path, [.pathOnly, .noFollow])) != nil }

    func cgroup(_ controller: String, _ group: String) -> (path: String, isUnified: Bool) {
        let v1 = "/sys/fs/cgroup/\(controller)"
        // Where a controller has a hierarchy of its own it is one of v1, whatever else is mounted.
        guard !exists("/sys/fs/cgroup/cgroup.controllers"), exists(v1) else {
            return ("/sys/fs/cgroup/\(group)", true)
        }
        return ("\(v1)/\(group)", false)
    }
}
