internal import CLinux
internal import Glibc

/// What can no longer be done to a memory file: fcntl(2), `F_ADD_SEALS`.
public struct FileSeals: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `F_SEAL_SEAL`: no further seals.
    public static let seals = FileSeals(rawValue: 1)
    /// `F_SEAL_SHRINK`
    public static let shrinking = FileSeals(rawValue: 2)
    /// `F_SEAL_GROW`
    public static let growing = FileSeals(rawValue: 4)
    /// `F_SEAL_WRITE`
    public static let writing = FileSeals(rawValue: 8)

    /// All four: the content stays as it is.
    public static let complete: FileSeals = [.seals, .shrinking, .growing, .writing]
}

extension OwnedDescriptor {
    /// A new empty file that exists in memory only and can be sealed: memfd_create(2).
    ///
    /// - Parameters:
    ///   - memoryFile: What `/proc/PID/fd` shows; need not be unique.
    ///   - executable: Whether the file may be run, which since Linux 6.3 is said at its making.
    public init(memoryFile name: String, executable: Bool = false) throws(SyscallError) {
        let flags = CLINUX_MFD_CLOEXEC | CLINUX_MFD_ALLOW_SEALING
        do throws(SyscallError) {
            let opened = try kernel("memfd_create", name) {
                clinux_memfd_create(name, executable ? flags | CLINUX_MFD_EXEC : flags)
            }
            self.init(adopting: opened)
        } catch  where executable && error.code == .invalidArgument {
            // Before Linux 6.3 every memory file is executable and the flag unknown.
            self.init(adopting: try kernel("memfd_create", name) { clinux_memfd_create(name, flags) })
        }
    }

    /// Adds seals to a memory file.
    ///
    /// - Throws: `EBUSY` if it is mapped writable and writing is to be sealed; `EPERM` once seals are sealed.
    public borrowing func addSeals(_ seals: FileSeals) throws(SyscallError) {
        let own = raw
        try kernel("fcntl", "F_ADD_SEALS \(own)") { clinux_fcntl(own, CLINUX_F_ADD_SEALS, Int(seals.rawValue)) }
    }

    /// The seals of a memory file; `EINVAL` for other files.
    public borrowing func seals() throws(SyscallError) -> FileSeals {
        let own = raw
        return FileSeals(
            rawValue: try kernel("fcntl", "F_GET_SEALS \(own)") { clinux_fcntl(own, CLINUX_F_GET_SEALS, 0) })
    }
}

/// Copies that stay inside the kernel. Each copies once, at most `count` bytes, and returns how many; 0 is the end.
extension OwnedDescriptor {
    /// From this file's position to another file's: copy_file_range(2). `EXDEV`, `EINVAL` where it cannot.
    public borrowing func copyRange(to target: borrowing OwnedDescriptor, upTo count: Int) throws(SyscallError) -> Int {
        let own = raw
        let to = target.raw
        return try kernel("copy_file_range", "\(own) to \(to)") { clinux_copy_file_range(own, to, count) }
    }

    /// From this file's position to any descriptor: sendfile(2).
    public borrowing func sendFile(to target: borrowing OwnedDescriptor, upTo count: Int) throws(SyscallError) -> Int {
        let own = raw
        let to = target.raw
        return try kernel("sendfile", "\(own) to \(to)") { sendfile(to, own, nil, count) }
    }

    /// Between two descriptors of which one is a pipe: splice(2). `EAGAIN` if non-blocking and nothing can move.
    public borrowing func splice(
        to target: borrowing OwnedDescriptor, upTo count: Int, nonBlocking: Bool = false
    ) throws(SyscallError) -> Int {
        let own = raw
        let to = target.raw
        let flags = CLINUX_SPLICE_F_MOVE | (nonBlocking ? CLINUX_SPLICE_F_NONBLOCK : 0)
        return try kernel("splice", "\(own) to \(to)") { clinux_splice(own, to, count, flags) }
    }

    /// Copies all from this file's position on to the end of another file.
    ///
    /// - Returns: How many bytes.
    public borrowing func copyAll(to target: borrowing OwnedDescriptor) throws(SyscallError) -> Int64 {
        var total: Int64 = 0
        while true {
            let copied: Int
            do throws(SyscallError) {
                copied = try copyRange(to: target, upTo: 1 << 30)
            } catch  where [.crossDevice, .invalidArgument, .noSuchCall, .notSupported].contains(error.code) {
                copied = try sendFile(to: target, upTo: 1 << 30)
            }
            if copied == 0 { return total }
            total += Int64(copied)
        }
    }
}
