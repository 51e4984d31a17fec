import LinuxKernel
import OCISpec
import Testing

/// What builds and projects show on a terminal, and elsewhere.
@Suite("Progress of builds and projects", .drivesBrig)
struct ProgressTests {
    private static let escape = "\u{1b}["

    @Test("a build on a terminal: stages side by side, lines that change, a failing step's output at the end")
    func build() throws {
        let site = try BuildTests.Site()
        try site.write(
            """
            FROM box AS one
            RUN echo said by one && echo 1 > /1
            FROM box AS two
            RUN echo said by two && echo 2 > /2
            FROM box
            COPY --from=one /1 /
            COPY --from=two /2 /
            """, to: "Dockerfile")
        let words = ["build", "--network", "none", "-t", "built", site.context]
        let first = try TerminalClient(site.fixture, words, rows: 20, columns: 90)
        for text in ["=> [one 2/2] RUN echo said by one", "\(Self.escape)", "A\r", "writing image sha256:"] {
            try first.expect(text)
        }
        #expect(try first.end() == 0)
        let again = try TerminalClient(site.fixture, words, rows: 20, columns: 90)
        try again.expect("=> CACHED [one 2/2] RUN")
        #expect(try again.end() == 0)
        // Seven lines and the terminal's own are more than there are: what is above stays as it was.
        let small = try TerminalClient(site.fixture, words + ["--no-cache"], rows: 6, columns: 40)
        try small.expect("writing image")
        #expect(try small.end() == 0)

        try site.write("FROM box\nRUN echo the last words; false\n", to: "Dockerfile")
        let failed = try TerminalClient(site.fixture, words, rows: 20, columns: 90)
        for text in ["=> ERROR [2/2] RUN", "------\r\n  the last words\r\n------", "Dockerfile:2:1", "^", "brig: "] {
            try failed.expect(text)
        }
        #expect(try failed.end() == 1)
    }

