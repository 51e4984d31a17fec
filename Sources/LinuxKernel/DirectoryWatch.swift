internal import CLinux
internal import Glibc

/// Tells that something changed in a directory: inotify(7).
public struct DirectoryWatch: ~Copyable, Sendable {
    /// Readable once something has changed.
    public let descriptor: OwnedDescriptor

    /// Watches for writes to its files, and for files that come, go or get other names.
    ///
    /// - Throws: `ENOENT`, `ENOTDIR`; `EMFILE`, `ENOSPC` at the user's limits.
    public init(_ path: String) throws(SyscallError) {
        let opened = OwnedDescriptor(
            adopting: try kernel("inotify_init1", "inotify") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) })
        let raw = opened.raw
        let events =
            CLINUX_IN_MODIFY | CLINUX_IN_MOVED_FROM | CLINUX_IN_MOVED_TO | CLINUX_IN_CREATE | CLINUX_IN_DELETE
        try kernel("inotify_add_watch", path) { inotify_add_watch(raw, path, events | CLINUX_IN_ONLYDIR) }
        descriptor = opened
    }

    /// Forgets the changes up to now.
    public borrowing func clear() throws(SyscallError) {
        while true {
            do throws(SyscallError) {
                if try descriptor.read(upTo: 4096).isEmpty { return }
            } catch  where error.code == .again {
                return
            }
        }
    }
}
