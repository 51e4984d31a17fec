import Archive
import LinuxKernel
import OCISpec
import Testing

@testable import ImageStore

/// A store of the test's own, gone with it.
final class TemporaryStore {
    let root: String
    let store: BlobStore

    init() throws {
        root = "/tmp/image-store-tests-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        try OwnedDescriptor(open: "/tmp", [.read, .directory])
            .makeDirectory(String(root.dropFirst(5)), mode: 0o700)
        store = try BlobStore(root: root)
    }

    deinit {
        // What stays is seen in /tmp.
        try? TreeDirectory(OwnedDescriptor(open: "/tmp", [.read, .directory])).removeTree(String(root.dropFirst(5)))
    }

    func put(_ path: String, _ bytes: [UInt8]) throws {
        try OwnedDescriptor(open: "\(store.path)/\(path)", [.write, .create]).write(bytes)
    }
}

extension BlobWriter {
    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}

private let content = Array("forty-two bytes of content, more or less\n".utf8)
private let digest = ContentHash.digest(.sha256, of: content)

@Suite("The store of blobs")
struct BlobStoreTests {
    @Test("a blob appears whole, under its digest, for its owner only", arguments: Digest.Algorithm.allCases)
    func write(algorithm: Digest.Algorithm) throws {
        let temporary = try TemporaryStore()
        let digest = ContentHash.digest(algorithm, of: content)
        let writer = try #require(try temporary.store.writer(for: digest, size: UInt64(content.count)))
        try writer.write(Array(content.prefix(10)))
        #expect(try temporary.store.size(of: digest) == nil)
        #expect(throws: ImageStoreError.missing(digest)) { _ = try temporary.store.open(digest).status() }
        try writer.write(Array(content.dropFirst(10)))
        #expect(try writer.finish() == digest)
        #expect(try temporary.store.size(of: digest) == UInt64(content.count))
        #expect(try temporary.store.read(digest, limit: 100) == content)
        #expect(try temporary.store.open(digest).status().permissions == 0o600)
        #expect(try temporary.store.partials().isEmpty)
        #expect(try temporary.store.writer(for: digest, size: nil) == nil)
        try temporary.store.verify(digest)
    }

    @Test("content of another digest is refused and does not stay")
    func wrongDigest() throws {
        let temporary = try TemporaryStore()
        let other = ContentHash.digest(.sha256, of: [1])
        let writer = try #require(try temporary.store.writer(for: other, size: nil))
        try writer.write(content)
        #expect(throws: ImageStoreError.wrongDigest(expected: other, found: digest)) { try writer.finish() }
        #expect(try temporary.store.contents().blobs.isEmpty)
        #expect(try temporary.store.partials().isEmpty)
    }

    @Test("too much is refused at once, too little at the end")
    func wrongSize() throws {
        let temporary = try TemporaryStore()
        let writer = try #require(try temporary.store.writer(for: digest, size: 10))
        #expect(throws: ImageStoreError.wrongSize(of: digest, expected: 10, found: 41)) { try writer.write(content) }
        try writer.write([1])
        #expect(throws: ImageStoreError.wrongSize(of: digest, expected: 10, found: 1)) { try writer.finish() }
        #expect(throws: ImageStoreError.self) { try writer.write([1]) }
    }

    @Test("what was begun is gone on with, and begun again if it was wrong")
    func resume() throws {
        let temporary = try TemporaryStore()
        try temporary.put("partial/sha256-\(digest.hex)", Array(content.prefix(7)))
        do {
            let writer = try #require(try temporary.store.writer(for: digest, size: UInt64(content.count)))
            #expect(writer.offset == 7)
            #expect(try temporary.store.partials().map(\.isBeingWritten) == [true])
            try writer.write(Array(content[7..<9]))
        }
        #expect(try temporary.store.partials().map(\.size) == [9])
        #expect(try temporary.store.partials().map(\.isBeingWritten) == [false])
        do {
            let writer = try #require(try temporary.store.writer(for: digest, size: UInt64(content.count)))
            try writer.write(Array(content[9...]))
            #expect(try writer.finish() == digest)
        }
        // Longer than it can be: nothing of it can be right.
        let other = ContentHash.digest(.sha256, of: [1, 2])
        try temporary.put("partial/sha256-\(other.hex)", [1, 2, 3])
        let writer = try #require(try temporary.store.writer(for: other, size: 2))
        #expect(writer.offset == 0)
        try writer.write([9])
        try writer.restart()
        try writer.write([1, 2])
        #expect(try writer.finish() == other)
    }

