@testable import Archive
import LinuxKernel
import Testing

@Suite struct TreeReaderTests {
    private func archive(_ tree: TemporaryTree, _ options: TreeReader.Options = TreeReader.Options()) throws -> [UInt8]
    {
        let sink = MemorySink()
        try TarWriter(sink).writeAll(TreeReader(tree.open(), options: options))
        return sink.bytes
    }

    private static var kinds: RawTar {
        var tar = RawTar()
        tar.add("./", type: "5", mode: "0000750")
        tar.add("./d/", type: "5", mode: "0001777")
        tar.add("./d/f", mode: "0004755", content: Array("text".utf8))
        tar.add("./d/fifo", type: "6", mode: "0000600")
        tar.add("./d/link", type: "2", link: "/absent")
        tar.add("./e/", type: "5")
        tar.add("./e/hard", type: "1", link: "./d/f")
        tar.add("z") { $0[1] = 0xff }
        return tar
    }

    @Test func aTreeBecomesAnArchiveAndATreeAgain() throws {
        let (first, second) = (try TemporaryTree(), try TemporaryTree())
        try first.extract(Self.kinds.ended)
        let bytes = try archive(first)
        let entries = try readAll(MemorySource(bytes)).map(\.entry)
        #expect(
            entries.map { displayName($0.path) } == [
                "./", "d/", "d/f", "d/fifo", "d/link", "e/", "e/hard", "z\u{fffd}",
            ])
        #expect(entries[6].kind == .hardLink(target: .init(text: "d/f")))
        #expect(entries.allSatisfy { $0.modified == FileTime(seconds: 7) || $0.path == .init(text: "e/hard") })
        try second.extract(bytes)
        #expect(try first.listing() == second.listing())
        #expect(try archive(second) == bytes)
    }

    @Test func whatTheKernelMakesUpIsNotEntered() throws {
        var options = TreeReader.Options()
        options.staysOutOfKernel = true
        for path in ["/proc", "/proc/self"] {
            let reader = TreeReader(try OwnedDescriptor(open: path, [.read, .directory]), options: options)
            #expect(try reader.next()?.kind == .directory)
            #expect(try reader.next() == nil)
        }
        let tree = try TemporaryTree()
        try tree.extract(Self.kinds.ended)
        #expect(try archive(tree, options) == archive(tree))
    }

    @Test func treesAreCopiedWithoutAnArchive() throws {
        let (first, second) = (try TemporaryTree(), try TemporaryTree())
        try first.extract(Self.kinds.ended)
        var options = ExtractionOptions()
        if !isRoot { options.ownership = .current }
        _ = try Extractor(into: second.open(), options: options).extract(TreeReader(first.open()))
        #expect(try first.listing() == second.listing())
        #expect(try archive(first) == archive(second))
    }

    @Test func holesByOption() throws {
        // A tmpfs tells holes.
        let tree = try TemporaryTree(in: "/dev/shm")
        try tree.extract(Fixture.tar("sparse-gnu"))
        var options = TreeReader.Options()
        options.keepsHoles = true
        let (whole, sparse) = (try archive(tree), try archive(tree, options))
        #expect(whole.count > 10_485_761)
        #expect(sparse.count < 100_000)
        #expect(try readAll(MemorySource(sparse))[1].content == readAll(MemorySource(whole))[1].content)
    }

    @Test("the overlay's marks become a layer's", .enabled(if: isRoot))
    func marks() throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        var tar = RawTar()
        tar.add("./", type: "5")
        tar.add("d/", type: "5")
        tar.add("d/.wh..wh..opq")
        tar.add("d/new", content: [1])
        tar.add(".wh.gone")
        try tree.extract(tar.ended) { $0.whiteouts = .overlay }
        var options = TreeReader.Options()
        options.convertsMarks = true
        let entries = try readAll(MemorySource(archive(tree, options)))
        #expect(entries.map(\.name) == ["./", "d/", "d/.wh..wh..opq", "d/new", ".wh.gone"])
        #expect(entries.allSatisfy { $0.entry.attributes.isEmpty })
    }

    @Test("attributes and owners go both ways", .enabled(if: isRoot))
    func attributes() throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        try tree.extract(Fixture.tar("attributes-gnu"))
        let expected = try readAll(MemorySource(Fixture.tar("attributes-gnu")))[1].entry.attributes
        let found = try readAll(MemorySource(archive(tree)))[2].entry.attributes
        #expect(Set(found.map { displayName($0.name) }) == Set(expected.map { displayName($0.name) }))
        for attribute in expected { #expect(found.contains(attribute)) }
    }

    @Test func socketsAreLeftOut() throws {
        let tree = try TemporaryTree()
        try tree.open().makeNode("socket", .socket, mode: 0o600)
        #expect(try readAll(MemorySource(archive(tree))).map(\.name) == ["./"])
    }

    @Test func aTreeThatIsTooDeepIsAnError() throws {
        let tree = try TemporaryTree()
        var directory = TreeDirectory(try tree.open())
        for _ in 0..<450 {
            try directory.makeDirectory("d", mode: 0o755)
            directory = try directory.openDirectory("d")
        }
        #expect(throws: ArchiveError.self) { try archive(tree) }
    }
}
