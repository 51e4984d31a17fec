import LinuxKernel
import Testing

/// Options and fields of Compose that need running containers to be seen.
@Suite("Compose's options", .drivesBrig)
struct ComposeOptionTests {
    private static let sleeper = "image: box, command: sleep 1000, stop_grace_period: 0s"

    @Test("start --wait waits for health, and says who did not come up")
    func startWait() throws {
        let project = try ComposeProject(
            """
            services:
              good:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: sh -c 'sleep 1; touch /tmp/ready; sleep 1000'
                healthcheck: {test: ls /tmp/ready, interval: 200ms, retries: 300}
              bad:
                image: box
                network_mode: none
                command: sh -c 'echo it is over; exit 3'
                profiles: [bad]
            """)
        #expect(try project.compose("--profile", "bad", "create").status == 0)
        let good = try project.compose("start", "--wait", "--wait-timeout", "200", "good")
        #expect(good.status == 0, "\(good)")
        #expect(try project.compose("ps", "--format", "{{.Health}}").output == "healthy\n")
        let bad = try project.compose("start", "--wait", "bad")
        #expect(bad.status == 1 && bad.errors.contains("service bad: it ended with exit code 3"), "\(bad)")
        #expect(bad.errors.contains("  | it is over"), "\(bad)")
        #expect(try project.compose("--profile", "bad", "down").status == 0)
        try project.leavesNothing()
    }

    @Test("-V makes anonymous volumes anew, without it they are kept")
    func anonymousVolumes() throws {
        let project = try ComposeProject(
            "services: {w: {\(Self.sleeper), network_mode: none, volumes: [/data]}}")
        #expect(try project.compose("up", "-d").status == 0)
        func marked() throws -> Bool {
            try project.compose("exec", "-T", "w", "ls", "/data/mark").status == 0
        }
        #expect(try project.compose("exec", "-T", "w", "touch", "/data/mark").status == 0)
        #expect(try project.compose("up", "-d", "--force-recreate").status == 0)
        #expect(try marked())
        #expect(try project.compose("up", "-d", "--force-recreate", "-V").status == 0)
        #expect(try !marked())
        #expect(try project.compose("down", "-v").status == 0)
        #expect(try project.fixture.brig("volume", "prune", "-af").status == 0)
        try project.leavesNothing()
    }

