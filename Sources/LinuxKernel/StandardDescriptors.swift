internal import CLinux
internal import Glibc

/// Descriptors 0, 1 and 2 of this process.
public enum StandardDescriptors {
    /// Opens `/dev/null` for each one that the caller has closed, so that no file opened later is taken for it.
    public static func openMissing() throws(SyscallError) {
        for number in Int32(0)...2 where fcntl(number) == -1 {
            // The lowest free number is the one that is missing: those below it are open by now.
            try kernel("open", "/dev/null") { clinux_openat(AT_FDCWD, "/dev/null", O_RDWR, 0) }
        }
    }

    private static func fcntl(_ number: Int32) -> Int32 { clinux_fcntl(number, F_GETFD, 0) }

    /// What descriptor `number` of this process is.
    ///
    /// - Throws: As fstat(2).
    package static func status(_ number: Int32) throws(SyscallError) -> FileStatus {
        var result = stat()
        try kernel("fstat", "descriptor \(number)") { clinux_fstatat(number, "", &result, CLINUX_AT_EMPTY_PATH) }
        return FileStatus(result)
    }

    /// Writes all of `text` to standard output.
    ///
    /// - Throws: As write(2).
    public static func print(_ text: String) throws(SyscallError) {
        let output = OwnedDescriptor(adopting: 1)
        do throws(SyscallError) {
            try output.write(text)
        } catch {
            _ = output.release()
            throw error
        }
        _ = output.release()
    }

    /// Reads standard input to its end, at most `limit` bytes.
    ///
    /// - Throws: As read(2); `EFBIG` if there is more.
    public static func readInput(limit: Int) throws(SyscallError) -> [UInt8] {
        try input().readAll(limit: limit)
    }

    /// Another descriptor for standard input.
    ///
    /// - Throws: `EBADF` without one, `EMFILE`.
    package static func input() throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try kernel("fcntl", "F_DUPFD_CLOEXEC 0") { clinux_fcntl(0, F_DUPFD_CLOEXEC, 3) })
    }
}
