import Archive

/// The archives that `Fixtures/make.sh` made with other tools.
enum Fixture {
    private static let directory = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Fixtures"

    static func bytes(_ name: String) throws -> [UInt8] {
        try DescriptorSource(path: "\(directory)/\(name)").readAll(limit: 1 << 20)
    }

    /// An archive as it was before it was packed.
    static func tar(_ name: String) throws -> [UInt8] {
        try DecompressedSource(MemorySource(bytes("\(name).tar.gz"))).readAll(limit: 1 << 22)
    }

    static let archives = [
        "gnu-posix", "gnu-gnu", "bsd-pax", "gnu-v7", "gnu-ustar", "sparse-gnu", "sparse-0.0", "sparse-0.1",
        "sparse-1.0",
        "sparse-bsd", "sparse-huge", "sparse-many", "attributes-gnu", "attributes-bsd", "python-gnu", "python-pax",
    ]
}

/// An entry with all of its content, holes as zeros, unless it is too long to be kept.
struct WholeEntry: Equatable {
    var entry: ArchiveEntry
    var pieces: [Piece] = []

    struct Piece: Equatable {
        var offset: UInt64
        var bytes: [UInt8]
    }

    var content: [UInt8] {
        var content = [UInt8](repeating: 0, count: Int(entry.size))
        for piece in pieces {
            content.replaceSubrange(Int(piece.offset)..<Int(piece.offset) + piece.bytes.count, with: piece.bytes)
        }
        return content
    }

    var name: String { String(decoding: entry.path, as: UTF8.self) }
}

func readAll(_ source: any ByteSource, limits: ArchiveLimits = ArchiveLimits()) throws -> [WholeEntry] {
    let reader = TarReader(source, limits: limits)
    var entries: [WholeEntry] = []
    while let entry = try reader.next() {
        var whole = WholeEntry(entry: entry)
        while let chunk = try reader.nextChunk() {
            whole.pieces.append(WholeEntry.Piece(offset: chunk.offset, bytes: Array(chunk.bytes)))
        }
        entries.append(whole)
    }
    try reader.drain()
    return entries
}

extension [UInt8] {
    init(text: String) { self = Array(text.utf8) }
}

/// Numbers that look random and are the same in each run.
struct Repeatable: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        // splitmix64
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
