@testable import Archive
import LinuxKernel
import Testing

/// Whether this process stands in a root directory of its own, where nothing that an archive could reach is anybody's.
/// `Tests/private-root` makes one and says so; it is believed if the root is the overlay that the script mounts.
let isPrivateRoot: Bool = {
    guard (try? readText("/run/private-root")) == "an overlay that is thrown away\n",
        let root = try? MountTable.current().topmost(at: "/")
    else { return false }
    return root.type == "overlay" && root.source == "private-root"
}()

/// Archives that try to reach outside of the tree they are unpacked into.
///
/// The canary stands outside: nothing in it, and nothing beside it, may change.
@Suite("Hostile archives (in Tests/private-root)", .enabled(if: isPrivateRoot && isRoot), .serialized)
struct HostileArchiveTests {
    /// A tree to unpack into, `inside`, and what must not be touched beside it.
    private final class Stage {
        let outer: TemporaryTree
        let before: [String]
        let inside: String

        init() throws {
            outer = try TemporaryTree(in: "/tmp")
            var tar = RawTar()
            tar.add("canary/file", content: Array("alive".utf8))
            tar.add("canary/dir/x", content: Array("alive".utf8))
            tar.add("canary/link", type: "2", link: "file")
            tar.add("inside/", type: "5")
            try outer.extract(tar.ended)
            before = try outer.listing(without: "inside")
            inside = "\(outer.path)/inside"
        }

        /// Unpacks, in this way of taking whiteouts; what the outcome is does not matter, only what it touched.
        func extract(_ archive: [UInt8], _ whiteouts: ExtractionOptions.Whiteouts) throws -> (any Error)? {
            var options = ExtractionOptions()
            options.whiteouts = whiteouts
            let hostBefore = try Self.host()
            defer { #expect((try? Self.host()) == hostBefore) }
            var failure: (any Error)?
            do {
                _ = try Extractor(into: OwnedDescriptor(open: inside, [.read, .directory]), options: options)
                    .extract(TarReader(MemorySource(archive)))
            } catch {
                failure = error
            }
            #expect(try outer.listing(without: "inside") == before, "something outside changed")
            #expect(try outer.status("canary/file").linkCount == 1, "a link to the canary")
            return failure
        }

        /// What a success of the attacks would change of the machine: of the overlay that is thrown away.
        private static func host() throws -> [String] {
            try ["/", "/etc", "/tmp/..", "/root"].map { path in
                let status = try OwnedDescriptor(open: path, .pathOnly).status()
                let names = try OwnedDescriptor(open: path, [.read, .directory]).entries().map(\.name).sorted()
                return "\(path) \(status.mode) \(status.userID) \(names)"
            } + [readText("/etc/passwd")]
        }
    }

