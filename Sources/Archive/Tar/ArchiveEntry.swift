public import LinuxKernel

/// One file of an archive: all that is said of it before its content.
public struct ArchiveEntry: Equatable, Sendable {
    /// The name as the archive has it, not yet checked: it may be absolute or hold `..`.
    public var path: [UInt8]
    /// What it is.
    public var kind: Kind
    /// The lower twelve bits of a mode.
    public var permissions: UInt32
    /// The owner's number.
    public var userID: UInt32
    /// The group's number.
    public var groupID: UInt32
    /// The names that belonged to the ids where the archive was made. Shown at most, never looked up.
    public var userName: [UInt8]
    /// The group's name; of no effect.
    public var groupName: [UInt8]
    /// When its content was changed.
    public var modified: FileTime
    /// When it was read, if the archive says so.
    public var accessed: FileTime?
    /// When its metadata was changed, if the archive says so.
    public var changed: FileTime?
    /// Bytes that a regular file shows, holes included; 0 for every other kind.
    public var size: UInt64
    /// Where a sparse file has data, in order; `nil` for a file that is stored whole.
    public var sparseMap: [Extent]?
    /// In the archive's order; a name occurs once.
    public var attributes: [ExtendedAttribute]

    /// What an entry stands for.
    public enum Kind: Equatable, Sendable {
        case file
        case directory
        /// A further name of an earlier entry, named as in the archive.
        case hardLink(target: [UInt8])
        case symbolicLink(target: [UInt8])
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
    }

    /// A piece of a file.
    public struct Extent: Equatable, Sendable {
        /// In bytes from the beginning of the file.
        public var offset: UInt64
        /// In bytes.
        public var length: UInt64

        public init(offset: UInt64, length: UInt64) {
            self.offset = offset
            self.length = length
        }
    }

    /// An entry with the values that archives have where nothing else is said.
    public init(
        path: [UInt8], kind: Kind, permissions: UInt32 = 0o644, userID: UInt32 = 0, groupID: UInt32 = 0,
        modified: FileTime = .epoch, size: UInt64 = 0
    ) {
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
        self.size = size
        userName = []
        groupName = []
        attributes = []
    }
}

/// A named value that a file carries beside its content: xattr(7).
public struct ExtendedAttribute: Equatable, Sendable {
    /// Such as `user.comment`.
    public var name: [UInt8]
    /// Any bytes.
    public var value: [UInt8]

    public init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
