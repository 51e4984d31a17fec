internal import LinuxKernel

/// Reads a tar archive from its beginning to its end, entry by entry, in bounded memory.
///
/// It takes what GNU tar, bsdtar, star, pax, Go's, Python's and Docker's writers make: the Seventh Edition's format, ustar,
/// PAX with global headers, GNU's long names, old and new sparse files, extended attributes in star's and libarchive's
/// writing, POSIX access control lists. What it cannot take is an error that names the entry. Not for several threads.
public final class TarReader: EntrySource {
    private let window: ByteWindow
    private let limits: ArchiveLimits
    private var globals = PaxRecords()
    private var entries: UInt64 = 0
    /// What is left of the current entry's stored bytes, and of the zeros that fill up its last block.
    private var stored: UInt64 = 0
    private var padding: UInt64 = 0
    /// Pieces of the current file that are still to come, next one last.
    private var pieces: [ArchiveEntry.Extent] = []
    private var currentName: [UInt8]?
    private var ended = false

    /// Whether the archive's end was marked by two blocks of zeros, as every tar writes them. One without may have been cut
    /// off between two entries.
    public private(set) var endMarkSeen = false

    /// - Parameter source: The unpacked stream. It is read in large pieces, so beyond the archive's end, too.
    public init(_ source: any ByteSource, limits: ArchiveLimits = ArchiveLimits()) {
        window = ByteWindow(source)
        self.limits = limits
    }

    /// Bytes of the unpacked stream before the reader's place.
    public var offset: UInt64 { window.offset }

    /// Goes on to the next entry, past what was not read of the last one; `nil` at the archive's end.
    ///
    /// - Throws: `ArchiveError`, and what the source throws.
    public func next() throws -> ArchiveEntry? {
        try skipContent()
        currentName = nil
        if ended { return nil }
        var extended: PaxRecords?
        var longName: [UInt8]?
        var longLink: [UInt8]?
        while let block = try nextHeader() {
            let type = block.type
            switch type {
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                let content = try headerContent(block)
                extended = try attempt { try PaxRecords(content) }
            case UInt8(ascii: "g"):
                try takeGlobals(block)
            case UInt8(ascii: "L"):
                longName = Array(try headerContent(block).prefix { $0 != 0 })
            case UInt8(ascii: "K"):
                longLink = Array(try headerContent(block).prefix { $0 != 0 })
            case UInt8(ascii: "V"):
                // A volume's label: no file.
                stored = try attempt { try size(block.size(), "size") }
                padding = Self.padding(of: stored)
                try skipContent()
            default:
                entries += 1
                guard entries <= limits.entries else { throw fail(.limit(.entries, limits.entries)) }
                let records = extended.map { globals.followed(by: $0) } ?? globals
                currentName = longName ?? records.value("path") ?? block.name
                return try entry(block, records, longName: longName, longLink: longLink)
            }
        }
        guard extended == nil, longName == nil, longLink == nil else { throw fail(.truncated) }
        return nil
    }

    /// The next piece of the current entry's content; `nil` at its end.
    ///
    /// - Throws: `.truncated`, and what the source throws.
    public func nextChunk() throws -> FileChunk? {
        while let piece = pieces.last, piece.length == 0 { pieces.removeLast() }
        guard let piece = pieces.last else {
            try skipContent()
            return nil
        }
        let bytes = try window.take(upTo: Int(clamping: min(piece.length, stored)))
        guard !bytes.isEmpty else { throw fail(.truncated) }
        let taken = UInt64(bytes.count)
        stored -= taken
        pieces[pieces.count - 1] = ArchiveEntry.Extent(offset: piece.offset + taken, length: piece.length - taken)
        return FileChunk(offset: piece.offset, bytes: bytes)
    }

    /// Reads what follows the archive's end, to which its digest belongs as well.
    ///
    /// - Throws: `.limit` beyond the limit of bytes in all, and what the source throws.
    public func drain() throws {
        try skipContent()
        while try !window.take(upTo: .max).isEmpty {
            guard window.offset <= limits.totalBytes else { throw fail(.limit(.totalBytes, limits.totalBytes)) }
        }
    }
}

