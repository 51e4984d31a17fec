import LinuxKernel
import Testing

/// Archives that `make-archives` writes, brought in by the built `brig` on a root of its own.
private final class ArchiveFixture: Sendable {
    let directory: String
    private let root: String

    init(root: String = "root") throws {
        directory = "/tmp/brig-archives-\(UInt64.random(in: 0 ... .max))"
        self.root = root
        let script = "\(#filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined())/make-archives"
        let made = try BrigFixture.run("/usr/bin/python3", [script, directory])
        guard made.status == 0 else {
            throw SyscallError(call: "make-archives", subject: made.errors, code: .inputOutput)
        }
    }

    deinit { _ = try? BrigFixture.run("/bin/rm", ["-rf", "--one-file-system", directory]) }

    func brig(_ arguments: [String], root: String? = nil) throws -> BrigFixture.Result {
        try BrigFixture.run(
            BrigFixture.products + "/brig",
            ["--root", "\(directory)/\(root ?? self.root)", "--run-root", directory + "/run"] + arguments)
    }

    /// The archives whose names begin so.
    func archives(_ prefix: String) throws -> [String] {
        try OwnedDescriptor(open: directory, [.read, .directory]).entries().map(\.name)
            .filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// Every file of the store but the database.
    func files() throws -> String {
        try BrigFixture.run(
            "/bin/sh", ["-c", "cd \(directory)/\(root) && find blobs layers -not -path '*/.empty*' | sort"]
        ).output
    }
}

@Suite("Archives of images", .drivesBrig)
struct ImageArchiveTests {
    @Test("archives of every kind are brought in, given back, and leave nothing")
    func roundTrip() throws {
        let fixture = try ArchiveFixture()
        for archive in try fixture.archives("good-") {
            let result = try fixture.brig(["load", "-i", "\(fixture.directory)/\(archive)"])
            #expect(result.status == 0 && result.output.hasPrefix("Loaded image: "), "\(archive): \(result)")
        }
        let names = ["legacy:1", "h/a:1", "h/many:200"]
        #expect(try fixture.brig(["save", "-o", "\(fixture.directory)/one.tar"] + names).errors == "")
        let again = try fixture.brig(["load", "-i", "\(fixture.directory)/one.tar"], root: "second")
        #expect(again.output.split(separator: "\n").count == 3, "\(again)")
        #expect(try fixture.brig(["save", "-o", "\(fixture.directory)/two.tar"] + names, root: "second").errors == "")
        #expect(
            try BrigFixture.run(
                "/usr/bin/cmp", ["\(fixture.directory)/one.tar", "\(fixture.directory)/two.tar"]
            ).status == 0)
        #expect(try fixture.brig(["system", "check"]).status == 0)
        let removed = try fixture.brig(["rmi", "a:1", "legacy:1", "h/a:1", "h/many:200", "h/dir:1"])
        #expect(removed.errors == "")
        #expect(try fixture.brig(["system", "check"]).output == "checked 0 images, 0 layers, 0 blobs\n")
        #expect(!(try fixture.files()).contains("sha256/"))
    }

    @Test("a damaged blob and a missing layer are found; layers are unpacked again")
    func check() throws {
        let fixture = try ArchiveFixture()
        #expect(try fixture.brig(["load", "-q", "-i", "\(fixture.directory)/good-oci.tar"]).status == 0)
        func shell(_ script: String) throws {
            #expect(try BrigFixture.run("/bin/sh", ["-c", "cd \(fixture.directory)/root && \(script)"]).status == 0)
        }
        try shell("rm -r layers/[0-9a-f]*; echo x > blobs/sha256/\(String(repeating: "0", count: 64))")
        let found = try fixture.brig(["system", "check"])
        #expect(found.status == 1)
        #expect(found.output.contains("has no owner") && found.output.contains("is not in the store"))
        #expect(try fixture.brig(["system", "check", "--repair"]).status == 0)
        #expect(try fixture.brig(["system", "check"]).output == "checked 1 images, 1 layers, 3 blobs\n")
        try shell("for blob in blobs/sha256/*; do echo x >> $blob; done")
        #expect(try fixture.brig(["system", "check"]).status == 1)
    }
}

/// `Tests/private-root` makes such a root and says so.
private let isPrivateRoot: Bool = {
    guard (try? readText("/run/private-root")) == "an overlay that is thrown away\n",
        let root = try? MountTable.current().topmost(at: "/")
    else { return false }
    return root.type == "overlay" && root.source == "private-root"
}()

@Suite("Hostile archives of images (in Tests/private-root)", .drivesBrig, .enabled(if: isPrivateRoot))
struct ImageHostileArchiveTests {
    @Test("each is refused with one line, and leaves nothing")
    func refused() throws {
        let fixture = try ArchiveFixture()
        #expect(try fixture.brig(["load", "-q", "-i", "\(fixture.directory)/good-docker.tar"]).status == 0)
        let before = try fixture.files()
        for archive in try fixture.archives("bad-") {
            let result = try fixture.brig(["load", "-i", "\(fixture.directory)/\(archive)"])
            #expect(result.status == 1 && result.output == "", "\(archive): \(result)")
            #expect(result.errors.hasPrefix("brig: ") && result.errors.split(separator: "\n").count == 1, "\(archive)")
            #expect(try fixture.files() == before, "\(archive)")
        }
        #expect(try fixture.brig(["system", "check"]).status == 0)
    }

    @Test("what leads out, in one layer or across several, is refused or stays within; a trick leaves nothing outside")
    func contained() throws {
        let fixture = try ArchiveFixture()
        let canary = fixture.directory + "/canary"
        for archive in try fixture.archives("odd-") {
            let result = try fixture.brig(["load", "-i", "\(fixture.directory)/\(archive)"])
            #expect(result.status == 0 || result.status == 1, "\(archive): \(result)")
            #expect(result.errors.split(separator: "\n").count == Int(result.status), "\(archive): \(result)")
            let list = try BrigFixture.run("/bin/sh", ["-c", "cat \(canary); stat -c ' %h' \(canary); ls /etc/owned"])
            #expect(list.output == "alive 1\n", "\(archive): \(list)")
            #expect(try fixture.brig(["system", "check"]).status == 0, "\(archive)")
            // All of its layers, as a container would see them.
            if result.status == 0 {
                #expect(try fixture.brig(["create", "--name", "odd", "h/a:1"]).status == 0, "\(archive)")
                #expect(
                    try fixture.brig(["export", "-o", "\(fixture.directory)/out.tar", "odd"]).status == 0, "\(archive)")
                #expect(try fixture.brig(["rm", "odd"]).status == 0)
                #expect(try fixture.brig(["rmi", "h/a:1"]).status == 0)
            }
        }
        #expect(try fixture.brig(["system", "check"]).output == "checked 0 images, 0 layers, 0 blobs\n")
    }
}