    @Test("depends_on.restart: an update of the one starts the other again; links and names of run")
    func dependents() throws {
        func file(_ value: Int) -> String {
            """
            services:
              db: {\(Self.sleeper), network_mode: none, environment: {A: \(value)}}
              web: {\(Self.sleeper), network_mode: none, depends_on: {db: {condition: service_started, restart: true}}}
              other: {\(Self.sleeper), network_mode: none, depends_on: [db]}
            """
        }
        let project = try ComposeProject(file(1))
        func starts() throws -> [String: String] {
            try ["web", "other", "db"].reduce(into: [:]) { result, name in
                result[name] = try project.fixture.brig(
                    "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "shop-\(name)-1"
                ).output
            }
        }
        #expect(try project.compose("up", "-d").status == 0)
        let first = try starts()
        #expect(try project.compose("up", "-d").status == 0)
        #expect(try starts() == first)
        try project.write(file(2))
        #expect(try project.compose("up", "-d").status == 0)
        let second = try starts()
        #expect(second["db"] != first["db"] && second["other"] == first["other"] && second["web"] != first["web"])
        #expect(second["web"]?.prefix(64) == first["web"]?.prefix(64), "the same container, started again")
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("cp reaches all containers of a service, kill leaves orphans alone, ps can leave them out")
    func several() throws {
        let project = try ComposeProject(
            "services: {w: {\(Self.sleeper), network_mode: none, scale: 2}, gone: {\(Self.sleeper), network_mode: none}}"
        )
        #expect(try project.compose("up", "-d").status == 0)
        try replaceFile(project.directory + "/text", "copied")
        #expect(try project.compose("cp", project.directory + "/text", "w:/text").status == 0)
        for index in ["1", "2"] {
            #expect(try project.compose("exec", "-T", "--index", index, "w", "cat", "/text").output == "copied")
        }
        try replaceFile(project.directory + "/text", "once")
        #expect(try project.compose("cp", "--index", "2", project.directory + "/text", "w:/text").status == 0)
        #expect(try project.compose("exec", "-T", "--index", "1", "w", "cat", "/text").output == "copied")
        #expect(try project.compose("exec", "-T", "--index", "2", "w", "cat", "/text").output == "once")
        #expect(try project.compose("cp", "w:/text", project.directory + "/back").status == 0)

        // Nothing but results goes to standard output.
        let paused = try project.compose("pause", "gone")
        #expect(paused.output.isEmpty && paused.errors.contains("Container shop-gone-1: Paused"), "\(paused)")
        #expect(try project.compose("ps", "--status", "paused", "--services").output == "gone\n")
        let again = try project.compose("unpause")
        #expect(again.output.isEmpty && again.errors.contains("Container shop-gone-1: Unpaused"), "\(again)")
        try project.write("services: {w: {\(Self.sleeper), network_mode: none, scale: 2}}")
        #expect(try project.compose("kill").status == 0)
        #expect(try project.compose("ps", "--services").output == "gone\n")
        #expect(try project.compose("ps", "--orphans=false", "--services").output.isEmpty)
        #expect(try project.compose("kill", "--remove-orphans").status == 0)
        #expect(try project.compose("ps", "--services").output.isEmpty)
        let ignoring = try project.fixture.onHost(
            "/usr/bin/env",
            [
                "COMPOSE_IGNORE_ORPHANS=1", BrigFixture.products + "/brig", "--root",
                project.fixture.directory + "/root",
                "--run-root", project.fixture.directory + "/run", "compose", "-f", project.directory + "/compose.yaml",
                "up", "-d",
            ])
        #expect(ignoring.status == 0 && !ignoring.errors.contains("orphan"), "\(ignoring)")
        #expect(try project.compose("down", "--remove-orphans").status == 0)
        try project.leavesNothing()
    }

    @Test("names as docker-compose 1 made them, links to others' containers, run under the service's names")
    func names() throws {
        let project = try ComposeProject(
            """
            services:
              w:
                image: box
                command: sleep 1000
                stop_grace_period: 0s
                networks: {default: {aliases: [nick]}}
                external_links: ["outside:friend"]
            networks: {default: {name: meeting, external: true}}
            """)
        let fixture = project.fixture
        #expect(try fixture.brig("network", "create", "meeting").status == 0)
        let outside = try fixture.brig(
            "run", "-d", "--network", "meeting", "--name", "outside", "box", "sleep", "1000")
        #expect(outside.status == 0, "\(outside.errors)")
        let up = try project.compose("--compatibility", "up", "-d")
        #expect(up.status == 0, "\(up.errors)")
        #expect(try project.containers().keys.sorted() == ["shop_w_1"])
        let found = try project.compose("exec", "-T", "w", "nslookup", "friend")
        #expect(found.status == 0, "\(found)")
        let plain = try project.compose("run", "--rm", "-T", "w", "sh", "-c", "hostname -i; nslookup nick")
        let own = try project.compose(
            "run", "--rm", "-T", "--use-aliases", "w", "sh", "-c", "hostname -i; nslookup nick")
        let address = { (text: String) in text.split(separator: "\n").first.map(String.init) ?? "none" }
        #expect(plain.output.components(address(plain.output)) == 1, "\(plain)")
        #expect(own.output.components(address(own.output)) == 2, "\(own)")
        #expect(try project.compose("--compatibility", "down").status == 0)
        #expect(try fixture.brig("rm", "-f", "outside").status == 0)
        #expect(try fixture.brig("network", "rm", "meeting").status == 0)
        try project.leavesNothing()
    }

    @Test("config pins images by the local image's digest where no registry answers")
    func digests() throws {
        let project = try ComposeProject("services: {w: {image: localhost:1/box, hostname: h}}")
        let refused = try project.compose("config", "--lock-image-digests")
        #expect(refused.status == 1 && refused.errors.contains("service w: "), "\(refused)")
        let pinned = "localhost:1/box@sha256:" + String(repeating: "0", count: 64)
        try project.write("services: {w: {image: '\(pinned)', hostname: h}}")
        let locked = try project.compose("config", "--lock-image-digests").output
        #expect(locked.contains(pinned) && !locked.contains("hostname"), "\(locked)")
        let whole = try project.compose("config", "--resolve-image-digests").output
        #expect(whole.contains(pinned) && whole.contains("hostname: h"), "\(whole)")
    }
}

extension String {
    /// How often a text stands in this one.
    fileprivate func components(_ text: String) -> Int {
        var count = 0
        var rest = self[...]
        while !text.isEmpty, let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
