import Foundation
import LinuxKernel
import Testing

/// What the tutorials type, and what is wrong to type, with the built `brig` in Docker's place; the expectations are Docker's.
@Suite(
    .serialized,
    .drivesBrig(with: "unshare", "curl", "redis-cli", "jq", "script", "pgrep", "ip"),
    .enabled(if: BuiltPrograms.images != nil, "needs `make images`"))
struct WalkthroughTests {
    @Test("containers, control groups and options, line by line")
    func lines() throws {
        try Walkthrough.check("walkthrough", Walkthrough.brig("walkthrough.sh"), isDocker: false)
    }

    @Test("the same lines with dockerd", .enabled(if: Walkthrough.wantsDocker, "WITH_DOCKER=1 compares with dockerd"))
    func linesWithDocker() throws {
        try Walkthrough.check("walkthrough", Walkthrough.docker("walkthrough.sh"), isDocker: true)
    }

    @Test("wrong input and wrong states: one line, and Docker's exit code")
    func mistakes() throws {
        let result = try Walkthrough.brig("errors.sh")
        // COMMAND | exit code | of Docker | what Docker says; the first line is the head.
        let wanted = try readText("\(Walkthrough.directory)/errors.expected").split(separator: "\n").dropFirst()
        let lines = result.output.split(separator: "\n").map { Walkthrough.fields($0) }
        var codes: [String: (code: String, said: String)] = [:]
        for line in lines where line.count == 3 { codes[line[0]] = (line[1], line[2]) }
        #expect(wanted.count > 200)
        for line in wanted {
            let fields = Walkthrough.fields(line)
            guard fields.count == 4, let found = codes[fields[0]] else {
                Issue.record("not tried: \(line)")
                continue
            }
            #expect(found.code == fields[1], "\(fields[0]): \(found.said)")
            // `network` alone shows its help; a program says what it likes.
            let isSilent = fields[1] == "0" || fields[0].contains("exit 5")
            #expect(isSilent || !found.said.isEmpty, "\(fields[0]) says nothing")
        }
        #expect(
            lines.last?.first == "left" && lines.last?.last == "4 containers, 1 images", "\(result.errors.suffix(500))")
    }

    @Test("sixteen loops of run --rm on one bridge: no failure, no duplicate address, nothing left")
    func parallel() throws {
        let fixture = try BrigFixture()
        // PARALLEL_RUNS=63 makes it a thousand.
        let runs = Int(ProcessInfo.processInfo.environment["PARALLEL_RUNS"] ?? "") ?? 3
        let result = try BrigFixture.run(
            "/usr/bin/unshare",
            ["-n", "sh", "-c", "ip link set lo up; exec sh \"$@\"", "sh", "\(Walkthrough.directory)/parallel.sh"]
                + ["16", "\(runs)", "box", BrigFixture.products + "/brig", "--root", fixture.directory + "/root"]
                + ["--run-root", fixture.directory + "/run"], limit: .seconds(3600))
        #expect(
            result.output == """
                runs: \(16 * runs), failed: 0
                left: 0 containers, 0 links, 0 claims
                network: fine

                """, "\(result.errors)")
        #expect(try fixture.leftovers() == [])
    }
}

enum Walkthrough {
    /// Where the scripts are.
    static let directory = String(#filePath[..<(#filePath.lastIndex(of: "/") ?? #filePath.endIndex)])
    /// The parts of a line, of which the last may be empty.
    static func fields(_ line: Substring) -> [String] {
        line.components(separatedBy: " |").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    static let wantsDocker = ProcessInfo.processInfo.environment["WITH_DOCKER"] != nil

    /// Runs a script with the built `brig` in namespaces of its own, on a store that goes with it.
    static func brig(_ script: String, environment: String = "") throws -> BrigFixture.Result {
        let words = """
            set -e; work=$(mktemp -d /tmp/brig-tests-XXXXXX); mount -t tmpfs -o size=2g,mode=755 walkthrough $work
            ip link set lo up; set +e
            engine="\(BrigFixture.products)/brig --root $work/root --run-root $work/run"
            \(environment) bash \(directory)/\(script) \(BuiltPrograms.images ?? "") $engine
            $engine ps -aq | xargs -r $engine rm -f >/dev/null
            umount -l $work; rmdir $work
            """
        return try BrigFixture.run(
            "/usr/bin/unshare", ["-mn", "--propagation", "private", "bash", "-c", words], limit: .seconds(900))
    }

    static func docker(_ script: String) throws -> BrigFixture.Result {
        try BrigFixture.run(
            "\(directory)/with-docker", ["bash", "\(directory)/\(script)", BuiltPrograms.images ?? ""],
            limit: .seconds(900))
    }

    /// Compares line by line with `NAME.expected`, in which lines that begin with `tool ` are Brig's alone, and those
    /// with `image ` not of a short run.
    static func check(
        _ name: String, _ result: BrigFixture.Result, isDocker: Bool, isShort: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let wanted = try readText("\(directory)/\(name).expected").split(separator: "\n").map(String.init)
            .filter { !isDocker || !$0.hasPrefix("tool ") }.filter { !isShort || !$0.hasPrefix("image ") }
        let facts = result.output.split(separator: "\n").map(String.init)
        for (fact, wanted) in zip(facts, wanted) { #expect(fact == wanted, sourceLocation: sourceLocation) }
        #expect(facts.count == wanted.count, "\(result.errors.suffix(2000))", sourceLocation: sourceLocation)
    }
}
