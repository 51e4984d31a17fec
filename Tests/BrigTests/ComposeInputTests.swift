import LinuxKernel
import Testing

/// What Compose says to files and command lines that are wrong: one line, what and where, and nothing is done.
@Suite("Wrong input to Compose", .drivesBrig)
struct ComposeInputTests {
    private static let files: [(text: String, message: String)] = [
        ("services:\n\tw: {image: x}", "compose.yaml:2: not valid YAML"),
        ("services: {w: {image: x}", "not valid YAML"),
        ("services: {w: {image: \"x\\q\"}}", "not valid YAML: found unknown escape character"),
        ("%YAML 9.9\n---\nservices: {w: {image: x}}", "not valid YAML"),
        (
            "services: {w: {image: x}}\nservices: {}",
            "compose.yaml:2: the key \"services\" is there twice, first in line 1"
        ),
        ("services: {w: *nobody}", "there is no anchor \"nobody\" above this alias"),
        ("a: &a [*a]", "there is no anchor \"a\""),
        ("- a", "a compose file is a mapping, not a list"),
        ("just text", "a compose file is a mapping, not text"),
        ("", "is empty"),
        ("services: []", "services: must be a mapping, not a list"),
        ("services: {w: null}", "services.w: neither image nor build says what runs"),
        ("services: {w: {image: x, prots: [1]}}", "services.w.prots: unknown field; is ports meant?"),
        ("servcies: {w: {image: x}}", "servcies: unknown field; is services meant?"),
        (
            "services: {w: {image: x}}\nnetworks: {n: {divrer: x}}",
            "compose.yaml:2: networks.n.divrer: unknown field; is driver meant?"
        ),
        ("w: {image: x}", "services stand at the top level"),
        ("services: {'w w': {image: x}}", "a service's name has letters"),
        ("services: {w: {image: [x]}}", "services.w.image: must be a text, not a list"),
        ("services: {w: {image: x, environment: {A: [1]}}}", "services.w.environment.A: must be"),
        ("services: {w: {image: x, ports: ['80:http']}}", "services.w.ports[0]: must be"),
        ("services: {w: {image: x, ports: ['80-81:90-99']}}", "services.w.ports[0]: must be"),
        ("services: {w: {image: x, ports: ['70000:80']}}", "services.w.ports[0]: must be"),
        ("services: {w: {image: x, ports: ['1.2.3:80:80']}}", "services.w.ports[0]: must be"),
        ("services: {w: {image: x, ports: ['1.2.3.400:80:80']}}", "services.w.ports[0]: must be"),
        ("services: {w: {image: x, volumes: ['./a:b:c:d']}}", "services.w.volumes[0]: must be"),
        ("services: {w: {image: x, volumes: ['v:/x']}}", "\"v\" is not among the volumes of the file"),
        ("services: {w: {image: x, volumes: [{type: magic, target: /x}]}}", "\"magic\" is none of bind, volume"),
        ("services: {w: {image: x, stop_grace_period: soon}}", "must be a duration such as 1m30s"),
        ("services: {w: {image: x, mem_limit: much}}", "must be a size such as 512m"),
        ("services: {w: {image: x, restart: sometimes}}", "\"sometimes\" is none of no, always"),
        ("services: {w: {image: x, ulimits: {nofile: many}}}", "services.w.ulimits.nofile: must be"),
        ("services: {w: {image: x, command: 'a \"b'}}", "a closing \" is missing"),
        ("services: {w: {image: x, extra_hosts: [x]}}", "services.w.extra_hosts: must be NAME=ADDRESS"),
        ("services: {w: {image: x, deploy: {replicas: -1}}}", "services.w.deploy.replicas: -1 is not between"),
        ("services: {w: {image: x, healthcheck: {test: [x]}}}", "must begin with NONE, CMD or CMD-SHELL"),
        ("services: {w: {image: x, depends_on: [w]}}", "in a circle: w → w"),
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "in a circle: a → b → a"),
        ("services: {w: {image: x, depends_on: [nobody]}}", "\"nobody\" is not among the services of the file"),
        (
            "services: {w: {image: x, depends_on: {v: {condition: happy}}}, v: {image: x}}",
            "\"happy\" is none of service_started"
        ),
        ("services: {w: {image: x, networks: [n]}}", "\"n\" is not among the networks of the file"),
        ("services: {w: {image: x, secrets: [s]}}", "\"s\" is not among the secrets of the file"),
        ("services: {w: {image: x, configs: [s]}}", "\"s\" is not among the configs of the file"),
        ("services: {w: {image: x}}\nsecrets: {s: {}}", "secrets.s: one of file, environment, content"),
        ("services: {w: {image: x, network_mode: host, networks: [n]}}\nnetworks: {n: }", "cannot stand together"),
        ("services: {w: {image: x, network_mode: 'service:nobody'}}", "there is no service \"nobody\""),
        ("services: {w: {image: '${X_NOT_SET:?is needed}'}}", "the variable X_NOT_SET must be set: is needed"),
        ("services: {w: {image: '${X'}}", "a closing brace is missing"),
        ("services: {w: {image: '${1X}'}}", "a name must follow ${"),
        ("services: {a: {extends: b}, b: {extends: a}}", "extends goes round"),
        ("services: {a: {extends: {file: none.yaml, service: b}}}", "no such file: none.yaml"),
        ("include: [none.yaml]\nservices: {w: {image: x}}", "no such file: none.yaml"),
        ("include: [compose.yaml]\nservices: {w: {image: x}}", "include goes round"),
        ("services: {w: {image: x, env_file: none.env}}", "none.env is not there"),
        ("services: {w: {image: x, container_name: c, scale: 2}}", "only one container can have the name c"),
        (
            "services: {a: {image: x, container_name: c}, b: {image: x, container_name: c}}",
            "is that of the service a already"
        ),
        (
            "services: {w: {image: x, build: {context: ., dockerfile: D, dockerfile_inline: FROM x}}}",
            "dockerfile and dockerfile_inline"
        ),
        ("name: 'Bad Name'\nservices: {w: {image: x}}", "invalid project name"),
        // Made to take memory, time or for ever.
        (
            bomb({ "x-\($0): &a\($0 + 1) [\(list("*a\($0)", 10))]" }, "x-first: &a0 [\(list("x", 10))]"),
            "more than 100000 values"
        ),
        (
            bomb({ "x-\($0): &a\($0 + 1) {<<: [\(list("*a\($0)", 10))], z\($0): 1}" }, "x-first: &a0 {k: 1}"),
            "more than 100000 values"
        ),
        ("x: " + String(repeating: "[", count: 50_000) + "\nservices: {}", "not valid YAML"),
        ("x: " + String(repeating: "{a: ", count: 100) + "1" + String(repeating: "}", count: 100), "deeper than 60"),
        ("services: {w: {image: '" + String(repeating: "${A:-", count: 10_000) + "'}}", "nested too deeply"),
        ("services: {w: {image: x, deploy: {replicas: 2000000000}}}", "more than 1000 containers"),
        (
            "services:\n" + (1...60).map { "  s\($0): {extends: s\($0 + 1)}\n" }.joined() + "  s61: {image: x}",
            "goes on for 50"
        ),
        ("services: {w: {image: x, \"\\e[2J\": 1}}", "services.w.?[2J: unknown field"),
        ("services: !!python/object/apply:os.system [touch /made]", "services: must be a mapping, not a list"),
        ("services: {w: {image: x, env_file: fifo}}", "fifo: it is no regular file"),
        ("services: {w: {image: x, env_file: zero}}", "zero: it is no regular file"),
        ("services: {w: {image: x, env_file: .}}", "it is no regular file"),
        ("services: {w: {image: x, env_file: huge}}", "huge: file too large"),
        ("services: {w: {extends: {file: fifo, service: x}}}", "services.w.extends: cannot read"),
        ("include: [zero]\nservices: {w: {image: x}}", "include: cannot read"),
        ("services: {w: {image: x, env_file: bomb.env}}", "bomb.env:7: invalid interpolation"),
    ]

    private static func list(_ word: String, _ count: Int) -> String {
        Array(repeating: word, count: count).joined(separator: ", ")
    }

    /// Ten times as much in each line as in the one above.
    private static func bomb(_ line: (Int) -> String, _ first: String) -> String {
        ([first] + (0..<12).map(line) + ["services: {w: {image: x}}"]).joined(
            separator: "\n")
    }

    private static let commandLines: [(words: [String], status: Int32, message: String)] = [
        (["-f", "none.yaml", "config"], 1, "no such file: none.yaml"),
        (["--env-file", "none.env", "config"], 1, "none.env is not there"),
        (["-p", "Bad Name", "config"], 1, "invalid project name"),
        (["up", "nobody"], 1, "no such service: nobody"), (["up", "--scale", "w"], 125, "a scale is SERVICE=COUNT"),
        (["up", "--scale", "nobody=2"], 1, "no such service: nobody"),
        (["logs", "nobody"], 1, "no such service: nobody"),
        (["up", "--pull", "x"], 125, "--pull is one of"), (["exec", "w", "x"], 1, "has no container number 1"),
        (["run", "nobody"], 1, "no such service: nobody"), (["down", "--rmi", "x"], 125, "--rmi is one of"),
        (["up", "--wait-timeout", "x"], 125, "'x' is invalid"), (["--nothing", "up"], 125, "has no option --nothing"),
        (["config", "--format", "xml"], 125, "--format is one of"), (["watch"], 1, "no service has develop.watch"),
        (["up", "-d", "--abort-on-container-exit"], 125, "cannot stand together"),
        (["up", "--wait", "--attach", "w"], 125, "cannot stand together"),
        (["up", "-V", "--no-recreate"], 125, "cannot stand together"),
        (["up", "--build", "--no-build"], 125, "cannot stand together"),
        (["up", "--attach", "nobody"], 1, "service nobody is not part of this up"),
        (["--progress", "loud", "ps"], 125, "--progress is one of"),
        (["--ansi", "maybe", "ps"], 125, "--ansi is one of"),
        (["--parallel", "0", "ps"], 125, "--parallel is a number"),
        (["start", "--wait-timeout=-1"], 125, "is no time"),
        (["publish", "x"], 1, "projects are not pushed as artifacts"), (["build", "--print"], 1, "no bake files"),
        (["cp", "a", "b"], 1, "one of the two is SERVICE:PATH"), (["ls", "--filter", "x=y"], 1, "name=TEXT only"),
        (["pull", "--policy", "x"], 125, "--policy is one of"),
        (["exec", "-z", "w", "x"], 125, "unknown option -z"),
        (["run", "--nothing", "w"], 125, "unknown option --nothing"),
        (["--profile"], 125, "needs a value"), (["up", "-d"], 1, "no such image: x, and it is not to be pulled"),
    ]

    @Test("files and command lines")
    func table() throws {
        let fixture = try BrigFixture()
        let directory = fixture.directory + "/shop"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        func compose(_ words: [String], at place: String) throws -> BrigFixture.Result {
            let brig =
                "exec \(BrigFixture.products)/brig --root \(fixture.directory)/root --run-root \(fixture.directory)/run"
            return try fixture.onHost("/bin/sh", ["-c", "cd \(place) && \(brig) compose \"$@\"", "sh"] + words)
        }
        func check(_ result: BrigFixture.Result, _ status: Int32, _ message: String, _ what: String) {
            #expect(result.status == status && result.errors.contains(message), "\(what): \(result)")
            #expect(
                result.errors.hasPrefix("brig: ") && result.errors.split(separator: "\n").count == 1,
                "\(what): \(result.errors)")
        }
        let odd = """
            cd \(directory); mkfifo fifo; ln -s /dev/zero zero; head -c 5000000 /dev/zero > huge
            (echo A=xxxxxxxxxx; for i in 1 2 3 4 5 6 7 8; do echo 'A=$A$A$A$A$A$A$A$A$A$A'; done) > bomb.env
            """
        #expect(try BrigFixture.run("/bin/sh", ["-c", odd]).status == 0)
        for (text, message) in Self.files {
            try replaceFile(directory + "/compose.yaml", text)
            let result = try compose(["config", "-q"], at: directory)
            guard message != "services stand at the top level" else {
                // The fix is shown below.
                #expect(result.status == 1 && result.errors.contains(message), "\(result)")
                continue
            }
            check(result, 1, message, text)
        }
        try replaceFile(
            directory + "/compose.yaml", "services: {w: {image: x, network_mode: none, pull_policy: never}}")
        for (words, status, message) in Self.commandLines {
            check(try compose(words, at: directory), status, message, words.joined(separator: " "))
        }
        try replaceFile(
            directory + "/compose.yaml",
            "services: {w: {image: x, build: {dockerfile_inline: FROM scratch, platforms: [linux/amd64, linux/arm64]}}}"
        )
        check(try compose(["build"], at: directory), 1, "several platforms at once are not built", "platforms")
        let several = try fixture.brig("build", "--platform", "linux/amd64,linux/arm64", directory)
        #expect(several.status != 0 && several.errors.contains("several platforms at once"), "\(several.errors)")
        for command in ["up", "down", "exec", "run", "watch", "cp"] {
            let help = try compose([command, "--help"], at: directory)
            #expect(help.status == 0 && help.output.contains("brig compose \(command)"), "\(help)")
        }
        #expect(try fixture.brig("exec", "--help").output.contains("brig exec [OPTIONS] CONTAINER"))
        #expect(try fixture.leftovers().isEmpty)
        #expect(try fixture.brig("ps", "-aq").output.isEmpty)
    }

    @Test("a port that somebody has: the service is named, and what was made goes")
    func portInUse() throws {
        let fixture = try BrigFixture()
        let directory = fixture.directory + "/shop"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        try replaceFile(
            directory + "/compose.yaml",
            """
            services:
              other: {image: box, network_mode: none, command: sleep 1000, stop_grace_period: 0s}
              web: {image: box, command: sleep 1000, ports: ["8080:80"], stop_grace_period: 0s}
            """)
        let holder = try fixture.brig("run", "-d", "--name", "holder", "-p", "8080:80", "box", "sleep", "1000")
        #expect(holder.status == 0, "\(holder.errors)")
        let file = ["compose", "--progress", "plain", "-f", directory + "/compose.yaml"]
        let up = try fixture.brig(file + ["up", "-d"])
        #expect(up.status == 1 && up.errors.contains("brig: service web: "), "\(up.errors)")
        #expect(up.errors.contains("8080"), "\(up.errors)")
        #expect(try fixture.brig("ps", "-a", "--format", "{{.Names}}").output == "holder\n")
        #expect(try !fixture.brig("network", "ls", "--format", "{{.Name}}").output.contains("shop"))
        #expect(try fixture.brig("rm", "-f", "holder").status == 0)
        let again = try fixture.brig(file + ["up", "-d"])
        #expect(again.status == 0, "\(again.errors)")
        #expect(try fixture.brig(file + ["down"]).status == 0)
        #expect(try fixture.leftovers().isEmpty)
    }
}

/// The projects of Tests/compose-config, as docker-compose 1.29 takes them.
@Suite("Compose and docker-compose", .enabled(if: OldCompose.isThere, "needs docker-compose 1.29"))
struct ComposeConfigTests {
    @Test("config says the same where both understand, and refuses the same")
    func config() throws {
        let fixture = try BrigFixture()
        let result = try BrigFixture.run(
            "\(BuildCases.directory)/../compose-config/compare",
            [
                BrigFixture.products + "/brig", "--root", fixture.directory + "/root", "--run-root",
                fixture.directory + "/run",
            ], limit: .seconds(900))
        #expect(result.status == 0 && result.output.contains("ok merge\n"), "\(result.output)\(result.errors)")
    }
}

/// docker-compose 1.29, the last one in Python.
enum OldCompose {
    static let isThere: Bool = {
        guard BrigFixture.isPossible,
            let version = try? BrigFixture.run("/usr/bin/docker-compose", ["version", "--short"])
        else { return false }
        return version.output.hasPrefix("1.29")
    }()
}
