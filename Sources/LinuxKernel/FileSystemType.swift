internal import CLinux
internal import Glibc

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

extension OwnedDescriptor {
    /// Which file system this file lies on.
    public borrowing func fileSystemType() throws(SyscallError) -> FileSystemType {
        var result = statfs()
        let own = raw
        try kernel("fstatfs", "descriptor \(own)") { clinux_fstatfs(own, &result) }
        return FileSystemType(rawValue: UInt64(bitPattern: Int64(result.f_type)) & 0xffff_ffff)
    }
}
