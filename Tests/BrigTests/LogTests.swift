import LinuxKernel
import Testing

@Suite("logs across rotation and restarts, and their drivers", .drivesBrig)
struct LogTests {
    let fixture: BrigFixture

    init() throws { fixture = try BrigFixture() }

    private func numbers(_ text: String) -> [Int] {
        text.split(separator: "\n").compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    }

    /// Prints as many numbered lines, each long enough that a few fill a small file.
    private func printing(_ range: ClosedRange<Int>) -> String {
        "i=\(range.lowerBound); while [ $i -le \(range.upperBound) ]; do echo $i 0123456789012345678901234567890123456789; i=$((i+1)); done"
    }

    @Test(
        "old files go; what is left is whole, in order, and read by time and from the end",
        arguments: ["json-file", "local"])
    func rotation(driver: String) throws {
        let command = "[ -e /second ] || { \(printing(1...300)); touch /second; exit; }; \(printing(301...310))"
        #expect(
            try fixture.brig(
                "run", "--name=web", "--network=none", "--log-driver=\(driver)", "--log-opt=max-size=4k",
                "--log-opt=max-file=3", "box", "sh", "-c", command
            ).status == 0)
        let first = numbers(try fixture.brig("logs", "web").output)
        #expect(first.last == 300 && first.count > 30 && first.count < 300)
        #expect(first == Array((first.first ?? 0)...300))
        let files = try BrigFixture.run(
            "/bin/sh", ["-c", "ls \(fixture.directory)/root/containers/*/*-json.log* | wc -l"])
        #expect(files.output == "3\n")
        // Later than everything of the first run, and earlier than everything of the second.
        let between = String(try BrigFixture.run("/bin/date", ["-u", "+%FT%T.%NZ"]).output.dropLast())
        #expect(try fixture.brig("start", "-a", "web").status == 0)
        #expect(numbers(try fixture.brig("logs", "--since", between, "web").output) == Array(301...310))
        let before = numbers(try fixture.brig("logs", "--until", between, "web").output)
        #expect(before.last == 300 && before == Array((before.first ?? 0)...300))
        #expect(numbers(try fixture.brig("logs", "--tail=3", "web").output) == [308, 309, 310])
        #expect(numbers(try fixture.brig("logs", "-n", "15", "web").output) == Array(296...310))
        let timed = try fixture.brig("logs", "-t", "--tail=1", "web").output.split(separator: " ")
        #expect(timed.count == 3 && timed.first?.hasSuffix("Z") == true && timed[1] == "310")
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("following goes on from file to file and from run to run, and loses nothing")
    func following() throws {
        #expect(
            try fixture.brig(
                "run", "-d", "--name=web", "--network=none", "--restart=on-failure:2", "--log-opt=max-size=4k",
                "--log-opt=max-file=1000", "box", "sh", "-c", printing(1...200) + "; exit 1"
            ).status == 0)
        let followed = numbers(try fixture.brig("logs", "-f", "web").output)
        #expect(followed == [1, 2, 3].flatMap { _ in Array(1...200) })
        #expect(try fixture.brig("wait", "web").output == "1\n")
        #expect(numbers(try fixture.brig("logs", "web").output) == followed)
        #expect(try fixture.brig("rm", "web").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("a driver that keeps nothing says so, and one that is not there is refused before anything is made")
    func drivers() throws {
        #expect(
            try fixture.brig("run", "--name=web", "--network=none", "--log-driver=none", "box", "echo", "hi").output
                == "hi\n")
        let none = try fixture.brig("logs", "web")
        #expect(none.status == 1 && none.errors.contains("keeps no log"))
        #expect(try fixture.brig("rm", "web").status == 0)
        for driver in ["syslog", "nope"] {
            let refused = try fixture.brig("run", "--network=none", "--log-driver=\(driver)", "box", "true")
            #expect(refused.status == 125 && refused.errors.contains("log driver \(driver) is not supported: use"))
        }
        #expect(try fixture.brig("ps", "-aq").output == "")
        #expect(try fixture.leftovers() == [])
    }

    @Test("packed files are read as others are, also while they are followed", arguments: ["json-file", "local"])
    func packed(driver: String) throws {
        let options = ["--log-driver=\(driver)", "--log-opt=max-size=4k", "--log-opt=compress=true"]
        #expect(
            try fixture.brig(
                ["run", "-d", "--name=web", "--network=none", "--log-opt=max-file=1000"] + options
                    + [
                        "box", "sh", "-c",
                        printing(1...400) + "; until [ -e /go ]; do sleep 0.1; done; " + printing(401...800),
                    ]
            ).status == 0)
        func files(_ pattern: String) throws -> String {
            try BrigFixture.run(
                "/bin/sh", ["-c", "ls \(fixture.directory)/root/containers/*/*-json.log\(pattern) 2>/dev/null | wc -l"]
            ).output
        }
        var (plain, packed) = ("", "")
        for _ in 0..<600 {
            (plain, packed) = (try files(".*[0-9]"), try files(".*.gz"))
            if plain == "0\n", packed != "0\n" { break }
            sleep(for: .milliseconds(100))
        }
        #expect(plain == "0\n" && packed != "0\n")
        #expect(numbers(try fixture.brig("logs", "--tail=130", "web").output).suffix(130).first == 271)
        #expect(try fixture.brig("exec", "web", "touch", "/go").status == 0)
        #expect(numbers(try fixture.brig("logs", "-f", "web").output) == Array(1...800))
        #expect(numbers(try fixture.brig("logs", "web").output) == Array(1...800))
        #expect(try fixture.brig("rm", "-f", "web").status == 0)
        let refused = try fixture.brig(
            ["create", "--log-opt=max-file=1"] + options + ["box", "true"])
        #expect(
            refused.status == 1 && refused.errors.contains("compress cannot be true when max-file is less than 2"))
        #expect(try fixture.leftovers() == [])
    }
}
