public import LinuxKernel

/// Gives one regular file, which is open already, as the only entry of an archive.
public final class FileReader: EntrySource {
    private let content: FileContent
    private let path: [UInt8]
    /// What the file's content can be known by from now on, if it was asked for and the file has no attributes.
    public private(set) var stamp: FileStamp?
    private let isStamped: Bool
    private var state = State.before

    private enum State { case before, within, after }

    /// - Parameters:
    ///   - file: A regular file, open for reading. It is taken over.
    ///   - path: What the entry is called.
    ///   - isStamped: Its stamp is wanted.
    /// - Throws: As fstat(2).
    public init(
        _ file: consuming OwnedDescriptor, path: [UInt8], isStamped: Bool = false
    ) throws(SyscallError) {
        self.isStamped = isStamped
        content = try FileContent(file, keepsHoles: false)
        self.path = path
    }

    public func next() throws -> ArchiveEntry? {
        guard case .before = state else {
            state = .after
            return nil
        }
        state = .within
        let stamp = isStamped ? try content.settledStamp() : nil
        let status = try content.status()
        var entry = ArchiveEntry(
            path: path, kind: .file, permissions: status.permissions, userID: status.userID, groupID: status.groupID,
            modified: try content.modified(), size: content.size)
        entry.attributes = try content.attributes()
        if entry.attributes.isEmpty { self.stamp = stamp }
        return entry
    }

    public func nextChunk() throws -> FileChunk? {
        guard case .within = state else { return nil }
        return try content.next()
    }

    public func drain() {}
}
