/// A POSIX access control list in its textual form, and as the value of the extended attribute that the kernel takes.
///
/// Sources: acl(5); star(1) for a fourth field with the number of a named user; `linux/posix_acl_xattr.h`.
struct AccessControlList: Equatable {
    struct Entry: Equatable {
        let tag: UInt16
        let permissions: UInt16
        /// Of a named user or group.
        let id: UInt32
    }

    /// In the order that the kernel demands: by tag, then by number.
    private(set) var entries: [Entry]

    private static let noID: UInt32 = .max

    /// Reads `user::rw-,user:lisa:r--:500,group::r--,mask::r--,other::r--`, with commas or line feeds.
    ///
    /// - Throws: `.badAccessControlList`, also for a name without a number: it means nothing in another place.
    init(text: [UInt8]) throws(ArchiveError) {
        var entries: [Entry] = []
        for line in text.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }) {
            let words = line.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\t") }
                .filter { $0 != UInt8(ascii: " ") }
            if words.isEmpty { continue }
            entries.append(try Self.entry(words))
        }
        self.entries = entries.sorted { ($0.tag, $0.id) < ($1.tag, $1.id) }
        // The owner, the group and the others are always there (acl(5), "Valid ACLs").
        let tags = entries.map(\.tag)
        guard [0x01, 0x04, 0x20].allSatisfy({ tag in tags.count { $0 == tag } == 1 }), tags.count <= 1024 else {
            throw ArchiveError(.badAccessControlList)
        }
    }

    private static func entry(_ words: [UInt8]) throws(ArchiveError) -> Entry {
        let fields = words.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (3...4).contains(fields.count) else { throw ArchiveError(.badAccessControlList) }
        var id = noID
        if !fields[1].isEmpty {
            let number = fields.count == 4 ? fields[3] : fields[1]
            guard let value = decimal(number).flatMap({ UInt32(exactly: $0) }), value != noID else {
                throw ArchiveError(.badAccessControlList)
            }
            id = value
        }
        let tag: UInt16
        switch (String(decoding: fields[0], as: UTF8.self), fields[1].isEmpty) {
        case ("user", true), ("u", true): tag = 0x01
        case ("user", false), ("u", false): tag = 0x02
        case ("group", true), ("g", true): tag = 0x04
        case ("group", false), ("g", false): tag = 0x08
        case ("mask", true), ("m", true): tag = 0x10
        case ("other", true), ("o", true): tag = 0x20
        default: throw ArchiveError(.badAccessControlList)
        }
        var permissions: UInt16 = 0
        for letter in fields[2] {
            switch letter {
            case UInt8(ascii: "r"): permissions |= 4
            case UInt8(ascii: "w"): permissions |= 2
            case UInt8(ascii: "x"): permissions |= 1
            case UInt8(ascii: "-"): break
            default: throw ArchiveError(.badAccessControlList)
            }
        }
        return Entry(tag: tag, permissions: permissions, id: id)
    }

    /// Reads the kernel's form; `nil` if it is not that.
    init?(attributeValue bytes: [UInt8]) {
        guard bytes.count >= 4, bytes.count % 8 == 4, bytes.prefix(4).elementsEqual([2, 0, 0, 0]) else { return nil }
        entries = stride(from: 4, to: bytes.count, by: 8).map { start in
            func number(_ offset: Int, _ count: Int) -> UInt32 {
                bytes[(start + offset)..<(start + offset + count)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
            return Entry(
                tag: UInt16(truncatingIfNeeded: number(0, 2)), permissions: UInt16(truncatingIfNeeded: number(2, 2)),
                id: number(4, 4))
        }
    }

    /// The textual form, with numbers for users and groups; `nil` for tags that it has no word for.
    var text: String? {
        var words: [String] = []
        for entry in entries {
            let tag: String
            switch entry.tag {
            case 0x01: tag = "user:"
            case 0x02: tag = "user:\(entry.id)"
            case 0x04: tag = "group:"
            case 0x08: tag = "group:\(entry.id)"
            case 0x10: tag = "mask:"
            case 0x20: tag = "other:"
            default: return nil
            }
            let letters = zip([4, 2, 1] as [UInt16], ["r", "w", "x"]).map { entry.permissions & $0 == 0 ? "-" : $1 }
            words.append("\(tag):\(letters.joined())")
        }
        return words.joined(separator: ",")
    }

    /// Version 2, then tag, permissions and id of each entry, all little-endian.
    var attributeValue: [UInt8] {
        func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }
        return bytes(UInt32(2)) + entries.flatMap { bytes($0.tag) + bytes($0.permissions) + bytes($0.id) }
    }
}
