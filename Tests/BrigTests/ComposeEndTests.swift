import LinuxKernel
import Testing

/// How projects end, and what stays.
@Suite("Ends of projects", .drivesBrig)
struct ComposeEndTests {
    /// An `up` that goes on, and what it says.
    private final class Attached {
        private let child: ChildProcess
        private let errors: OwnedDescriptor
        private var status: Int32?

        init(_ project: ComposeProject, _ words: [String] = []) throws {
            let output = try OwnedDescriptor(memoryFile: "stream")
            errors = try OwnedDescriptor(memoryFile: "stream")
            let program = BrigFixture.products + "/brig"
            child = try Spawn(
                program: "/usr/bin/nsenter",
                arguments: [
                    "nsenter", "--net=\(project.fixture.hostNetwork)", program, "--root",
                    project.fixture.directory + "/root", "--run-root", project.fixture.directory + "/run", "compose",
                    "--progress", "plain", "-f", project.directory + "/compose.yaml", "up",
                ] + words,
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
            ).start([(output.raw, 1), (errors.raw, 2)])
        }

        deinit {
            guard status == nil else { return }
            // It may have ended already.
            try? child.send(.kill)
            _ = try? child.wait(timeout: .seconds(60))
        }

        func send(_ signal: Signal) throws { try child.send(signal) }

        func wait() throws -> Int32 {
            let ended = try #require(try child.wait(timeout: .seconds(300))).shellCode
            status = ended
            return ended
        }

        func said() throws -> String {
            try errors.seek(to: 0)
            return String(decoding: try errors.readAll(limit: 1 << 20), as: UTF8.self)
        }
    }

    /// Until something is so, two minutes at most.
    private func soon(_ what: String, _ isSo: () throws -> Bool) throws {
        for _ in 0..<1200 {
            if try isSo() { return }
            sleep(for: .milliseconds(100))
        }
        Issue.record("not within two minutes: \(what)")
    }

