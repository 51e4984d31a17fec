/// How much of everything one archive may have. Whatever goes beyond is refused with the limit's name.
public struct ArchiveLimits: Equatable, Sendable {
    /// Entries, whiteouts and links included.
    public var entries: UInt64 = 20_000_000
    /// Bytes of the unpacked stream: 1 TiB.
    public var totalBytes: UInt64 = 1 << 40
    /// Bytes that one file shows, holes included: 16 TiB, the largest of ext4. Only holes take no room.
    public var fileBytes: UInt64 = 16 << 40
    /// Bytes of a name or of a link's target: the kernel's own limit (`PATH_MAX` with its final zero).
    public var nameBytes: UInt64 = 4095
    /// Bytes of one extended header: enough for 64 KiB of extended attributes in any writing.
    public var headerBytes: UInt64 = 1 << 20
    /// Extended attributes of one entry, each at most 64 KiB, the kernel's own limit.
    public var attributes: UInt64 = 128
    /// Pieces of one sparse file.
    public var sparsePieces: UInt64 = 1_000_000
    /// Unpacked bytes for each packed one. Gzip cannot do more than 1032.
    public var ratio: UInt64 = 1100
    /// Unpacked bytes from which on the ratio counts: small archives of zeros are no danger. 1 GiB.
    public var ratioFreeBytes: UInt64 = 1 << 30

    /// Directories of which the archive holds files but no entry, or a default access control list: all are remembered.
    public var rememberedDirectories: UInt64 = 100_000
    /// Bytes of their names and lists.
    public var rememberedBytes: UInt64 = 16 << 20

    /// The defaults: far beyond any image that is known, and short of what hurts.
    public init() {}

    /// What there is a limit of.
    public enum Kind: Sendable {
        case entries, totalBytes, fileBytes, nameBytes, headerBytes, attributes, attributeBytes, sparsePieces, ratio
        case rememberedDirectories, rememberedBytes, depth

        var words: String {
            switch self {
            case .entries: "entries"
            case .totalBytes: "bytes in all"
            case .fileBytes: "bytes in a file"
            case .nameBytes: "bytes in a name"
            case .headerBytes: "bytes in an extended header"
            case .attributes: "extended attributes"
            case .attributeBytes: "bytes in an extended attribute"
            case .sparsePieces: "pieces in a sparse file"
            case .rememberedDirectories: "directories without an entry of their own"
            case .rememberedBytes: "bytes of such directories' names, and of access control lists"
            case .depth: "directories in one another"
            case .ratio: "unpacked bytes for each packed one"
            }
        }
    }
}
