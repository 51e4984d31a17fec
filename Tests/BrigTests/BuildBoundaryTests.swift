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
            (run + "type=bind,target=/ true", "cannot have the target /"),
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

    @Test("rules and Dockerfiles that have no end, are too many, or are no files")
    func files() throws {
        let site = try BuildTests.Site()
        _ = try site.shell("mkdir d && cd d && for i in $(seq 300); do echo $i > file-$i; done")
        let file = "FROM box\nCOPY d /d\n"
        // Rules that are made to take long, and leave nothing out.
        for rules in [
            "i=0; while [ $i -lt 2000 ]; do echo \"**/x$i*y\"; i=$((i+1)); done",
            "head -c 200000 /dev/zero | tr '\\0' a | sed 's/a/*a/g'",
            "head -c 200000 /dev/zero | tr '\\0' a | sed 's#a#**/#g'; echo x",
        ] {
            _ = try site.shell("( \(rules) ) > .dockerignore")
            let result = try site.build(file + "RUN test -e /d/file-300\n", ["--network", "none", "--no-cache", "-q"])
            #expect(result.status == 0, "\(rules): \(result.errors)")
        }
        for (rules, problem) in [
            ("yes a | head -n 10001 > .dockerignore", "more than 10000 patterns"),
            ("head -c 5000000 /dev/zero > .dockerignore", "file too large"),
            ("mkfifo .dockerignore", "not a regular file"),
            ("mkdir .dockerignore", "not a regular file"), ("echo [ > .dockerignore", "invalid pattern"),
            // A link leads to nothing but what is in the context.
            ("ln -s /dev/zero .dockerignore", ""),
        ] {
            _ = try site.shell("rm -rf .dockerignore; " + rules)
            let result = try site.build(file, ["--network", "none"])
            #expect(result.status == (problem.isEmpty ? 0 : 1), "\(rules): \(result.errors)")
            #expect(result.errors.contains(problem), "\(rules): \(result.errors)")
        }
        _ = try site.shell("rm -rf .dockerignore; mkfifo fifo; ln -s /dev/zero zero")
        for name in ["fifo", "zero", "d"] {
            let result = try site.build(file, ["--network", "none", "-f", "\(site.context)/\(name)"])
            #expect(result.status == 1 && result.errors.contains("it is no regular file"), "\(name): \(result.errors)")
            let secret = try site.build(file, ["--network", "none", "--secret", "id=s,src=\(site.context)/\(name)"])
            #expect(secret.status != 0 && secret.errors.contains("it is no regular file"), "\(name): \(secret.errors)")
        }
    }

    @Test("standard input goes on where it is, whether it is a file or a pipe")
    func standardInput() throws {
        let site = try BuildTests.Site()
        let long = "FROM box\n" + String(repeating: "# a comment to make it longer than one block\n", count: 50)
        try site.write(long + "COPY f /f\nRUN echo from the archive > /g\n", to: "Dockerfile")
        try site.write("content", to: "f")
        _ = try site.shell("tar -cf ../c.tar . && gzip -k ../c.tar && grep -v COPY Dockerfile > ../D")
        let own = site.fixture.directory
        let brig =
            "\(BrigFixture.products)/brig --root \(own)/root --run-root \(own)/run build --network none -q -t in"
        for (name, shows) in [("c.tar", "content"), ("c.tar.gz", "content"), ("D", "from the archive\n")] {
            for input in ["\(brig) - < ../\(name)", "cat ../\(name) | \(brig) -"] {
                #expect(try site.shell(input).hasPrefix("sha256:"), "\(input)")
                #expect(try site.output("in", "cat", name == "D" ? "/g" : "/f") == shows, "\(input)")
            }
        }
    }

    @Test(
        "fields of caches are those that are obeyed",
        arguments: [
            ("mode=middle", "mode is min or max"), ("compression=zstd", "compression is gzip"),
            ("oci-mediatypes=false", "oci-mediatypes is true"), ("ignore-error=x", "ignore-error is true or false"),
            ("colour=red", "has no field colour"),
        ])
    func cacheFields(field: String, problem: String) throws {
        let site = try BuildTests.Site()
        for option in ["--cache-to", "--cache-from"] {
            let result = try site.build("FROM box\n", [option, "type=local,src=/tmp/x,dest=/tmp/x,\(field)"])
            #expect(result.status != 0 && result.errors.contains(problem), "\(result.errors)")
        }
    }

    @Test("mode=min leaves what is in the image alone, and ignore-error is obeyed")
    func cacheMode() throws {
        let site = try BuildTests.Site()
        let file = "FROM box AS other\nRUN echo 1 > /1\nFROM box\nCOPY --from=other /1 /1\n"
        let cache = site.fixture.directory + "/cache"
        for (mode, results) in [("min", 1), ("max", 2)] {
            let made = try site.build(
                file, ["--network", "none", "--cache-to", "type=local,dest=\(cache)-\(mode),mode=\(mode)"])
            #expect(made.status == 0, "\(made.errors)")
            #expect(try site.shell("grep -o '\"key\"' \(cache)-\(mode)/brig-cache.json | wc -l") == "\(results)\n")
        }
        try site.write("", to: "../no-directory")
        let place = "type=local,dest=\(site.fixture.directory)/no-directory/cache"
        let failed = try site.build(file, ["--network", "none", "--cache-to", place])
        #expect(failed.status == 1, "\(failed.errors)")
        let ignored = try site.build(file, ["--network", "none", "--cache-to", place + ",ignore-error=true"])
        #expect(ignored.status == 0 && ignored.errors.contains("going on without --cache-to"), "\(ignored.errors)")
    }

    @Test("a registry that nobody serves: what was tried, on what, what came back, what to do")
    func refusedConnection() throws {
        let site = try BuildTests.Site()
        let reference = "127.0.0.1:9/nobody/image:1"
        for result in [
            try site.build("FROM \(reference)\n"), try site.brig(["pull", reference]),
            try site.build(
                "FROM box\nRUN true\n", ["--network", "none", "--cache-to", "type=registry,ref=\(reference)"]),
        ] {
            let last = result.errors.split(separator: "\n").last.map(String.init) ?? ""
            #expect(result.status != 0 && last.hasPrefix("brig: "), "\(result.errors)")
            for part in ["127.0.0.1:9", "connection refused", "check the host and the port"] {
                #expect(last.lowercased().contains(part), "\(result.errors)")
            }
        }
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
