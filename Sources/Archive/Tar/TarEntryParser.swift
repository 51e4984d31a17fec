internal import LinuxKernel

/// Puts together what a header block, extended records and long names say of one entry.
struct TarEntryParser {
    let block: TarHeaderBlock
    let records: PaxRecords
    let longName: [UInt8]?
    let longLink: [UInt8]?
    let limits: ArchiveLimits

    struct Parsed {
        var entry: ArchiveEntry
        /// Bytes of content in the archive.
        var stored: UInt64
        /// Whether a sparse file's map stands in front of its content.
        var mapIsInContent: Bool
    }

    func parse() throws(ArchiveError) -> Parsed {
        let path = try name(longName ?? records.value("GNU.sparse.name") ?? records.value("path") ?? block.name)
        let (kind, stored) = try kind(path)
        var entry = ArchiveEntry(path: path, kind: kind)
        entry.permissions = UInt32(try block.mode() & 0o7777)
        entry.userID = try identifier("uid", block.userID)
        entry.groupID = try identifier("gid", block.groupID)
        entry.userName = records.value("uname") ?? block.userName
        entry.groupName = records.value("gname") ?? block.groupName
        let seconds = try block.modified()
        entry.modified = try records.time("mtime") ?? FileTime(seconds: seconds)
        entry.accessed = try records.time("atime")
        entry.changed = try records.time("ctime")
        entry.attributes = try attributes(isDirectory: kind == .directory)
        var mapIsInContent = false
        if kind == .file {
            entry.size = stored
            if let sparse = try sparse() { (entry.size, entry.sparseMap, mapIsInContent) = sparse }
        }
        return Parsed(entry: entry, stored: stored, mapIsInContent: mapIsInContent)
    }

    /// Names are checked only for what no file's name can hold; where they lead is for whoever uses them.
    private func name(_ bytes: [UInt8]) throws(ArchiveError) -> [UInt8] {
        guard !bytes.isEmpty, !bytes.contains(0) else { throw ArchiveError(.badName) }
        guard UInt64(bytes.count) <= limits.nameBytes else {
            throw ArchiveError(.limit(.nameBytes, limits.nameBytes))
        }
        return bytes
    }

    private func kind(_ path: [UInt8]) throws(ArchiveError) -> (ArchiveEntry.Kind, stored: UInt64) {
        func link() throws(ArchiveError) -> [UInt8] {
            try name(longLink ?? records.value("linkpath") ?? block.linkName)
        }
        func device() throws(ArchiveError) -> (major: UInt32, minor: UInt32) {
            let (major, minor) = try block.device()
            // Twelve and twenty bits are what Linux has (makedev(3)).
            guard let major = UInt32(exactly: major), let minor = UInt32(exactly: minor), major < 1 << 12,
                minor < 1 << 20
            else { throw ArchiveError(.badNumber(field: "devmajor")) }
            return (major, minor)
        }
        // Only files have content. What a header says of a size for others is not followed by any, as GNU, BSD and Go have it.
        switch block.type {
        case UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S"): return (.file, try size())
        case 0:
            // Before there was a letter for directories, the name said it.
            return path.last == UInt8(ascii: "/") ? (.directory, try size()) : (.file, try size())
        case UInt8(ascii: "1"): return (.hardLink(target: try link()), 0)
        case UInt8(ascii: "2"): return (.symbolicLink(target: try link()), 0)
        case UInt8(ascii: "3"):
            let (major, minor) = try device()
            return (.characterDevice(major: major, minor: minor), 0)
        case UInt8(ascii: "4"):
            let (major, minor) = try device()
            return (.blockDevice(major: major, minor: minor), 0)
        case UInt8(ascii: "5"): return (.directory, 0)
        case UInt8(ascii: "6"): return (.fifo, 0)
        // GNU's incremental dumps: a directory, with a list of its names as content.
        case UInt8(ascii: "D"): return (.directory, try size())
        default: throw ArchiveError(.unsupportedType(block.type))
        }
    }

    private func size() throws(ArchiveError) -> UInt64 {
        if let size = try records.number("size") { return try checked(size) }
        guard let size = UInt64(exactly: try block.size()) else { throw ArchiveError(.badNumber(field: "size")) }
        return try checked(size)
    }

    private func checked(_ size: UInt64) throws(ArchiveError) -> UInt64 {
        guard size <= limits.fileBytes else { throw ArchiveError(.limit(.fileBytes, limits.fileBytes)) }
        return size
    }

    /// A user or group id, of which 32 bits are what Linux has.
    private func identifier(
        _ key: String, _ field: () throws(ArchiveError) -> Int64
    ) throws(ArchiveError) -> UInt32 {
        if let number = try records.number(key) {
            guard let id = UInt32(exactly: number) else { throw ArchiveError(.badNumber(field: key)) }
            return id
        }
        guard let id = UInt32(exactly: try field()) else { throw ArchiveError(.badNumber(field: key)) }
        return id
    }

