internal import LinuxKernel

/// An entry as header blocks.
///
/// Sources: POSIX.1-2001, pax; GNU tar's manual, "Storing Sparse Files", format 1.0, which Go and libarchive read as well.
struct TarHeaderWriter {
    /// What the fields of a ustar header have no room for, as `length key=value` lines.
    private(set) var records: [UInt8] = []
    /// The entry's own header.
    private(set) var block: [UInt8] = []
    /// A sparse file's map, filled up to a block.
    private(set) var map: [UInt8] = []
    /// Bytes of content that follow.
    let contentSize: UInt64
    private let baseName: [UInt8]

    init(_ entry: ArchiveEntry) throws(ArchiveError) {
        guard !entry.path.isEmpty, !entry.path.contains(0) else { throw ArchiveError(.badName, entry: entry.path) }
        var path = entry.path
        if entry.kind == .directory, path.last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
        baseName = Array(path.split(separator: UInt8(ascii: "/")).last?.prefix(80) ?? [])
        contentSize = try Self.checkedSize(entry)
        var fields = TarFields()
        if let pieces = entry.sparseMap {
            map = Self.mapBytes(pieces, size: entry.size)
            add("GNU.sparse.major", "1")
            add("GNU.sparse.minor", "0")
            add("GNU.sparse.name", path)
            add("GNU.sparse.realsize", "\(entry.size)")
            // The name for readers that know nothing of it.
            path = Array("GNUSparseFile.0/".utf8) + baseName
        }
        if !fields.setName(path) { add("path", path) }
        if !fields.setLink(entry.kind) { add("linkpath", entry.kind.linkTarget ?? []) }
        fields.put(100, 8, octal: UInt64(entry.permissions & 0o7777))
        if !fields.put(108, 8, octal: UInt64(entry.userID)) { add("uid", "\(entry.userID)") }
        if !fields.put(116, 8, octal: UInt64(entry.groupID)) { add("gid", "\(entry.groupID)") }
        let stored = UInt64(map.count) + contentSize
        if !fields.put(124, 12, octal: stored) { add("size", "\(stored)") }
        let seconds = UInt64(exactly: entry.modified.seconds)
        if seconds.map({ fields.put(136, 12, octal: $0) }) != true || entry.modified.nanoseconds != 0 {
            add("mtime", Self.text(entry.modified))
        }
        if let accessed = entry.accessed { add("atime", Self.text(accessed)) }
        if let changed = entry.changed { add("ctime", Self.text(changed)) }
        if !fields.put(265, 32, text: entry.userName) { add("uname", entry.userName) }
        if !fields.put(297, 32, text: entry.groupName) { add("gname", entry.groupName) }
        fields.setType(entry.kind)
        for attribute in entry.attributes {
            add("SCHILY.xattr.", attribute.name, attribute.value)
            addAccessControlList(attribute)
        }
        block = fields.finished()
    }

    private static func checkedSize(_ entry: ArchiveEntry) throws(ArchiveError) -> UInt64 {
        guard entry.kind == .file else { return 0 }
        guard let pieces = entry.sparseMap else { return entry.size }
        var end: UInt64 = 0
        var data: UInt64 = 0
        for piece in pieces {
            let (pieceEnd, overflow) = piece.offset.addingReportingOverflow(piece.length)
            guard !overflow, piece.offset >= end, pieceEnd <= entry.size else {
                throw ArchiveError(.badSparseMap, entry: entry.path)
            }
            (end, data) = (pieceEnd, data + piece.length)
        }
        return data
    }

    private static func mapBytes(_ pieces: [ArchiveEntry.Extent], size: UInt64) -> [UInt8] {
        var pieces = pieces
        // GNU tar and libarchive make a file as long as its map: a hole at the end is told by an empty piece behind it.
        if pieces.last.map({ $0.offset + $0.length < size }) ?? (size > 0) {
            pieces.append(ArchiveEntry.Extent(offset: size, length: 0))
        }
        var lines = "\(pieces.count)\n"
        for piece in pieces { lines += "\(piece.offset)\n\(piece.length)\n" }
        let bytes = Array(lines.utf8)
        return bytes + [UInt8](repeating: 0, count: padding(of: UInt64(bytes.count)))
    }

    /// Seconds and, where there are any, their decimals.
    private static func text(_ time: FileTime) -> String {
        if time.nanoseconds == 0 { return "\(time.seconds)" }
        // Before 1970 the decimals count down, and nanoseconds up.
        let isNegative = time.seconds < 0
        let seconds = isNegative ? time.seconds + 1 : time.seconds
        let nanoseconds = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
        var decimals = String(nanoseconds)
        decimals = String(repeating: "0", count: 9 - decimals.utf8.count) + decimals
        while decimals.hasSuffix("0") { decimals.removeLast() }
        return "\(isNegative ? "-" : "")\(seconds.magnitude).\(decimals)"
    }

    /// Access control lists once more as star and GNU tar write them, which do not look for them among the attributes.
    private mutating func addAccessControlList(_ attribute: ExtendedAttribute) {
        let prefix = Array("system.posix_acl_".utf8)
        guard attribute.name.starts(with: prefix), let text = AccessControlList(attributeValue: attribute.value)?.text
        else { return }
        add("SCHILY.acl.", Array(attribute.name.dropFirst(prefix.count)), Array(text.utf8))
    }

