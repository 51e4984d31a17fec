import LinuxKernel
import Testing

/// `--dry-run`: every command says what it would do, and does nothing.
@Suite("Compose rehearsed", .drivesBrig)
struct ComposeRehearsalTests {
    private static let file = """
        services:
          web:
            image: box
            command: sleep 1000
            stop_grace_period: 0s
            networks: [front]
            volumes: ["data:/data", "/anonymous"]
            depends_on: [db]
          db: {image: box, command: sleep 1000, network_mode: none, stop_grace_period: 0s}
          made:
            build: {context: ., dockerfile_inline: "FROM box\\nRUN touch /made"}
            network_mode: none
            profiles: [more]
            develop: {watch: [{path: ., action: rebuild}]}
        networks: {front: }
        volumes: {data: }
        """

    /// Everything that a command could have changed.
    private func state(_ project: ComposeProject) throws -> String {
        let fixture = project.fixture
        var result = ""
        for words in [
            ["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"],
            ["network", "ls", "--no-trunc", "-q"], ["volume", "ls", "-q"], ["images", "-a", "--no-trunc", "-q"],
        ] {
            result += try fixture.brig(words).output
        }
        let ids = try fixture.brig("ps", "-aq").output.split(separator: "\n").map(String.init)
        if !ids.isEmpty {
            result += try fixture.brig(
                ["inspect", "--format", "{{.State.Pid}} {{.State.Status}} {{.State.StartedAt}}"] + ids
            ).output
        }
        let files = try BrigFixture.run(
            "/bin/sh",
            [
                "-c",
                "cd \(fixture.directory) && ls -R root/containers root/compose root/volumes 2>/dev/null; cat shop/compose.yaml; ls shop",
            ])
        return result + files.output
    }

    private static let fromNothing: [(words: [String], lines: [String])] = [
        (
            ["up", "-d"],
            [
                "create network shop_front", "create volume shop_data", "create shop-db-1", "start shop-db-1",
                "create shop-web-1", "start shop-web-1",
            ]
        ),
        (["create", "db"], ["create shop-db-1"]), (["up", "--no-deps", "--no-start", "db"], ["create shop-db-1"]),
        (
            ["scale", "--no-deps", "db=2"],
            ["create shop-db-1", "start shop-db-1", "create shop-db-2", "start shop-db-2"]
        ),
        (["up", "-d", "made"], ["build shop-made", "create shop-made-1", "start shop-made-1"]),
        (["build", "made"], ["build shop-made"]),
        (["build", "--push", "made"], ["build shop-made", "push shop-made"]),
        (["push", "made"], ["push shop-made"]), (["pull"], ["pull box"]), (["down"], []),
        (["run", "--no-deps", "db", "echo", "--dry-run"], ["run db: echo --dry-run"]),
        (["config", "-o", "written.yaml"], ["write written.yaml"]), (["stop"], []), (["ls"], []), (["version"], []),
        (
            ["watch", "made"],
            ["build shop-made", "create shop-made-1", "start shop-made-1", "watch made: WHERE: rebuild"]
        ),
    ]

    private static let fromRunning: [(words: [String], lines: [String])] = [
        (["up", "-d"], ["keep shop-db-1", "keep shop-web-1"]),
        (
            ["up", "-d", "--force-recreate", "--no-deps", "web"],
            ["recreate shop-web-1", "start shop-web-1"]
        ),
        (["stop"], ["stop shop-web-1", "stop shop-db-1"]), (["restart", "db"], ["restart shop-db-1"]),
        (["kill"], ["kill shop-db-1", "kill shop-web-1"]), (["kill", "-s", "HUP", "db"], ["kill shop-db-1"]),
        (["rm", "-s"], ["stop shop-web-1", "stop shop-db-1", "remove shop-db-1", "remove shop-web-1"]),
        (["pause"], ["pause shop-db-1", "pause shop-web-1"]), (["unpause"], []),
        (["scale", "db=2"], ["create shop-db-2", "start shop-db-2", "keep shop-db-1"]),
        (
            ["down", "-v", "--rmi", "all"],
            [
                "stop shop-web-1", "remove shop-web-1", "stop shop-db-1", "remove shop-db-1",
                "remove network shop_front",
                "remove volume shop_data", "remove image box",
            ]
        ),
        (["down", "web"], ["stop shop-web-1", "remove shop-web-1"]),
        (["exec", "web", "touch", "/x"], ["exec shop-web-1: touch /x"]),
        (["cp", "compose.yaml", "web:/x"], ["copy compose.yaml to shop-web-1:/x"]),
        (["cp", "web:/etc/passwd", "passwd"], ["copy shop-web-1:/etc/passwd to passwd"]),
        (["wait", "db"], ["wait for shop-db-1"]), (["commit", "db", "new"], ["commit shop-db-1 as new"]),
        (["export", "-o", "db.tar", "db"], ["export shop-db-1 to db.tar"]),
        (["attach", "db"], ["attach to shop-db-1"]),
        (["start"], []),
        (
            ["wait", "--down-project", "db"],
            [
                "wait for shop-db-1", "stop shop-web-1", "remove shop-web-1", "stop shop-db-1", "remove shop-db-1",
                "remove network shop_front",
            ]
        ),
    ]

    private func check(
        _ project: ComposeProject, _ cases: [(words: [String], lines: [String])]
    ) throws {
        let before = try state(project)
        for (words, lines) in cases {
            let expected = lines.map { $0.replacing("WHERE", with: project.directory) }
            for isBehind in [false, true] {
                let all =
                    isBehind
                    ? ["--profile", "more", words[0], "--dry-run"] + words.dropFirst()
                    : ["--profile", "more", "--dry-run"] + words
                // Of services that only a profile has, those that are named are meant.
                let own =
                    words.contains("made") || !["up", "stop", "down", "build", "push"].contains(words[0])
                    || words.count > 3
                let result = try project.compose(own ? all : all.filter { $0 != "--profile" && $0 != "more" })
                let shown = result.output.split(separator: "\n").map(String.init)
                #expect(result.status == 0, "\(all): \(result)")
                if !["ls", "version"].contains(words[0]) { #expect(shown == expected, "\(all): \(result)") }
            }
            let after = try state(project)
            #expect(after == before, "\(words)")
        }
    }

    @Test("every command says what it would do, and nothing is different afterwards")
    func all() throws {
        let project = try ComposeProject(Self.file)
        try check(project, Self.fromNothing)
        #expect(try project.compose("up", "-d").status == 0)
        try check(project, Self.fromRunning)
        #expect(try project.compose("stop").status == 0)
        try check(
            project, [(["start"], ["start shop-db-1", "start shop-web-1"]), (["rm", "db"], ["remove shop-db-1"])])
        try project.write(Self.file.replacing("command: sleep 1000\n", with: "command: sleep 2000\n"))
        #expect(try project.compose("start").status == 0)
        try check(project, [(["up", "-d"], ["keep shop-db-1", "recreate shop-web-1", "start shop-web-1"])])
        try project.write("services: {web: {image: box}}")
        try check(
            project,
            [
                (
                    ["up", "-d", "--remove-orphans"],
                    [
                        "create network shop_default", "stop shop-db-1", "remove shop-db-1",
                        "recreate shop-web-1", "start shop-web-1",
                    ]
                )
            ])
        #expect(try project.compose("down", "-v", "--remove-orphans").status == 0)
        try project.leavesNothing()
    }
}
