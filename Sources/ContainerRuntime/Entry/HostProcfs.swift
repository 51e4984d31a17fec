internal import LinuxKernel

/// The host's procfs, held from before any of the container's files could be seen. Whatever the runtime writes there on
/// the way into a container goes through this descriptor, so that nothing an image puts at `/proc` is ever written to.
///
/// SECURITY.md rule 3; CVE-2019-16884, CVE-2025-52881.
struct HostProcfs: ~Copyable {
    let root: OwnedDescriptor

    /// - Throws: `unsupported` if `/proc` is not a procfs.
    init() throws(RuntimeError) {
        let opened = try attempting("open /proc") { () throws(SyscallError) in
            try OwnedDescriptor(open: "/proc", [.pathOnly, .directory])
        }
        // Inode 1 is the root of a procfs, not some directory of one (PROC_ROOT_INO).
        guard let type = try? opened.fileSystemType(), type == .proc, let status = try? opened.status(),
            status.inode == 1
        else { throw RuntimeError(.unsupported, "/proc is not a procfs: mount one there") }
        root = opened
    }

    /// Writes `text` to the file at `path`, which no mount may cover.
    ///
    /// - Throws: `EXDEV` if something is mounted over it.
    borrowing func write(_ text: String, to path: String) throws(SyscallError) {
        do throws(SyscallError) {
            try root.openBeneath(path, .write).write(text)
        } catch {
            throw SyscallError(call: error.call, subject: "/proc/\(path)", code: error.code)
        }
    }
}
