import GRDB
import LinuxKernel
import MonitorProtocol
import OCISpec
import Testing

@testable import Engine

/// A directory of the test's own, gone with it.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws {
        var generator = SystemRandomNumberGenerator()
        path = "/tmp/engine-tests-\(Identifier.random(using: &generator).short)"
        try HostDirectory.make(path, mode: 0o700)
    }

    deinit { try? HostDirectory.removeTree(path) }
}

@Suite("The store")
struct StoreTests {
    static func record(_ digits: String, created: Int64 = 1, image: Identifier) throws -> ContainerRecord {
        let id = try #require(Identifier(digits + String(repeating: "0", count: 64 - digits.utf8.count)))
        return ContainerRecord(
            id: id, name: ContainerName(unchecked: "unused"), created: Timestamp(nanosecondsSince1970: created),
            imageID: image, imageName: "mine", command: "sh")
    }

    static func image(_ digit: Character, names: [String], layers: [Character] = ["1"]) throws -> ImageRecord {
        func id(_ digit: Character) throws -> Identifier {
            try #require(Identifier(String(repeating: digit, count: 64)))
        }
        var configuration = ImageConfiguration()
        configuration.cmd = ["sh"]
        return ImageRecord(
            id: try id(digit), created: Timestamp(nanosecondsSince1970: 5), architecture: "amd64", comment: "",
            configuration: configuration, madeFrom: "",
            layers: try layers.map { LayerRecord(chainID: try id($0), diffID: try id($0), size: 10) },
            references: try names.map { try ImageReference($0) })
    }

