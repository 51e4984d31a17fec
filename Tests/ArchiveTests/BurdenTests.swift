@testable import Archive
import LinuxKernel
import Testing

/// Small archives that would fill the memory, or keep the processor busy for ever.
@Suite struct BurdenTests {
    private func extract(_ archive: [UInt8], _ change: (inout ArchiveLimits) -> Void) throws -> ArchiveError.Reason? {
        let tree = try TemporaryTree()
        var options = ExtractionOptions()
        options.ownership = .current
        change(&options.limits)
        do {
            _ = try Extractor(into: OwnedDescriptor(open: tree.path, [.read, .directory]), options: options)
                .extract(TarReader(MemorySource(archive)))
            return nil
        } catch let error as ArchiveError {
            return error.reason
        }
    }

    @Test("default access control lists are kept to the end, and only so many of them")
    func defaultLists() throws {
        var tar = RawTar()
        for number in 0..<100 {
            let list =
                "user::rwx,group::rwx,other::rwx,mask::rwx,"
                + (0..<100).map { "user:u\($0):rwx:\($0 + 70_000)" }.joined(separator: ",")
            tar.pax([("SCHILY.acl.default", list)])
            tar.add("d\(number)/", type: "5")
        }
        #expect(
            try extract(tar.ended) { $0.rememberedBytes = 10_000 } == .limit(.rememberedBytes, 10_000))
    }

    @Test("names of directories without an entry are kept to the end, and only so many bytes of them")
    func implicitDirectories() throws {
        var tar = RawTar()
        for number in 0..<100 { tar.add("directory-\(number)/file") }
        #expect(try extract(tar.ended) { $0.rememberedBytes = 500 } == .limit(.rememberedBytes, 500))
        #expect(try extract(tar.ended) { _ in } == nil)
    }

    @Test("records for all files are looked through for each, so there are only so many of them")
    func globals() throws {
        var tar = RawTar()
        for round in 0..<11 { tar.pax((0..<100).map { ("k\(round)-\($0)", "v") }, type: "g") }
        tar.add("file")
        #expect(
            try extract(tar.ended) { _ in } == .badExtendedHeader("more than 1000 keys for all files"))
        // The same over and over, as when archives are put together, is no more than once.
        var repeated = RawTar()
        for _ in 0..<200 { repeated.pax((0..<10).map { ("k\($0)", "v") }, type: "g") }
        repeated.add("file")
        #expect(try extract(repeated.ended) { _ in } == nil)
    }

    @Test("a header full of different attributes is refused at once")
    func attributes() throws {
        var tar = RawTar()
        tar.pax((0..<20_000).map { ("SCHILY.xattr.user.a\($0)", "v") })
        tar.add("file")
        let limit = ArchiveLimits().attributes
        #expect(try extract(tar.ended) { _ in } == .limit(.attributes, limit))
    }
}