    /// What is tried, with a name; `%` stands for the path of the stage.
    private static let attacks: [(String, [(name: String, type: Character, link: String)])] = [
        ("dots", [("../canary/file", "0", "")]),
        ("dots after a directory", [("a/", "5", ""), ("a/../../canary/file", "0", "")]),
        ("many dots", [("a/b/c/../../../../../../../../etc/passwd", "0", "")]),
        ("absolute", [("%/canary/file", "0", ""), ("/etc/passwd", "0", "")]),
        ("through an absolute link", [("l", "2", "/etc"), ("l/passwd", "0", "")]),
        ("through a relative link", [("l", "2", "../canary"), ("l/file", "0", "")]),
        ("through a link with dots in it", [("d/", "5", ""), ("d/l", "2", "../../canary"), ("d/l/file", "0", "")]),
        ("through two links", [("a", "2", ".."), ("b", "2", "a/canary"), ("b/file", "0", "")]),
        ("through a link to itself", [("l", "2", "l"), ("l/x", "0", "")]),
        ("a link as a file", [("l", "2", "../canary/file"), ("l", "0", "")]),
        ("a link as a directory", [("l", "2", "../canary"), ("l", "5", "")]),
        ("a link as a directory with a file", [("l", "2", "../canary"), ("l/", "5", ""), ("l/file", "0", "")]),
        (
            "a directory becomes a link",
            [("d/", "5", ""), ("d/f", "0", ""), ("d", "2", "../canary"), ("d/file", "0", "")]
        ),
        ("the parent becomes a link", [("d/e/", "5", ""), ("d", "2", "../canary"), ("d/dir/x", "0", "")]),
        ("a hard link out", [("h", "1", "../canary/file"), ("h", "0", "")]),
        ("a hard link out, absolute", [("h", "1", "%/canary/file"), ("h", "1", "/etc/passwd")]),
        ("a hard link through a link", [("l", "2", "../canary"), ("h", "1", "l/file"), ("h", "0", "")]),
        ("a hard link to a link", [("l", "2", "../canary/file"), ("h", "1", "l"), ("h", "0", "")]),
        ("a hard link to a link, then through it", [("l", "2", "../canary"), ("h", "1", "l"), ("h/file", "0", "")]),
        ("a hard link to a directory", [("d/", "5", ""), ("h", "1", "d")]),
        ("a hard link to the root", [("h", "1", "."), ("h", "1", "/")]),
        ("procfs", [("p", "2", "/proc/self/root"), ("p/etc/passwd", "0", "")]),
        ("procfs's descriptors", [("p", "2", "/proc/self/fd/0"), ("p/x", "0", "")]),
        ("procfs's working directory", [("p", "2", "/proc/self/cwd/../../canary"), ("p/file", "0", "")]),
        ("the root as a file", [(".", "0", "")]),
        ("the root as a link", [("./", "2", "../canary"), ("file", "0", "")]),
        ("the root as a link, absolute", [("/", "2", "/etc"), ("passwd", "0", "")]),
        ("the root as a device", [("", "3", ""), (".", "3", "")]),
        ("a whiteout of the root", [(".wh.", "0", "")]),
        ("a whiteout of the root's parent", [(".wh..", "0", ""), (".wh...", "0", ""), ("a/.wh..", "0", "")]),
        ("a whiteout outside", [("../.wh.canary", "0", ""), ("/../.wh.canary", "0", "")]),
        ("a whiteout through a link", [("l", "2", "../canary"), ("l/.wh.file", "0", ""), ("l/.wh.dir", "0", "")]),
        ("a whiteout through an absolute link", [("l", "2", "%/canary"), ("l/.wh.file", "0", "")]),
        ("an opaque directory through a link", [("l", "2", "../canary"), ("l/.wh..wh..opq", "0", "")]),
        ("an opaque root", [(".wh..wh..opq", "0", ""), ("../.wh..wh..opq", "0", "")]),
        ("a whiteout as a directory", [(".wh.d/", "5", ""), (".wh.d/x", "0", "")]),
        ("a whiteout as a link", [(".wh.d", "2", "../canary"), (".wh.d/file", "0", "")]),
        ("the overlay's device", [("l", "2", "../canary"), ("l/file", "3", "")]),
        ("a hard link to a whiteout", [(".wh.x", "0", ""), ("h", "1", ".wh.x"), ("h", "1", "x")]),
        ("a fifo as a directory", [("f", "6", ""), ("f/x", "0", "")]),
        ("a device as a file", [("null", "3", ""), ("null", "0", "")]),
        ("type changes", [("x/y/z", "0", ""), ("x", "0", ""), ("x/y", "0", ""), ("x", "2", "y"), ("x/", "5", "")]),
        ("a link that ends in the tree again", [("l", "2", "../inside/../canary/file"), ("l", "0", "")]),
        ("a directory's name is a link to dots", [("a", "2", "../../../../../.."), ("a/etc/passwd", "0", "")]),
    ]

