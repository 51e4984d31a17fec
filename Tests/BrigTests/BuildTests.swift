import Foundation
import LinuxKernel
import OCISpec
import Testing

/// `brig build` on a small image: what the table of cases does not show.
@Suite("Builds", .drivesBrig)
struct BuildTests {
    /// A store with the image `box`, and a context that tests fill.
    final class Site {
        let fixture: BrigFixture
        let context: String

        init() throws {
            fixture = try BrigFixture()
            context = fixture.directory + "/context"
            try OwnedDescriptor(open: fixture.directory, [.read, .directory]).makeDirectory("context", mode: 0o755)
        }

        func write(_ text: String, to name: String) throws {
            try OwnedDescriptor(open: "\(context)/\(name)", [.write, .create, .truncate], mode: 0o644).write(text)
        }

        func shell(_ script: String) throws -> String {
            let result = try fixture.onHost("/bin/sh", ["-c", "cd \(context)\n" + script])
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }

        /// Builds and gives the image's identifier.
        func build(_ file: String, _ options: [String] = [], input: String? = nil) throws -> BrigFixture.Result {
            try write(file, to: "Dockerfile")
            return try brig(["build", "--progress", "plain"] + options + [context])
        }

        func brig(_ words: [String], input: String? = nil) throws -> BrigFixture.Result {
            try fixture.onHost(
                BrigFixture.products + "/brig",
                ["--root", fixture.directory + "/root", "--run-root", fixture.directory + "/run"] + words, input: input)
        }

        func id(_ file: String, _ options: [String] = []) throws -> String {
            try write(file, to: "Dockerfile")
            let result = try brig(["build", "-q"] + options + [context])
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }

        func output(_ image: String, _ words: String...) throws -> String {
            let result = try brig(["run", "--rm", image] + words)
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }
    }

    @Test("here-documents: for the shell, as a script, several, as files")
    func documents() throws {
        let site = try Site()
        let file = """
            FROM box
            ARG WHO=world
            RUN <<EOF
            echo "one $WHO" > /1
            echo two > /2
            EOF
            RUN <<'EOF'
            #!/bin/cat
            this is data
            EOF
            RUN cat <<A > /3 && cat <<-B >> /3
            a $WHO
            A
            \tb
            \tB
            COPY <<X <<"Y" /files/
            hello $WHO
            X
            hello $WHO
            Y
            """
        let result = try site.build(file, ["-t", "docs"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("this is data"))
        #expect(
            try site.output("docs", "cat", "/1", "/2", "/3", "/files/X", "/files/Y")
                == "one world\ntwo\na world\nb\nhello world\nhello $WHO\n")
        #expect(try !site.output("docs", "ls", "/").contains("run"))
    }

    @Test("an unchanged build is the same image, and does nothing")
    func unchanged() throws {
        let site = try Site()
        try site.write("a", to: "a")
        let file = "FROM box\nRUN date > /d || echo x > /d\nCOPY a /\nWORKDIR /w\nENV A=1\n"
        let first = try site.id(file)
        let second = try site.build(file, ["--iidfile", site.context + "/../id"])
        #expect(second.errors.components(separatedBy: "CACHED").count == 5, "\(second.errors)")
        #expect(try site.shell("cat ../id") == first.trimmingCharacters(in: .newlines))
        let forced = try site.build(file, ["--no-cache"])
        #expect(forced.errors.components(separatedBy: "CACHED").count == 2)
    }