    @Test("a reader gets what is written as it is written, and the end after it was verified")
    func readAlong() throws {
        let temporary = try TemporaryStore()
        let long = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
        let digest = ContentHash.digest(.sha256, of: long)
        let writer = try #require(try temporary.store.writer(for: digest, size: UInt64(long.count)))
        try writer.fill(from: MemorySource(long, step: 70_001))
        #expect(try writer.reader().readAll(limit: .max) == long)
        #expect(try writer.waitUntilStored() == digest)
    }

    @Test("a reader learns why there is no more")
    func failure() throws {
        let temporary = try TemporaryStore()
        let other = ContentHash.digest(.sha256, of: [1])
        let writer = try #require(try temporary.store.writer(for: other, size: nil))
        try writer.fill(from: MemorySource(content))
        #expect(throws: ImageStoreError.wrongDigest(expected: other, found: digest)) {
            try writer.reader().readAll(limit: .max)
        }
        #expect(throws: ImageStoreError.self) { try writer.waitUntilStored() }
    }

    @Test("a second writer waits for the first, and has nothing to do then")
    func race() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let done = Turnstile()
        nonisolated(unsafe) var second: Bool?
        do {
            let writer = try #require(try store.writer(for: digest, size: nil))
            try BackgroundThread.start {
                let isThere = (try? store.writer(for: digest, size: nil) == nil) == true
                done.locked {
                    second = isThere
                    done.wakeAll()
                }
            }
            try writer.write(content)
            #expect(done.locked { second } == nil)
            try writer.finish()
        }
        done.locked { while second == nil { done.wait() } }
        #expect(second == true)
    }

    @Test("content without a known digest")
    func nameless() throws {
        let temporary = try TemporaryStore()
        do {
            let writer = try temporary.store.writer()
            try writer.write(content)
            #expect(try temporary.store.partials().map(\.digest) == [nil])
            #expect(try writer.finish() == digest)
        }
        do {
            let given = try temporary.store.writer()
            try given.write(content)
        }
        #expect(try temporary.store.partials().isEmpty)
    }

    @Test("links and pipes are no blobs, and are not followed")
    func strangers() throws {
        let temporary = try TemporaryStore()
        let blobs = try OwnedDescriptor(open: "\(temporary.store.path)/sha256", [.read, .directory])
        try blobs.makeSymbolicLink(digest.hex, to: "/etc/passwd")
        #expect(throws: ImageStoreError.notAFile(digest)) { try temporary.store.open(digest).status() }
        #expect(throws: ImageStoreError.notAFile(digest)) { try temporary.store.size(of: digest) }
        try blobs.removeFile(digest.hex)
        try blobs.makeNode(digest.hex, .fifo, mode: 0o600)
        #expect(throws: ImageStoreError.notAFile(digest)) { try temporary.store.open(digest).status() }
        #expect(try temporary.store.contents().strangers.map(\.path) == ["sha256/\(digest.hex)"])
        for stranger in try temporary.store.contents().strangers { try temporary.store.remove(stranger) }
        #expect(try temporary.store.contents().strangers.isEmpty)
        let partials = try OwnedDescriptor(open: "\(temporary.store.path)/partial", [.read, .directory])
        try partials.makeSymbolicLink("sha256-\(digest.hex)", to: "/tmp/nobody-writes-here")
        #expect(throws: SyscallError.self) { try temporary.store.writer(for: digest, size: nil) }
    }

    @Test("a changed blob is found")
    func verify() throws {
        let temporary = try TemporaryStore()
        try temporary.store.add(content)
        try temporary.put("sha256/\(digest.hex)", [0])
        #expect(throws: ImageStoreError.self) { try temporary.store.verify(digest) }
        #expect(throws: ImageStoreError.tooLarge(digest, limit: 5)) { try temporary.store.read(digest, limit: 5) }
    }
}
