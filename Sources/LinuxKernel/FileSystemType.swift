internal import CLinux
internal import Glibc

/// A file system's magic number: statfs(2), linux/magic.h.
public struct FileSystemType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `PROC_SUPER_MAGIC`
    public static let proc = FileSystemType(rawValue: 0x9fa0)
    /// `SYSFS_MAGIC`
    public static let sysfs = FileSystemType(rawValue: 0x6265_6572)
    /// `TMPFS_MAGIC`
    public static let tmpfs = FileSystemType(rawValue: 0x0102_1994)
    /// `RAMFS_MAGIC`
    public static let ramfs = FileSystemType(rawValue: 0x8584_58f6)
    /// `DEVPTS_SUPER_MAGIC`
    public static let devpts = FileSystemType(rawValue: 0x1cd1)
    /// `CGROUP_SUPER_MAGIC`: a hierarchy of cgroup v1.
    public static let cgroup1 = FileSystemType(rawValue: 0x27_e0eb)
    /// `CGROUP2_SUPER_MAGIC`
    public static let cgroup2 = FileSystemType(rawValue: 0x6367_7270)
    /// `OVERLAYFS_SUPER_MAGIC`
    public static let overlay = FileSystemType(rawValue: 0x794c_7630)
    /// `MQUEUE_MAGIC`: POSIX message queues.
    public static let mqueue = FileSystemType(rawValue: 0x1980_0202)
    /// `NSFS_MAGIC`: what a namespace's file lies on.
    public static let nsfs = FileSystemType(rawValue: 0x6e73_6673)
    /// `SELINUX_MAGIC`
    public static let selinux = FileSystemType(rawValue: 0xf97c_ff8c)
    /// `SECURITYFS_MAGIC`
    public static let securityfs = FileSystemType(rawValue: 0x7363_6673)
    /// `EXT4_SUPER_MAGIC`, the number of ext2 and ext3, too.
    public static let ext4 = FileSystemType(rawValue: 0xef53)
    /// `BTRFS_SUPER_MAGIC`
    public static let btrfs = FileSystemType(rawValue: 0x9123_683e)
    /// `XFS_SUPER_MAGIC`
    public static let xfs = FileSystemType(rawValue: 0x5846_5342)
    /// `FUSE_SUPER_MAGIC`: served by a process.
    public static let fuse = FileSystemType(rawValue: 0x6573_5546)
    /// `NFS_SUPER_MAGIC`
    public static let nfs = FileSystemType(rawValue: 0x6969)

    /// `DEBUGFS_MAGIC`
    public static let debugfs = FileSystemType(rawValue: 0x6462_6720)
    /// `TRACEFS_MAGIC`
    public static let tracefs = FileSystemType(rawValue: 0x7472_6163)
    /// `BPF_FS_MAGIC`
    public static let bpf = FileSystemType(rawValue: 0xcafe_4a11)
    /// `PSTOREFS_MAGIC`
    public static let pstore = FileSystemType(rawValue: 0x6165_676c)
    /// `CONFIGFS_MAGIC`, in fs/configfs/mount.c
    public static let configfs = FileSystemType(rawValue: 0x6265_6570)

    /// Whether what is on it are questions to the kernel, and nobody's files.
    public var isMadeUpByKernel: Bool {
        let all: [FileSystemType] = [
            .proc, .sysfs, .cgroup1, .cgroup2, .devpts, .mqueue, .nsfs, .selinux, .securityfs, .debugfs, .tracefs, .bpf,
            .pstore, .configfs,
        ]
        return all.contains(self)
    }

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