    /// What PAX records say of a sparse file, in GNU's formats 0.0, 0.1 and 1.0: its whole size and where its map is.
    private func sparse() throws(ArchiveError) -> (UInt64, [ArchiveEntry.Extent]?, mapIsInContent: Bool)? {
        if let major = records.value("GNU.sparse.major") {
            guard major == [UInt8(ascii: "1")], records.value("GNU.sparse.minor") == [UInt8(ascii: "0")] else {
                throw ArchiveError(.badSparseMap)
            }
            guard let real = try records.number("GNU.sparse.realsize") else { throw ArchiveError(.badSparseMap) }
            return (real, nil, true)
        }
        guard let real = try records.number("GNU.sparse.size") else { return nil }
        let numbers: [UInt64]
        if let map = records.value("GNU.sparse.map") {
            var list: [UInt64] = []
            for text in map.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
                list.append(try mapNumber(text))
            }
            numbers = list
        } else {
            // Format 0.0 repeats two keys, which must take turns.
            var list: [UInt64] = []
            for record in records.records {
                let isOffset = record.key.elementsEqual("GNU.sparse.offset".utf8)
                guard isOffset || record.key.elementsEqual("GNU.sparse.numbytes".utf8) else { continue }
                guard isOffset == (list.count % 2 == 0) else { throw ArchiveError(.badSparseMap) }
                list.append(try mapNumber(record.value[...]))
            }
            numbers = list
        }
        guard numbers.count % 2 == 0 else { throw ArchiveError(.badSparseMap) }
        guard UInt64(numbers.count / 2) <= limits.sparsePieces else {
            throw ArchiveError(.limit(.sparsePieces, limits.sparsePieces))
        }
        let map = stride(from: 0, to: numbers.count, by: 2).map {
            ArchiveEntry.Extent(offset: numbers[$0], length: numbers[$0 + 1])
        }
        return (real, map, false)
    }

    private func mapNumber(_ text: ArraySlice<UInt8>) throws(ArchiveError) -> UInt64 {
        guard let number = decimal(text) else { throw ArchiveError(.badSparseMap) }
        return number
    }

    /// Extended attributes in star's writing (GNU, Docker) and in libarchive's (base 64), and access control lists.
    private func attributes(isDirectory: Bool) throws(ArchiveError) -> [ExtendedAttribute] {
        if records.records.isEmpty { return [] }
        var attributes: [ExtendedAttribute] = []
        func add(_ name: [UInt8], _ value: [UInt8]) throws(ArchiveError) {
            guard !name.isEmpty, !name.contains(0) else {
                throw ArchiveError(.badExtendedHeader("an extended attribute without a valid name"))
            }
            guard UInt64(name.count) <= 255, value.count <= 65_536 else {
                throw ArchiveError(.limit(.attributeBytes, 65_536))
            }
            attributes.removeAll { $0.name == name }
            attributes.append(ExtendedAttribute(name: name, value: value))
            guard UInt64(attributes.count) <= limits.attributes else {
                throw ArchiveError(.limit(.attributes, limits.attributes))
            }
        }
        for (name, value) in records.values(after: "LIBARCHIVE.xattr.") {
            guard let name = percentDecoded(name), let value = base64Decoded(value) else {
                throw ArchiveError(.badExtendedHeader("an extended attribute that is not base 64"))
            }
            try add(name, value)
        }
        for (name, value) in records.values(after: "SCHILY.xattr.") { try add(name, value) }
        if let text = records.value("SCHILY.acl.access") {
            try add(Array("system.posix_acl_access".utf8), try AccessControlList(text: text).attributeValue)
        }
        if isDirectory, let text = records.value("SCHILY.acl.default") {
            try add(Array("system.posix_acl_default".utf8), try AccessControlList(text: text).attributeValue)
        }
        return attributes
    }
}

/// Undoes `%41` for `A`; `nil` for a sign that two digits do not follow.
func percentDecoded(_ text: [UInt8]) -> [UInt8]? {
    var decoded: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            decoded.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
            return nil
        }
        decoded.append(value)
        rest = rest.dropFirst(2)
    }
    return decoded
}

/// Undoes base 64 (RFC 4648), with or without the filling at its end; `nil` for other characters.
func base64Decoded(_ text: [UInt8]) -> [UInt8]? {
    var decoded: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let filling = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard filling <= 2 else { return nil }
    for character in text.dropLast(filling) {
        let value: UInt8
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): value = 62
        case UInt8(ascii: "/"): value = 63
        default: return nil
        }
        bits = (bits << 6 | UInt32(value)) & 0xff_ffff
        count += 6
        if count >= 8 {
            count -= 8
            decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return count < 6 ? decoded : nil
}