// MARK: - Headers

extension TarReader {
    /// The next block that is a header; `nil` at the end.
    private func nextHeader() throws -> TarHeaderBlock? {
        guard window.offset <= limits.totalBytes else { throw fail(.limit(.totalBytes, limits.totalBytes)) }
        guard let block = try takeBlock() else { return nil }
        guard isZero(block) else {
            // The pointer stays valid: nothing is read from the window before the caller asks for more.
            do { return try TarHeaderBlock(block) } catch { throw fail(error.reason) }
        }
        ended = true
        if let second = try takeBlock() {
            guard isZero(second) else { throw fail(.badEndMark) }
            endMarkSeen = true
        }
        return nil
    }

    private func takeBlock() throws -> UnsafeRawBufferPointer? {
        if let block = try window.take(exactly: TarHeaderBlock.size) { return block }
        guard try window.peek(1).isEmpty else { throw fail(.truncated) }
        ended = true
        return nil
    }

    private func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

    /// The content of a header that stands before the entry it belongs to.
    private func headerContent(_ block: TarHeaderBlock) throws -> [UInt8] {
        let length = try attempt { try size(block.size(), "size") }
        guard length <= limits.headerBytes else { throw fail(.limit(.headerBytes, limits.headerBytes)) }
        let content = try takeBytes(Int(length))
        guard try window.skip(Self.padding(of: length)) else { throw fail(.truncated) }
        return content
    }

    private func takeBytes(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let part = try window.take(upTo: count - bytes.count)
            guard !part.isEmpty else { throw fail(.truncated) }
            bytes += part
        }
        return bytes
    }

    /// Takes a global header, which holds for all entries after it.
    private func takeGlobals(_ block: TarHeaderBlock) throws {
        let content = try headerContent(block)
        let records = try attempt { try PaxRecords(content) }
        // These belong to one file; for all of them they make no sense but to confuse.
        let personal = ["path", "linkpath", "size", "GNU.sparse", "SCHILY.realsize"]
        for record in records.records where personal.contains(where: { record.key.starts(with: $0.utf8) }) {
            throw fail(.badExtendedHeader("\(displayName(record.key)) for all files"))
        }
        globals = globals.followed(by: records).withoutRepetition
        // They are looked through for every entry.
        guard globals.records.count <= 1000 else { throw fail(.badExtendedHeader("more than 1000 keys for all files")) }
        let size = globals.records.reduce(0) { $0 + $1.key.count + $1.value.count }
        guard UInt64(size) <= limits.headerBytes else { throw fail(.limit(.headerBytes, limits.headerBytes)) }
    }

    private func entry(
        _ block: TarHeaderBlock, _ records: PaxRecords, longName: [UInt8]?, longLink: [UInt8]?
    ) throws -> ArchiveEntry {
        var sparse = OldSparseMap()
        if block.type == UInt8(ascii: "S"), block.format == .gnu || block.format == .v7 {
            sparse = try oldSparseMap(block)
        }
        // Everything is taken from the block before anything more is read: its bytes move then.
        var parsed = try attempt {
            try TarEntryParser(
                block: block, records: records, longName: longName, longLink: longLink, limits: limits
            ).parse()
        }
        stored = parsed.stored
        padding = Self.padding(of: stored)
        if sparse.isPresent {
            // What of the map did not fit into the header stands in blocks of its own.
            while sparse.isExtended { try extend(&sparse) }
            parsed.entry.size = sparse.realSize
            parsed.entry.sparseMap = sparse.pieces
        } else if parsed.mapIsInContent {
            parsed.entry.sparseMap = try mapFromContent()
        }
        try startContent(of: parsed.entry)
        // Empty pieces tell of no data: writers put one behind a hole at the end.
        parsed.entry.sparseMap?.removeAll { $0.length == 0 }
        return parsed.entry
    }

    private func startContent(of entry: ArchiveEntry) throws {
        guard entry.size <= limits.fileBytes else { throw fail(.limit(.fileBytes, limits.fileBytes)) }
        guard let map = entry.sparseMap else {
            pieces = stored > 0 ? [ArchiveEntry.Extent(offset: 0, length: stored)] : []
            return
        }
        var end: UInt64 = 0
        var data: UInt64 = 0
        for piece in map {
            let (pieceEnd, overflow) = piece.offset.addingReportingOverflow(piece.length)
            guard !overflow, piece.offset >= end, pieceEnd <= entry.size else { throw fail(.badSparseMap) }
            end = pieceEnd
            data += piece.length
        }
        guard data == stored else { throw fail(.badSparseMap) }
        pieces = map.reversed()
    }

    /// Passes what is left of the current entry.
    private func skipContent() throws {
        pieces.removeAll()
        guard stored > 0 || padding > 0 else { return }
        let (left, overflow) = stored.addingReportingOverflow(padding)
        guard !overflow, try window.skip(left) else { throw fail(.truncated) }
        stored = 0
        padding = 0
    }

    private static func padding(of size: UInt64) -> UInt64 { (512 - size % 512) % 512 }

    /// Adds place and name to what a part of the parser found.
    private func attempt<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as ArchiveError where error.entry == nil {
            throw fail(error.reason)
        }
    }

    private func fail(_ reason: ArchiveError.Reason) -> ArchiveError {
        ArchiveError(reason, entry: currentName, offset: window.offset)
    }

    private func size(_ number: Int64, _ field: String) throws(ArchiveError) -> UInt64 {
        guard let size = UInt64(exactly: number) else { throw ArchiveError(.badNumber(field: field)) }
        return size
    }
}

