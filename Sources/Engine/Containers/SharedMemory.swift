internal import LinuxKernel

/// The `/dev/shm` of a container that shares its IPC namespace: a file system of the host's side, so that others can be
/// given the same one.
enum SharedMemory {
    /// - Parameter size: Bytes.
    static func mount(at path: String, size: Int64) throws {
        try HostDirectory.make(path, mode: 0o700)
        let memory = try DetachedMount.fileSystem(
            "tmpfs", source: "shm", options: ["mode=1777", "size=\(size)"],
            attributes: [.noSetUID, .noDevices, .noExec])
        try memory.attach(to: try OwnedDescriptor(open: path, [.pathOnly, .directory]), subject: path)
    }

    /// Nothing mounted is no error. Containers that still use it keep it.
    static func unmount(at path: String) throws(SyscallError) { try removeMount(at: path) }
}
