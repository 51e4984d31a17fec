@testable import Archive
import LinuxKernel
import Testing

/// Archives as they should be. Those of attackers are in `HostileArchiveTests`.
@Suite struct ExtractorTests {
    @Test func filesDirectoriesAndLinks() throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        tar.add("./", type: "5", mode: "0000750")
        tar.add("./dir/", type: "5", mode: "0001777")
        tar.add("./dir/file", mode: "0004711", content: Array("text".utf8))
        tar.add("./dir/hard", type: "1", link: "./dir/file")
        tar.add("./link", type: "2", link: "dir/file")
        tar.add("./nowhere", type: "2", link: "/absent/x")
        tar.add("./fifo", type: "6", mode: "0000600")
        tar.add("/absolute", content: Array("inside".utf8))
        tar.add("implicit/on/the/way", content: Array("w".utf8))
        let summary = try tree.extract(tar.ended)
        #expect(
            try tree.listing() == [
                "absolute 100644 inside", "dir 41777", "dir/file 104711 text", "dir/hard 104711 text", "fifo 10600",
                "implicit 40755", "implicit/on 40755", "implicit/on/the 40755", "implicit/on/the/way 100644 w",
                "link 120777 -> dir/file", "nowhere 120777 -> /absent/x",
            ])
        #expect(summary.entries == 9)
        #expect(summary.fileBytes == 11)
        #expect(summary.endMarkSeen)
        #expect(
            summary.implicitDirectories == [
                .init(text: "implicit"), .init(text: "implicit/on"), .init(text: "implicit/on/the"),
            ])
        #expect(try tree.status("dir/file").inode == tree.status("dir/hard").inode)
        #expect(try tree.status(".").permissions == 0o750)
    }

    @Test func timesOfDirectoriesToo() throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        for name in ["./", "a/", "a/b/", "z/"] { tar.add(name, type: "5") }
        tar.add("a/b/one", content: [1])
        tar.add("z/two", content: [1])
        // Back to where it was before.
        tar.add("a/b/three", content: [1])
        tar.add("a/link", type: "2", link: "b")
        tar.add("new/file", content: [1])
        try tree.extract(tar.ended)
        for name in ["a", "a/b", "z", "a/b/one", "z/two", "a/b/three", "a/link"] {
            let parts = name.split(separator: "/")
            let parent = TreeDirectory(
                try OwnedDescriptor(
                    open: "\(tree.path)/\(parts.dropLast().joined(separator: "/"))", [.read, .directory]))
            #expect(try parent.times(of: String(parts[parts.count - 1])).modified == FileTime(seconds: 7), "\(name)")
        }
        #expect(try tree.open().times().modified == FileTime(seconds: 7))
        #expect(try TreeDirectory(tree.open()).times(of: "new").modified == .epoch)
    }

    @Test func laterEntriesReplaceEarlierOnes() throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        tar.add("file", content: Array("old".utf8))
        tar.add("file", content: Array("new".utf8))
        tar.add("dir/below/it", content: [1])
        tar.add("dir", content: Array("now a file".utf8))
        tar.add("turned", content: [1])
        tar.add("turned/", type: "5")
        tar.add("turned/inside", content: Array("i".utf8))
        tar.add("link", type: "2", link: "file")
        tar.add("link", content: Array("no link".utf8))
        tar.add("kept/", type: "5", mode: "0000700")
        tar.add("kept/file", content: Array("k".utf8))
        tar.add("kept/", type: "5", mode: "0000755")
        tar.add("file", type: "1", link: "./file")
        try tree.extract(tar.ended)
        #expect(
            try tree.listing() == [
                "dir 100644 now a file", "file 100644 new", "kept 40755", "kept/file 100644 k", "link 100644 no link",
                "turned 40755", "turned/inside 100644 i",
            ])
    }

    @Test func directoriesThroughLinksInside() throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        tar.add("usr/lib/", type: "5")
        tar.add("lib", type: "2", link: "usr/lib")
        tar.add("absolute", type: "2", link: "/usr/lib")
        tar.add("lib/one", content: Array("1".utf8))
        tar.add("absolute/two", content: Array("2".utf8))
        try tree.extract(tar.ended)
        #expect(try tree.text("usr/lib/one") == "1")
        #expect(try tree.text("usr/lib/two") == "2")
    }

    @Test("what each tool wrote is there, holes and all", arguments: ["sparse-gnu", "sparse-1.0", "sparse-bsd"])
    func sparse(name: String) throws {
        let tree = try TemporaryTree()
        try tree.extract(Fixture.tar(name))
        #expect(try tree.status("sparse").size == 10_485_761)
        let bytes = try readFile("\(tree.path)/sparse", limit: 1 << 24)
        #expect(bytes[65_536..<65_541].elementsEqual("first".utf8))
        #expect(bytes[5_242_880..<5_242_885].elementsEqual("first".utf8))
        #expect(bytes.count { $0 != 0 } == 10)
    }

    @Test("owners, devices and capabilities", .enabled(if: isRoot), arguments: ["gnu-posix", "gnu-gnu", "bsd-pax"])
    func privileged(name: String) throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        let entries = try readAll(MemorySource(Fixture.tar(name)))
        try tree.extract(Fixture.tar(name))
        for entry in entries {
            let path = try TreePath(entry.entry.path)
            let parent = try TreeDirectory(tree.open()).resolve(path.parentName)
            let status = try parent.status(of: path.name)
            #expect(status.userID == entry.entry.userID)
            #expect(status.groupID == entry.entry.groupID)
            #expect(status.permissions == entry.entry.permissions)
            #expect(try parent.times(of: path.name).modified == entry.entry.modified)
        }
        #expect(try tree.status("all/char").specialDevice == DeviceNumber(major: 5, minor: 1).raw)
        #expect(try tree.status("all/block").specialDevice == DeviceNumber(major: 259, minor: 70000).raw)
        #expect(try tree.status("all/sub/hard").linkCount == 2)
    }

    @Test("attributes are set, and come last", .enabled(if: isRoot), arguments: ["attributes-gnu", "attributes-bsd"])
    func attributes(name: String) throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        let summary = try tree.extract(Fixture.tar(name))
        let file = try OwnedDescriptor(open: "\(tree.path)/attributes/file", .read)
        let expected = try readAll(MemorySource(Fixture.tar(name)))[1].entry.attributes
        for attribute in expected { #expect(try file.attribute(attribute.name.zeroTerminated) == attribute.value) }
        #expect(try file.status().permissions == 0o674)
        let directory = try OwnedDescriptor(open: "\(tree.path)/attributes", [.read, .directory])
        #expect(try directory.attribute("system.posix_acl_default")?.count == 44)
        #expect(summary.droppedAttributes.isEmpty)
    }

    @Test func attributesOfOthersAreDropped() throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        var tar = RawTar()
        let names = [
            "trusted.overlay.opaque", "trusted.overlay.redirect", "user.overlay.opaque", "security.selinux",
            "trusted.x",
        ]
        tar.pax(names.map { ("SCHILY.xattr.\($0)", "y") })
        tar.add("dir/", type: "5")
        let summary = try tree.extract(tar.ended)
        #expect(summary.droppedAttributes == Dictionary(uniqueKeysWithValues: names.map { ($0, 1) }))
        #expect(try OwnedDescriptor(open: "\(tree.path)/dir", [.read, .directory]).attributeNames().isEmpty)
    }

    @Test func deviceNodesByOption() throws {
        var tar = RawTar()
        tar.add("null", type: "3", major: "0000001", minor: "0000003")
        let tree = try TemporaryTree()
        #expect(try tree.extract(tar.ended) { $0.devices = .skip }.skippedDevices == 1)
        #expect(try tree.listing().isEmpty)
        #expect(throws: ArchiveError(.deviceNotPermitted, entry: .init(text: "null"), offset: 512)) {
            try tree.extract(tar.ended) { $0.devices = .refuse }
        }
    }

    // MARK: - Whiteouts

    private func names(of path: String) throws -> [[UInt8]] {
        try OwnedDescriptor(open: path, [.read, .directory]).attributeNames()
    }

    @Test(
        "a file in the place of a directory, and then marks for what was in that, as umoci writes it",
        .enabled(if: isRoot), arguments: [ExtractionOptions.Whiteouts.overlay, .apply])
    func whiteoutsBelowAFile(whiteouts: ExtractionOptions.Whiteouts) throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        tar.add("was", content: Array("file".utf8))
        tar.add("was/.wh.in")
        tar.add("was/.wh..wh..opq")
        try tree.extract(tar.ended) { $0.whiteouts = whiteouts }
        #expect(try tree.listing() == ["was 100644 file"])
        // What is no mark is refused still.
        tar.add("was/in")
        #expect(throws: ArchiveError.self) { try tree.extract(tar.ended) { $0.whiteouts = whiteouts } }
    }

    @Test("deleted files become the overlay's marks", .enabled(if: isRoot))
    func overlay() throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        var tar = RawTar()
        tar.add("dir/", type: "5")
        tar.add("dir/.wh.gone")
        tar.add("opaque/", type: "5")
        tar.add("opaque/.wh..wh..opq")
        tar.add("opaque/new", content: Array("n".utf8))
        // Deleted and new in one layer: a file hides what was, a directory must say so, in either order.
        tar.add(".wh.file")
        tar.add("file", content: Array("f".utf8))
        tar.add(".wh.before")
        tar.add("before/", type: "5")
        tar.add("after/", type: "5")
        tar.add(".wh.after")
        tar.add(".wh.implied")
        tar.add("implied/x", content: Array("x".utf8))
        tar.add("device", type: "3")
        tar.add(".wh..wh.plnk/1.2", content: [1])
        tar.add("dir/.wh..wh.aufs", content: [1])
        try tree.extract(tar.ended) { $0.whiteouts = .overlay }
        #expect(
            try tree.listing() == [
                "after 40755", "before 40755", "device 20000 0:0", "dir 40755", "dir/gone 20000 0:0",
                "file 100644 f", "implied 40755", "implied/x 100644 x", "opaque 40755", "opaque/new 100644 n",
            ])
        for name in ["opaque", "before", "after", "implied"] {
            #expect(try names(of: "\(tree.path)/\(name)") == [.init(text: "trusted.overlay.opaque")])
        }
        #expect(try names(of: "\(tree.path)/dir") == [.init(text: "trusted.overlay.origin")])
    }

    @Test func appliedToTheLayersBelow() throws {
        let tree = try TemporaryTree()
        var below = RawTar()
        for name in ["dir/gone", "dir/kept", "opaque/a", "opaque/sub/b", "both/old", "tree/x/y", "tree/z"] {
            below.add(name, content: Array("old".utf8))
        }
        try tree.extract(below.ended)
        var tar = RawTar()
        tar.add("dir/.wh.gone")
        tar.add("dir/.wh.absent")
        tar.add("opaque/sub/new", content: Array("new".utf8))
        tar.add("opaque/.wh..wh..opq")
        tar.add("both/fresh", content: Array("new".utf8))
        tar.add(".wh.both")
        tar.add(".wh.tree")
        try tree.extract(tar.ended) { $0.whiteouts = .apply }
        #expect(
            try tree.listing() == [
                "both 40755", "both/fresh 100644 new", "dir 40755", "dir/kept 100644 old", "opaque 40755",
                "opaque/sub 40755", "opaque/sub/new 100644 new",
            ])
    }

    @Test func literally() throws {
        let tree = try TemporaryTree()
        var tar = RawTar()
        tar.add(".wh.x", content: Array("w".utf8))
        try tree.extract(tar.ended)
        #expect(try tree.listing() == [".wh.x 100644 w"])
    }

    @Test func anyStepGivesTheSameTree() throws {
        let bytes = try Fixture.tar(isRoot ? "gnu-posix" : "sparse-1.0")
        let (first, second) = (try TemporaryTree(), try TemporaryTree())
        try first.extract(bytes)
        var options = ExtractionOptions()
        if !isRoot { options.ownership = .current }
        let source = try DecompressedSource(MemorySource(bytes, step: 1), readsAhead: true)
        _ = try Extractor(into: second.open(), options: options).extract(TarReader(source))
        #expect(try first.listing() == second.listing())
    }

    @Test func deepTreesAreRemoved() throws {
        let tree = try TemporaryTree()
        var directory = TreeDirectory(try tree.open())
        for _ in 0..<3000 {
            try directory.makeDirectory("deep", mode: 0o755)
            directory = try directory.openDirectory("deep")
        }
        _ = try directory.makeFile("file", mode: 0o644)
        try TreeDirectory(tree.open()).removeContents()
        #expect(try tree.listing().isEmpty)
    }
}

@Suite struct TreePathTests {
    @Test(
        "where names lead",
        arguments: [
            ("a", "a"), ("a/b/c", "a/b/c"), ("./a//b/./c/", "a/b/c"), ("/a", "a"), ("a/../b", "b"),
            ("a/b/../../c", "c"),
            ("./", ""), (".", ""), ("/", ""), ("a/..", ""), ("...", "..."), ("a/...", "a/..."), (" ", " "),
            ("..a/b..", "..a/b.."),
        ])
    func places(name: String, place: String) throws {
        let path = try TreePath(.init(text: name))
        #expect(path.bytes == .init(text: place))
        #expect(path.isRoot == place.isEmpty)
        #expect(Array(path.parent) + (path.parent.isEmpty ? [] : [0x2f]) + Array(path.nameBytes) == .init(text: place))
    }

    @Test("names that lead out", arguments: ["..", "../a", "/..", "/../a", "a/../../b", "./../x", "a/b/../../../c"])
    func outside(name: String) {
        #expect(throws: ArchiveError(.outside, entry: .init(text: name))) { try TreePath(.init(text: name)) }
    }
}
