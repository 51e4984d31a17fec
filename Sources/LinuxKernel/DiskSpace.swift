internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Gives a file blocks of its own up to this length, in bytes, so that they need not be found later.
    ///
    /// - Throws: `ENOSPC`; what was allocated until then stays.
    ///
    /// Source: posix_fallocate(3), which does not set `errno`.
    public borrowing func allocate(_ length: Int64) throws(SyscallError) {
        let own = raw
        try kernel("posix_fallocate", "descriptor \(own) to \(length)") { () -> CInt in
            errno = posix_fallocate(own, 0, off_t(length))
            return errno == 0 ? 0 : -1
        }
    }

    /// How many bytes the file system of this file has left for processes without privileges.
    ///
    /// Source: fstatfs(2).
    public borrowing func availableBytes() throws(SyscallError) -> Int64 {
        let own = raw
        var result = statfs()
        try kernel("fstatfs", "descriptor \(own)") { clinux_fstatfs(own, &result) }
        let (bytes, overflow) = Int64(clamping: result.f_bavail).multipliedReportingOverflow(
            by: Int64(clamping: result.f_bsize))
        return overflow ? .max : bytes
    }
}