    @Test(
        "attacks", arguments: attacks.indices,
        [ExtractionOptions.Whiteouts.literal, .overlay, .overlayInUserNamespace, .apply])
    func attack(index: Int, whiteouts: ExtractionOptions.Whiteouts) throws {
        let (name, entries) = Self.attacks[index]
        let stage = try Stage()
        var tar = RawTar()
        for entry in entries {
            func place(_ text: String) -> String { text.replacing("%", with: stage.outer.path) }
            tar.add(
                place(entry.name), type: entry.type, link: place(entry.link),
                content: entry.type == "0" ? Array("owned".utf8) : [])
        }
        let failure = try stage.extract(tar.ended, whiteouts)
        // An error is one line with a reason; names do not leave it.
        if let failure { #expect(!"\(failure)".contains("\n"), "\(name)") }
    }

    /// The same with a tree that others can change while it is unpacked into: a directory is swapped for a link to the
    /// canary again and again.
    @Test func aRaceWithLinks() throws {
        let stage = try Stage()
        let inside = try OwnedDescriptor(open: stage.inside, [.read, .directory])
        try inside.makeDirectory("d", mode: 0o755)
        try inside.makeSymbolicLink("l", to: "../canary")
        var tar = RawTar()
        for _ in 0..<200 {
            tar.add("d/file", content: Array("owned".utf8))
            tar.add("e/", type: "5")
        }
        let archive = tar.ended
        let swapping = try ReadAhead(Swapper(inside.duplicate()), blockSize: 4096, blocks: 2)
        for _ in 0..<30 { _ = try stage.extract(archive, .literal) }
        _ = swapping
    }

    @Test func namesThatAreNoText() throws {
        let stage = try Stage()
        var tar = RawTar()
        tar.add("x") { $0.replaceSubrange(0..<4, with: [0xff, 0xfe, 0x0a, 0x1b]) }
        #expect(try stage.extract(tar.ended, .overlay) == nil)
        tar = RawTar()
        tar.add(String(repeating: "n", count: 100))
        tar.pax([("path", String(repeating: "n", count: 256))])
        tar.add("x")
        guard let failure = try stage.extract(tar.ended, .overlay) as? ExtractionError else {
            Issue.record("no error")
            return
        }
        #expect(failure.failure.code == .nameTooLong)
    }

    @Test func ownersThatAreNone() throws {
        let stage = try Stage()
        for type: Character in ["0", "2", "5", "6"] {
            var tar = RawTar()
            tar.pax([("uid", "4294967295")])
            tar.add("x", type: type, link: "y")
            #expect((try stage.extract(tar.ended, .overlay) as? ArchiveError)?.reason == .badOwner)
        }
    }

    @Test func bombs() throws {
        let stage = try Stage()
        var options = ExtractionOptions()
        options.limits.totalBytes = 1 << 20
        options.limits.rememberedDirectories = 100
        options.limits.fileBytes = 1 << 30
        func reason(_ archive: [UInt8]) throws -> ArchiveError.Reason? {
            do {
                _ = try Extractor(into: OwnedDescriptor(open: stage.inside, [.read, .directory]), options: options)
                    .extract(TarReader(MemorySource(archive), limits: options.limits))
                return nil
            } catch let error as ArchiveError {
                return error.reason
            }
        }
        var tar = RawTar()
        tar.pax([("GNU.sparse.size", "\(1 << 40)"), ("GNU.sparse.map", "0,0")])
        #expect(try reason(tar.add("huge").ended) == .limit(.fileBytes, 1 << 30))
        tar = RawTar()
        for number in 0..<20 {
            tar.pax([("path", (0..<50).map { "\(number)d\($0)" }.joined(separator: "/"))])
            tar.add("x")
        }
        #expect(try reason(tar.ended) == .limit(.rememberedDirectories, 100))
        tar = RawTar()
        for number in 0..<30 { tar.add("f\(number)", content: [UInt8](repeating: 0, count: 40_000)) }
        #expect(try reason(tar.ended) == .limit(.totalBytes, 1 << 20))
    }

    /// 3,000 archives of random names, kinds and targets out of a few dangerous parts.
    @Test("random archives", arguments: 0..<10)
    func random(round: Int) throws {
        var random = Repeatable(state: UInt64(round) + 77)
        let parts = [
            "a", "b", "l", "..", ".", "", ".wh.a", ".wh.l", ".wh..wh..opq", "canary", "file", "/", "etc", ".wh..",
        ]
        for _ in 0..<300 {
            let stage = try Stage()
            var tar = RawTar()
            for _ in 0..<Int.random(in: 2...14, using: &random) {
                func path() -> String {
                    (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
                        .joined(separator: "/")
                }
                let type = Array("001122233555566L").randomElement(using: &random) ?? "0"
                tar.add(
                    path(), type: type == "L" ? "2" : type, link: type == "L" ? "../canary" : path(),
                    content: type == "0" ? [1] : [])
            }
            let modes: [ExtractionOptions.Whiteouts] = [.literal, .overlay, .apply]
            _ = try stage.extract(tar.ended, modes[Int.random(in: 0..<3, using: &random)])
        }
    }
}

/// Swaps a directory and a link as long as somebody reads ahead.
private final class Swapper: ByteSource {
    private let directory: OwnedDescriptor

    init(_ directory: consuming OwnedDescriptor) { self.directory = directory }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        for _ in 0..<20_000 {
            // The names may be gone for a moment, or made anew.
            try? directory.rename("d", into: directory, as: "l", .exchange)
        }
        return 0
    }
}