    @Test("containers are found by name, identifier and unambiguous beginning")
    func references() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        let image = try Self.image("a", names: ["mine"])
        try store.add(image)
        for (digits, name) in [("ab1", "one"), ("ab2", "two"), ("cd", "ab1")] {
            _ = try store.add(
                try Self.record(digits, image: image.id), .init(), .init(),
                names: { $0 == 0 ? try? ContainerName(name) : nil })
        }
        #expect(try store.container("one").id.text.hasPrefix("ab1"))
        #expect(try store.container("/one").id.text.hasPrefix("ab1"))
        // A name goes before a beginning of an identifier.
        #expect(try store.container("ab1").id.text.hasPrefix("cd"))
        #expect(try store.container("ab2").name.text == "two")
        #expect(try store.container("c").name.text == "ab1")
        #expect(try store.container(try store.container("two").id.text).name.text == "two")
        #expect(throws: EngineError(.notFound, "no such container: x")) { try store.container("x") }
        #expect(throws: EngineError(.notFound, "no such container: ")) { try store.container("") }
        #expect(throws: EngineError(.notFound, "no such container: a%")) { try store.container("a%") }
        let ambiguous = #expect(throws: EngineError.self) { try store.container("ab") }
        #expect(ambiguous?.kind == .invalidInput)
    }

    @Test("a name is given once")
    func names() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        let image = try Self.image("a", names: ["mine"])
        try store.add(image)
        let db = try ContainerName("db")
        _ = try store.add(try Self.record("1", image: image.id), .init(), .init(), names: { $0 == 0 ? db : nil })
        let second = try Self.record("2", image: image.id)
        let error = #expect(throws: EngineError.self) {
            try store.add(second, .init(), .init(), names: { $0 == 0 ? db : nil })
        }
        #expect(error?.kind == .conflict)
        let free = try ContainerName("db2")
        #expect(try store.add(second, .init(), .init(), names: { $0 == 0 ? db : free }).name == free)
    }

    @Test("records come back as they went in")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        let image = try Self.image("a", names: ["mine"])
        try store.add(image)
        var configuration = ContainerConfiguration()
        configuration.env = ["A=ä\u{1F433}\n"]
        configuration.labels = ["z": "1", "a": "2"]
        var host = HostConfiguration()
        host.memory = 1 << 40
        host.ulimits = [UserLimit(name: "nofile", soft: 1, hard: 2)]
        var record = try store.add(
            try Self.record("1", image: image.id), configuration, host, names: { _ in ContainerName(unchecked: "db") })
        record.phase = .running
        record.process = ProcessIdentity(pid: 77, startTime: 123_456_789)
        record.started = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)
        record.exitCode = 137
        record.oomKilled = true
        record.error = "x"
        try store.update(record)
        #expect(try store.container("db") == record)
        let configurations = try store.configurations(of: record.id)
        #expect(configurations.container == configuration)
        #expect(configurations.host == host)
        try store.removeContainer(record.id)
        #expect(try store.containers().isEmpty)
    }

    @Test("a document without the members of later versions gets their defaults")
    func olderDocuments() throws {
        let host = try HostConfiguration(stored: #"{"Memory":5,"LogConfig":{"Type":"none"},"Unknown":1}"#)
        #expect(host.memory == 5)
        #expect(host.networkMode == "bridge")
        #expect(host.logConfig.type == "none")
        #expect(host.logConfig.config == [:])
    }

    @Test("a name moves to the newer image; an image in use stays")
    func tags() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        let first = try Self.image("a", names: ["mine", "other:1"], layers: ["1", "2"])
        let second = try Self.image("b", names: ["mine"], layers: ["1", "3"])
        try store.add(first)
        try store.add(second)
        #expect(try store.image("mine").id == second.id)
        #expect(try store.image("other:1").references == [try ImageReference("other:1")])
        #expect(try store.image("sha256:aaaa").id == first.id)
        #expect(try store.images().count == 2)
        _ = try store.add(
            try Self.record("1", image: first.id), .init(), .init(), names: { _ in ContainerName(unchecked: "db") })
        let operation = try store.beginOperation("remove it")
        #expect(throws: EngineError.self) { try store.removeImage(first, claimedBy: operation) }
        var gone: [Identifier] = []
        try store.removeImage(second, claimedBy: operation)
        let claimed = try #require(try store.operations().first).layers
        #expect(claimed.count == 2)
        _ = try store.discardUnneeded(
            blobs: [], layers: claimed, byOthersThan: operation, detachLayer: { gone.append($0) },
            discardBlob: { _ in })
        // The layer below is the other image's as well.
        #expect(gone.map { $0.text.first } == ["3"])
        #expect(throws: EngineError(.notFound, "no such image: mine")) { try store.image("mine") }
    }

    @Test("an image that another command has removed or uses by now is told so")
    func imageMeanwhile() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        let image = try Self.image("a", names: ["mine"])
        try store.add(image)
        let add = { (digits: String, name: String) in
            _ = try store.add(
                try Self.record(digits, image: image.id), .init(), .init(),
                names: { _ in ContainerName(unchecked: name) }
            )
        }
        try add("1", "db")
        let operation = try store.beginOperation("remove it")
        #expect(throws: EngineError.used(image: image.id.short, by: ContainerName(unchecked: "db"))) {
            try store.removeImage(image, claimedBy: operation)
        }
        #expect(try store.image("mine").id == image.id)
        try store.removeContainer(try #require(Identifier("1" + String(repeating: "0", count: 63))))
        try store.removeImage(image, claimedBy: operation)
        #expect(throws: EngineError.noSuchImage(image.id.short)) { try store.removeImage(image, claimedBy: operation) }
        #expect(throws: EngineError.noSuchImage("mine")) { try add("2", "late") }
        let rest = #expect(throws: EngineError.self) {
            try store.write { database in
                try database.run(
                    sql: "INSERT INTO tags (repository, tag, image_id, packing) VALUES ('x', 'y', 'gone', 0)",
                    arguments: [])
            }
        }
        #expect(rest?.kind == .conflict && rest?.message.contains("SQLite") == false, "\(rest?.message ?? "")")
    }

    @Test("an image's blobs are there for it and for whoever brings in another one")
    func blobs() throws {
        let directory = try TemporaryDirectory()
        let store = try Store(path: directory.path + "/brig.db")
        func blob(_ role: BlobRecord.Role, _ digit: String) throws -> BlobRecord {
            BlobRecord(
                role: role, digest: try Digest("sha256:\(String(repeating: digit, count: 64))"), size: 7,
                mediaType: .manifest)
        }
        var first = try Self.image("a", names: ["mine"], layers: ["1"])
        first.blobs = [try blob(.manifest, "a"), try blob(.config, "b"), try blob(.layer, "1"), try blob(.layer, "2")]
        first.repoDigests = [try ImageReference("h.x/mine@sha256:\(String(repeating: "a", count: 64))")]
        var second = try Self.image("b", names: ["other"], layers: ["3"])
        second.blobs = [try blob(.manifest, "c"), try blob(.layer, "1")]
        let operation = try store.beginOperation("pull x")
        try store.claim(operation, blobs: [try blob(.layer, "2").digest])
        try store.add(first)
        try store.add(second)
        #expect(Set(try store.image("mine").blobs.map(\.digest)) == Set(first.blobs.map(\.digest)))
        #expect(try store.image("mine").layerBlobs == first.layerBlobs)
        #expect(try store.image("mine").blobSize == 28)
        #expect(try store.image(first.repoDigests[0].text).id == first.id)
        var gone: [Digest] = []
        let removal = try store.beginOperation("remove it")
        try store.removeImage(first, claimedBy: removal)
        _ = try store.discardUnneeded(
            blobs: first.blobs.map(\.digest), layers: [], byOthersThan: removal, detachLayer: { _ in },
            discardBlob: { gone.append($0) })
        try store.end(removal)
        #expect(Set(gone) == Set([try blob(.manifest, "a").digest, try blob(.config, "b").digest]))
        let record = try #require(try store.operations().first)
        #expect(record.what == "pull x")
        #expect(record.blobs == [try blob(.layer, "2").digest])
        #expect(!record.isInterrupted)
        try store.end(operation)
        #expect(throws: EngineError.self) { try store.claim(operation) }
        gone = []
        let candidates = [try blob(.layer, "1").digest, try blob(.layer, "2").digest]
        #expect(
            try store.discardUnneeded(
                blobs: candidates, layers: [], detachLayer: { _ in }, discardBlob: { gone.append($0) }) == 1)
        #expect(gone == [candidates[1]])
    }

    @Test("names of an older store are spelled out")
    func olderNames() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/brig.db"
        let queue = try DatabaseQueue(path: path)
        try Schema.bringUpToDate(queue, [Schema.migrations[0]])
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT INTO images VALUES ('\(String(repeating: "a", count: 64))', 5, 'amd64', '', '{}', '');
                    INSERT INTO tags VALUES ('mine', '1', '\(String(repeating: "a", count: 64))');
                    INSERT INTO tags VALUES ('localhost:5000/a/b', 'latest', '\(String(repeating: "a", count: 64))');
                    """)
        }
        try queue.close()
        let store = try Store(path: path)
        #expect(
            try store.image("docker.io/library/mine:1").references.map(\.description) == [
                "mine:1", "localhost:5000/a/b:latest",
            ])
    }

    @Test("a store of a newer version is left alone")
    func newerVersion() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/brig.db"
        try Store(path: path).queue.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let error = #expect(throws: EngineError.self) { try Store(path: path) }
        #expect(error?.kind == .conflict)
    }

    @Test("migrations run once each, and a failing one leaves nothing")
    func migrations() throws {
        let directory = try TemporaryDirectory()
        let queue = try DatabaseQueue(path: directory.path + "/m.db")
        let one: @Sendable (Database) throws -> Void = { try $0.execute(sql: "CREATE TABLE a (x)") }
        let two: @Sendable (Database) throws -> Void = { try $0.execute(sql: "CREATE TABLE b (x); BROKEN") }
        try Schema.bringUpToDate(queue, [one])
        try Schema.bringUpToDate(queue, [one])
        #expect(throws: (any Error).self) { try Schema.bringUpToDate(queue, [one, two]) }
        #expect(try queue.read { try $0.tableExists("b") } == false)
        #expect(try queue.read(Schema.version) == 1)
    }

    @Test("documents keep the order of Docker's objects")
    func order() throws {
        let text = try ContainerConfiguration().storedText()
        #expect(text.hasPrefix(#"{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"#))
    }
}
