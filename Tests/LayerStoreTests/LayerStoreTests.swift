import Archive
@testable import LayerStore
import LinuxKernel
import OCISpec
import Testing

@Suite struct ChainIDTests {
    @Test func theSpecificationsRule() throws {
        let first = SHA256Hash.digest(of: "first".utf8)
        let second = SHA256Hash.digest(of: "second".utf8)
        let chain = ChainID.chain(of: [first, second])
        #expect(chain[0].digest == first)
        #expect(chain[1].digest == SHA256Hash.digest(of: "\(first.text) \(second.text)".utf8))
        #expect(ChainID.chain(of: []).isEmpty)
        #expect(ChainID(directoryName: chain[1].directoryName) == chain[1])
        #expect(ChainID(directoryName: ".new-abc") == nil)
        #expect(ChainID(directoryName: String(repeating: "/", count: 64)) == nil)
    }
}

@Suite("Layers (root, overlay)", .enabled(if: mayMount))
struct LayerStoreTests {
    @Test func aLayerIsThereOnceAndKnowsWhatItIs() throws {
        let test = try TestStore()
        let archive = try layer([("a", "text"), ("d/", ""), ("d/b", "more")])
        let unpacked = try test.unpack(archive)[0]
        #expect(unpacked.diffID == SHA256Hash.digest(of: archive))
        #expect(unpacked.chainID == ChainID(base: unpacked.diffID))
        #expect(unpacked.parent == nil)
        #expect(unpacked.size == UInt64(archive.count))
        #expect(unpacked.fileBytes == 8)
        #expect(unpacked.entries == 3)
        #expect(try test.store.layer(unpacked.chainID) == unpacked)
        #expect(try test.store.layers() == [unpacked])
        #expect(try readText("\(test.store.treePath(of: unpacked.chainID))/d/b") == "more")
        // The same again gives the same.
        #expect(try test.unpack(archive) == [unpacked])
        #expect(try listing(test.store.path).filter { $0.hasPrefix(".new") || $0.hasPrefix(".old") }.isEmpty)
        #expect(try listing("\(test.store.path)/.locks").isEmpty)
    }

    @Test func aKnownLayerIsNotReadAgain() throws {
        let test = try TestStore()
        let archive = try layer([("a", "text")])
        let unpacked = try test.unpack(archive)[0]
        let source = MemorySource([1, 2, 3])
        #expect(try test.store.unpack(source, expecting: unpacked.diffID) == unpacked)
        var byte: [UInt8] = [0]
        #expect(byte.withUnsafeMutableBytes { source.read(into: $0) } == 1)
    }