    private func lines(_ path: String) -> [String] {
        guard let bytes = try? readFile(path, limit: 1 << 20) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Writes its name when it is asked to end, `again` when it has been asked, and ends only in the first case.
    private static func service(_ name: String, _ rest: String = "", ends: Bool = true) -> String {
        """
          \(name):
            image: box
            network_mode: none
            stop_grace_period: \(ends ? "60s" : "1h")
            volumes: ["./log:/log"]
            command: sh -c 'trap "echo \(name) >> /log/ended\(ends ? "; exit 0" : "")" TERM; echo \(name) >> /log/ready; while :; do sleep 0.1; done'
            \(rest)

        """
    }

    @Test("a signal ends an attached up in the reverse order of what needs what")
    func order() throws {
        let project = try ComposeProject(
            "services:\n" + Self.service("base") + Self.service("middle", "depends_on: [base]")
                + Self.service("top", "depends_on: [middle]"))
        let up = try Attached(project)
        let log = project.directory + "/log"
        try soon("all are ready") { lines(log + "/ready").count == 3 }
        #expect(lines(log + "/ready").first == "base")
        try up.send(.terminate)
        #expect(try up.wait() == 130)
        let said = try up.said()
        #expect(lines(log + "/ended") == ["top", "middle", "base"], "\(said)")
        #expect(said.contains("Gracefully stopping"))
        #expect(try project.compose("ps", "-q").output.isEmpty)
        #expect(try project.compose("ps", "-aq").output.split(separator: "\n").count == 3)
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("a second signal kills, also after a build within the same up")
    func second() throws {
        let project = try ComposeProject(
            "services:\n" + Self.service("deaf", "depends_on: [built]", ends: false)
                + "  built: {build: {context: ., dockerfile_inline: FROM box}, network_mode: none, command: sleep 1000}\n"
        )
        let up = try Attached(project)
        let log = project.directory + "/log"
        try soon("it is ready") { lines(log + "/ready") == ["deaf"] }
        try up.send(.interrupt)
        try soon("it has been asked") { lines(log + "/ended") == ["deaf"] }
        try up.send(.interrupt)
        let status = try up.wait()
        let said = try up.said()
        #expect(status == 130, "\(said)")
        let code = try project.fixture.brig("inspect", "--format", "{{.State.ExitCode}}", "shop-deaf-1").output
        #expect(code == "137\n")
        #expect(try project.compose("down").status == 0)
        #expect(try project.compose("ps", "-aq").output.isEmpty)
    }

    @Test("conditions: healthy is waited for, and completed")
    func conditions() throws {
        let project = try ComposeProject(
            """
            services:
              db:
                image: box
                network_mode: none
                stop_grace_period: 0s
                volumes: ["./log:/log"]
                command: sh -c 'sleep 1; touch /log/up; sleep 1000'
                healthcheck: {test: ls /log/up, interval: 100ms, retries: 600}
              web:
                image: box
                network_mode: none
                stop_grace_period: 0s
                volumes: ["./log:/log"]
                command: sh -c 'ls /log/up > /log/web; sleep 1000'
                depends_on: {db: {condition: service_healthy}}
            """)
        #expect(try project.compose("up", "-d").status == 0)
        try soon("web has looked") { lines(project.directory + "/log/web") == ["/log/up"] }
        // The same when both are only started again.
        #expect(try project.compose("stop").status == 0)
        _ = try BrigFixture.run("/bin/rm", [project.directory + "/log/up", project.directory + "/log/web"])
        #expect(try project.compose("start").status == 0)
        try soon("web has looked again") { lines(project.directory + "/log/web") == ["/log/up"] }
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("down leaves what the files do not have, unless it is told; a network of another project is not taken")
    func strangers() throws {
        let one = "w: {image: box, command: sleep 1000, stop_grace_period: 0s}"
        let project = try ComposeProject(
            "services: {\(one), old: {image: box, command: sleep 1000, stop_grace_period: 0s}}")
        #expect(try project.compose("up", "-d").status == 0)
        let other = try project.compose("-p", "other", "config", "-q")
        #expect(other.status == 0, "\(other)")
        try project.write("services: {\(one)}\nnetworks: {default: {name: shop_default}}")
        let taken = try project.compose("-p", "other", "up", "-d")
        #expect(taken.status == 1 && taken.errors.contains("network shop_default belongs to project shop"), "\(taken)")
        try project.write("services: {\(one)}")
        let down = try project.compose("down")
        #expect(
            down.status == 0 && down.errors.contains("1 containers of services that the files no longer have"),
            "\(down)")
        #expect(try project.containers().keys.sorted() == ["shop-old-1"])
        #expect(try project.compose("down", "--remove-orphans").status == 0)
        #expect(try !project.fixture.brig("network", "ls").output.contains("shop_default"))
        try project.leavesNothing()
    }

    @Test("down -v takes the project's volumes, and leaves those that are external")
    func volumes() throws {
        let project = try ComposeProject(
            """
            services:
              w:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: sleep 1000
                volumes: ["own:/own", "outside:/outside", "/anonymous"]
            volumes: {own: , outside: {external: true}}
            """)
        let fixture = project.fixture
        let missing = try project.compose("up", "-d")
        #expect(missing.status == 1 && missing.errors.contains("volume outside is external and not there"))
        #expect(try fixture.brig("volume", "create", "outside").status == 0)
        #expect(try project.compose("up", "-d").status == 0)
        #expect(try fixture.brig("volume", "ls", "-q").output.split(separator: "\n").count == 3)
        #expect(try project.compose("down").status == 0)
        #expect(try fixture.brig("volume", "ls", "-q").output.contains("shop_own\n"))
        #expect(try project.compose("up", "-d").status == 0)
        #expect(try project.compose("down", "-v").status == 0)
        let left = try fixture.brig("volume", "ls", "-q").output.split(separator: "\n").map(String.init)
        #expect(left.contains("outside") && !left.contains("shop_own"), "\(left)")
        #expect(try fixture.brig("volume", "prune", "-af").status == 0)
        try project.leavesNothing()
    }

    @Test("an aborted up exits as what ended first did, not as what it ended itself")
    func abort() throws {
        let rest = "image: box, network_mode: none, stop_grace_period: 60s, init: true, command: sleep 1000"
        let project = try ComposeProject(
            "services: {test: {image: box, network_mode: none, command: 'true'}, db: {\(rest)}}")
        let up = try project.compose("up", "--abort-on-container-exit")
        #expect(up.status == 0 && up.output.contains("exited with code 143"), "\(up)")
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }

    @Test("what ends or shows containers needs no file of variables, no variable and no profile; what makes them does")
    func missing() throws {
        let rest = "image: box, network_mode: none, stop_grace_period: 0s, command: sleep 1000"
        let project = try ComposeProject("services: {a: {\(rest)}, b: {\(rest)}}")
        #expect(try project.compose("up", "-d").status == 0)
        let files = [
            ("a: {\(rest), env_file: none.env}, b: {\(rest)}}", "none.env is not there"),
            (
                "a: {\(rest), secrets: [s]}, b: {\(rest)}}\nsecrets: {s: {environment: BRIG_NOBODY_SETS_IT}}",
                "the variable BRIG_NOBODY_SETS_IT is not set"
            ),
            ("a: {\(rest), depends_on: [b]}, b: {\(rest), profiles: [p]}}", "say --profile p"),
        ]
        for (text, message) in files {
            try project.write("services: {" + text)
            for words in [["ps"], ["logs"], ["exec", "-T", "a", "true"], ["stop"], ["start"]] {
                let result = try project.compose(words)
                #expect(result.status == 0, "\(words): \(result)")
            }
            let up = try project.compose("up", "-d")
            #expect(up.status == 1 && up.errors.contains(message), "\(up)")
        }
        // It was killed before, and runs now.
        #expect(try project.compose("ps", "--format", "{{.ExitCode}}", "a").output == "0\n")
        #expect(try project.compose("rm", "-fs", "a").status == 0)
        let start = try project.compose("start", "a")
        #expect(start.status == 1 && start.errors.contains("service \"a\" has no container to start"), "\(start)")
        #expect(try project.compose("down").status == 0)
        try project.leavesNothing()
    }
}
