import LinuxKernel
import Synchronization
import Testing

/// What a Dockerfile, a cache or a neighbour must not be able to do to a build.
@Suite("The builder's boundary", .enabled(if: BrigFixture.isPossible))
struct BuildBoundaryTests {
    /// Whether others' directories still come and go.
    private final class Churn: Sendable {
        private let isOver = Mutex(false)
        func end() { isOver.withLock { $0 = true } }
        var goesOn: Bool { isOver.withLock { !$0 } }
    }

    @Test("builds whose neighbours begin and end meanwhile")
    func neighbours() async throws {
        let site = try BuildTests.Site()
        let first = try site.build("FROM box\nENV A=1\n", ["-q"])
        #expect(first.status == 0, "\(first.errors)")
        let (path, churn) = (site.fixture.directory + "/root/builds", Churn())
        // As many builds as there can be, as far as their directories go.
        let others = Task.detached {
            guard let builds = try? OwnedDescriptor(open: path, [.read, .directory]) else { return }
            while churn.goesOn {
                for name in ["000000000001", "000000000002"] {
                    try? builds.makeDirectory(name, mode: 0o700)
                    try? builds.removeDirectory(name)
                }
            }
        }
        for number in 1...5 {
            let result = try site.build(
                "FROM box\nENV A=\(number)\nRUN mkdir /real && ln -s /real /l\nCOPY Dockerfile /l/\n",
                ["--network", "none", "-q"])
            #expect(result.status == 0, "\(result.errors)")
        }
        churn.end()
        await others.value
        #expect(try site.brig(["system", "check"]).status == 0)
    }

    @Test("variables that grow without end, mounts in the kernel's places, names that lead out")
    func refused() throws {
        let site = try BuildTests.Site()
        try site.write("canary", to: "../canary")
        let ten = "$A$A$A$A$A$A$A$A$A$A"
        let bomb = "FROM box\nENV A=xxxxxxxxxx\n" + String(repeating: "ENV A=\(ten)\n", count: 12)
        let early = "ARG A=xxxxxxxxxx\n" + String(repeating: "ARG A=\(ten)\n", count: 12) + "FROM box\n"
        let run = "FROM box\nRUN --mount="
        for (file, problem) in [
            (bomb, "comes of variables"), (early, "comes of variables"),
            (run + "type=bind,target=/ true", "cannot be /"),
            (run + "type=tmpfs,target=/proc/self/attr true", "replace the kernel's own files"),
            (run + "type=cache,target=/sys/fs true", "replace the kernel's own files"),
            (run + "type=bind,source=../../canary,target=/c cat /c", "is not in the build context"),
            ("FROM box\nCOPY <<../../../x /y/\nz\n../../../x\n", "leads out of the tree"),
            ("FROM box\nCOPY --from=../../etc passwd /\n", "invalid image name"),
            ("FROM box\nRUN --security=insecure true\n", "--allow"),
            ("FROM box\nUSER 4294967295\nRUN true\n", "must be between"),
        ] {
            let result = try site.build(file, ["--network", "none"])
            let last = result.errors.split(separator: "\n").last.map(String.init) ?? ""
            #expect(
                result.status == 1 && last.hasPrefix("brig: ") && last.contains(problem), "\(file): \(result.errors)")
        }
        #expect(try site.brig(["system", "check"]).status == 0)
    }

    @Test("only a socket is an agent")
    func agent() throws {
        let site = try BuildTests.Site()
        try site.write("a private key", to: "../key")
        let result = try site.build(
            "FROM box\nRUN --mount=type=ssh cat $SSH_AUTH_SOCK\n",
            ["--network", "none", "--ssh", "default=\(site.fixture.directory)/key"])
        #expect(result.status == 1 && result.errors.contains("is not the socket of an agent"), "\(result.errors)")
        #expect(!result.errors.contains("private key"))
    }

    @Test(
        "a cache of somebody's is taken as it was made, or not at all",
        arguments: [
            (#"s/"diffID":"sha256:[0-9a-f]*"/"diffID":"sha256:\#(String(repeating: "0", count: 64))"/"#, true),
            (#"s/"digest":"sha256:[0-9a-f]*"/"digest":"sha256:\#(String(repeating: "0", count: 64))"/"#, true),
            (#"s/"digest":"sha256:[0-9a-f]*"/"digest":"sha256:..\/..\/..\/key"/"#, true),
            (#"s/"size":[0-9]*/"size":1/"#, true), (#"s/"size":[0-9]*/"size":-1/"#, true),
            (#"s/"fileBytes":[0-9]*/"fileBytes":-1/"#, true), (#"s/"created":[0-9]*/"created":"x"/"#, true),
            (#"s/"version":1/"version":2/"#, true), (#"s/^{/[/"#, true), (#"s/"results":\[/"results":{/"#, true),
            // Of another machine: nothing of it has a key that is asked for.
            (#"s/"key":"\([0-9a-f]\)[0-9a-f]*"/"key":"\1"/g"#, false),
        ])
    func hostileCache(change: String, isRefused: Bool) throws {
        let site = try BuildTests.Site()
        try site.write("content", to: "f")
        let (file, none) = ("FROM box\nCOPY f /f\n", ["--network", "none"])
        let cache = site.fixture.directory + "/cache"
        let made = try site.build(file, none + ["--cache-to", "type=local,dest=\(cache)"])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try site.brig(["builder", "prune", "-af"]).status == 0)
        _ = try site.shell("sed -i '\(change)' \(cache)/$(ls \(cache) | grep -v blobs)")
        let out = site.fixture.directory + "/out"
        let result = try site.build(
            file, none + ["--cache-from", "type=local,src=\(cache)", "-o", "type=local,dest=\(out)"])
        if isRefused {
            let last = result.errors.split(separator: "\n").last.map(String.init) ?? ""
            #expect(result.status == 1 && last.hasPrefix("brig: "), "\(change): \(result.errors)")
        } else {
            #expect(result.status == 0, "\(result.errors)")
            #expect(try site.shell("cat \(out)/f") == "content")
        }
        #expect(try site.brig(["system", "check"]).status == 0)
    }
}