// MARK: - Sparse files

/// What GNU's old format says of a sparse file.
private struct OldSparseMap {
    var isPresent = false
    var pieces: [ArchiveEntry.Extent] = []
    var isExtended = false
    var realSize: UInt64 = 0
}

extension TarReader {
    private func oldSparseMap(_ block: TarHeaderBlock) throws -> OldSparseMap {
        try attempt {
            let (pieces, isExtended, realSize) = try block.oldSparse()
            return OldSparseMap(
                isPresent: true, pieces: pieces, isExtended: isExtended, realSize: try size(realSize, "real size"))
        }
    }

    /// Takes one more block of an old map: 21 pieces, and at byte 504 whether more follow.
    private func extend(_ map: inout OldSparseMap) throws {
        guard let block = try window.take(exactly: TarHeaderBlock.size) else { throw fail(.truncated) }
        map.pieces += try attempt { try TarHeaderBlock.sparsePieces(block[0..<504]) }
        map.isExtended = block[504] != 0
        guard UInt64(map.pieces.count) <= limits.sparsePieces else {
            throw fail(.limit(.sparsePieces, limits.sparsePieces))
        }
    }

    /// The map of PAX format 1.0: decimal numbers, each with a line feed, in front of the data, filled up to a block.
    private func mapFromContent() throws -> [ArchiveEntry.Extent] {
        let before = stored
        let count = try mapNumber()
        guard count <= limits.sparsePieces else { throw fail(.limit(.sparsePieces, limits.sparsePieces)) }
        var map: [ArchiveEntry.Extent] = []
        for _ in 0..<count { map.append(ArchiveEntry.Extent(offset: try mapNumber(), length: try mapNumber())) }
        let filling = Self.padding(of: before - stored)
        guard filling <= stored, try window.skip(filling) else { throw fail(.truncated) }
        stored -= filling
        return map
    }

    private func mapNumber() throws -> UInt64 {
        var digits: [UInt8] = []
        while true {
            guard stored > 0, digits.count <= 20 else { throw fail(.badSparseMap) }
            guard let byte = try window.take(upTo: 1).first else { throw fail(.truncated) }
            stored -= 1
            if byte == UInt8(ascii: "\n") { break }
            digits.append(byte)
        }
        guard let number = decimal(digits[...]) else { throw fail(.badSparseMap) }
        return number
    }
}
