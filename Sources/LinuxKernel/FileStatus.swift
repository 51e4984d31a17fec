internal import CLinux
internal import Glibc

/// What kind of file an inode is.
public enum FileKind: Sendable {
    case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket, other

    init(mode: UInt32) {
        switch mode & 0o170000 {
        case 0o100000: self = .regular
        case 0o040000: self = .directory
        case 0o120000: self = .symbolicLink
        case 0o020000: self = .characterDevice
        case 0o060000: self = .blockDevice
        case 0o010000: self = .fifo
        case 0o140000: self = .socket
        default: self = .other
        }
    }
}

/// The number of a device or of a file system.
public struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    public let major: UInt32
    public let minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    init(raw: UInt64) { self.init(major: clinux_major(raw), minor: clinux_minor(raw)) }

    /// As `dev_t` in system calls.
    package var raw: UInt64 { clinux_makedev(major, minor) }

    public var description: String { "\(major):\(minor)" }
}

/// What the kernel knows about a file: stat(2).
public struct FileStatus: Equatable, Sendable {
    /// The file system on which it lies.
    public let fileSystem: DeviceNumber
    public let inode: UInt64
    public let kind: FileKind
    /// Permission bits with set-user-id, set-group-id and sticky: `mode & 07777`.
    public let permissions: UInt32
    public let links: UInt64
    public let uid: UInt32
    public let gid: UInt32
    /// In bytes.
    public let size: Int64
    /// In units of 512 bytes.
    public let blocks: Int64
    /// The device that this file is, for device files.
    public let device: DeviceNumber
    /// Seconds since 1970.
    public let modified: Int64
    public let modifiedNanoseconds: Int64
    /// Seconds since 1970.
    public let changed: Int64
    public let changedNanoseconds: Int64

    init(_ raw: stat) {
        fileSystem = DeviceNumber(raw: UInt64(raw.st_dev))
        inode = UInt64(raw.st_ino)
        kind = FileKind(mode: UInt32(raw.st_mode))
        permissions = UInt32(raw.st_mode) & 0o7777
        links = UInt64(raw.st_nlink)
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        blocks = Int64(raw.st_blocks)
        device = DeviceNumber(raw: UInt64(raw.st_rdev))
        modified = Int64(raw.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(raw.st_mtim.tv_nsec)
        changed = Int64(raw.st_ctim.tv_sec)
        changedNanoseconds = Int64(raw.st_ctim.tv_nsec)
    }

    /// The status of a path of the host's.
    ///
    /// - Throws: As stat(2).
    public init(of path: String, followLinks: Bool = true) throws(SyscallError) {
        var raw = stat()
        try kernel("stat", path) { clinux_fstatat(AT_FDCWD, path, &raw, followLinks ? 0 : AT_SYMLINK_NOFOLLOW) }
        self.init(raw)
    }
}

extension OwnedDescriptor {
    /// The status of what this descriptor names, `O_PATH` ones included.
    public borrowing func status() throws(SyscallError) -> FileStatus {
        var raw = stat()
        let own = self.raw
        try kernel("fstat", "descriptor \(own)") { clinux_fstatat(own, "", &raw, CLINUX_AT_EMPTY_PATH) }
        return FileStatus(raw)
    }

    /// The status of an entry of this directory; a symbolic link is not followed.
    public borrowing func status(of name: String) throws(SyscallError) -> FileStatus {
        var raw = stat()
        let own = self.raw
        try kernel("fstatat", name) { clinux_fstatat(own, name, &raw, AT_SYMLINK_NOFOLLOW) }
        return FileStatus(raw)
    }

    /// Which file system this file lies on.
    public borrowing func fileSystemType() throws(SyscallError) -> FileSystemType {
        var result = statfs()
        let own = raw
        try kernel("fstatfs", "descriptor \(own)") { clinux_fstatfs(own, &result) }
        return FileSystemType(rawValue: UInt64(bitPattern: Int64(result.f_type)) & 0xffff_ffff)
    }
}

/// A file system's magic number: statfs(2), linux/magic.h.
public struct FileSystemType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let proc = FileSystemType(rawValue: 0x9fa0)
    public static let sysfs = FileSystemType(rawValue: 0x6265_6572)
    public static let tmpfs = FileSystemType(rawValue: 0x0102_1994)
    public static let ramfs = FileSystemType(rawValue: 0x8584_58f6)
    public static let devpts = FileSystemType(rawValue: 0x1cd1)
    public static let cgroup1 = FileSystemType(rawValue: 0x27_e0eb)
    public static let cgroup2 = FileSystemType(rawValue: 0x6367_7270)
    public static let overlay = FileSystemType(rawValue: 0x794c_7630)
    public static let mqueue = FileSystemType(rawValue: 0x1980_0202)
    public static let nsfs = FileSystemType(rawValue: 0x6e73_6673)
    public static let selinux = FileSystemType(rawValue: 0xf97c_ff8c)
    public static let securityfs = FileSystemType(rawValue: 0x7363_6673)
    public static let ext4 = FileSystemType(rawValue: 0xef53)
    public static let btrfs = FileSystemType(rawValue: 0x9123_683e)
    public static let xfs = FileSystemType(rawValue: 0x5846_5342)
    public static let fuse = FileSystemType(rawValue: 0x6573_5546)
    public static let nfs = FileSystemType(rawValue: 0x6969)

    /// The type on which a path of the host's lies.
    public init(of path: String) throws(SyscallError) {
        var result = statfs()
        try kernel("statfs", path) { clinux_statfs(path, &result) }
        self.init(rawValue: UInt64(bitPattern: Int64(result.f_type)) & 0xffff_ffff)
    }
}
