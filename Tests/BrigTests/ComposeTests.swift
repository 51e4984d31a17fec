import LinuxKernel
import Testing

/// `brig compose` through the built programs, on busybox; real stacks are in Tests/compose-stacks.
@Suite("Compose", .drivesBrig)
struct ComposeTests {
    private static let sleeper =
        "    image: box\n    network_mode: none\n    stop_grace_period: 0s\n    command: sleep 1000\n"

    @Test("up, up again, one change, scale, down")
    func life() throws {
        let web = "  web:\n" + Self.sleeper
        let base = "services:\n" + web + "  db:\n" + Self.sleeper
        let project = try ComposeProject(base)
        let up = try project.compose("up", "-d")
        #expect(up.status == 0, "\(up.errors)")
        let first = try project.containers()
        #expect(Set(first.keys) == ["shop-web-1", "shop-db-1"])
        let labels = try project.fixture.brig(
            "inspect", "--format",
            "{{index .Config.Labels \"com.docker.compose.project\"}} {{index .Config.Labels \"com.docker.compose.service\"}} {{index .Config.Labels \"com.docker.compose.container-number\"}}",
            "shop-web-1")
        #expect(labels.output == "shop web 1\n")

        #expect(try project.compose("up", "-d").status == 0)
        #expect(try project.containers() == first, "nothing changed, so nothing is made anew")

        try project.write(base + "    environment: {A: 1}\n")
        let changed = try project.compose("up", "-d")
        #expect(changed.errors.contains("Container shop-db-1: Recreated"), "\(changed.errors)")
        let second = try project.containers()
        #expect(second["shop-web-1"] == first["shop-web-1"] && second["shop-db-1"] != first["shop-db-1"])

        #expect(try project.compose("scale", "web=3").status == 0)
        #expect(Set(try project.containers().keys) == ["shop-web-1", "shop-web-2", "shop-web-3", "shop-db-1"])
        #expect(try project.compose("scale", "web=1").status == 0)
        #expect(try project.containers()["shop-web-1"] == first["shop-web-1"])

        try project.write("services:\n" + web)
        let orphan = try project.compose("up", "-d")
        #expect(orphan.errors.contains("orphan containers (shop-db-1)"))
        #expect(try project.compose("up", "-d", "--remove-orphans").status == 0)
        #expect(Set(try project.containers().keys) == ["shop-web-1"])
        #expect(try project.compose("ls", "-q").output == "shop\n")

        let down = try project.compose("down")
        #expect(down.status == 0, "\(down.errors)")
        try project.leavesNothing()
    }

    @Test("jobs, conditions, and the chain of causes")
    func jobs() throws {
        func file(_ code: Int) -> String {
            """
            services:
              job:
                image: box
                network_mode: none
                command: sh -c 'echo preparing; echo broken pipe dream >&2; exit \(code)'
              mid:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: sleep 1000
                depends_on: {job: {condition: service_completed_successfully}}
              top:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: sleep 1000
                depends_on: [mid]
            """
        }
        let project = try ComposeProject(file(3))
        let failed = try project.compose("up", "-d")
        #expect(failed.status == 1)
        #expect(
            failed.errors.contains("service job: it did not complete: exit code 3; so not started: mid, top"),
            "\(failed.errors)")
        #expect(failed.errors.contains("  | broken pipe dream"))
        try project.leavesNothing()

