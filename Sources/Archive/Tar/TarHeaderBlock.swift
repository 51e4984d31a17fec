/// The 512 bytes before each entry, with the fields at their places.
///
/// Sources: POSIX.1-1988 (ustar), the Seventh Edition's tar, GNU tar's manual ("Basic Tar Format"), star(4).
struct TarHeaderBlock {
    static let size = 512
    private let bytes: UnsafeRawBufferPointer

    /// Which writer's fields follow the common ones.
    enum Format: Equatable { case v7, ustar, gnu, star }
    let format: Format

    /// - Throws: `.badHeader` if the checksum is wrong.
    init(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard bytes.count == Self.size else { throw ArchiveError(.truncated) }
        self.bytes = bytes
        format =
            switch bytes[257..<265] {
            case let magic where magic.elementsEqual("ustar  \0".utf8): .gnu
            case let magic where magic.starts(with: "ustar\0".utf8):
                bytes[508..<512].elementsEqual("tar\0".utf8) ? .star : .ustar
            default: .v7
            }
        // What is no tar archive mostly has no number there.
        guard let stated = try? Self.number(bytes[148..<156], "checksum") else { throw ArchiveError(.badHeader) }
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for (index, byte) in bytes.enumerated() {
            let counted = (148..<156).contains(index) ? 0x20 : byte
            unsigned += Int64(counted)
            signed += Int64(Int8(bitPattern: counted))  // Some old writers added signed characters.
        }
        guard stated == unsigned || stated == signed else { throw ArchiveError(.badHeader) }
    }

    var type: UInt8 { bytes[156] }

    /// The name, with the prefix field where the format has one.
    var name: [UInt8] {
        let name = text(0, 100)
        let prefix: [UInt8] =
            switch format {
            case .ustar: text(345, 155)
            case .star: text(345, 131)
            case .gnu, .v7: []
            }
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    var linkName: [UInt8] { text(157, 100) }
    var userName: [UInt8] { format == .v7 ? [] : text(265, 32) }
    var groupName: [UInt8] { format == .v7 ? [] : text(297, 32) }

    func mode() throws(ArchiveError) -> Int64 { try Self.number(bytes[100..<108], "mode") }
    func userID() throws(ArchiveError) -> Int64 { try Self.number(bytes[108..<116], "uid") }
    func groupID() throws(ArchiveError) -> Int64 { try Self.number(bytes[116..<124], "gid") }
    func size() throws(ArchiveError) -> Int64 { try Self.number(bytes[124..<136], "size") }
    func modified() throws(ArchiveError) -> Int64 { try Self.number(bytes[136..<148], "mtime") }

    /// Major and minor number of a device.
    func device() throws(ArchiveError) -> (major: Int64, minor: Int64) {
        guard format != .v7 else { return (0, 0) }
        return (try Self.number(bytes[329..<337], "devmajor"), try Self.number(bytes[337..<345], "devminor"))
    }

    /// GNU's old sparse format: the first four pieces of the map, whether more follow, and the file's whole size.
    func oldSparse() throws(ArchiveError) -> (pieces: [ArchiveEntry.Extent], isExtended: Bool, realSize: Int64) {
        let pieces = try Self.sparsePieces(bytes[386..<482])
        return (pieces, bytes[482] != 0, try Self.number(bytes[483..<495], "real size"))
    }

    /// The pieces in an old sparse map: an offset and a length of twelve bytes each, up to the first empty one.
    static func sparsePieces(_ map: Slice<UnsafeRawBufferPointer>) throws(ArchiveError) -> [ArchiveEntry.Extent] {
        var pieces: [ArchiveEntry.Extent] = []
        var rest = map
        while rest.count >= 24, rest.first != 0 {
            let offset = UInt64(exactly: try number(rest.prefix(12), "sparse offset"))
            let length = UInt64(exactly: try number(rest.dropFirst(12).prefix(12), "sparse length"))
            guard let offset, let length else { throw ArchiveError(.badSparseMap) }
            pieces.append(ArchiveEntry.Extent(offset: offset, length: length))
            rest = rest.dropFirst(24)
        }
        return pieces
    }

    /// A field's bytes up to the first zero.
    private func text(_ start: Int, _ length: Int) -> [UInt8] {
        Array(bytes[start..<start + length].prefix { $0 != 0 })
    }

    /// A number: octal digits between blanks and zeros, or base 256 in two's complement where the first bit is set.
    static func number(_ field: Slice<UnsafeRawBufferPointer>, _ name: String) throws(ArchiveError) -> Int64 {
        guard let first = field.first else { throw ArchiveError(.badNumber(field: name)) }
        if first & 0x80 != 0 { return try base256(field, first, name) }
        var value: Int64 = 0
        var digits = field.drop { $0 == 0x20 || $0 == 0 }
        while let digit = digits.popFirst() {
            guard (0x30...0x37).contains(digit) else {
                guard digit == 0x20 || digit == 0 else { throw ArchiveError(.badNumber(field: name)) }
                break  // What follows the end of the number is nobody's business: some writers leave garbage there.
            }
            // At most twelve digits of three bits: no overflow.
            value = value << 3 | Int64(digit & 7)
        }
        return value
    }

    private static func base256(
        _ field: Slice<UnsafeRawBufferPointer>, _ first: UInt8, _ name: String
    ) throws(ArchiveError) -> Int64 {
        // The first bit marks the notation; the second is the sign.
        let isNegative = first & 0x40 != 0
        var value: Int64 = isNegative ? -1 : 0
        for (index, byte) in field.enumerated() {
            let digit = index == 0 ? (isNegative ? byte : byte & 0x7f) : byte
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
            guard !overflow else { throw ArchiveError(.badNumber(field: name)) }
            value = shifted | Int64(digit)
        }
        return value
    }
}
