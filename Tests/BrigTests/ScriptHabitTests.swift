import LinuxKernel
import Testing

@Suite("what scripts for Docker and Compose v2 take for granted", .drivesBrig)
struct ScriptHabitTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    @Test("ps finds containers by volume, network and port, and shows ports that only other containers reach")
    func lists() throws {
        func make(_ name: String, _ words: String...) throws {
            let made = try fixture.brig(["run", "-d", "--name", name] + words + ["box", "sleep", "100"])
            #expect(made.status == 0, "\(made.errors)")
        }
        #expect(try fixture.brig("network", "create", "back").status == 0)
        try make(
            "one", "-v", "data:/data", "-v", "/tmp:/host:ro", "--network=back", "-p", "127.0.0.1:8555:80",
            "--expose=90",
            "--expose=100-102")
        try make("two", "--network=none", "--expose=90")
        #expect(try fixture.brig("create", "--name", "three", "box", "sh", "-c", "echo 'a b'", "x y").status == 0)
        let expected = [
            "volume=data": "one\n", "volume=/data": "one\n", "volume=/host": "one\n", "volume=/tmp": "one\n",
            "volume=other": "", "network=back": "one\n", "network=none": "two\n", "network=bridge": "three\n",
            "network=other": "", "publish=8555": "one\n", "publish=8500-8600/tcp": "one\n", "publish=80": "",
            "publish=8555/udp": "", "expose=80": "one\n", "expose=90": "one\n", "is-task=true": "",
        ]
        for (filter, names) in expected {
            let found = try fixture.brig("ps", "-a", "--filter", filter, "--format", "{{.Names}}")
            #expect(found.output == names, "\(filter): \(found.errors)")
        }
        #expect(try fixture.brig("ps", "--filter", "publish=x").status == 1)
        let ports = try fixture.brig("ps", "-a", "--format", "{{.Names}}|{{.Ports}}|{{.Networks}}|{{.LocalVolumes}}")
        #expect(
            Set(ports.output.split(separator: "\n")) == [
                "one|90/tcp, 100-102/tcp, 127.0.0.1:8555->80/tcp|back|1", "two||none|0", "three||bridge|0",
            ])
        let command = try fixture.brig("ps", "-a", "--no-trunc", "-f", "name=three", "--format", "{{.Command}}")
        #expect(command.output == "\"sh -c 'echo 'a b'' 'x y'\"\n")
    }

    @Test("flags take values, and Docker's words before the command are understood")
    func flags() throws {
        #expect(try fixture.brig("create", "--name", "one", "box").status == 0)
        #expect(try fixture.brig("ps", "--all=true", "--quiet=false", "--format={{.Names}}").output == "one\n")
        #expect(try fixture.brig("ps", "--all=false", "--format={{.Names}}").output == "")
        let wrong = try fixture.brig("ps", "--all=true", "--nosuch")
        #expect(wrong.status == 125 && wrong.errors.contains("--nosuch"), "\(wrong.errors)")
        #expect(try fixture.brig("ps", "--all=perhaps").status == 125)
        #expect(
            try fixture.brig("-D", "--log-level", "debug", "-c=default", "ps", "-a", "--format={{.Names}}").output
                == "one\n")
        for words in [["-H", "unix:///run/docker.sock"], ["--context", "other"]] {
            let refused = try fixture.brig(words + ["ps"])
            #expect(refused.status == 125 && refused.output.isEmpty, "\(words)")
        }
        #expect(try fixture.brig("network", "rm", "-f", "nosuch").status == 0)
        #expect(try fixture.brig("network", "rm", "nosuch").status == 1)
        #expect(try fixture.brig("buildx", "version").status == 0)
    }

    @Test("cp says nothing to a script, and a host name with a dot has a short form")
    func quiet() throws {
        #expect(try fixture.brig("create", "--name", "one", "box").status == 0)
        let copied = try fixture.brig("cp", "one:/etc/passwd", fixture.directory + "/copy")
        #expect(copied == BrigFixture.Result(status: 0, output: "", errors: ""))
        let hosts = try fixture.brig("run", "--rm", "-h", "web.example.org", "box", "tail", "-n", "1", "/etc/hosts")
        #expect(hosts.output.hasSuffix("\tweb.example.org web\n"), "\(hosts.errors)")
    }

    @Test("run ends with its reader, and the container goes on; the same directory may be said twice")
    func pipes() throws {
        let program =
            "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
        let run = try fixture.onHost("/bin/sh", ["-c", "\(program) run --name one box yes | head -n 1"])
        #expect(run.output == "y\n" && run.errors.contains("the container goes on"), "\(run.errors)")
        #expect(try fixture.brig("inspect", "-f", "{{.State.Running}}", "one").output == "true\n")
        #expect(try fixture.brig("rm", "-f", "one").status == 0)
        let full = try fixture.onHost(
            "/bin/sh", ["-c", "\(program) run --rm box sh -c 'echo x; sleep 100' >/dev/full"])
        #expect(full.status == 1, "\(full.errors)")
        #expect(try fixture.brig("run", "--rm", "-v", "/tmp:/a", "-v", "/tmp:/a", "box", "true").status == 0)
        #expect(try fixture.brig("run", "--rm", "-v", "/tmp:/a", "-v", "/etc:/a", "box", "true").status == 125)
    }

    @Test("compose: logs and an attached up end with their reader, and the containers go on")
    func readers() throws {
        let directory = fixture.directory + "/readers"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        try replaceFile(
            directory + "/compose.yaml",
            """
            services:
              web:
                image: box
                command: sh -c 'while :; do echo tick; sleep 0.1; done'
                stop_grace_period: 0s
            """)
        let compose =
            "\(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run compose "
            + "--project-directory \(directory)"
        for command in ["up --no-log-prefix", "logs -f --no-log-prefix"] {
            let read = try fixture.onHost("/bin/sh", ["-c", "\(compose) \(command) 2>/dev/null | grep -m 1 tick"])
            #expect(read.output == "tick\n", "\(command)")
            let left = try fixture.onHost("/bin/sh", ["-c", "\(compose) ps --format '{{.Service}} {{.State}}'"])
            #expect(left.output == "web running\n", "\(command)")
        }
        #expect(try fixture.onHost("/bin/sh", ["-c", "\(compose) down 2>&1"]).status == 0)
    }

    @Test("words that only Docker's builders know are taken, applied or refused")
    func builds() throws {
        let directory = fixture.directory + "/context"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        try replaceFile(directory + "/Dockerfile", "FROM box\nENV A=1\n")
        let metadata = fixture.directory + "/metadata"
        let built = try fixture.brig(
            "buildx", "build", "-q", "--load", "--provenance=false", "--sbom=false", "--builder", "default",
            "--pull=false",
            "--progress=tty", "--isolation=default", "--cpu-shares", "512", "--cpuset-cpus=0", "--metadata-file",
            metadata,
            "-t", "made", directory)
        #expect(built.status == 0, "\(built.errors)")
        let text = try readText(metadata)
        let id = built.output.split(separator: "\n").first.map(String.init) ?? "none"
        #expect(text.contains("\"containerimage.config.digest\": \"\(id)\""), "\(text)")
        #expect(text.contains("\"image.name\": \"docker.io/library/made:latest\""), "\(text)")
        for words in [["--provenance=true"], ["--sbom", "true"], ["--attest", "type=sbom"], ["--builder", "other"]] {
            let refused = try fixture.brig(["build", "-q"] + words + [directory])
            #expect(refused.status == 1 && refused.output.isEmpty, "\(words): \(refused.errors)")
        }
        #expect(try fixture.brig("build", "--push", directory).errors.contains("--push needs a name"))
    }

    @Test("compose: words of Compose v2, and --wait sees what ends at once")
    func compose() throws {
        let directory = fixture.directory + "/habits"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        try replaceFile(
            directory + "/compose.yaml",
            """
            services:
              web: {image: box, command: sleep 100, stop_grace_period: 0s, volumes: ["data:/data"]}
              crash: {image: box, command: "sh -c 'exit 3'", profiles: [crash]}
            volumes: {data: }
            """)
        try replaceFile(directory + "/more.env", "FROM_FILE=1\n")
        func compose(_ words: String...) throws -> BrigFixture.Result {
            try fixture.brig(["compose", "--project-directory", directory] + words)
        }
        #expect(try compose("--version").output == compose("version").output)
        #expect(try compose("help", "up").output.contains("--quiet-build"))
        let up = try compose("up", "--detach=true", "--build=false", "--wait", "-y", "--quiet-build")
        #expect(up.status == 0, "\(up.errors)")
        #expect(try compose("exec", "-it", "web", "echo", "hi").output == "hi\n")
        #expect(try compose("exec", "--tty=false", "web", "echo", "--tty=false").output == "--tty=false\n")
        let ran = try compose(
            "run", "--rm", "-q", "--env-from-file", directory + "/more.env", "--entrypoint", "sh -c 'echo $FROM_FILE'",
            "web")
        #expect(ran == BrigFixture.Result(status: 0, output: "1\n", errors: ""))
        #expect(try compose("volumes", "-q").output == "habits_data\n")
        #expect(try compose("ps", "-a", "--orphans=false", "--format", "{{.Service}}").output == "web\n")
        let images = try compose("images", "--format", "json").output
        #expect(images.contains("\"Platform\":\"linux/") && images.contains("\"ID\":\"sha256:"), "\(images)")
        #expect(try compose("commit", "-m", "why", "web", "kept").status == 0)
        #expect(try fixture.brig("inspect", "-f", "{{.Comment}}", "kept").output == "why\n")
        #expect(try compose("export", "-o", directory + "/web.tar", "web").status == 0)
        let crashed = try compose("--profile", "crash", "up", "-d", "--wait", "crash")
        #expect(crashed.status == 1 && crashed.errors.contains("it ended with exit code 3"), "\(crashed.errors)")
        let down = try compose("--profile=*", "down", "-v")
        #expect(down.status == 0, "\(down.errors)")
    }
}