        try project.write(file(0))
        let up = try project.compose("up", "-d")
        #expect(up.status == 0, "\(up.errors)")
        #expect(Set(try project.compose("ps", "--services").output.split(separator: "\n")) == ["mid", "top"])
        let logs = try project.compose("logs", "job")
        #expect(logs.output == "job-1  | preparing\n" && logs.errors.hasSuffix("job-1  | broken pipe dream\n"))
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("an attached up shows lines with names, and exits with the service's code")
    func attached() throws {
        let project = try ComposeProject(
            """
            services:
              one:
                image: box
                network_mode: none
                command: sh -c 'echo from one; sleep 1; exit 7'
              two:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: sh -c 'echo from two; sleep 1000'
            """)
        let up = try project.compose("up", "--exit-code-from", "one")
        #expect(up.status == 7, "\(up)")
        #expect(up.output.contains("one-1  | from one\n") && up.output.contains("two-1  | from two\n"))
        #expect(up.output.contains("one-1  | exited with code 7"))
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("secrets, configs, env files, exec, run and the small commands")
    func parts() throws {
        let project = try ComposeProject(
            """
            services:
              app:
                image: box
                network_mode: none
                stop_grace_period: 0s
                env_file: app.env
                command: sleep 1000
                secrets: [word, {source: text, target: /etc/text, mode: 0400}]
                configs: [{source: conf, target: /etc/conf}]
              tool:
                image: box
                network_mode: none
                profiles: [tools]
                command: echo a tool
            secrets: {word: {file: word.txt}, text: {content: "in the file"}}
            configs: {conf: {content: "key=value"}}
            """, files: ["app.env": "GREETING='hello there'\n", "word.txt": "open sesame"])
        #expect(try project.compose("up", "-d").status == 0)
        let shown = try project.compose(
            "exec", "-T", "app", "sh", "-c",
            "echo $GREETING; cat /run/secrets/word /etc/text /etc/conf; ls -l /etc/text")
        #expect(shown.output.hasPrefix("hello there\nopen sesamein the filekey=value-r--------"), "\(shown)")
        #expect(try project.compose("exec", "-T", "app", "sh", "-c", "echo x > /run/secrets/word").status != 0)
        let run = try project.compose("run", "--rm", "-T", "tool", "echo", "another word")
        #expect(run.output == "another word\n", "\(run)")
        #expect(try project.compose("run", "--rm", "-T", "tool", "sh", "-c", "exit 5").status == 5)
        let before = try project.containers()
        #expect(Set(before.keys) == ["shop-app-1"])
        #expect(try project.compose("stop").status == 0)
        #expect(try project.compose("ps", "-q").output.isEmpty)
        #expect(try project.compose("start").status == 0)
        #expect(try project.compose("restart", "-t", "0").status == 0)
        #expect(try project.compose("kill").status == 0)
        #expect(try project.compose("rm", "-f").status == 0)
        #expect(try project.compose("up", "-d", "--no-start").status == 0)
        #expect(try project.compose("ps", "-a", "--format", "{{.State}}").output == "created\n")
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("who is killed in the middle is gone on with by the next up and down")
    func killed() throws {
        let services = (1...4).map { "  s\($0):\n\(Self.sleeper)" }.joined()
        let project = try ComposeProject("services:\n" + services)
        let seed = UInt64.random(in: 0 ... .max)
        var state = seed
        // How long each takes here, so that the kills fall into it whatever machine this is.
        var start = MonotonicClock.milliseconds
        #expect(try project.compose("up", "-d").status == 0)
        let up = MonotonicClock.milliseconds - start
        start = MonotonicClock.milliseconds
        #expect(try project.compose("down").status == 0)
        let down = MonotonicClock.milliseconds - start
        for round in 1...3 {
            for (words, duration) in [(["up", "-d"], up), (["down"], down)] {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let delay = Int64(state >> 33) % max(duration, 1)
                try project.kill(words, after: delay)
                let again = try project.compose("up", "-d")
                let what = "seed \(seed), round \(round): \(words[0]) killed after \(delay) ms"
                #expect(again.status == 0, "\(what): \(again.errors)")
                let running = try project.compose("ps", "-q").output.split(separator: "\n").count
                #expect(running == 4, "\(what)")
                if words[0] == "down" { #expect(try project.compose("down").status == 0, "\(what)") }
            }
        }
        // One killed between the directory of a container and its row has left the directory, which counts as left once it
        // is a minute old.
        let directory = project.fixture.directory
        _ = try BrigFixture.run(
            "/bin/sh", ["-c", "touch -c -d '2 minutes ago' \(directory)/root/containers/* \(directory)/run/*"])
        #expect(try project.fixture.brig("system", "repair").status == 0)
        try project.leavesNothing()
    }

    @Test("ps, ls, images and events as Compose v2 writes them")
    func shapes() throws {
        let project = try ComposeProject(
            """
            services:
              web: {image: box, command: sleep 1000, ports: ["127.0.0.1:8080:80"], stop_grace_period: 0s}
            """)
        let began = try BrigFixture.run("/bin/date", ["+%s"]).output.split(separator: "\n").joined()
        #expect(try project.compose("up", "-d").status == 0)
        let line = try project.compose("ps", "--format", "json").output
        #expect(line.hasPrefix("{\"Command\":") && line.split(separator: "\n").count == 1, "\(line)")
        for part in [
            "\"ExitCode\":0", "\"Health\":\"\"", "\"Name\":\"shop-web-1\"", "\"Project\":\"shop\"",
            "\"Service\":\"web\"",
            "\"Publishers\":[{\"URL\":\"127.0.0.1\",\"TargetPort\":80,\"PublishedPort\":8080,\"Protocol\":\"tcp\"}]",
            "\"State\":\"running\"", "com.docker.compose.service=web",
        ] {
            #expect(line.contains(part), "\(part): \(line)")
        }
        let list = try project.compose("ls", "--format", "json").output
        #expect(list.hasPrefix("[{\"Name\":\"shop\",\"Status\":\"running(1)\",\"ConfigFiles\":"), "\(list)")
        let images = try project.compose("images", "--format", "json").output
        #expect(images.hasPrefix("[{\"") && images.contains("\"ContainerName\":\"shop-web-1\""), "\(images)")
        #expect(try project.compose("down").status == 0)
        let events = try project.compose("events", "--json", "--since", began, "--until", "0s").output
        #expect(events.contains("{\"action\":\"create\",\"attributes\":{"), "\(events)")
        #expect(events.contains("\"service\":\"web\"") && events.contains("\"type\":\"container\""), "\(events)")
        try project.leavesNothing()
    }

    @Test(
        "wrong input: one clear message, exit code 1, nothing left",
        arguments: [
            (
                "services:\n  w:\n    image: box\n    prots: [\"1\"]",
                "compose.yaml:4: services.w.prots: unknown field; is ports meant?"
            ),
            ("services: [", "not valid YAML"), ("services: {w: {image: box, depends_on: [w]}}", "in a circle: w → w"),
            ("w: {image: box}", "services stand at the top level"),
            ("services: {w: {image: box, env_file: no.env}}", "no.env is not there"),
            ("services: {w: {image: never-there-4711, pull_policy: never}}", "no such image: never-there-4711"),
            ("services: {w: {image: box, command: not-a-program, network_mode: none}}", "service w: "),
            (
                "services: {w: {image: box, network_mode: none, secrets: [s]}}\nsecrets: {s: {file: ./no}}",
                "secrets.s"
            ),
            (
                "services: {w: {image: box, network_mode: none, gpus: all}}",
                "compose.yaml:1: services.w.gpus: is not supported"
            ),
            ("services: {w: {image: box, network_mode: none, cap_add: [NONSENSE]}}", "NONSENSE"),
        ])
    func wrongInput(text: String, message: String) throws {
        let project = try ComposeProject(text)
        let up = try project.compose("up", "-d")
        #expect(up.status == 1, "\(up)")
        #expect(up.errors.contains(message), "\(up.errors)")
        #expect(!up.errors.contains("Fatal error"))
        #expect(try project.fixture.leftovers().isEmpty)
    }
}
