import LinuxKernel
import Testing

@Suite("brig from outside", .drivesBrig)
struct BrigTests {
    typealias Result = BrigFixture.Result

    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    @Test("exit codes and streams are the program's")
    func run() throws {
        #expect(try fixture.brig("run", "--rm", "box") == Result(status: 0, output: "from the image\n", errors: ""))
        #expect(
            try fixture.brig("run", "--rm", "box", "sh", "-c", "echo out; echo err >&2; exit 3")
                == Result(status: 3, output: "out\n", errors: "err\n"))
        #expect(try fixture.brig("run", "--rm", "-i", "box", "cat", input: "piped").output == "piped")
        #expect(try fixture.brig("run", "--rm", "box", "ls", "--help").errors.contains("BusyBox"))
        #expect(try fixture.leftovers() == [])
    }

    @Test("what cannot be started says so with Docker's codes")
    func failures() throws {
        #expect(try fixture.brig("run", "--rm", "box", "/nope").status == 127)
        #expect(try fixture.brig("run", "--rm", "box", "nope").status == 127)
        #expect(try fixture.brig("run", "--rm", "box", "/etc/passwd").status == 126)
        for wrong in [
            ["run", "--pull", "never", "nosuchimage"], ["run", "--bogus", "box"], ["run", "-m", "1k", "box"],
            ["run", "-u", "-1", "box"],
            ["run", "--cap-add", "NOPE", "box"], ["run", "-v", "/a:/proc", "box"], ["run", "-w", "relative", "box"],
            ["run", "--network", "nope", "box"], ["run", "--name", "a/b", "box"], ["run", "-e", "=x", "box"],
            ["run", "--security-opt", "seccomp=/nope", "box"], ["ps", "--bogus"],
        ] {
            let result = try fixture.brig(wrong)
            #expect(result.status == 125, "\(wrong)")
            #expect(result.errors.hasPrefix("brig: ") && result.errors.split(separator: "\n").count == 1, "\(wrong)")
        }
        for wrong in [
            ["run"], ["stop"], ["inspect", "x"], ["rm", "x"], ["logs", "x"], ["stop", "x"], ["rmi", "x"],
            ["exec", "x", "y"],
        ] {
            let result = try fixture.brig(wrong)
            #expect(result.status == 1, "\(wrong)")
        }
        #expect(try fixture.leftovers() == [])
        // Without --rm the container stays to be looked at.
        #expect(try fixture.brig("run", "--name", "bad", "box", "/nope").status == 127)
        #expect(
            try fixture.brig("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "bad").output == "created 127\n")
    }

    @Test("a container is what its options say")
    func options() throws {
        let result = try fixture.brig(
            "run", "--rm", "-h", "web", "-e", "X=1", "-w", "/tmp", "-u", "app", "--read-only", "--cap-drop", "ALL",
            "--security-opt",
            "no-new-privileges", "box", "sh", "-c",
            "hostname; echo $X $HOME $HOSTNAME; id -u; id -G; touch /x || echo read-only; grep -E 'CapBnd|NoNew|Seccomp:' /proc/self/status; echo $PWD"
        )
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "web", "1 /home/app web", "1000", "1000 4", "read-only", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1",
                "Seccomp:\t2",
                "/tmp",
            ])
    }

    @Test("the default capabilities are Docker's fourteen")
    func capabilities() throws {
        let result = try fixture.brig("run", "--rm", "box", "grep", "Cap", "/proc/self/status")
        #expect(result.output.contains("CapBnd:\t00000000a80425fb"))
        #expect(result.output.contains("CapInh:\t0000000000000000"))
        #expect(result.output.contains("CapAmb:\t0000000000000000"))
    }

    @Test("directories of the host, writable and not")
    func volumes() throws {
        let shared = fixture.directory + "/shared"
        #expect(
            try fixture.brig("run", "--rm", "-v", "\(shared):/data", "box", "sh", "-c", "echo hello > /data/file")
                .status == 0)
        #expect(try readText(shared + "/file") == "hello\n")
        #expect(
            try fixture.brig(
                "run", "--rm", "-v", "\(shared):/data:ro", "box", "sh", "-c", "cat /data/file; touch /data/x"
            )
            .status == 1)
    }

    @Test("life of a detached container")
    func life() throws {
        let id = try fixture.brig(
            "run", "-d", "--name", "web", "box", "sh", "-c",
            "echo one; trap 'echo bye; exit 9' TERM; while :; do sleep 0.1; done"
        ).output.dropLast()
        #expect(id.utf8.count == 64)
        #expect(
            try fixture.brig("ps", "--format", "{{.ID}} {{.Names}} {{.State}}").output
                == "\(id.prefix(12)) web running\n")
        #expect(try fixture.brig("run", "--name", "web", "box").status == 125)
        #expect(try fixture.brig("exec", "web", "sh", "-c", "exit 5").status == 5)
        #expect(
            try fixture.brig("exec", "-u", "app", "-e", "A=b", "web", "sh", "-c", "id -u; echo $A").output
                == "1000\nb\n")
        #expect(try fixture.brig("exec", "web", "nope").status == 127)
        #expect(try fixture.brig("exec", "-i", "web", "cat", input: "x").output == "x")
        #expect(try fixture.brig("rm", "web").status == 1)
        #expect(try fixture.brig("stop", "web") == Result(status: 0, output: "web\n", errors: ""))
        #expect(try fixture.brig("logs", "web").output == "one\nbye\n")
        #expect(try fixture.brig("logs", "-n", "1", "web").output == "bye\n")
        #expect(
            try fixture.brig("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", String(id)).output
                == "exited 9\n")
        #expect(try fixture.brig("exec", "web", "true").status == 1)
        #expect(try fixture.brig("kill", "web").status == 1)
        #expect(try fixture.brig("ps", "-q").output == "")
        #expect(try fixture.brig("rmi", "box").status == 1)
        #expect(try fixture.brig("rm", String(id.prefix(6))).status == 0)
        #expect(try fixture.brig("ps", "-aq").output == "")
        #expect(try fixture.leftovers() == [])
        #expect(try fixture.brig("rmi", "box").status == 0)
    }

    @Test("a killed monitor leaves nothing that rm does not clear")
    func killedMonitor() throws {
        _ = try fixture.brig("run", "-d", "--name", "web", "box", "sleep", "100")
        let pid = Int32(try fixture.brig("inspect", "-f", "{{.State.Pid}}", "web").output.dropLast())
        let process = try ProcessIdentity(of: try #require(pid))
        let monitor = try ProcessIdentity(of: try ProcessInformation(pid: process.pid).stat().parent)
        try ProcessHandle(of: monitor)?.send(.kill)
        #expect(try fixture.brig("ps", "-q").output != "")
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        #expect(try !process.isRunning())
        #expect(try fixture.leftovers() == [])
    }

    @Test("logs are followed to the container's end")
    func follow() throws {
        _ = try fixture.brig(
            "run", "-d", "--name", "web", "box", "sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.2; done")
        #expect(try fixture.brig("logs", "-f", "web").output == "1\n2\n3\n")
    }
}
