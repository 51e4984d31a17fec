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

    @Test("exec -it is left by its keys, goes on without a terminal, and ends by itself", arguments: [nil, "ctrl-x,x"])
    func leaveExec(keys: String?) throws {
        #expect(try fixture.brig("run", "-d", "--network=none", "--name=term", "box", "sleep", "100000").status == 0)
        let options = keys.map { ["--detach-keys", $0] } ?? []
        let program = "echo rea''dy; while [ ! -e /tmp/on ]; do echo more; sleep 0.1; done; echo end > /tmp/done"
        let client = try TerminalClient(fixture, ["exec", "-it"] + options + ["term", "sh", "-c", program])
        try client.expect("ready")
        try client.type(keys == nil ? "\u{10}\u{11}" : "\u{18}x")
        try client.expect("read escape sequence")
        #expect(try client.end() == 1)
        #expect(try fixture.brig("exec", "term", "touch", "/tmp/on").status == 0)
        try eventually("its end") { try fixture.brig("exec", "term", "cat", "/tmp/done").output == "end\n" }
        // Nobody stays beside it.
        var left = ""
        for _ in 0..<600 {
            left = try fixture.brig("top", "term", "-eo", "pid,args").output
            if left.split(separator: "\n").count == 2 { break }
            sleep(for: .milliseconds(100))
        }
        #expect(left.split(separator: "\n").count == 2, "\(left)")
        let events = try fixture.brig(
            "events", "--since", "1h", "--until", "0s", "--filter", "event=exec_detach", "--format", "{{.Action}}")
        #expect(events.output == "exec_detach\n")
        #expect(
            try fixture.brig("exec", "--detach-keys", "nope", "term", "true").errors.contains(
                "invalid detach keys (nope)"))
        #expect(try fixture.brig("rm", "-f", "term").status == 0)
        #expect(try fixture.leftovers() == [])
    }
}
