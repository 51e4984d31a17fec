internal import Archive

/// A tree as the bytes of a tar archive, made while they are read.
final class TreeArchive: ByteSource {
    private let entries: any EntrySource
    private let made = Outlet()
    private let writer: Archive.TarWriter
    private let leavesOut: (ArchiveEntry) -> Bool
    private var isInEntry = false
    private var isComplete = false

    /// What the writer has made and nobody has read yet: no more than one piece of a file.
    private final class Outlet: ByteSink {
        var bytes: [UInt8] = []
        var position = 0

        func write(_ new: UnsafeRawBufferPointer) {
            if position == bytes.count {
                bytes.removeAll(keepingCapacity: true)
                position = 0
            }
            bytes.append(contentsOf: new)
        }
    }

    /// - Parameter leavesOut: Whether an entry, with what belongs to it alone, is not to be in the archive.
    init(_ entries: any EntrySource, leavesOut: @escaping (ArchiveEntry) -> Bool = { _ in false }) {
        self.entries = entries
        self.leavesOut = leavesOut
        writer = Archive.TarWriter(made)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while made.position == made.bytes.count {
            guard !isComplete else { return 0 }
            try advance()
        }
        let count = min(buffer.count, made.bytes.count - made.position)
        made.bytes.withUnsafeBytes {
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: $0[made.position..<made.position + count]))
        }
        made.position += count
        return count
    }

    private func advance() throws {
        if isInEntry, let chunk = try entries.nextChunk() { return try writer.write(chunk.bytes) }
        isInEntry = false
        while let entry = try entries.next() {
            if leavesOut(entry) { continue }
            try writer.begin(entry)
            isInEntry = true
            return
        }
        isComplete = true
        try writer.finish()
    }
}
