@testable import Archive
import LinuxKernel
import OCISpec
import Testing

@Suite struct TarWriterTests {
    /// One of each kind, with numbers and names that have no room in a ustar header.
    static let entries: [WholeEntry] = {
        var entries: [WholeEntry] = []
        func add(_ entry: ArchiveEntry, _ pieces: [WholeEntry.Piece] = []) {
            entries.append(WholeEntry(entry: entry, pieces: pieces))
        }
        add(
            ArchiveEntry(path: .init(text: "d/"), kind: .directory, permissions: 0o1777, modified: FileTime(seconds: 5))
        )
        add(
            ArchiveEntry(path: .init(text: "d/f"), kind: .file, permissions: 0o4755, userID: 7, groupID: 8, size: 3),
            [WholeEntry.Piece(offset: 0, bytes: [1, 2, 3])])
        add(ArchiveEntry(path: .init(text: "d/h"), kind: .hardLink(target: .init(text: "d/f"))))
        add(
            ArchiveEntry(
                path: .init(text: "s"), kind: .symbolicLink(target: .init(text: String(repeating: "t", count: 101)))))
        add(ArchiveEntry(path: .init(text: "c"), kind: .characterDevice(major: 4095, minor: 1_048_575)))
        add(ArchiveEntry(path: .init(text: "b"), kind: .blockDevice(major: 1, minor: 2)))
        add(ArchiveEntry(path: Array("p".utf8) + [0xff, 0x0a], kind: .fifo))
        var big = ArchiveEntry(
            path: .init(text: (0..<60).map { "part\($0)" }.joined(separator: "/")), kind: .file, userID: 2_097_152,
            groupID: .max - 1, modified: FileTime(seconds: -2, nanoseconds: 250_000_000))
        big.accessed = FileTime(seconds: 1, nanoseconds: 1)
        big.changed = FileTime(seconds: 1 << 40)
        big.attributes = [
            ExtendedAttribute(name: .init(text: "user.a=b"), value: [0, 10, 255]),
            ExtendedAttribute(name: .init(text: "user.empty"), value: []),
        ]
        big.attributes[0].name = .init(text: "user.ab")
        big.userName = .init(text: String(repeating: "u", count: 40))
        add(big)
        var sparse = ArchiveEntry(path: .init(text: "hole"), kind: .file, size: 1 << 40)
        sparse.sparseMap = [
            ArchiveEntry.Extent(offset: 0, length: 2), ArchiveEntry.Extent(offset: 1 << 35, length: 1),
        ]
        add(
            sparse,
            [WholeEntry.Piece(offset: 0, bytes: [9, 9]), WholeEntry.Piece(offset: 1 << 35, bytes: [8])])
        add(
            ArchiveEntry(
                path: .init(text: String(repeating: "n", count: 90) + "/" + String(repeating: "m", count: 90)),
                kind: .file, size: 100_000),
            [WholeEntry.Piece(offset: 0, bytes: [UInt8](repeating: 3, count: 100_000))])
        return entries
    }()

    static func write(_ entries: [WholeEntry]) throws -> [UInt8] {
        let sink = MemorySink()
        let writer = TarWriter(sink)
        for entry in entries {
            try writer.begin(entry.entry)
            for piece in entry.pieces { try piece.bytes.withUnsafeBytes { try writer.write($0) } }
        }
        try writer.finish()
        return sink.bytes
    }

    @Test("an access control list is written as an attribute and as text, and read back as the same")
    func accessControlLists() throws {
        let list = try AccessControlList(
            text: Array("user::rwx,user:77:r--,group::r-x,group:4294967294:-w-,mask::rwx,other::---".utf8))
        #expect(list.text == "user::rwx,user:77:r--,group::r-x,group:4294967294:-w-,mask::rwx,other::---")
        #expect(AccessControlList(attributeValue: list.attributeValue) == list)
        for length in 0..<list.attributeValue.count where length % 8 != 4 {
            #expect(AccessControlList(attributeValue: Array(list.attributeValue.prefix(length))) == nil)
        }
        var entry = ArchiveEntry(path: Array("f".utf8), kind: .file)
        let attribute = ExtendedAttribute(
            name: Array("system.posix_acl_access".utf8), value: list.attributeValue)
        entry.attributes = [attribute]
        let sink = MemorySink()
        let writer = TarWriter(sink)
        try writer.begin(entry)
        try writer.finish()
        #expect(try TarReader(MemorySource(sink.bytes)).next()?.attributes == [attribute])
        let text = String(decoding: sink.bytes, as: UTF8.self)
        #expect(text.contains("SCHILY.acl.access=user::rwx,") && text.contains("SCHILY.xattr.system.posix_acl_access="))
    }

