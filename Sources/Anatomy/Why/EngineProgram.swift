internal import LinuxKernel

/// Whether a process executes Brig's own programs, of which nothing is told. A name alone says nothing: anybody may
/// call a program `brig`.
struct EngineProgram {
    private let own: [FileIdentity]
    private let mounts: UInt64?

    private struct FileIdentity: Equatable {
        let device: UInt64
        let inode: UInt64

        init?(_ path: String) {
            guard let file = try? OwnedDescriptor(open: path, .pathOnly), let status = try? file.status() else {
                return nil
            }
            (device, inode) = (status.device, status.inode)
        }
    }

    init() {
        var paths = ["/proc/self/exe"]
        if let path = try? readSymbolicLink("/proc/self/exe") { paths.append(Self.beside(path, "brig-runtime")) }
        if let named = environmentVariable("BRIG_RUNTIME") { paths.append(named) }
        own = paths.compactMap { FileIdentity($0) }
        mounts = namespaceInode(try? readSymbolicLink("/proc/self/ns/mnt"))
    }

    /// - Parameter wasEngine: Whether the thread executed one of them before.
    func runs(in thread: Int32, wasEngine: Bool) -> Bool {
        guard let file = FileIdentity("/proc/\(thread)/exe") else { return false }
        if own.contains(file) { return true }
        // Another installation, which no container can pass itself off as: it lies among the caller's own files, and both of
        // its programs side by side.
        guard let path = try? readSymbolicLink("/proc/\(thread)/exe"), mounts != nil,
            namespaceInode(try? readSymbolicLink("/proc/\(thread)/ns/mnt")) == mounts,
            let name = path.split(separator: "/").last, ["brig", "brig-runtime"].contains(name)
        else { return false }
        // The runtime executes itself once more from a mount that nobody can write to, where it is another file.
        if wasEngine { return true }
        return FileIdentity(Self.beside(path, name == "brig" ? "brig-runtime" : "brig")) != nil
            && FileIdentity(path) == file
    }

    private static func beside(_ path: String, _ name: String) -> String {
        "\(ThreadReading.parent(path) == "/" ? "" : ThreadReading.parent(path))/\(name)"
    }
}
