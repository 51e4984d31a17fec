/// How an archive becomes a tree.
public struct ExtractionOptions: Sendable {
    /// What a name means that marks a deleted file (`.wh.name`) or an emptied directory (`.wh..wh..opq`).
    ///
    /// Source: OCI image-spec, "Image Layer Filesystem Changeset".
    public enum Whiteouts: Equatable, Sendable {
        /// Nothing: it is a file's name as any other.
        case literal
        /// The tree becomes one layer of an overlay, and gets the overlay's own marks in `trusted.overlay.*`.
        case overlay
        /// The same for an overlay mounted in a user namespace, in `user.overlay.*`.
        case overlayInUserNamespace
        /// The tree holds the layers below already, and loses what is marked.
        case apply
    }

    /// Who owns what is made.
    public enum Ownership: Equatable, Sendable {
        /// Whom the archive says.
        case archive
        /// Whom the archive says, as far as the user namespace has such users; else whoever unpacks, and without set-id
        /// bits, which would give that user's rights away.
        case mapped
        /// Whoever unpacks.
        case current
    }

    /// What happens to device nodes.
    public enum Devices: Equatable, Sendable { case make, skip, refuse }

    /// What deletions of an image's layer become.
    public var whiteouts = Whiteouts.literal
    /// Whose the files are.
    public var ownership = Ownership.archive
    /// What device nodes become.
    public var devices = Devices.make
    /// How much of everything is taken.
    public var limits = ArchiveLimits()

    public init() {}
}

/// What was unpacked, and what could not be carried over.
public struct ExtractionSummary: Equatable, Sendable {
    /// Entries of the archive.
    public var entries: UInt64 = 0
    /// Bytes written into files.
    public var fileBytes: UInt64 = 0
    /// Names of extended attributes that Brig does not carry over (labels of another host, the overlay's own) or that this
    /// file system does not have, with how often.
    public var droppedAttributes: [String: UInt64] = [:]
    /// Device nodes that were left out on request.
    public var skippedDevices: UInt64 = 0
    /// Files whose owner the user namespace does not have.
    public var unmappedOwners: UInt64 = 0
    /// Directories that were made because a file is in them, without an entry of their own: root's, mode 0755.
    /// The root of the tree is the empty path.
    public var implicitDirectories: Set<[UInt8]> = []
    /// The root is marked as opaque: nothing of the layers below is seen.
    public var hidesLowerLayers = false
    /// Whether the archive had an end mark.
    public var endMarkSeen = false

    public init() {}
}
