import LinuxKernel
import Testing

/// Wrong words and things that are not there, for what only Brig has: one line of error, nothing else, and nothing left.
/// The originals' tools are in `ToolTests`.
@Suite("mistakes", .drivesBrig)
struct MistakeTests {
    /// A command line and its exit code: 125 for options that are none of the command's, as in Docker.
    private static let lines: [(words: String, code: Int32)] = [
        ("pivot_root", 1), ("pivot_root /nope true", 1), ("pivot_root /etc/passwd true", 1),
        ("pivot_root /etc /nope", 127),
        ("mount-overlay", 1), ("mount-overlay /etc /tmp", 1), ("mount-overlay /nope /nope /nope /nope", 1),
        ("cgls nosuch", 1), ("cgls x:/", 1), ("cgset -r memory.max nosuch", 1), ("cgset -r nonsense=1 /", 1),
        ("cgget nosuch", 1), ("cgget -n -r memory.max nosuch", 96), ("lscgroup memory:nosuch", 84),
        ("lscgroup x:/", 93),
        ("cgcreate -g x:y", 84),
        ("cgcreate -g memory:../x", 1), ("cgdelete memory:nosuch", 96), ("cgdelete", 1), ("seccomp", 1),
        ("seccomp show 99999999", 1), ("seccomp show nosuch", 1), ("seccomp explain /nope", 1),
        ("seccomp explain builtin nosuchcall", 1), ("seccomp explain /etc/passwd", 1), ("seccomp diff builtin", 1),
        ("seccomp diff builtin /nope", 1), ("aa", 1), ("aa nonsense", 1), ("tools nonsense", 1),
        ("tools install /nope/x", 1), ("tools install /etc/passwd", 1), ("anatomy nosuch", 1), ("anatomy 99999999", 1),
        ("anatomy 0", 1), ("anatomy 99999999999999999999", 1), ("anatomy --nope", 125), ("anatomy 1 2", 1),
        ("anatomy 1 --compare nosuch", 1), ("anatomy 1 --html /nope/x", 1), ("why", 1), ("why nosuch", 1),
        ("why --", 1),
        ("why 99999999", 1), ("why --seconds x 1", 125), ("profile nonsense", 1), ("profile record", 1),
        ("profile record -o /nope/x -- true", 1), ("script", 1), ("script nosuch", 1), ("script --nope", 125),
        ("run --explain", 1), ("run --explain --explain-format x box", 125), ("net explain 0", 1),
        ("net explain 99999", 1), ("net explain x:y:z", 1), ("net explain 80/foo", 1), ("net explain -c nosuch web", 1),
        ("net nonsense", 1), ("lab nosuch", 1), ("lab --nope", 125), ("lab --auto nosuch", 1), ("debug", 1),
        ("debug nosuch", 1), ("debug --nope x", 125), ("debug --image nosuch nosuch", 1),
        ("nsenter -t nosuch -n true", 1),
        ("lsns -p nosuch", 1), ("pstree nosuch", 1), ("getpcaps nosuch", 1),
    ]

    @Test("one line, and the right exit code")
    func mistakes() throws {
        let fixture = try BrigFixture()
        for (words, code) in Self.lines {
            let result = try fixture.brig(words.split(separator: " ").map(String.init))
            #expect(result.status == code, "\(words): \(result.errors)")
            #expect(result.output == "", "\(words)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(words): \(result.errors)")
            #expect(
                !result.errors.contains("Error(") && !result.errors.contains("Optional("), "\(words): \(result.errors)")
        }
        #expect(try fixture.leftovers() == [])
    }

    @Test("a program that cannot be started leaves no profile, and an older one stays as it was")
    func profile() throws {
        let fixture = try BrigFixture()
        let path = fixture.directory + "/profile.json"
        let first = try fixture.brig("profile", "record", "-o", path, "--", "/nope")
        #expect(first.status == 127)
        #expect(
            first.errors
                == "brig: failed to execute /nope: no such file or directory\nbrig: no program was run, so there is no profile\n"
        )
        #expect((try? OwnedDescriptor(open: path, .pathOnly)) == nil)
        try OwnedDescriptor(open: path, [.write, .create]).write("older")
        #expect(try fixture.brig("profile", "record", "-o", path, "--", "/nope").status == 127)
        #expect(try readText(path) == "older")
        #expect(try fixture.brig("profile", "record", "-o", path, "--", "/bin/true").status == 0)
        #expect(try readText(path).hasPrefix("{"))
        #expect(
            try fixture.brig("why", "--", "/nope").errors
                == "brig: failed to execute /nope: no such file or directory\n")
    }
}
