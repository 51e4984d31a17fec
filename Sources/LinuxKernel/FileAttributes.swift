internal import CLinux

/// Attributes of a file beside its mode, as chattr(1) sets them.
public struct FileAttributes: OptionSet, Sendable {
    /// The bits of statx(2)'s `stx_attributes`.
    public let rawValue: UInt64

    /// Takes the kernel's bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nobody, root included, changes, renames, links or removes it: `chattr +i`.
    public static let immutable = FileAttributes(rawValue: 0x10)
    /// It can only be added to: `chattr +a`.
    public static let appendOnly = FileAttributes(rawValue: 0x20)
}

extension OwnedDescriptor {
    /// What the file system says of the file's attributes; those that it does not know are not in it.
    ///
    /// - Throws: As statx(2).
    public borrowing func attributes() throws(SyscallError) -> FileAttributes {
        let file = raw
        var bits: UInt64 = 0
        try kernel("statx", "descriptor \(file)") { clinux_file_attributes(file, &bits) }
        return FileAttributes(rawValue: bits)
    }
}
