import LinuxKernel
import Testing

@Suite("corners in which Docker was compared with", .drivesBrig)
struct FamiliarTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func shell(_ script: String) throws -> BrigFixture.Result {
        try BrigFixture.run("/bin/sh", ["-c", "cd \(fixture.directory) && " + script])
    }

    /// Runs a command that must do well.
    @discardableResult
    private func brig(_ words: String...) throws -> String {
        let result = try fixture.brig(words)
        #expect(result.status == 0, "\(words): \(result.errors)")
        return result.output
    }

    @Test("what is mounted at /etc does not hide the engine's files")
    func mountsAtEtc() throws {
        #expect(
            try shell("mkdir own bare && echo own >own/hosts && echo x >own/resolv.conf && echo h >own/hostname").status
                == 0)
        for words in [
            ["-v", "data:/etc"], ["--tmpfs", "/etc"], ["-v", "fresh:/etc:nocopy"],
            ["-v", "\(fixture.directory)/own:/etc:ro"],
        ] {
            let result = try fixture.brig(
                ["run", "--rm", "--hostname", "harbour"] + words + ["box", "cat", "/etc/hostname", "/etc/hosts"])
            #expect(result.status == 0 && result.output.hasPrefix("harbour\n127.0.0.1"), "\(words): \(result)")
        }
        // What cannot have them starts without.
        #expect(try brig("run", "--rm", "-v", "\(fixture.directory)/bare:/etc:ro", "box", "ls", "/etc") == "")
        let own = try brig(
            "run", "--rm", "-v", "\(fixture.directory)/own:/etc", "-v", "\(fixture.directory)/own/hosts:/etc/hosts",
            "box",
            "cat", "/etc/hosts")
        #expect(own == "own\n")
    }

    @Test("values that begin with a dash")
    func dashes() throws {
        try brig("run", "-d", "--name", "one", "--network=none", "box", "sh", "-c", "echo out; sleep 600")
        #expect(try brig("exec", "one", "sh", "-c", "until [ -e /bin/sh ]; do :; done") == "")
        for words in [["--tail", "-1"], ["-n", "-1"], ["--tail", "many"], ["--until", "0"], ["--details"]] {
            #expect(try fixture.brig(["logs", "one"] + words).status == 0, "\(words)")
        }
        #expect(try fixture.brig("logs", "--since", "-5m", "one") == .init(status: 0, output: "", errors: ""))
        #expect(try brig("exec", "-e", "-x=1", "one", "env").contains("-x=1\n"))
        #expect(try brig("ps", "--format", "-{{.Names}}") == "-one\n")
        #expect(try brig("images", "--format", "-{{.Repository}} {{.Containers}}") == "-box N/A\n")
        #expect(try brig("inspect", "-f", "-{{.Name}}", "one") == "-/one\n")
        #expect(try brig("volume", "create", "--label", "-x=1", "data") == "data\n")
        #expect(try brig("stats", "--no-stream", "--format", "{{.Container}}", "one") == "one\n")
        #expect(try brig("stop", "-t", "-1", "-s", "KILL", "one") == "one\n")
        #expect(try brig("events", "--since", "-1h", "--until", "-1s") == "")
        #expect(try fixture.brig("create", "-l", "l 6=x", "box").status == 125)
        let refused = try fixture.brig("system", "prune", "-f", "--volumes", "--filter", "until=1h")
        #expect(refused.status == 1 && refused.errors.contains("not supported with"), "\(refused)")
    }

    @Test("cp takes no file of the kernel's, follows links where it writes, and names a directory's content")
    func copies() throws {
        try brig("run", "-d", "--name", "one", "--network=none", "-v", "data:/data", "box", "sleep", "600")
        try brig(
            "exec", "one", "sh", "-c",
            "busybox mkdir /d; echo 1 >/d/1; busybox ln -s 1 /d/l1; busybox ln -s /nosuch /d/dang; busybox ln -s loop /d/loop; echo v >/data/v"
        )
        try brig("cp", "one:/.", "\(fixture.directory)/out")
        #expect(try shell("ls -A out/proc out/sys; cat out/data/v").output == "out/proc:\n\nout/sys:\nv\n")
        try brig("cp", "one:/proc", "\(fixture.directory)/empty")
        #expect(try shell("ls -A empty").output == "")
        for path in ["/sys/kernel", "/proc/cpuinfo", "/proc/self/root/etc"] {
            let gone = try fixture.brig("cp", "one:\(path)", "-")
            #expect(gone.status == 1 && gone.output == "", "\(path): \(gone.errors)")
        }
        #expect(try shell("echo new >f").status == 0)
        try brig("cp", "\(fixture.directory)/f", "one:/d/l1")
        try brig("cp", "\(fixture.directory)/f", "one:/d/dang")
        #expect(try fixture.brig("cp", "\(fixture.directory)/f", "one:/d/loop").status == 1)
        #expect(
            try brig(
                "exec", "one", "sh", "-c",
                "cat /d/1 /nosuch; busybox readlink /d/l1; busybox readlink /d/dang; busybox readlink /d/loop")
                == "new\nnew\n1\n/nosuch\nloop\n")
        #expect(try shell("ln -s made link").status == 0)
        try brig("cp", "one:/d/1", "\(fixture.directory)/link")
        #expect(try shell("readlink link; cat made").output == "made\nnew\n")
        try brig("exec", "one", "sh", "-c", "busybox rm /d/l1 /d/dang /d/loop")
        try brig("cp", "one:/d", "\(fixture.directory)/d")
        let brig = "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
        #expect(
            try shell("\(brig) cp one:/d/. - | tar -t; \(brig) cp one:/d - | tar -t").output == "./\n./1\nd/\nd/1\n")
    }

    @Test("diff tells what was deleted with a directory that was made again")
    func opaque() throws {
        try brig(
            "run", "--name", "one", "--network=none", "box", "sh", "-c",
            "busybox rm -r /etc; busybox mkdir /etc; touch /etc/new; busybox mkdir /etc/sub; touch /etc/sub/x")
        let found = Set(try brig("diff", "one").split(separator: "\n").map(String.init))
        #expect(
            found.isSuperset(of: ["C /etc", "D /etc/passwd", "D /etc/group", "A /etc/new", "A /etc/sub/x"]), "\(found)")
    }

    @Test("commit keeps the container's own ports, volumes and health check, and takes the last of Docker's changes")
    func commits() throws {
        try brig("create", "--name", "one", "-p", "80", "--expose", "9", "-v", "/vol", "--health-cmd", "true", "box")
        try brig("commit", "one", "first")
        let shown = try brig(
            "inspect", "-f", "{{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{json .Config.Healthcheck}}",
            "first")
        #expect(shown == #"{"80/tcp":{},"9/tcp":{}} {"/vol":{}} {"Test":["CMD-SHELL","true"]}"# + "\n")
        try brig("commit", "-c", "HEALTHCHECK --interval=5s CMD [\"true\"]", "-c", "ONBUILD RUN x", "one", "second")
        #expect(
            try brig("inspect", "-f", "{{json .Config.Healthcheck}} {{json .Config.OnBuild}}", "second")
                == #"{"Test":["CMD","true"],"Interval":5000000000} ["RUN x"]"# + "\n")
        #expect(try fixture.brig("commit", "-c", "HEALTHCHECK", "one").status != 0)
    }

    @Test("rmi refuses an image of several names, and with force takes only names from what a container needs")
    func removals() throws {
        try brig("tag", "box", "box:two")
        let id = try brig("images", "-q", "--no-trunc", "box:two").dropLast()
        let refused = try fixture.brig("rmi", String(id))
        #expect(refused.status == 1 && refused.output == "" && refused.errors.contains("several names"), "\(refused)")
        #expect(try brig("images", "--format", "{{.Tag}}").split(separator: "\n").count == 2)
        try brig("run", "-d", "--name", "one", "--network=none", "box", "sleep", "600")
        #expect(try fixture.brig("rmi", "-f", String(id)).status == 1)
        #expect(try brig("rmi", "box:two") == "Untagged: box:two\n")
        #expect(try fixture.brig("rmi", "box").status == 1)
        #expect(try brig("rmi", "-f", "box") == "Untagged: box:latest\n")
        #expect(try brig("images", "--format", "{{.Repository}}") == "<none>\n")
        #expect(try brig("image", "prune", "-af").contains("sha256") == false)
        try brig("rm", "-f", "one")
        #expect(try brig("image", "prune", "-f").contains("deleted: \(id)"))
        #expect(try fixture.leftovers() == [])
    }

    @Test("load says names, also quietly, refuses Windows, and create tells of another machine's image")
    func platforms() throws {
        try brig("save", "-o", "\(fixture.directory)/box.tar", "box")
        #expect(try brig("load", "-q", "-i", "\(fixture.directory)/box.tar") == "Loaded image: box:latest\n")
        try brig("import", "--platform", "linux/s390x", "\(fixture.directory)/image.tar.gz", "far")
        let told = try fixture.brig("create", "--name", "far", "far", "true")
        #expect(
            told.status == 0 && told.errors.hasPrefix("WARNING: The requested image's platform (linux/s390x)"),
            "\(told)")
        #expect(try fixture.brig("create", "--platform", "linux/s390x", "far", "true").errors == "")
        #expect(try fixture.brig("create", "box", "true").errors == "")
        try brig("import", "--platform", "windows/amd64", "\(fixture.directory)/image.tar.gz", "panes")
        try brig("save", "-o", "\(fixture.directory)/panes.tar", "panes")
        let refused = try fixture.brig("load", "-i", "\(fixture.directory)/panes.tar")
        #expect(refused.status == 1 && refused.errors.contains("image on linux"), "\(refused)")
    }

    @Test("a link to a container of another network leads nowhere, and is refused")
    func links() throws {
        try brig("network", "create", "back")
        try brig("run", "-d", "--name", "one", "--network=back", "box", "sleep", "600")
        let refused = try fixture.brig("run", "--rm", "--link", "one", "box", "true")
        #expect(
            refused.status == 125 && refused.errors.contains("does not belong to the default network"), "\(refused)")
        try brig("run", "-d", "--name", "two", "box", "sleep", "600")
        #expect(try brig("run", "--rm", "--link", "two:db", "box", "cat", "/etc/hosts").contains("\tdb"))
    }

    @Test("files of variables may begin with a mark, and are UTF-8")
    func variables() throws {
        #expect(
            try shell(#"printf '\357\273\277G=1\nH=2\n' >good && printf 'A=1\nB=\377\n' >bad"#).status == 0)
        let shown = try brig("run", "--rm", "--network=none", "--env-file", "\(fixture.directory)/good", "box", "env")
        #expect(shown.contains("\nG=1\n") || shown.hasPrefix("G=1\n"), "\(shown)")
        let refused = try fixture.brig("run", "--rm", "--env-file", "\(fixture.directory)/bad", "box", "env")
        #expect(refused.status == 125 && refused.errors.contains("invalid utf8 bytes at line 2"), "\(refused)")
        try brig(
            "create", "--name", "one", "-p", "published=8099,target=80,protocol=udp", "--security-opt",
            "label=type:foo", "box")
        #expect(
            try brig("inspect", "-f", "{{json .HostConfig.PortBindings}}", "one").contains(
                #""80/udp":[{"HostIp":"","HostPort":"8099"}]"#))
        #expect(try fixture.brig("create", "-p", "target=x", "box").status == 125)
    }
}
