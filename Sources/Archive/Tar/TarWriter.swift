internal import LinuxKernel

/// Writes a tar archive: ustar, with PAX records where its fields have no room.
///
/// The same entries always give the same bytes. What is written can be read by GNU tar, bsdtar, Go, Python and Docker.
public final class TarWriter {
    private let sink: any ByteSink
    /// Collects small writes. Content of some size goes past it.
    private var buffer: [UInt8] = []
    /// What the current entry still lacks.
    private var expected: UInt64 = 0
    private var padding = 0

    /// Writes to `sink`.
    public init(_ sink: any ByteSink) {
        self.sink = sink
        buffer.reserveCapacity(65_536 + 4096)
    }

    /// Begins an entry. A file's content follows: of a sparse one, the pieces of its map alone.
    ///
    /// - Throws: `ArchiveError` if the last entry is not complete, or this one cannot be written: a name that no file can
    ///   have, a map that is not in order. What the sink throws.
    public func begin(_ entry: ArchiveEntry) throws {
        try endEntry()
        let header = try TarHeaderWriter(entry)
        if !header.records.isEmpty {
            try put(header.extendedHeader)
            try put(header.extendedContent)
        }
        try put(header.block)
        try put(header.map)
        expected = header.contentSize
        padding = TarHeaderWriter.padding(of: UInt64(header.map.count) + expected)
    }

    /// Content of the current entry.
    ///
    /// - Throws: `ArchiveError` with `.limit` if it is more than the entry said. What the sink throws.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard UInt64(bytes.count) <= expected else { throw ArchiveError(.limit(.fileBytes, expected)) }
        expected -= UInt64(bytes.count)
        if bytes.count >= 16_384 {
            try flush()
            try sink.write(bytes)
        } else {
            buffer.append(contentsOf: bytes)
            if buffer.count >= 65_536 { try flush() }
        }
    }

    /// Writes the archive's end.
    public func finish() throws {
        try endEntry()
        try put([UInt8](repeating: 0, count: 1024))
        try flush()
    }

    private func endEntry() throws {
        guard expected == 0 else { throw ArchiveError(.truncated) }
        try put([UInt8](repeating: 0, count: padding))
        padding = 0
    }

    private func put(_ bytes: [UInt8]) throws {
        buffer += bytes
        if buffer.count >= 65_536 { try flush() }
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { if !$0.isEmpty { try sink.write($0) } }
        buffer.removeAll(keepingCapacity: true)
    }
}
