internal import CLinux
internal import Glibc

/// What the kernel says of a file that is another whenever its content, mode, owner or attributes are.
///
/// The time of the last change is the kernel's own: no program can set it.
public struct FileStamp: Hashable, Sendable {
    /// Device number of the file system, and the file's number in it: together they name the file.
    public let device: UInt64
    /// `st_ino`
    public let inode: UInt64
    /// Bytes.
    public let size: Int64
    /// Type and permission bits, `st_mode`.
    public let mode: UInt32
    /// When the content was last changed, or was said to have been.
    public let modified: FileTime
    /// When anything of it was last changed.
    public let changed: FileTime

    /// A stamp as it was written down.
    public init(device: UInt64, inode: UInt64, size: Int64, mode: UInt32, modified: FileTime, changed: FileTime) {
        (self.device, self.inode, self.size, self.mode) = (device, inode, size, mode)
        (self.modified, self.changed) = (modified, changed)
    }

    fileprivate init(_ status: inout stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            mode: status.st_mode, modified: FileTime(clinux_stat_mtime(&status)),
            changed: FileTime(clinux_stat_ctime(&status)))
    }

    /// Whether any change after this moment would give the file another stamp.
    ///
    /// The kernel's times go in steps, of 10 milliseconds at most; two changes within one have the same. A file system that
    /// has no more than whole seconds shows it.
    ///
    /// - Parameter now: Nanoseconds since 1970, taken before the stamp.
    public func isSettled(at now: Int64) -> Bool {
        let (seconds, overflow) = changed.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (time, more) = seconds.addingReportingOverflow(Int64(changed.nanoseconds))
        let (age, most) = now.subtractingReportingOverflow(time)
        guard !overflow, !more, !most else { return false }
        return age > (changed.nanoseconds == 0 ? 3_000_000_000 : 100_000_000)
    }
}

extension TreeDirectory {
    /// What `name` is, and its stamp; a link is not followed.
    package borrowing func stamped(_ name: NamePointer) throws(SyscallError) -> (status: FileStatus, stamp: FileStamp) {
        let directory = raw
        var result = stat()
        try kernel("fstatat", String(cString: name)) {
            clinux_fstatat(directory, name, &result, AT_SYMLINK_NOFOLLOW)
        }
        return (FileStatus(result), FileStamp(&result))
    }
}

extension OwnedDescriptor {
    /// What this descriptor names, and its stamp.
    package borrowing func stamped() throws(SyscallError) -> (status: FileStatus, stamp: FileStamp) {
        let file = raw
        var result = stat()
        try kernel("fstat", "descriptor \(file)") { clinux_fstatat(file, "", &result, CLINUX_AT_EMPTY_PATH) }
        return (FileStatus(result), FileStamp(&result))
    }

    /// The stamp of an open file if any change from here on would give it another one: it is settled, and nobody has it open
    /// for writing. Who writes into a shared mapping changes the time of the last change with the first write only.
    ///
    /// The descriptor is open for reading alone.
    package borrowing func settledStamp() throws(SyscallError) -> FileStamp? {
        let now = WallClock.nanoseconds
        guard hasNoWriter() else { return nil }
        let stamp = try stamped().stamp
        return stamp.isSettled(at: now) ? stamp : nil
    }

    /// Asks by way of a lease, which the kernel gives only then. Who wants to write while it lasts waits, and this process is
    /// told by a signal that does nothing.
    private borrowing func hasNoWriter() -> Bool {
        let file = raw
        guard clinux_fcntl(file, CLINUX_F_SETSIG, Int(SIGURG)) == 0,
            clinux_fcntl(file, CLINUX_F_SETLEASE, Int(F_RDLCK)) == 0
        else { return false }
        return clinux_fcntl(file, CLINUX_F_SETLEASE, Int(F_UNLCK)) == 0
    }
}