    @Test(
        "whatever a step depends on is in its key, and --explain says what it was",
        arguments: [
            ("RUN echo 1", "", "RUN echo 2", "", [], "word 3 of the command is echo 2, was echo 1"),
            ("ENV A=1\nRUN true", "", "ENV A=2\nRUN true", "", [], "variable A has changed"),
            ("USER app\nRUN true", "", "USER root\nRUN true", "", [], "user is root, was app"),
            ("WORKDIR /tmp\nRUN true", "", "WORKDIR /etc\nRUN true", "", [], "working directory is /etc, was /tmp"),
            (
                "SHELL [\"sh\", \"-c\"]\nRUN true", "", "SHELL [\"sh\", \"-ec\"]\nRUN true", "", [],
                "word 2 of the command is -ec, was -c"
            ),
            ("ARG A=1\nRUN true", "", "ARG A=1\nRUN true", "", ["--build-arg", "A=2"], "argument A has changed"),
            ("RUN true", "", "RUN true", "", ["--memory", "64m"], "limits is"),
            ("RUN true", "", "RUN true", "", ["--add-host", "x:1.2.3.4"], "host x is new"),
            ("RUN true", "", "RUN --network=host true", "", ["--allow", "network.host"], "network is host"),
            (
                "RUN --mount=type=bind,target=/c cat /c/f", "", "RUN --mount=type=bind,target=/c cat /c/f",
                "echo 2 > f", [], "mount 1 file f has changed"
            ),
            (
                "RUN --mount=type=cache,target=/c true", "", "RUN --mount=type=cache,target=/c,id=q true", "", [],
                "mount 1 options"
            ),
            (
                "RUN --mount=type=tmpfs,target=/c true", "", "RUN --mount=type=tmpfs,target=/e true", "", [],
                "mount 1 target is /e, was /c"
            ),
            ("COPY f /", "", "COPY f /", "echo 2 > f", [], "file: source 1 f has changed"),
            ("COPY f /", "", "COPY f /", "chmod 600 f", [], "file: source 1 f has changed"),
            ("COPY f /", "", "COPY f /g", "", [], "destination is /g, was into /"),
            ("COPY f /", "", "COPY --chown=1 f /", "", [], "flags is --chown=1 , was "),
            ("COPY f /", "", "COPY --chmod=700 f /", "", [], "flags is --chmod=700 , was "),
            ("COPY . /c/", "", "COPY . /c/", "echo n > new", [], "file: source 1 new is new"),
            ("COPY . /c/", "echo o > old", "COPY . /c/", "rm old", [], "file: source 1 old is gone"),
            ("COPY d /c/", "mkdir d; ln -s x d/l", "COPY d /c/", "ln -sf y d/l", [], "file: source 1 d/l has changed"),
            ("COPY d /c/", "mkdir d; touch d/x", "COPY d /c/", "mv d/x d/y", [], "file: source 1 d/y is new"),
            (
                "COPY d /c/", "mkdir -m 755 d; touch d/x", "COPY d /c/", "chmod 700 d", [],
                "file: source 1 d has changed"
            ),
            (
                "RUN echo 1 > /x\nRUN true", "", "RUN echo 2 > /x\nRUN true", "", [],
                "word 3 of the command is echo 2 > /x"
            ),
        ])
    func keys(
        first: String, prepare: String, second: String, change: String, options: [String], reason: String
    ) throws {
        let site = try Site()
        _ = try site.shell("echo 1 > f; chmod 644 f\n\(prepare)")
        let none = ["--network", "none"]
        #expect(try site.build("FROM box\n\(first)\n", none).status == 0)
        let again = try site.build("FROM box\n\(first)\n", none + ["--explain"])
        #expect(!again.errors.contains("miss:"), "\(again.errors)")
        _ = try site.shell(change.isEmpty ? "true" : change)
        let changed = try site.build("FROM box\n\(second)\n", none + ["--explain"] + options)
        #expect(changed.status == 0, "\(changed.errors)")
        #expect(changed.errors.contains("miss: \(reason)"), "\(changed.errors)")
    }

    @Test("times of files are in no key; a file that is touched changes nothing")
    func times() throws {
        let site = try Site()
        try site.write("x", to: "f")
        let first = try site.id("FROM box\nCOPY f /\n")
        _ = try site.shell("touch -d @1 f")
        #expect(try site.id("FROM box\nCOPY f /\n") == first)
    }

    @Test("a secret is seen by its step, and stays nowhere")
    func secrets() throws {
        let site = try Site()
        let secret = "very-secret-\(UInt64.random(in: 0 ... .max))"
        try site.write(secret, to: "../secret")
        let file = """
            FROM box
            RUN --mount=type=secret,id=s,required --mount=type=secret,id=s,env=S --mount=type=secret,id=s,target=/tmp/x,uid=1000,mode=0440 \\
                test "$(cat /run/secrets/s)" = "$S" && ls -ln /tmp/x > /seen && wc -c < /run/secrets/s >> /seen
            RUN ls -a /run/secrets /tmp/x 2>&1 || echo gone
            """
        let missing = try site.build(file)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("the secret \"s\" is needed"))
        let result = try site.build(file, ["-t", "secrets", "--secret", "id=s,src=\(site.context)/../secret"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try site.output("secrets", "cat", "/seen").contains("-r--r-----    1 1000     0"))
        #expect(!result.errors.contains(secret) && !result.output.contains(secret))
        // Every blob, layer, record and directory of the store; blobs are not packed.
        let found = try BrigFixture.run(
            "/bin/grep", ["-rl", secret, site.fixture.directory + "/root", site.fixture.directory + "/run"])
        #expect(found.output.isEmpty, "\(found.output)")
    }

