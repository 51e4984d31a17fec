internal import CLinux
internal import Glibc

/// A file descriptor with one owner, closed when that owner lets go.
public struct OwnedDescriptor: ~Copyable, Sendable {
    package let raw: CInt

    /// Takes over `raw`; nothing else may close it from now on.
    public init(adopting raw: CInt) { self.raw = raw }

    deinit { _ = Glibc.close(raw) }

    /// Gives the descriptor away, to a child process or to code that closes it itself.
    public consuming func release() -> CInt {
        let raw = self.raw
        discard self
        return raw
    }

    /// Another descriptor for the same open file, closed on exec.
    ///
    /// - Throws: `EMFILE`.
    public borrowing func duplicate() throws(SyscallError) -> OwnedDescriptor {
        let from = raw
        return OwnedDescriptor(
            adopting: try kernel("fcntl", "F_DUPFD_CLOEXEC \(from)") { clinux_fcntl(from, F_DUPFD_CLOEXEC, 0) })
    }

    /// Closes now and says what the kernel answered, for writers to whom `EIO` and `ENOSPC` matter.
    public consuming func close() throws(SyscallError) {
        let raw = release()
        // Not repeated after EINTR: Linux has closed it by then (close(2)).
        if Glibc.close(raw) == -1, Errno.current != .interrupted {
            throw SyscallError(call: "close", subject: "descriptor \(raw)", code: .current)
        }
    }
}

/// How a file is opened: open(2)'s flags. Every descriptor of Brig is closed on exec from its first moment.
public struct OpenFlags: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// `O_RDONLY`
    public static let read = OpenFlags([])
    /// `O_WRONLY`
    public static let write = OpenFlags(rawValue: O_WRONLY)
    /// `O_RDWR`
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    /// `O_CREAT`
    public static let create = OpenFlags(rawValue: O_CREAT)
    /// `O_EXCL`
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    /// `O_TRUNC`
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    /// `O_APPEND`
    public static let append = OpenFlags(rawValue: O_APPEND)
    /// `O_DIRECTORY`: `ENOTDIR` unless it is one.
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    /// `O_NOFOLLOW`: `ELOOP` if the last component is a symbolic link.
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    /// `O_PATH`: names the file, cannot read or write it.
    public static let pathOnly = OpenFlags(rawValue: CLINUX_O_PATH)
    /// `O_NONBLOCK`
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// `O_NOCTTY`
    public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    /// `O_TMPFILE`
    public static let temporaryFile = OpenFlags(rawValue: CLINUX_O_TMPFILE_BIT | O_DIRECTORY)
}

extension OwnedDescriptor {
    /// Opens a path of the host's, for files that no container can shape.
    ///
    /// - Parameter mode: Permission bits of a file that is created, before the umask.
    /// - Throws: As open(2).
    public init(open path: String, _ flags: OpenFlags, mode: UInt32 = 0o600) throws(SyscallError) {
        let opened = try kernel("open", path) { clinux_openat(AT_FDCWD, path, flags.rawValue | O_CLOEXEC, mode) }
        self.init(adopting: opened)
    }

    /// Opens `name` below this directory. For trees that are ours; what a container can shape goes through `resolve`.
    ///
    /// - Throws: As openat(2).
    public borrowing func open(
        _ name: String, _ flags: OpenFlags, mode: UInt32 = 0o600
    ) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        return OwnedDescriptor(
            adopting: try kernel("openat", name) { clinux_openat(directory, name, flags.rawValue | O_CLOEXEC, mode) })
    }

    /// Opens `path` as if this directory were `/`: neither `..` nor a symbolic link leads out, and links of procfs such
    /// as `/proc/self/fd/3` are not followed.
    ///
    /// - Parameter flags: `pathOnly` unless the caller must read or write at once.
    /// - Returns: A descriptor, closed on exec.
    /// - Throws: `ENOENT`, `ENOTDIR`, `ELOOP`; `EAGAIN` if a rename raced with a `..` each of a thousand times: somebody
    ///   renames to keep us here.
    ///
    /// Source: openat2(2), Linux 5.6. Go on with the descriptor: a path read back from `/proc/self/fd` can point
    /// elsewhere by the time it is used.
    public borrowing func resolve(
        _ path: String, _ flags: OpenFlags = .pathOnly, mode: UInt32 = 0
    ) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        var attempts = 1000
        while true {
            do throws(SyscallError) {
                return OwnedDescriptor(
                    adopting: try kernel("openat2", path) {
                        clinux_openat2(
                            directory, path, UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)), UInt64(mode),
                            UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))
                    })
            } catch  where error.code == .again && attempts > 0 {
                attempts -= 1
            }
        }
    }

    /// Opens `path` below this directory and on the same mount; neither `..` nor a link leads out.
    ///
    /// - Throws: `EXDEV` where it would leave the directory or cross into another mount, `ELOOP` for a link of procfs.
    ///
    /// Source: openat2(2), `RESOLVE_BENEATH`, `RESOLVE_NO_XDEV`, Linux 5.6.
    public borrowing func openBeneath(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> OwnedDescriptor {
        let directory = raw
        return OwnedDescriptor(
            adopting: try kernel("openat2", path) {
                clinux_openat2(
                    directory, path, UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)), 0,
                    UInt64(RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS))
            })
    }
}
