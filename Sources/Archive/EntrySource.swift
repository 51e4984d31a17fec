/// Entries that come one after another, each with its content: an archive that is read, or a tree that is walked.
public protocol EntrySource: AnyObject {
    /// Goes on to the next entry, past what was not read of the last one; `nil` at the end.
    func next() throws -> ArchiveEntry?

    /// The next piece of the current entry's content; `nil` at its end.
    func nextChunk() throws -> FileChunk?

    /// Takes what belongs to the source after its last entry.
    func drain() throws
}

/// A piece of a file's content.
public struct FileChunk {
    /// Where in the file it stands; bytes that no piece covers are zeros.
    public let offset: UInt64
    /// Valid until the next call to the source.
    public let bytes: UnsafeRawBufferPointer

    package init(offset: UInt64, bytes: UnsafeRawBufferPointer) {
        self.offset = offset
        self.bytes = bytes
    }
}

extension TarWriter {
    /// Writes all entries of `source`, and the archive's end.
    public func writeAll(_ source: some EntrySource) throws {
        while let entry = try source.next() {
            try begin(entry)
            while let chunk = try source.nextChunk() { try write(chunk.bytes) }
        }
        try finish()
    }
}