    @Test("plain and json are without escapes, on a terminal, too")
    func plain() throws {
        let site = try BuildTests.Site()
        let bell = #"printf 'a\033[2Jb\007\n'"#
        let file = "FROM box\nRUN \(bell)\n"
        let plain = try site.build(file, ["--network", "none"])
        #expect(plain.status == 0 && plain.errors.contains("ab?\n"), "\(plain.errors)")
        #expect(plain.errors.contains("#2 DONE ") && !plain.errors.contains(Self.escape))
        let json = try site.brig(["build", "--network", "none", "--no-cache", "--progress", "json", site.context])
        var kinds: Set<String> = []
        for line in json.errors.split(separator: "\n") {
            guard case .object(let event) = try JSONValue(parsing: String(line), sizeLimit: 1 << 20) else {
                throw NotAnObject()
            }
            if case .string(let kind)? = event["event"] { kinds.insert(kind) }
        }
        #expect(
            kinds.isSuperset(of: ["began", "output", "ended"]) && !json.errors.contains("\u{1b}"), "\(json.errors)")
        let terminal = try TerminalClient(
            site.fixture, ["build", "--network", "none", "--no-cache", "--progress", "plain", site.context])
        try terminal.expect("ab?")
        #expect(try terminal.end() == 0)
    }

    private struct NotAnObject: Error {}

    @Test("names and labels of others do not steer the terminal")
    func controls() throws {
        let site = try BuildTests.Site()
        let evil = "\u{1b}]0;evil\u{7}"
        let cache = site.fixture.directory + "/cache"
        let file = "FROM box\nLABEL \"\(evil)\"=\"\(evil)\"\nRUN true # \(evil)\n"
        let made = try site.build(
            file, ["--network", "none", "--explain", "-t", "evil", "--cache-to", "type=local,dest=\(cache)"])
        #expect(made.status == 0 && !made.errors.contains("\u{1b}"), "\(made.errors)")
        #expect(try site.brig(["builder", "prune", "-af"]).status == 0)
        let taken = try site.build(file, ["--network", "none", "--explain", "--cache-from", "type=local,src=\(cache)"])
        #expect(taken.status == 0 && taken.errors.contains("hit") && !taken.errors.contains("\u{1b}"))
        for words in [["builder", "du"], ["history", "evil"], ["images"], ["builder", "prune", "-af"]] {
            let result = try site.brig(words)
            #expect(result.status == 0 && !(result.output + result.errors).contains("\u{1b}"), "\(words)")
        }
        for wrong in ["FRM \(evil)\n", "FROM box\nCOPY \(evil) /\n", "FROM box\nRUN --\(evil) x\n", "FROM \(evil)\n"] {
            let result = try site.build(wrong, ["--network", "none"])
            #expect(result.status == 1 && !result.errors.contains("\u{1b}"), "\(result.errors)")
        }
        let project = site.fixture.directory + "/shop"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", project])
        try replaceFile(
            project + "/compose.yaml",
            """
            services:
              one:
                image: box
                network_mode: none
                stop_grace_period: 0s
                command: ["sh", "-c", "sleep 1000", "\\e]0;evil\\a"]
                labels: {evil: "\\e]0;evil\\a"}
            """)
        let compose = ["compose", "--progress", "plain", "-f", project + "/compose.yaml"]
        for words in [
            ["up", "-d"], ["ps"], ["images"], ["top"], ["ls"], ["events", "--until", "0s", "--since", "1h"], ["down"],
        ] {
            let result = try site.brig(compose + words)
            #expect(result.status == 0 && !(result.output + result.errors).contains("\u{1b}]"), "\(words): \(result)")
        }
    }

    @Test("a project on a terminal: its state, coloured lines, ^C ends it from the top, a second one kills")
    func project() throws {
        let fixture = try BrigFixture()
        let directory = fixture.directory + "/shop"
        _ = try BrigFixture.run("/bin/mkdir", ["-p", directory])
        // Each says when it is told to end, and does so.
        let polite = #"sh -c 'trap "echo told; exit 0" TERM; echo here; while :; do sleep 0.1; done'"#
        try replaceFile(
            directory + "/compose.yaml",
            """
            services:
              low: {image: box, network_mode: none, stop_grace_period: 1000s, command: \(yaml(polite))}
              top: {image: box, network_mode: none, stop_grace_period: 1000s, command: \(yaml(polite)), depends_on: [low]}
            """)
        let words = ["compose", "-f", directory + "/compose.yaml"]
        let up = try TerminalClient(fixture, words + ["up"])
        for text in ["Container shop-low-1: ", "A\r", "Attaching to low-1, top-1"] { try up.expect(text) }
        // Prefixes are in colours of their own, as wide as the widest name.
        try up.expect("mlow-1  | \(Self.escape)0mhere")
        try up.type("\u{3}")
        try up.expect("press Ctrl+C again to force")
        try up.expect("Container shop-top-1: Stopped")
        try up.expect("Container shop-low-1: Stopping")
        try up.expect("Container shop-low-1: Stopped")
        #expect(try up.end() == 130)

        // This one does not care.
        let deaf = #"sh -c 'trap "echo told" TERM; echo deaf; while :; do sleep 0.1; done'"#
        try replaceFile(
            directory + "/compose.yaml",
            "services:\n  low: {image: box, network_mode: none, stop_grace_period: 1000s, command: \(yaml(deaf))}\n")
        let second = try TerminalClient(fixture, words + ["up", "--remove-orphans", "--no-color"])
        try second.expect("low-1  | deaf")
        try second.type("\u{3}")
        try second.expect("low-1  | told")
        try second.type("\u{3}")
        try second.expect("Killing")
        try second.expect("Killed")
        #expect(try second.end() == 130)
        #expect(try fixture.brig(words + ["down"]).status == 0)
        #expect(try fixture.leftovers().isEmpty)
    }

    private func yaml(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
}
