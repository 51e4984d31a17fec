import LinuxKernel
import OCISpec
import Testing

@testable import Engine

@Suite("Digests of a context's files")
struct ContextDigestTests {
    private func stamp(_ inode: UInt64, changed: Int64 = 10) -> FileStamp {
        FileStamp(
            device: 7, inode: inode, size: 4, mode: 0o100644, modified: FileTime(seconds: -3, nanoseconds: 9),
            changed: FileTime(seconds: changed, nanoseconds: 11))
    }

    private func digest(_ text: String) -> Digest { SHA256Hash.digest(of: text.utf8) }

    @Test("what was noted is known in the next build, by exactly its stamp")
    func kept() throws {
        var digests = ContextDigests()
        #expect(!digests.hasNews)
        digests.note(digest("a"), of: stamp(1))
        digests.note(digest("b"), of: stamp(2))
        #expect(digests.hasNews)
        var next = try #require(ContextDigests(parsing: digests.bytes()))
        #expect(next.content(of: stamp(1)) == digest("a"))
        #expect(next.content(of: stamp(2)) == digest("b"))
        #expect(next.content(of: stamp(3)) == nil)
        #expect(next.content(of: stamp(1, changed: 12)) == nil)
        #expect(!next.hasNews)
        // Of a file that has changed, the latest is kept; others stay.
        var changed = try #require(ContextDigests(parsing: digests.bytes()))
        changed.note(digest("c"), of: stamp(1, changed: 12))
        var third = try #require(ContextDigests(parsing: changed.bytes()))
        #expect(third.content(of: stamp(1)) == nil)
        #expect(third.content(of: stamp(1, changed: 12)) == digest("c"))
        #expect(third.content(of: stamp(2)) == digest("b"))
    }

    @Test("what is not whole is nothing")
    func damaged() {
        var digests = ContextDigests()
        digests.note(digest("a"), of: stamp(1))
        let bytes = digests.bytes()
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 1
            #expect(ContextDigests(parsing: other) == nil)
            #expect(ContextDigests(parsing: Array(bytes[..<index])) == nil)
        }
        #expect(ContextDigests(parsing: bytes + [0]) == nil)
        #expect(ContextDigests(parsing: ContextDigests().bytes()) != nil)
    }

    @Test("no more is kept than there is room for, of that what was of use last")
    func limit() throws {
        var digests = ContextDigests()
        for inode in 0..<UInt64(8) { digests.note(digest("a"), of: stamp(inode)) }
        var next = try #require(ContextDigests(parsing: digests.bytes()))
        next.note(digest("b"), of: stamp(9))
        #expect(next.content(of: stamp(3)) == digest("a"))
        let bytes = next.bytes(limit: 4)
        #expect(bytes.count == 8 + 4 * 84 + 32)
        var third = try #require(ContextDigests(parsing: bytes))
        #expect(third.content(of: stamp(9)) == digest("b"))
        #expect(third.content(of: stamp(3)) == digest("a"))
    }
}
