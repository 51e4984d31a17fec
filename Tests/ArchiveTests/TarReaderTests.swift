@testable import Archive
import LinuxKernel
import Testing

/// Archives of other tools, read and compared field by field with what `Fixtures/make.sh` put into them.
@Suite struct TarReaderTests {
    static let when = FileTime(seconds: 1_262_304_000)
    static let long = String(repeating: "n", count: 120)

    @Test(
        "every kind of file, as three writers have it", arguments: ["gnu-posix", "gnu-gnu", "bsd-pax"],
        [1, 511, Int.max])
    func everyKind(name: String, step: Int) throws {
        let entries = try readAll(MemorySource(Fixture.tar(name), step: step))
        let names = entries.map(\.entry.path)
        #expect(
            names == [
                .init(text: "all/"), .init(text: "all/block"), Array("all/caf".utf8) + [0xe9], .init(text: "all/char"),
                .init(text: "all/dir/"), .init(text: "all/empty"), .init(text: "all/fifo"), .init(text: "all/file"),
                .init(text: "all/longlink"), .init(text: "all/\(Self.long)/"),
                .init(text: "all/\(Self.long)/\(Self.long)/"),
                .init(text: "all/\(Self.long)/\(Self.long)/\(Self.long)"),
                .init(text: "all/sub/"), .init(text: "all/sub/hard"), .init(text: "all/sub/link"),
            ])
        #expect(
            entries.map(\.entry.kind) == [
                .directory, .blockDevice(major: 259, minor: 70000), .file, .characterDevice(major: 5, minor: 1),
                .directory, .file, .fifo, .file,
                .symbolicLink(target: .init(text: "\(Self.long)/\(Self.long)/\(Self.long)")), .directory, .directory,
                .file, .directory, .hardLink(target: .init(text: "all/file")),
                .symbolicLink(target: .init(text: "../file")),
            ])
        #expect(
            entries.map(\.entry.permissions) == [
                0o755, 0o660, 0o644, 0o620, 0o1777, 0o644, 0o600, 0o4751, 0o777, 0o755, 0o755, 0o644, 0o755, 0o4751,
                0o777,
            ])
        #expect(entries.map(\.entry.userID) == [0, 0, 3_000_000, 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0, 1000, 0])
        #expect(entries.map(\.entry.groupID) == [0, 0, 4_000_000_000, 0, 0, 0, 0, 1001, 0, 0, 0, 0, 0, 1001, 0])
        #expect(entries[2].content == Array("bytes".utf8))
        #expect(entries[7].content == Array("hello\n".utf8))
        #expect(entries[11].content == Array("long\n".utf8))
        #expect(entries.map(\.entry.size) == [0, 0, 5, 0, 0, 0, 0, 6, 0, 0, 0, 5, 0, 0, 0])
        // GNU's own format has whole seconds; bsdtar writes the decimals of times before 1970 the wrong way.
        let file = FileTime(seconds: 981_173_106, nanoseconds: name == "gnu-gnu" ? 0 : 123_456_789)
        let old =
            switch name {
            case "gnu-gnu": FileTime(seconds: -2)
            case "bsd-pax": FileTime(seconds: -3, nanoseconds: 750_000_000)
            default: FileTime(seconds: -2, nanoseconds: 250_000_000)
            }
        for (index, entry) in entries.enumerated() {
            #expect(entry.entry.modified == (index == 4 ? old : index == 7 || index == 13 ? file : Self.when))
        }
        #expect(entries[0].entry.userName == Array("root".utf8))
    }

    @Test func theOldestFormat() throws {
        let entries = try readAll(MemorySource(Fixture.tar("gnu-v7")))
        #expect(entries.map(\.name) == ["all/file"])
        #expect(entries[0].entry.permissions == 0o4751)
        #expect(entries[0].entry.userID == 1000)
        #expect(entries[0].content == Array("hello\n".utf8))
    }

    @Test func aNameInTwoFields() throws {
        let entries = try readAll(MemorySource(Fixture.tar("gnu-ustar")))
        let directory = "ustar/" + String(repeating: "p", count: 90)
        #expect(
            entries.map(\.name) == ["ustar/", directory + "/", directory + "/" + String(repeating: "q", count: 60)])
        #expect(
            entries.allSatisfy { $0.entry.userID == 12 && $0.entry.groupID == 34 && $0.entry.modified.seconds == 7 })
    }

    @Test(
        "sparse files in every writing",
        arguments: ["sparse-gnu", "sparse-0.0", "sparse-0.1", "sparse-1.0", "sparse-bsd"], [1, Int.max])
    func sparse(name: String, step: Int) throws {
        let entries = try readAll(MemorySource(Fixture.tar(name), step: step))
        #expect(entries.map(\.name) == ["sparse"])
        #expect(entries[0].entry.size == 10_485_761)
        #expect(entries[0].entry.modified == Self.when)
        var expected = [UInt8](repeating: 0, count: 10_485_761)
        expected.replaceSubrange(65_536..<65_541, with: "first".utf8)
        expected.replaceSubrange(5_242_880..<5_242_885, with: "first".utf8)
        #expect(entries[0].content == expected)
    }

    @Test func moreThanEightGibibytes() throws {
        let entries = try readAll(MemorySource(Fixture.tar("sparse-huge")))
        #expect(entries[0].entry.size == 9_663_676_416)
        #expect(entries[0].pieces.isEmpty)
    }

    @Test func aMapInSeveralBlocks() throws {
        let entries = try readAll(MemorySource(Fixture.tar("sparse-many")))
        let content = entries[0].content
        for piece in 1...40 {
            #expect(content[piece * 3 * 8192..<piece * 3 * 8192 + 5].elementsEqual("first".utf8))
        }
        #expect(content.count { $0 != 0 } == 200)
    }

    @Test("extended attributes, capabilities and access lists", arguments: ["attributes-gnu", "attributes-bsd"])
    func attributes(name: String) throws {
        let entries = try readAll(MemorySource(Fixture.tar(name)))
        #expect(entries.map(\.name) == ["attributes/", "attributes/file"])
        func value(_ index: Int, _ name: String) -> [UInt8]? {
            entries[index].entry.attributes.first { $0.name.elementsEqual(name.utf8) }?.value
        }
        #expect(value(1, "user.comment") == Array("with = and %".utf8))
        #expect(value(1, "user.empty") == [])
        // VFS_CAP_REVISION_2 with the effective flag, then permitted and inheritable: bits 12 and 13.
        #expect(value(1, "security.capability") == [1, 0, 0, 2, 0, 0x30] + [UInt8](repeating: 0, count: 14))
        // Version 2; owner rw-, user 1234 r--, group r--, group 77 rwx, mask rwx, others r--.
        let none: [UInt8] = [255, 255, 255, 255]
        let list: [[UInt8]] = [
            [2, 0, 0, 0], [1, 0, 6, 0] + none, [2, 0, 4, 0, 0xd2, 4, 0, 0], [4, 0, 4, 0] + none,
            [8, 0, 7, 0, 77, 0, 0, 0], [16, 0, 7, 0] + none, [32, 0, 4, 0] + none,
        ]
        #expect(value(1, "system.posix_acl_access") == Array(list.joined()))
        #expect(value(0, "system.posix_acl_default")?.count == 44)
    }

    @Test func numbersBeyondOctal() throws {
        let entries = try readAll(MemorySource(Fixture.tar("python-gnu")))
        #expect(entries[0].entry.userID == 1 << 31)
        #expect(entries[0].entry.groupID == UInt32.max - 1)
        #expect(entries[0].entry.modified == FileTime(seconds: -5))
        #expect(entries[1].entry.modified == FileTime(seconds: 1 << 33 + 1))
        #expect(entries[1].name == String(repeating: "n", count: 150))
        #expect(entries[1].content == [UInt8](repeating: UInt8(ascii: "y"), count: 513))
    }

    @Test func recordsForAllEntries() throws {
        let entries = try readAll(MemorySource(Fixture.tar("python-pax")))
        #expect(entries[0].entry.modified == FileTime(seconds: 11, nanoseconds: 500_000_000))
        #expect(entries[0].entry.userName == Array("everybody".utf8))
        #expect(entries[1].entry.modified == FileTime(seconds: -2, nanoseconds: 750_000_000))
        #expect(entries[1].name == String(repeating: "n\u{e9}", count: 80))
        #expect(
            entries[1].entry.attributes == [ExtendedAttribute(name: .init(text: "user.x"), value: .init(text: "y"))])
    }

    @Test("an archive cut off anywhere is an error, or ends between two entries", arguments: Fixture.archives)
    func truncated(name: String) throws {
        let bytes = try Fixture.tar(name)
        let whole = try readAll(MemorySource(bytes)).map(\.entry)
        for length in stride(from: 0, to: min(bytes.count, 30_000), by: 37) {
            do {
                let read = try readAll(MemorySource(Array(bytes.prefix(length)))).map(\.entry)
                #expect(whole.starts(with: read))
            } catch let error as ArchiveError {
                #expect(error.reason == .truncated)
            }
        }
    }
}