    @Test("nothing of this command's environment gets into a step")
    func environment() throws {
        let site = try Site()
        try site.write("FROM box\nRUN env > /env\n", to: "Dockerfile")
        let words =
            "CANARY=leaked http_proxy=http://leak SSH_AUTH_SOCK=/leak \(BrigFixture.products)/brig --root \(site.fixture.directory)/root "
            + "--run-root \(site.fixture.directory)/run build -q -t env \(site.context)"
        _ = try site.shell(words)
        let seen = try site.output("env", "cat", "/env")
        #expect(!seen.contains("leak"))
        #expect(seen.contains("HOME=/root"))
    }

    @Test("what RUN may is what run may")
    func sameGate() throws {
        let site = try Site()
        let status = "grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status"
        #expect(
            try site.build(
                "FROM box\nRUN \(status) > /status; ls /sys/firmware /proc/acpi > /masked 2>&1; true\n", ["-t", "gate"]
            ).status == 0)
        #expect(try site.output("gate", "cat", "/status") == site.output("gate", "sh", "-c", status))
        let insecure = try site.build("FROM box\nRUN --security=insecure true\n")
        #expect(insecure.status == 1 && insecure.errors.contains("--allow security.insecure"))
        let host = try site.build("FROM box\nRUN --network=host true\n")
        #expect(host.status == 1 && host.errors.contains("--allow network.host"))
    }

    @Test("a cache mount is kept, and in no layer")
    func cacheMounts() throws {
        let site = try Site()
        let file = { (n: Int) in
            "FROM box\nRUN --mount=type=cache,target=/c,mode=0777,sharing=locked echo \(n) >> /c/log && cat /c/log > /seen\n"
        }
        #expect(try site.build(file(1), ["-t", "cached"]).status == 0)
        #expect(try site.build(file(2), ["-t", "cached"]).status == 0)
        #expect(try site.output("cached", "cat", "/seen") == "1\n2\n")
        #expect(try !site.output("cached", "ls", "/").split(separator: "\n").contains("c"))
        #expect(try site.brig(["builder", "du"]).output.contains("cache directory /c"))
        let pruned = try site.brig(["builder", "prune", "-af"])
        #expect(pruned.output.contains("deleted: cache directory /c"), "\(pruned.errors)")
        #expect(try site.build(file(3), ["-t", "cached"]).status == 0)
        #expect(try site.output("cached", "cat", "/seen") == "3\n")
    }

    @Test("SOURCE_DATE_EPOCH gives the same digest in two stores")
    func reproducible() throws {
        var digests: Set<String> = []
        for _ in 0..<2 {
            let site = try Site()
            _ = try site.shell("mkdir d; date +%N > /dev/null; echo x > d/f; touch d/f")
            let file = "FROM scratch\nCOPY d /d\nWORKDIR /w\nCOPY <<E /e\ntext\nE\nENV A=1\n"
            try site.write(file, to: "Dockerfile")
            let result = try site.brig(["build", "-q", "--build-arg", "SOURCE_DATE_EPOCH=1700000000", site.context])
            #expect(result.status == 0, "\(result.errors)")
            digests.insert(result.output)
            Thread.sleep(forTimeInterval: 1.1)
        }
        #expect(digests.count == 1)
    }

    @Test("contexts: an archive, a Dockerfile alone, a Dockerfile beside a directory")
    func standardInput() throws {
        let site = try Site()
        _ = try site.shell("echo in > f; printf 'FROM box\\nCOPY f /\\n' > Dockerfile; tar -czf ../context.tgz .")
        let brig =
            "\(BrigFixture.products)/brig --root \(site.fixture.directory)/root --run-root \(site.fixture.directory)/run"
        _ = try site.shell("\(brig) build -q -t piped - < ../context.tgz")
        #expect(try site.output("piped", "cat", "/f") == "in\n")
        _ = try site.shell("printf 'FROM box\\nRUN echo alone > /a\\n' | \(brig) build -q -t alone -")
        #expect(try site.output("alone", "cat", "/a") == "alone\n")
        _ = try site.shell("printf 'FROM box\\nCOPY f /g\\n' | \(brig) build -q -t beside -f - .")
        #expect(try site.output("beside", "cat", "/g") == "in\n")
    }

    @Test("contexts: a repository, a branch and a directory of it", .enabled(if: hasGit))
    func repositories() throws {
        let site = try Site()
        let git = "git -c user.name=x -c user.email=x@y -c init.defaultBranch=main"
        _ = try site.shell(
            """
            mkdir ../repo.git; cd ../repo.git; \(git) init -q; mkdir sub; echo one > sub/f
            printf 'FROM box\\nCOPY . /r/\\n' > sub/Dockerfile; \(git) add .; \(git) commit -qm one
            \(git) checkout -qb other; echo two > sub/f; \(git) commit -qam two; \(git) checkout -q main
            ln -s /etc evil; \(git) add evil; \(git) commit -qm evil
            """)
        let repository = site.fixture.directory + "/repo.git"
        #expect(try site.brig(["build", "-q", "-t", "main", "\(repository)#main:sub"]).status == 0)
        #expect(try site.output("main", "cat", "/r/f") == "one\n")
        #expect(try site.brig(["build", "-q", "-t", "other", "\(repository)#other:sub"]).status == 0)
        #expect(try site.output("other", "cat", "/r/f") == "two\n")
        #expect(try !site.output("other", "ls", "-a", "/r").contains(".git"))
        for bad in [
            "\(repository)#main:evil", "\(repository)#--upload-pack=touch:x", "file://\(repository)#main",
            "\(repository)#nothing",
        ] {
            #expect(try site.brig(["build", "-q", bad]).status == 1, "\(bad)")
        }
    }

    static let hasGit = (try? OwnedDescriptor(open: "/usr/bin/git", .pathOnly)) != nil

    @Test("what becomes of the result: files, archives")
    func outputs() throws {
        let site = try Site()
        let file = "FROM box AS b\nRUN echo x > /x && chown 7:8 /x\nFROM scratch\nCOPY --from=b /x /y\n"
        let out = site.fixture.directory + "/out"
        #expect(try site.build(file, ["-o", out]).status == 0)
        #expect(try site.shell("stat -c '%u:%g %s' \(out)/y") == "7:8 2\n")
        #expect(try site.build(file, ["-o", "type=tar,dest=\(out).tar"]).status == 0)
        #expect(try site.shell("tar -tf \(out).tar").contains("y"))
        #expect(try site.brig(["images", "-q"]).output.split(separator: "\n").count == 1)
        #expect(try site.build(file, ["-t", "kept", "-o", "type=oci,dest=\(out)-oci.tar"]).status == 0)
        #expect(try site.shell("tar -tf \(out)-oci.tar").contains("index.json"))
        #expect(try site.brig(["system", "check"]).status == 0)
    }

    @Test("a failure shows the step's output, its line and a caret, and leaves nothing")
    func failure() throws {
        let site = try Site()
        let result = try site.build(
            "FROM box\nRUN echo before && \\\n    cat /no/such/file\nRUN echo after\n", ["-t", "broken"])
        #expect(result.status == 1)
        #expect(result.errors.contains("before") && result.errors.contains("No such file"))
        #expect(result.errors.contains("Dockerfile:2:1:") && result.errors.contains("   2 | RUN echo before && \\"))
        #expect(result.errors.contains("exit code 1") && !result.errors.contains("after"))
        #expect(try site.brig(["images", "-q", "broken"]).output.isEmpty)
        #expect(try site.fixture.leftovers().filter { $0 != "builds" }.isEmpty)
        #expect(
            try site.shell("ls \(site.fixture.directory)/root/builds \(site.fixture.directory)/run/builds").split(
                separator: "\n"
            ).allSatisfy { $0.hasSuffix(":") })
    }

    @Test("stages that need nothing of each other are built at the same time")
    func parallel() throws {
        let site = try Site()
        // Each waits for the other by a file in a cache that they share.
        let wait = { (own: String, other: String) in
            "RUN --mount=type=cache,target=/c,id=meet touch /c/\(own); i=0; while [ ! -e /c/\(other) ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done; test -e /c/\(other)"
        }
        let file =
            "FROM box AS a\n\(wait("a", "b"))\nFROM box AS b\n\(wait("b", "a"))\nFROM box\nCOPY --from=a /etc/passwd /1\nCOPY --from=b /etc/passwd /2\n"
        let result = try site.build(file.replacingOccurrences(of: "sleep 0.1", with: "/bin/busybox sleep 0.1"))
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test("a build that was killed leaves nothing that the next one does not take away")
    func killed() throws {
        let site = try Site()
        try site.write("FROM box\nRUN echo started && /bin/busybox sleep 600\n", to: "Dockerfile")
        let script = """
            \(BrigFixture.products)/brig --root \(site.fixture.directory)/root --run-root \(site.fixture.directory)/run build \
            --progress plain . > ../log 2>&1 & pid=$!
            i=0; while ! grep -q ' started' ../log && [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done
            kill -9 $pid; wait $pid 2> /dev/null; true
            """
        _ = try site.shell(script)
        #expect(try site.build("FROM box\nRUN true\n").status == 0)
        #expect(try site.shell("grep -c \(site.fixture.directory)/run /proc/mounts || true") == "0\n")
        #expect(
            try site.shell(
                "ls \(site.fixture.directory)/root/builds \(site.fixture.directory)/run/runtime | grep -v '^$\\|@seccomp'"
            ).split(
                separator: "\n"
            ).allSatisfy { $0.hasSuffix(":") })
    }

    @Test("a terminal's ^C ends the build and its programs")
    func interrupted() throws {
        let site = try Site()
        try site.write("FROM box\nRUN echo started && /bin/busybox sleep 600\n", to: "Dockerfile")
        let script = """
            \(BrigFixture.products)/brig --root \(site.fixture.directory)/root --run-root \(site.fixture.directory)/run build \
            --progress plain . > ../log 2>&1 & pid=$!
            i=0; while ! grep -q ' started' ../log && [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done
            kill -INT $pid; wait $pid; echo $?; ls ../root/builds ../run/runtime
            """
        #expect(try site.shell(script).hasPrefix("1\n"))
        #expect(try site.shell("cat ../log").contains("cancelled"))
    }

    @Test("links of a context and of a stage lead nowhere else")
    func links() throws {
        let site = try Site()
        _ = try site.shell(
            "echo canary > ../canary; ln -s ../canary up; ln -s \(site.fixture.directory)/canary absolute; ln -s .. parent; mkdir d; ln -s ../../canary d/in"
        )
        for source in ["up", "absolute", "parent/canary", "../canary", "d/../../canary"] {
            let result = try site.build("FROM box\nCOPY \(source) /x\n")
            #expect(
                result.status == 1 && result.errors.contains("is not in the build context"),
                "\(source): \(result.errors)")
        }
        #expect(try site.build("FROM box\nCOPY d /d\nRUN ! cat /d/in\n").status == 0)
        // A stage's links, and a destination's.
        let file = """
            FROM box AS evil
            RUN ln -s \(site.fixture.directory)/canary /l && ln -s / /root-link && ln -s ../../../../../../../../tmp /t
            FROM box
            RUN --mount=type=bind,from=evil,source=/root-link,target=/m ls /m/bin/busybox && ! ls /m\(site.fixture.directory)
            COPY --from=evil /t /copied
            RUN ! ls /copied\(site.fixture.directory)
            """
        let result = try site.build(file)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            try site.build(
                "FROM box AS e\nRUN ln -s \(site.fixture.directory)/canary /l\nFROM box\nCOPY --from=e /l /x\n"
            ).status == 1)
    }

    @Test("options that are wrong are one line")
    func wrongOptions() throws {
        let site = try Site()
        try site.write("FROM box\n", to: "Dockerfile")
        for words in [
            ["--secret", "x"], ["--secret", "id=a,src=/no/such"], ["--add-host", "x"], ["--output", "type=magic"],
            ["--cache-from", "type=gha"], ["--cache-from", "type=registry"], ["--cache-to", "type=local"],
            ["--cache-to", "type=local,dest=/x,sorce=y"], ["--cache-to", "type=registry,ref=x@sha256:0"],
            ["--allow", "everything"], ["-t", "Bad:Tag:x"], ["--platform", "a/b/c/d"], ["-f", "nothing"],
            ["--memory", "x"],
            ["--build-context", "x"], ["--ulimit", "x"],
        ] {
            let result = try site.brig(["build"] + words + [site.context])
            #expect(result.status != 0, "\(words)")
            #expect(
                result.errors.hasPrefix("brig: ") && result.errors.split(separator: "\n").count == 1,
                "\(words): \(result.errors)")
        }
        #expect(try site.brig(["build", site.context + "/nothing"]).status == 1)
    }

    @Test("options in all their forms mean the same, whoever reads them")
    func optionForms() throws {
        let site = try Site()
        try site.write("FROM box AS one\nARG A=0\nENV A=$A\nFROM one\nENV B=1\n", to: "Dockerfile")
        let forms = [
            ["-q", "-t", "x", "--build-arg", "A=1", "--target", "one", "-f", site.context + "/Dockerfile"],
            ["--quiet", "--tag=x", "--build-arg=A=1", "--target=one", "--file=\(site.context)/Dockerfile"],
            // Not read without the grammar.
            ["-q", "-tx", "--build-arg", "A=1", "--target", "one", "--rm"],
        ]
        var found: Set<String> = []
        for words in forms {
            let result = try site.brig(["build"] + words + [site.context])
            #expect(result.status == 0 && result.errors.isEmpty, "\(words): \(result.errors)")
            found.insert(result.output)
            #expect(try site.brig(["inspect", "-f", "{{.Config.Env}}", "x"]).output.contains("A=1]"))
            #expect(try site.brig(["rmi", "x"]).status == 0)
        }
        #expect(found.count == 1, "\(found)")
        let wrong = try site.brig(["build", "--progress", "x", site.context])
        #expect(wrong.status != 0 && wrong.errors.contains("is one of auto, plain"), "\(wrong.errors)")
        #expect(!wrong.errors.contains("CommandExit"))
    }

    @Test("a cache in a directory serves builds in another store")
    func cacheTransfer() throws {
        let site = try Site()
        let shared = site.fixture.directory + "/shared"
        try site.write("x", to: "f")
        let file = "FROM box\nRUN echo 1 > /one\nCOPY f /f\nRUN rm /one\n"
        let first = try site.build(file, ["--cache-to", "type=local,dest=\(shared)"])
        #expect(first.status == 0, "\(first.errors)")
        #expect(try site.brig(["save", "-o", shared + "/box.tar", "box"]).status == 0)
        let other = try Site()
        #expect(try other.brig(["rmi", "-f", "box"]).status == 0)
        #expect(try other.brig(["load", "-i", shared + "/box.tar"]).status == 0)
        try other.write("x", to: "f")
        let second = try other.build(file, ["-t", "again", "--cache-from", "type=local,src=\(shared)"])
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.errors.components(separatedBy: "CACHED").count == 5, "\(second.errors)")
        #expect(try other.output("again", "cat", "/f") == "x")
        #expect(try other.brig(["system", "check"]).status == 0)
        // A blob that is not what its name says is not taken.
        _ = try site.shell("cd \(shared)/blobs/sha256; for f in *; do echo >> $f; done")
        let third = try Site()
        #expect(try third.brig(["rmi", "-f", "box"]).status == 0)
        #expect(try third.brig(["load", "-i", shared + "/box.tar"]).status == 0)
        try third.write("x", to: "f")
        #expect(try third.build(file, ["--cache-from", "type=local,src=\(shared)"]).status == 1)
    }

    @Test("--squash makes one layer, --label and several names are kept")
    func squash() throws {
        let site = try Site()
        let file = "FROM box\nRUN echo 1 > /one\nRUN rm /one && echo 2 > /two\n"
        let result = try site.build(file, ["--squash", "--label", "a=b", "-t", "flat", "-t", "flat:2"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            try site.brig(["image", "inspect", "-f", "{{len .RootFS.Layers}} {{json .Config.Labels}}", "flat:2"]).output
                == "1 {\"a\":\"b\"}\n")
        #expect(try site.output("flat", "cat", "/two") == "2\n")
    }

    @Test("RUN has the network that it is given, and nothing of it stays")
    func network() throws {
        let site = try Site()
        let result = try site.build(
            "FROM box\nRUN ip addr show eth0 > /eth0 && ip route > /route && cat /etc/hosts > /hosts\nRUN --network=none ip addr > /none\n",
            ["-t", "net", "--add-host", "friend:192.0.2.7"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try site.output("net", "cat", "/eth0").contains("inet 1"))
        #expect(try site.output("net", "cat", "/route").contains("default via"))
        #expect(try site.output("net", "cat", "/hosts").contains("192.0.2.7\tfriend"))
        #expect(try !site.output("net", "cat", "/none").contains("eth0"))
        #expect(try site.brig(["ps", "-aq"]).output.isEmpty)
        #expect(try site.build("FROM box\nRUN false\n").status == 1)
        #expect(try site.brig(["ps", "-aq"]).output.isEmpty)
    }
}
