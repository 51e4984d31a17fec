/// Properties of a mount, as mount_setattr(2) and fsmount(2) take them.
public struct MountAttributes: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `MOUNT_ATTR_RDONLY`
    public static let readOnly = MountAttributes(rawValue: 0x1)
    /// `MOUNT_ATTR_NOSUID`
    public static let noSetUID = MountAttributes(rawValue: 0x2)
    /// `MOUNT_ATTR_NODEV`
    public static let noDevices = MountAttributes(rawValue: 0x4)
    /// `MOUNT_ATTR_NOEXEC`
    public static let noExec = MountAttributes(rawValue: 0x8)
    /// `MOUNT_ATTR_NOATIME`
    public static let noAccessTime = MountAttributes(rawValue: 0x10)
    /// `MOUNT_ATTR_STRICTATIME`
    public static let strictAccessTime = MountAttributes(rawValue: 0x20)
    /// `MOUNT_ATTR_NODIRATIME`
    public static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)
    /// `MOUNT_ATTR_NOSYMFOLLOW`, Linux 5.14.
    public static let noSymbolicLinks = MountAttributes(rawValue: 0x20_0000)

    /// `MOUNT_ATTR__ATIME`: the field in which exactly one way of keeping access times stands; zero is `relatime`.
    public static let accessTimeField = MountAttributes(rawValue: 0x70)
}

/// How mounts and unmounts below a mount reach other copies of it. Source: mount_namespaces(7), "Shared subtrees".
public enum MountPropagation: UInt64, Hashable, Sendable {
    /// `MS_SHARED`
    case shared = 0x10_0000
    /// `MS_SLAVE`
    case slave = 0x8_0000
    /// `MS_PRIVATE`
    case `private` = 0x4_0000
    /// `MS_UNBINDABLE`
    case unbindable = 0x2_0000
}