/// Archives that break the format.
@Suite struct TarFormatErrorTests {
    private func expect(_ reason: ArchiveError.Reason, _ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) {
        do {
            let entries = try readAll(MemorySource(bytes), limits: limits)
            Issue.record("read \(entries.count) entries")
        } catch let error as ArchiveError {
            #expect(error.reason == reason)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func notTar() {
        expect(.badHeader, Array(repeating: 0x41, count: 1024))
        expect(.truncated, Array(repeating: 0x41, count: 100))
    }

    @Test func endMarks() throws {
        var tar = RawTar()
        tar.add("x")
        let reader = TarReader(MemorySource(tar.ended))
        while try reader.next() != nil {}
        #expect(reader.endMarkSeen)
        let cut = TarReader(MemorySource(tar.bytes))
        while try cut.next() != nil {}
        #expect(!cut.endMarkSeen)
        let zeros = [UInt8](repeating: 0, count: 512)
        expect(.badEndMark, tar.bytes + zeros + tar.bytes)
        #expect(try readAll(MemorySource(tar.bytes + zeros)).count == 1)
        // What follows the end is nobody's, and read for the digest.
        #expect(try readAll(MemorySource(tar.ended + [1, 2, 3])).count == 1)
    }

    @Test func numbers() throws {
        var tar = RawTar()
        expect(.badNumber(field: "size"), tar.add("x", size: "9").ended)
        tar = RawTar()
        expect(.badNumber(field: "mode"), tar.add("x", mode: "06x4").ended)
        tar = RawTar()
        // Base 256: 2^64, and a negative size and owner.
        let large = tar.add("x") { $0.replaceSubrange(124..<136, with: [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]) }
        expect(.badNumber(field: "size"), large.ended)
        tar = RawTar()
        let negative = tar.add("x") { $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12)) }
        expect(.badNumber(field: "size"), negative.ended)
        tar = RawTar()
        let owner = tar.add("x") { $0.replaceSubrange(108..<116, with: [0x80, 0, 0, 1, 0, 0, 0, 0]) }
        expect(.badNumber(field: "uid"), owner.ended)
        tar = RawTar()
        let huge = tar.add("x") {
            $0.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0x7f] + [UInt8](repeating: 0xff, count: 7))
        }
        expect(.limit(.fileBytes, 16 << 40), huge.ended)
        tar = RawTar()
        expect(.badNumber(field: "devmajor"), tar.add("x", type: "3", major: "7777777").ended)
    }

    @Test func names() {
        var tar = RawTar()
        expect(.badName, tar.add("").ended)
        tar = RawTar()
        expect(.badName, tar.add("x", type: "2").ended)
        tar = RawTar()
        tar.pax([("path", "a\u{0}b")])
        expect(.badName, tar.add("x").ended)
        tar = RawTar()
        tar.pax([("path", String(repeating: "y", count: 4096))])
        expect(.limit(.nameBytes, 4095), tar.add("x").ended)
    }

    @Test(
        "extended headers that break their format",
        arguments: [
            "5 a=b\n", "99 a=b\n", "6a=b\n\n", "x a=b\n", "0 a=b\n", "-6 a=b\n", "6 a=bc", "6 abc\n", "5 =b\n", "6",
            "18446744073709551615 a=b\n", "18446744073709551622 a=b\n",
        ])
    func records(text: String) {
        var tar = RawTar()
        tar.add("PaxHeaders/x", type: "x", content: Array(text.utf8))
        tar.add("x")
        do {
            _ = try readAll(MemorySource(tar.ended))
            Issue.record("no error")
        } catch let error as ArchiveError {
            if case .badExtendedHeader = error.reason { return }
            Issue.record("\(error)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func recordsForAllEntriesCannotNameOne() {
        for key in ["path", "linkpath", "size", "GNU.sparse.map"] {
            var tar = RawTar()
            tar.pax([(key, "1")], type: "g")
            tar.add("x")
            expect(.badExtendedHeader("\(key) for all files"), tar.ended)
        }
    }

    @Test func limits() {
        var limits = ArchiveLimits()
        limits.entries = 3
        var tar = RawTar()
        for _ in 0..<4 { tar.add("x") }
        expect(.limit(.entries, 3), tar.ended, limits: limits)
        limits = ArchiveLimits()
        limits.headerBytes = 1000
        tar = RawTar()
        tar.add("L", type: "L", content: [UInt8](repeating: 65, count: 1001))
        expect(.limit(.headerBytes, 1000), tar.ended, limits: limits)
        tar = RawTar()
        for key in 0..<40 { tar.pax([("comment\(key)", String(repeating: "c", count: 100))], type: "g") }
        expect(.limit(.headerBytes, 1000), tar.ended, limits: limits)
        limits = ArchiveLimits()
        limits.totalBytes = 10_000
        tar = RawTar()
        tar.add("x")
        expect(.limit(.totalBytes, 10_000), tar.ended + [UInt8](repeating: 0, count: 200_000), limits: limits)
        limits = ArchiveLimits()
        limits.attributes = 2
        tar = RawTar()
        tar.pax((0..<3).map { ("SCHILY.xattr.user.\($0)", "v") })
        expect(.limit(.attributes, 2), tar.add("x").ended, limits: limits)
        // A header that says much more than there is takes no memory for it.
        tar = RawTar()
        tar.add("L", type: "L", size: "00003777777")
        expect(.truncated, tar.bytes)
    }

    @Test(
        "maps of sparse files that lie",
        arguments: [
            "0,9999999999", "5,3,0,2", "18446744073709551615,2", "0,3,2,2", "9,3", "0,2,1", "a,b", "0,-1", "",
        ])
    func sparseMaps(map: String) {
        var tar = RawTar()
        tar.pax([("GNU.sparse.size", "10"), ("GNU.sparse.map", map)])
        tar.add("x", content: [1, 2, 3])
        expect(.badSparseMap, tar.ended)
    }

    @Test func sparseMapsInTheContent() {
        for content in ["2\n0\n1\n", "99999999999\n", "1\n0\n600\n", "x\n", "1\n0\n\n", ""] {
            var tar = RawTar()
            tar.pax([
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10"),
                ("GNU.sparse.name", "y"),
            ])
            tar.add("x", content: Array(content.utf8))
            #expect(throws: ArchiveError.self, "\(content)") { try readAll(MemorySource(tar.ended)) }
        }
    }

    @Test(
        "access control lists that cannot be",
        arguments: [
            "user::rwx", "user::r,group::r,other::r,user:lisa:rwx", "nonsense", "user::rwz,group::r,other::r", "::",
            "user:4294967295:r,user::r,group::r,other::r",
        ])
    func accessLists(text: String) {
        var tar = RawTar()
        tar.pax([("SCHILY.acl.access", text)])
        expect(.badAccessControlList, tar.add("x").ended)
    }

    @Test func unknownTypes() {
        for type in "MNQ9 a" {
            var tar = RawTar()
            expect(.unsupportedType(type.asciiValue ?? 0), tar.add("x", type: type).ended)
        }
    }

    @Test func headersWithoutAnEntry() {
        var tar = RawTar()
        tar.pax([("path", "x")])
        expect(.truncated, tar.ended)
    }

    @Test func messagesNameTheEntryAndAreOneLine() {
        var tar = RawTar()
        tar.add("na\u{1b}[31me\n", type: "Q")
        do {
            _ = try readAll(MemorySource(tar.ended))
        } catch {
            #expect(
                "\(error)" == "archive entry na\\u{1b}[31me\\u{a} at byte 512: entries of type Q cannot be unpacked")
        }
    }
}
