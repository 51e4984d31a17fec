import GRDB
import LinuxKernel
import OCISpec
import Testing

@testable import Engine

/// One image under several manifests.
@Suite struct PackingStoreTests {
    private static func digest(_ digit: Character) throws -> Digest {
        try Digest("sha256:\(String(repeating: digit, count: 64))")
    }

    private static func blobs(manifest: Character, layer: Character) throws -> [BlobRecord] {
        func blob(_ role: BlobRecord.Role, _ digit: Character, _ type: MediaType) throws -> BlobRecord {
            BlobRecord(role: role, digest: try digest(digit), size: 7, mediaType: type)
        }
        return [
            try blob(.manifest, manifest, .manifest), try blob(.config, "a", .config),
            try blob(.layer, layer, layer == "1" ? .layer : .gzipLayer),
        ]
    }

    @Test("in an older store each image has one manifest, and keeps it")
    func olderStore() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/brig.db"
        let queue = try DatabaseQueue(path: path)
        let id = String(repeating: "a", count: 64)
        let manifest = try Self.digest("c")
        try Schema.bringUpToDate(queue, Array(Schema.migrations[..<8]))
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO images (id, created, architecture, comment, config, made_from)
                        VALUES ('\(id)', 5, 'amd64', '', '{}', '');
                    INSERT INTO tags (repository, tag, image_id) VALUES ('h.x/a', '1', '\(id)');
                    INSERT INTO repo_digests (repository, digest, image_id) VALUES ('h.x/a', '\(manifest)', '\(id)');
                    INSERT INTO blobs (digest, size) VALUES ('\(manifest)', 7);
                    INSERT INTO image_blobs (image_id, role, position, digest, media_type)
                        VALUES ('\(id)', 'manifest', 0, '\(manifest)', '\(MediaType.manifest)');
                    """)
        }
        try queue.close()
        let store = try Store(path: path)
        for name in ["h.x/a:1", "h.x/a@\(manifest)"] {
            let reference = try ImageReference(name)
            #expect(try store.image(name).manifest(named: reference)?.digest == manifest)
        }
        #expect(try store.image("h.x/a:1").blobs.count == 1)
    }

    @Test("each name leads to its manifest; one that no name leads to goes with its blobs, but not the last")
    func names() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        var plain = try StoreTests.image("a", names: ["mine"])
        plain.blobs = try Self.blobs(manifest: "c", layer: "1")
        var packed = try StoreTests.image("a", names: ["h.x/mine"])
        packed.blobs = try Self.blobs(manifest: "d", layer: "2")
        packed.repoDigests = [try ImageReference("h.x/mine@\(Self.digest("d"))")]
        try store.add(plain)
        try store.add(packed)
        try store.add(packed)
        let both = try store.image("mine")
        #expect(both.manifests.map(\.digest) == [try Self.digest("c"), try Self.digest("d")])
        #expect(both.blobs.count == 6)
        #expect(both.blobSize == 5 * 7)
        for (name, manifest) in [("mine", "c"), ("h.x/mine", "d"), (packed.repoDigests[0].text, "d"), ("aaaa", "c")] {
            let reference = try ImageReference(name)
            let wanted = try Self.digest(Character(manifest))
            #expect(both.manifest(named: reference)?.digest == wanted, "\(name)")
        }
        #expect(try store.gzipBlob(ofLayer: plain.layers[0].chainID)?.digest == Self.digest("2"))
        try store.name(plain.id, tags: [try ImageReference("more:1")], manifest: try Self.digest("d"))
        #expect(try store.image("more:1").manifest(named: ImageReference("more:1"))?.digest == Self.digest("d"))

        func removed() throws -> Set<Digest> {
            let operation = try store.beginOperation("remove names")
            try store.removeNamelessPackings(claimedBy: operation)
            let claimed = try #require(try store.operations().first { $0.id == operation }).blobs
            try store.end(operation)
            return Set(claimed)
        }
        #expect(try removed().isEmpty)
        for name in ["h.x/mine:latest", packed.repoDigests[0].text] { try store.removeName(ImageReference(name)) }
        #expect(try removed().isEmpty)
        try store.removeName(ImageReference("mine"))
        #expect(try removed().isSuperset(of: [Self.digest("c"), Self.digest("1")]))
        let last = try store.image("more:1")
        #expect(last.manifests.map(\.digest) == [try Self.digest("d")])
        #expect(last.layerBlobs.map(\.digest) == [try Self.digest("2")])
        // Without a name, it stays: the image needs one.
        try store.removeName(ImageReference("more:1"))
        #expect(try removed().isEmpty)
        #expect(try store.image(plain.id)?.manifest()?.digest == Self.digest("d"))
        // And a further one finds its place.
        try store.add(plain)
        #expect(try store.image("mine").manifest(named: ImageReference("mine"))?.digest == Self.digest("c"))
    }
}
