import LinuxKernel
import Testing

@Suite("--init: a small first process of ours", .drivesBrig)
struct InitTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func eventually(_ what: String, _ holds: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            if try holds() { return }
            sleep(for: .milliseconds(50))
        }
        Issue.record("it never happened: \(what)")
    }

    @Test("it stands before the program, takes next to no memory and is no change of the container's")
    func place() throws {
        let result = try fixture.brig(
            "run", "--name=web", "--init", "--read-only", "--user=1000", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", "--network=none", "box", "sh", "-c",
            "head -c 20 /proc/1/cmdline; echo; grep VmRSS /proc/1/status; echo $$; echo x > /sbin/docker-init || echo kept"
        )
        let lines = result.output.split(separator: "\n")
        #expect(lines.first == "/sbin/docker-init\0--", "\(result.errors)")
        let kilobytes = lines.dropFirst().first.flatMap { $0.split(separator: " ").dropLast().last }.flatMap { Int($0) }
        #expect((kilobytes ?? 1 << 20) <= 64)
        #expect(lines.dropFirst(2).first != "1")
        #expect(lines.last == "kept")
        #expect(try fixture.brig("inspect", "-f", "{{.HostConfig.Init}} {{.Path}}", "web").output == "true sh\n")
        #expect(try !fixture.brig("diff", "web").output.contains("docker-init"))
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test(
        "it ends as its child does",
        arguments: [
            ("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143), ("exec nope", 127), ("true", 0),
        ])
    func endings(command: String, code: Int32) throws {
        #expect(try fixture.brig("run", "--rm", "--init", "--network=none", "box", "sh", "-c", command).status == code)
    }

    @Test("a program that is not there, and one that cannot be executed")
    func programs() throws {
        let missing = try fixture.brig("run", "--rm", "--init", "--network=none", "box", "nope")
        #expect(missing.status == 127 && missing.errors.contains("init: nope: no such program"))
        let refused = try fixture.brig("run", "--rm", "--init", "--network=none", "box", "/etc/passwd")
        #expect(refused.status == 126 && refused.errors.contains("init: /etc/passwd: cannot be executed"))
        // As the shell: a name is looked for in PATH, in the order of its directories.
        let found = try fixture.brig(
            "run", "--rm", "--init", "--network=none", "-e", "PATH=/nope:/etc:/bin", "box", "busybox", "echo", "found")
        #expect(found.output == "found\n")
        #expect(try fixture.leftovers() == [])
    }

    @Test("signals are passed on: what the program does not take care of ends it")
    func signals() throws {
        #expect(
            try fixture.brig("run", "-d", "--name=web", "--init", "--network=none", "box", "sleep", "1000").status == 0)
        // Without an init TERM would be nothing to the first process of a namespace.
        #expect(try fixture.brig("stop", "-t", "600", "web").status == 0)
        #expect(try fixture.brig("wait", "web").output == "143\n")
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(
            try fixture.brig(
                "run", "-d", "--name=web", "--init", "--network=none", "box", "sh", "-c",
                "trap 'echo usr' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
            ).status == 0)
        try eventually("ready") { try fixture.brig("logs", "web").output == "ready\n" }
        #expect(try fixture.brig("kill", "-s", "USR1", "web").status == 0)
        try eventually("the signal arrives") { try fixture.brig("logs", "web").output == "ready\nusr\n" }
        #expect(try fixture.brig("stop", "-t", "600", "web").status == 0)
        #expect(try fixture.brig("wait", "web").output == "7\n")
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("orphans that end are reaped; without it they stay")
    func orphans() throws {
        for option in ["--init", "--init=false"] {
            #expect(
                try fixture.brig(
                    "run", "-d", "--name=web", option, "--network=none", "box", "sh", "-c",
                    "(sleep 0.1 & echo $! > /tmp/orphan); exec sleep 1000"
                ).status == 0)
            let look =
                "p=$(cat /tmp/orphan) || exit 9; if [ ! -d /proc/$p ]; then echo gone; else grep State /proc/$p/status; fi"
            try eventually("the orphan of \(option)") {
                let state = try fixture.brig("exec", "web", "sh", "-c", look).output
                return option == "--init" ? state == "gone\n" : state.contains("zombie")
            }
            #expect(try fixture.brig("rm", "-f", "web").status == 0)
        }
        #expect(try fixture.leftovers() == [])
    }
}