    private mutating func add(_ key: String, _ value: String) { add(key, Array(value.utf8)) }

    private mutating func add(_ key: String, _ value: [UInt8]) { add(key, [], value) }

    private mutating func add(_ key: String, _ name: [UInt8], _ value: [UInt8]) {
        let body = [UInt8(ascii: " ")] + Array(key.utf8) + name + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        // The length counts itself.
        var length = body.count
        while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
        records += Array(String(length).utf8) + body
    }

    /// The header in front of the records.
    var extendedHeader: [UInt8] {
        var fields = TarFields()
        _ = fields.setName(Array("PaxHeaders.0/".utf8) + baseName)
        fields.put(100, 8, octal: 0o644)
        fields.put(108, 8, octal: 0)
        fields.put(116, 8, octal: 0)
        fields.put(124, 12, octal: UInt64(records.count))
        fields.put(136, 12, octal: 0)
        fields.type = UInt8(ascii: "x")
        return fields.finished()
    }

    /// The records, filled up to a block.
    var extendedContent: [UInt8] {
        records + [UInt8](repeating: 0, count: Self.padding(of: UInt64(records.count)))
    }

    static func padding(of size: UInt64) -> Int { Int((512 - size % 512) % 512) }
}

extension ArchiveEntry.Kind {
    /// What a link, hard or symbolic, leads to.
    var linkTarget: [UInt8]? {
        switch self {
        case .hardLink(let target), .symbolicLink(let target): target
        default: nil
        }
    }
}

/// The 512 bytes of a ustar header while they are filled in.
private struct TarFields {
    private var bytes = [UInt8](repeating: 0, count: 512)

    var type: UInt8 {
        get { bytes[156] }
        set { bytes[156] = newValue }
    }

    /// Seven or eleven octal digits.
    ///
    /// - Returns: `false`, and zero in the field, if the number is too large.
    @discardableResult
    mutating func put(_ start: Int, _ length: Int, octal number: UInt64) -> Bool {
        let digits = Array(String(number, radix: 8).utf8)
        let fits = digits.count < length
        let shown = fits ? digits : [UInt8(ascii: "0")]
        let filled = [UInt8](repeating: UInt8(ascii: "0"), count: length - 1 - shown.count) + shown
        bytes.replaceSubrange(start..<start + length - 1, with: filled)
        return fits
    }

    /// - Returns: `false`, and nothing in the field, if the text is too long.
    mutating func put(_ start: Int, _ length: Int, text: [UInt8]) -> Bool {
        guard text.count <= length, !text.contains(0) else { return false }
        bytes.replaceSubrange(start..<start + text.count, with: text)
        return true
    }

    /// Puts a name into its field, or into that and the one for its beginning.
    ///
    /// - Returns: `false`, and the end of the name in the field, if it has no room.
    mutating func setName(_ name: [UInt8]) -> Bool {
        if put(0, 100, text: name) { return true }
        // The slash between the two fields is not stored, and the second cannot be empty.
        let cuts = name.indices.filter { name[$0] == UInt8(ascii: "/") && $0 > 0 && $0 <= 155 && $0 < name.count - 1 }
        if let cut = cuts.first(where: { name.count - $0 - 1 <= 100 }) {
            return put(345, 155, text: Array(name[..<cut])) && put(0, 100, text: Array(name[(cut + 1)...]))
        }
        _ = put(0, 100, text: Array(name.suffix(100)))
        return false
    }

    /// Puts a link's target into its field.
    ///
    /// - Returns: `false`, and the beginning of the target in the field, if it has no room.
    mutating func setLink(_ kind: ArchiveEntry.Kind) -> Bool {
        guard let target = kind.linkTarget else { return true }
        if put(157, 100, text: target) { return true }
        // For readers that know no records, as GNU tar does: the beginning shows that it is a link, and to where about.
        _ = put(157, 100, text: Array(target.prefix(100)))
        return false
    }

    mutating func setType(_ kind: ArchiveEntry.Kind) {
        let letter: Unicode.Scalar
        var device: (major: UInt32, minor: UInt32)?
        switch kind {
        case .file: letter = "0"
        case .hardLink: letter = "1"
        case .symbolicLink: letter = "2"
        case .characterDevice(let major, let minor): (letter, device) = ("3", (major, minor))
        case .blockDevice(let major, let minor): (letter, device) = ("4", (major, minor))
        case .directory: letter = "5"
        case .fifo: letter = "6"
        }
        type = UInt8(ascii: letter)
        // Both numbers of Linux have room: 12 and 20 bits in seven digits.
        put(329, 8, octal: UInt64(device?.major ?? 0))
        put(337, 8, octal: UInt64(device?.minor ?? 0))
    }

    /// Adds what makes it ustar, and the checksum.
    func finished() -> [UInt8] {
        var block = self
        block.bytes.replaceSubrange(257..<265, with: Array("ustar\u{0}00".utf8))
        block.bytes.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = block.bytes.reduce(0) { $0 + UInt64($1) }
        block.put(148, 7, octal: sum)
        block.bytes[154] = 0
        return block.bytes
    }
}
