import LinuxKernel
import Testing

@Suite("health checks from the command line to the kernel and back", .drivesBrig)
struct HealthTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    /// Waits until `holds`; how long it takes is the machine's business.
    private func eventually(_ what: String, _ holds: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            if try holds() { return }
            sleep(for: .milliseconds(50))
        }
        Issue.record("it never happened: \(what)")
    }

    private func shown(_ name: String, _ template: String) throws -> String {
        let result = try fixture.brig("inspect", "-f", template, name)
        return String(result.output.dropLast())
    }

    private func status(_ name: String) throws -> String { try shown(name, "{{.State.Health.Status}}") }

    private func run(_ name: String, _ options: [String], _ command: String) throws {
        let words = ["run", "-d", "--name", name, "--network=none"] + options + ["box", "sh", "-c", command]
        let result = try fixture.brig(words)
        #expect(result.status == 0, "\(result.errors)")
    }

    /// Asked often, and unhealthy at the first failure.
    private let often = ["--health-interval=100ms", "--health-retries=1"]

    @Test("a program of the image's: from starting to unhealthy to healthy, in ps, inspect and the events")
    func program() throws {
        try run(
            "web",
            ["--health-cmd=test -f /ok || { echo no file; false; }", "--health-interval=100ms", "--health-retries=2"],
            "exec sleep 1000")
        try eventually("it is not well") { try status("web") == "unhealthy" }
        #expect(try fixture.brig("ps", "--format", "{{.Status}}").output.hasSuffix(" (unhealthy)\n"))
        #expect(try fixture.brig("ps", "-q", "--filter", "health=unhealthy").output != "")
        #expect(
            try shown("web", "{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}").hasPrefix(
                "1 no file\n1 no file\n"))
        #expect(try Int(shown("web", "{{.State.Health.FailingStreak}}")).map { $0 >= 2 } == true)
        #expect(try fixture.brig("exec", "web", "touch", "/ok").status == 0)
        try eventually("it is well") { try status("web") == "healthy" }
        #expect(try fixture.brig("ps", "--format", "{{.Status}}").output.hasSuffix(" (healthy)\n"))
        #expect(try shown("web", "{{.State.Health.FailingStreak}}") == "0")
        try eventually("five probes are not kept") { try shown("web", "{{len .State.Health.Log}}") == "5" }
        let events = try fixture.brig(
            "events", "--since", "1h", "--until", "0s", "-f", "event=health_status", "--format",
            "{{.Action}} {{.Actor.Attributes.name}}")
        #expect(events.output == "health_status: unhealthy web\nhealth_status: healthy web\n")
        // Another start begins anew.
        #expect(try fixture.brig("exec", "web", "busybox", "rm", "/ok").status == 0)
        #expect(try fixture.brig("restart", "-t", "0", "web").status == 0)
        try eventually("it is not well again") { try status("web") == "unhealthy" }
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("a probe that does not come to an end is ended, and counts as a failure")
    func timeout() throws {
        try run("web", often + ["--health-cmd=sleep 4711", "--health-timeout=200ms"], "exec sleep 1000")
        try eventually("it is not well") { try status("web") == "unhealthy" }
        #expect(try shown("web", "{{(index .State.Health.Log 0).ExitCode}}") == "-1")
        #expect(try shown("web", "{{(index .State.Health.Log 0).Output}}") == "Health check exceeded timeout (200ms)")
        // Paused, it is not asked, and nothing piles up.
        #expect(try fixture.brig("pause", "web").status == 0)
        #expect(try fixture.brig("unpause", "web").status == 0)
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("ports, answers and files are asked for without a program of the image's")
    func builtIn() throws {
        for (probe, bad) in [
            ("tcp:81", true), ("http:8080/gone", true), ("file:/nope", true), ("tcp:8080", false),
            ("http:8080/ok", false), ("file:/w/ok", false),
        ] {
            try run(
                "web",
                [
                    "--health-cmd=\(probe)", "--health-interval=100ms", "--health-start-period=1h",
                    "--health-start-interval=100ms",
                ],
                "ip link set lo up; mkdir /w; echo fine > /w/ok; exec httpd -f -p 8080 -h /w")
            if bad {
                // Within its first hour it may fail as often as it likes.
                try eventually("\(probe) was asked") { try shown("web", "{{len .State.Health.Log}}") == "5" }
                #expect(try status("web") == "starting")
                #expect(try shown("web", "{{(index .State.Health.Log 0).ExitCode}}") == "1")
            } else {
                try eventually("\(probe) is well") { try status("web") == "healthy" }
            }
            #expect(try fixture.brig("rm", "-f", "web").status == 0)
        }
        #expect(try fixture.brig("create", "--health-cmd=tcp:no", "box").status == 1)
        #expect(try fixture.leftovers() == [])
    }

    @Test("what is done with one that is not well", arguments: ["none", "restart", "stop", "kill"])
    func onFailure(action: String) throws {
        try run(
            "web", often + ["--health-cmd=file:/nope", "--health-on-failure=\(action)"],
            "echo up; trap 'exit 6' TERM; while :; do sleep 0.1; done")
        switch action {
        case "restart":
            try eventually("it starts again") {
                try fixture.brig("logs", "web").output.hasPrefix("up\nup\n")
            }
        case "stop":
            try eventually("it is stopped") { try shown("web", "{{.State.Status}} {{.State.ExitCode}}") == "exited 6" }
        case "kill":
            try eventually("it is killed") { try shown("web", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137" }
        default:
            try eventually("it is not well") { try status("web") == "unhealthy" }
            #expect(try shown("web", "{{.State.Status}}") == "running")
        }
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("an image's HEALTHCHECK is the container's, which can change parts of it, or have none")
    func ofImage() throws {
        let file = "\(fixture.directory)/context/Dockerfile"
        let made = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                "mkdir \(fixture.directory)/context; printf 'FROM box\\nHEALTHCHECK --interval=100ms --retries=1 CMD test -f /tmp/ok\\n' > \(file)",
            ])
        #expect(made.status == 0)
        let built = try fixture.brig("build", "-q", "-t", "checked", "\(fixture.directory)/context")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try fixture.brig("run", "-d", "--name=web", "--network=none", "checked", "sleep", "1000").status == 0)
        try eventually("it is not well") { try status("web") == "unhealthy" }
        #expect(try fixture.brig("exec", "web", "touch", "/tmp/ok").status == 0)
        try eventually("it is well") { try status("web") == "healthy" }
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        #expect(
            try fixture.brig(
                "run", "-d", "--name=web", "--network=none", "--no-healthcheck", "checked", "sleep", "1000"
            )
            .status == 0)
        #expect(try shown("web", "{{json .State}}").contains("Health") == false)
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        // Builds have a directory of their own, which stays.
        #expect(try fixture.leftovers().filter { $0 != "builds" } == [])
    }
}
