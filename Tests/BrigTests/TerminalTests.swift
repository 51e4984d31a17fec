import LinuxKernel
import Testing

@Suite("containers on a terminal", .drivesBrig(with: "setsid"))
struct TerminalTests {
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

    @Test("-it: sizes, ^C, detaching, attaching again, two at once, and the exit code")
    func life() throws {
        let first = try TerminalClient(fixture, ["run", "-it", "--network=none", "--name=term", "box", "sh"])
        try first.type("echo $((40+2))x\n")
        try first.expect("42x")
        try first.type("busybox stty size\n")
        try first.expect("33 99")
        try first.resize(rows: 40, columns: 120)
        try eventually("the new size arrives") {
            try first.type("busybox stty size\n")
            return try first.hears("40 120", .seconds(1))
        }
        try first.type("sleep 4711\n")
        try eventually("sleep runs") { try fixture.brig("top", "term").output.contains("sleep 4711") }
        try first.type("\u{3}")
        try first.type("echo af''ter\n")
        try first.expect("after")
        #expect(try !fixture.brig("top", "term").output.contains("sleep 4711"))
        // The keys to detach, Docker's.
        try first.type("\u{10}\u{11}")
        #expect(try first.end() == 0)
        #expect(try fixture.brig("ps", "--format", "{{.Names}} {{.State}}").output == "term running\n")

        let second = try TerminalClient(fixture, ["attach", "--detach-keys=ctrl-x", "term"])
        try second.type("echo ba''ck\n")
        try second.expect("back")
        let third = try TerminalClient(fixture, ["attach", "term"])
        try third.type("echo bo''th\n")
        try third.expect("both")
        try second.expect("both")
        try second.type("\u{18}")
        #expect(try second.end() == 0)
        try third.type("exit 5\n")
        #expect(try third.end() == 5)
        #expect(
            try fixture.brig("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "term").output == "exited 5\n")
        let sizes = try fixture.brig(
            "events", "--since=1h", "--until=0s", "-f", "event=resize", "--format",
            "{{.Actor.Attributes.height}} {{.Actor.Attributes.width}}"
        ).output.split(separator: "\n")
        #expect(sizes.first == "33 99" && sizes.contains("40 120"))
        #expect(try fixture.brig("rm", "term").status == 0)
        #expect(try fixture.leftovers() == [])
    }

    @Test("a terminal that goes away leaves the container running; with --init ^C is the program's, too")
    func hangUp() throws {
        do {
            let client = try TerminalClient(
                fixture, ["run", "-it", "--init", "--network=none", "--name=term", "box", "sh"])
            try client.type("sleep 4711\n")
            try eventually("sleep runs") { try fixture.brig("top", "term").output.contains("sleep 4711") }
            try client.type("\u{3}")
            try client.type("echo af''ter\n")
            try client.expect("after")
        }
        #expect(try fixture.brig("ps", "--format", "{{.Names}} {{.State}}").output == "term running\n")
        let again = try TerminalClient(fixture, ["attach", "term"])
        try again.type("echo ba''ck\n")
        try again.expect("back")
        try again.type("exit 3\n")
        #expect(try again.end() == 3)
        #expect(try fixture.brig("rm", "term").status == 0)
        #expect(try fixture.leftovers() == [])
    }
}