    @Test func anotherDigestThanExpectedLeavesNothing() throws {
        let test = try TestStore()
        let archive = try layer([("a", "text")])
        let expected = SHA256Hash.digest(of: "other".utf8)
        #expect(throws: LayerStoreError.wrongDiffID(expected: expected, found: SHA256Hash.digest(of: archive))) {
            try test.store.unpack(MemorySource(archive), expecting: expected)
        }
        #expect(try listing(test.store.path) == [".empty/", ".empty/first/", ".empty/second/", ".locks/"])
    }

    @Test func aBrokenArchiveLeavesNothing() throws {
        let test = try TestStore()
        let archive = try layer([("a", "text"), ("b", String(repeating: "x", count: 5000))])
        #expect(throws: ArchiveError.self) { try test.unpack(Array(archive.prefix(3000))) }
        #expect(throws: ArchiveError.self) { try test.unpack(Array("no archive at all".utf8)) }
        #expect(try listing(test.store.path) == [".empty/", ".empty/first/", ".empty/second/", ".locks/"])
    }

    @Test func layersBelowMustBeThere() throws {
        let test = try TestStore()
        let absent = ChainID(SHA256Hash.digest(of: "absent".utf8))
        #expect(throws: LayerStoreError.missing(absent)) {
            try test.store.unpack(MemorySource(layer([("a", "")])), on: [absent])
        }
        let unrelated = try test.unpack(layer([("a", "1")]))[0].chainID
        let other = try test.unpack(layer([("a", "2")]))[0].chainID
        #expect(throws: LayerStoreError.notAChain(other)) {
            try test.store.mount(layers: [unrelated, other], at: test.directory("m"))
        }
    }

    @Test func layersBecomeOneTree() throws {
        let test = try TestStore()
        let layers = try test.unpack(
            layer([
                ("kept", "1"), ("gone", "1"), ("changed", "1"), ("d/", ""), ("d/old", "1"), ("o/", ""), ("o/old", "1"),
            ]),
            layer([
                (".wh.gone", ""), ("changed", "2"), ("d/.wh.old", ""), ("d/new", "2"), ("o/", ""),
                ("o/.wh..wh..opq", ""), ("o/new", "2"),
            ]))
        let mounted = try test.mount(layers.map(\.chainID), at: "m")
        #expect(try listing(mounted) == ["changed", "d/", "d/new", "kept", "o/", "o/new"])
        #expect(try readText("\(mounted)/changed") == "2")
        try OwnedDescriptor(open: mounted, [.read, .directory]).removeFile("kept")
        #expect(try readText("\(test.store.treePath(of: layers[0].chainID))/kept") == "1")
        try test.store.unmount(at: mounted)
        #expect(try listing(mounted).isEmpty)
        try test.store.unmount(at: mounted)
    }

    @Test("marks for what is deleted do not show", arguments: [true, false])
    func marksDoNotShow(writable: Bool) throws {
        let test = try TestStore()
        // In the lowest layer, and in directories that no other layer has: there the overlay looks for no marks by itself.
        let layers = try test.unpack(
            layer([(".wh.x", ""), ("d/", ""), ("d/.wh.y", ""), ("d/z", "")]),
            layer([("new/", ""), ("new/.wh.y", ""), ("new/z", "")]))
        for count in 1...2 {
            let mounted = try test.mount(layers.prefix(count).map(\.chainID), at: "m\(count)", writable: writable)
            #expect(try listing(mounted) == (count == 1 ? ["d/", "d/z"] : ["d/", "d/z", "new/", "new/z"]))
        }
    }

    @Test func anOpaqueRootHidesAllBelow() throws {
        let test = try TestStore()
        let layers = try test.unpack(
            layer([("old", "")]), layer([(".wh..wh..opq", ""), ("new", "")]), layer([("newer", "")]))
        #expect(layers[1].hidesLowerLayers)
        #expect(try listing(test.mount(layers.map(\.chainID), at: "m")) == ["new", "newer"])
    }

    @Test func directoriesWithoutAnEntryKeepWhatTheyWere() throws {
        let test = try TestStore()
        let layers = try test.unpack(
            layer([("tmp/", ""), ("tmp/sub/", "")], directoryMode: 0o1777), layer([("other", "")]),
            layer([("tmp/sub/file", ""), ("fresh/file", "")]))
        let tree = test.store.treePath(of: layers[2].chainID)
        for name in ["tmp", "tmp/sub"] {
            let directory = try OwnedDescriptor(open: "\(tree)/\(name)", [.read, .directory])
            let status = try directory.status()
            #expect(status.permissions == 0o1777 && status.userID == 5)
            #expect(try directory.times().modified == FileTime(seconds: 7))
        }
        let fresh = try OwnedDescriptor(open: "\(tree)/fresh", [.read, .directory]).status()
        #expect(fresh.permissions == 0o755 && fresh.userID == 0)
    }

    @Test func theRootIsTheLayersRoot() throws {
        let test = try TestStore()
        let layers = try test.unpack(layer([("./", ""), ("a", "1")], directoryMode: 0o1775), layer([("b", "2")]))
        let mounted = try test.mount(layers.map(\.chainID), at: "m")
        let root = try OwnedDescriptor(open: mounted, [.read, .directory])
        #expect(try root.status().permissions == 0o1775 && root.status().userID == 5)
        // The container's own change outlives a restart.
        try root.setPermissions(0o711)
        try test.store.unmount(at: mounted)
        #expect(
            try OwnedDescriptor(open: test.mount(layers.map(\.chainID), at: "m"), .pathOnly).status().permissions
                == 0o711)
    }

    @Test func noLayersAreAnEmptyTree() throws {
        let test = try TestStore()
        #expect(try listing(test.mount([], at: "m")).isEmpty)
        #expect(try listing(test.mount([], at: "r", writable: false)).isEmpty)
    }

    @Test("up to 200 layers", arguments: [1, 2, 60, 200])
    func manyLayers(count: Int) throws {
        let test = try TestStore()
        var chain: [ChainID] = []
        for number in 0..<count {
            let archive = try layer([("f\(number)", "\(number)"), ("same", "\(number)")])
            chain.append(try test.store.unpack(MemorySource(archive), on: chain).chainID)
        }
        let mounted = try test.mount(chain, at: "m")
        #expect(try listing(mounted).count == count + 1)
        #expect(try readText("\(mounted)/same") == "\(count - 1)")
    }

    @Test func theOldWayOfMounting() throws {
        let test = try TestStore()
        var chain: [ChainID] = []
        for number in 0..<200 {
            chain.append(try test.store.unpack(MemorySource(layer([("f\(number)", "")])), on: chain).chainID)
        }
        for count in [1, 200] {
            let target = try test.directory("old\(count)")
            let overlay = OverlayMount(
                lower: try test.store.lowerTrees(Array(chain.prefix(count))),
                upper: (try test.directory("up:\(count)"), try test.directory("work:\(count)")))
            try overlay.attachOld(
                to: OwnedDescriptor(open: target, [.pathOnly, .directory]), subject: target, attributes: .noDevices)
            #expect(try listing(target).count == count)
            #expect(try MountTable.current().topmost(at: target)?.options.contains("nodev") == true)
            try removeMount(at: target)
        }
    }

    @Test func aCopyIsTheSameTreeAsTheOverlay() throws {
        let test = try TestStore()
        let layers = try test.unpack(
            layer([("kept", "1"), ("gone", "1"), ("d/", ""), ("d/old", "1"), ("o/", ""), ("o/old", "1"), ("t", "1")]),
            layer([(".wh.gone", ""), ("d/.wh.old", ""), ("d/new", "2"), ("o/", ""), ("o/.wh..wh..opq", ""), ("t/", "")]
            ),
            layer([("o/newer", "3"), (".wh.absent", "")]))
        let chain = layers.map(\.chainID)
        let mounted = try test.mount(chain, at: "m")
        let upper = (path: try test.directory("copy"), work: try test.directory("copy-work"))
        try test.store.copy(try test.store.lowerTrees(chain), into: upper)
        #expect(try listing(upper.path) == listing(mounted))
        func archive(_ path: String) throws -> [UInt8] {
            let sink = MemorySink()
            try TarWriter(sink).writeAll(TreeReader(OwnedDescriptor(open: path, [.read, .directory])))
            return sink.bytes
        }
        #expect(try archive(upper.path) == archive(mounted))
        // From now on it is what is mounted, with the changes made in it.
        let target = try test.directory("again")
        _ = try OwnedDescriptor(open: upper.path, [.read, .directory]).open("change", [.write, .create])
        #expect(try test.store.mount(layers: chain, upper: upper, at: target) == .copy)
        #expect(try listing(target).contains("change"))
        try test.store.unmount(at: target)
    }

    @Test func removingTakesALayerAndNothingElse() throws {
        let test = try TestStore()
        let first = try test.unpack(layer([("a/b/c", "1")]))[0]
        let second = try test.unpack(layer([("a/b/c", "2")]))[0]
        try test.store.remove(first.chainID)
        try test.store.remove(first.chainID)
        #expect(try test.store.layers() == [second])
        #expect(try test.store.layer(first.chainID) == nil)
        #expect(try listing(test.store.path).filter { $0.hasPrefix(".old") }.isEmpty)
    }

    @Test func leftoversOfCrashesAreRemoved() throws {
        let test = try TestStore()
        let kept = try test.unpack(layer([("a", "1")]))[0]
        let layers = try OwnedDescriptor(open: test.store.path, [.read, .directory])
        for name in [".new-1", ".new-2", ".old-3"] { try makeDirectories("\(test.store.path)/\(name)/tree/x/y") }
        let inUse = try FileLock(layers.open(".new-2", [.read, .directory]))
        #expect(try test.store.removeLeftovers() == 2)
        #expect(try listing(test.store.path).filter { $0.hasPrefix(".new") || $0.hasPrefix(".old") }.first == ".new-2/")
        _ = try inUse.unlock()
        #expect(try test.store.removeLeftovers() == 1)
        #expect(try test.store.layers() == [kept])
    }

    @Test func aLayerOfAnEarlierBootIsNotTrusted() throws {
        let test = try TestStore()
        var options = LayerStore.UnpackOptions()
        options.settles = false
        let archive = try layer([("a", "1")])
        let unpacked = try test.store.unpack(MemorySource(archive), options: options)
        #expect(try test.store.layer(unpacked.chainID) == unpacked)
        let directory = try OwnedDescriptor(
            open: "\(test.store.path)/\(unpacked.chainID.directoryName)", [.read, .directory])
        try directory.open("unsettled", [.write, .truncate]).write("another boot\n")
        #expect(try test.store.layer(unpacked.chainID) == nil)
        try test.store.settle()
        #expect(try test.store.layer(unpacked.chainID) == nil)
        // It is made anew in its place.
        let again = try test.store.unpack(MemorySource(archive), expecting: unpacked.diffID, options: options)
        #expect(try test.store.layer(unpacked.chainID) == again)
        try test.store.settle()
        #expect(
            try listing("\(test.store.path)/\(unpacked.chainID.directoryName)") == ["layer.json", "tree/", "tree/a"])
    }

    @Test func aDamagedRecordIsAnError() throws {
        let test = try TestStore()
        let unpacked = try test.unpack(layer([("a", "1")]))[0]
        let directory = try OwnedDescriptor(
            open: "\(test.store.path)/\(unpacked.chainID.directoryName)", [.read, .directory])
        try directory.open("layer.json", [.write, .truncate]).write("{}")
        #expect(throws: LayerStoreError.damaged(unpacked.chainID)) { try test.store.layer(unpacked.chainID) }
    }

    @Test func severalAtOnceMakeOneLayer() async throws {
        let test = try TestStore()
        let archive = try layer((0..<300).map { ("d\($0 % 7)/f\($0)", String(repeating: "x", count: 1000)) })
        let (store, diffID) = (test.store, SHA256Hash.digest(of: archive))
        let layers = try await withThrowingTaskGroup(of: UnpackedLayer.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try store.unpack(MemorySource(archive), expecting: number % 2 == 0 ? diffID : nil)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(layers.map(\.chainID)).count == 1 && layers.count == 8)
        #expect(try listing(store.path).filter { $0.hasPrefix(".new") || $0.hasPrefix(".old") }.isEmpty)
        #expect(try listing("\(store.path)/.locks").isEmpty)
    }
}