    @Test func whatIsWrittenIsReadTheSame() throws {
        let bytes = try Self.write(Self.entries)
        #expect(bytes.count % 512 == 0)
        let read = try readAll(MemorySource(bytes))
        #expect(read.count == Self.entries.count)
        for (index, (found, expected)) in zip(read, Self.entries).enumerated() {
            #expect(found.entry == expected.entry, "entry \(index)")
            // Pieces may come in smaller ones.
            #expect(found.pieces.flatMap(\.bytes) == expected.pieces.flatMap(\.bytes), "entry \(index)")
        }
    }

    @Test func theSameEntriesAlwaysGiveTheSameBytes() throws {
        #expect(try SHA256Hash.digest(of: Self.write(Self.entries)) == SHA256Hash.digest(of: Self.write(Self.entries)))
    }

    @Test("what other tools wrote is written and read the same", arguments: Fixture.archives)
    func roundTrip(name: String) throws {
        let entries = try readAll(MemorySource(Fixture.tar(name)))
        let again = try readAll(MemorySource(Self.write(entries)))
        #expect(again.map(\.entry) == entries.map(\.entry))
        #expect(again.map { $0.pieces.flatMap(\.bytes) } == entries.map { $0.pieces.flatMap(\.bytes) })
    }

    @Test("a file that ends in a hole, or is one, has its length from GNU tar, too", arguments: [[1], []] as [[UInt8]])
    func trailingHole(data: [UInt8]) throws {
        var sparse = ArchiveEntry(path: .init(text: "hole"), kind: .file, size: 1 << 20)
        sparse.sparseMap = data.isEmpty ? [] : [ArchiveEntry.Extent(offset: 0, length: UInt64(data.count))]
        let pieces = data.isEmpty ? [] : [WholeEntry.Piece(offset: 0, bytes: data)]
        let bytes = try Self.write([WholeEntry(entry: sparse, pieces: pieces)])
        // Two blocks of records, then the entry's header; the map stands behind it.
        let map = String(decoding: bytes[1536..<2048].prefix { $0 != 0 }, as: UTF8.self)
        #expect(map == (data.isEmpty ? "1\n1048576\n0\n" : "2\n0\n1\n1048576\n0\n"))

        let tree = try TemporaryTree()
        let archive = try OwnedDescriptor(memoryFile: "archive", executable: false)
        try archive.write(bytes)
        let tar = try Spawn(
            program: "/bin/tar", arguments: ["tar", "-x", "-f", "/proc/self/fd/0"], environment: ["PATH=/bin"],
            workingDirectory: tree.path
        ).start([(archive.raw, 0)])
        #expect(try tar.wait() == .exited(0))
        #expect(try tree.status("hole").size == 1 << 20)
    }

    @Test func theHeaderHasTheBeginningOfALongLink() throws {
        let target = [UInt8](repeating: UInt8(ascii: "t"), count: 120)
        for kind in [ArchiveEntry.Kind.symbolicLink(target: target), .hardLink(target: target)] {
            let entry = ArchiveEntry(path: .init(text: "s"), kind: kind)
            let bytes = try Self.write([WholeEntry(entry: entry, pieces: [])])
            #expect(Array(bytes[(1024 + 157)..<(1024 + 257)]) == Array(target.prefix(100)))
            #expect(try readAll(MemorySource(bytes)).first?.entry == entry)
        }
    }

    @Test func contentMustBeWhatTheEntrySaid() throws {
        let writer = TarWriter(MemorySink())
        try writer.begin(ArchiveEntry(path: .init(text: "f"), kind: .file, size: 2))
        #expect(throws: ArchiveError.self) {
            try [UInt8](repeating: 0, count: 3).withUnsafeBytes { try writer.write($0) }
        }
        #expect(throws: ArchiveError(.truncated)) { try writer.finish() }
    }
}
