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

/// Tells that a file has lost its last name: inotify(7).
public struct RemovalWatch: ~Copyable, Sendable {
    /// Readable once that may have happened.
    public let descriptor: OwnedDescriptor
    private let file: OwnedDescriptor

    /// - Parameter file: The file, opened in any way.
    /// - Throws: `EMFILE`, `ENOSPC` at the user's limits; `EACCES` for a file that this process may not read.
    public init(_ file: consuming OwnedDescriptor) throws(SyscallError) {
        let opened = OwnedDescriptor(
            adopting: try kernel("inotify_init1", "inotify") { inotify_init1(CInt(O_CLOEXEC | O_NONBLOCK)) })
        let raw = opened.raw
        let path = "/proc/self/fd/\(file.raw)"
        // The number of names is one of the attributes.
        try kernel("inotify_add_watch", path) { inotify_add_watch(raw, path, CLINUX_IN_ATTRIB) }
        descriptor = opened
        self.file = file
    }

    /// Whether the file has no name any more. Forgets the changes up to now.
    public borrowing func isRemoved() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            while try !descriptor.read(upTo: 4096).isEmpty {}
        } catch {
            guard error.code == .again else { throw error }
        }
        return try file.status().linkCount == 0
    }
}
