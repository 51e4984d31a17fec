import LinuxKernel
import MonitorProtocol
import Testing

private func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script] }

@Suite("A monitor at work, with a plain process as its container", .timeLimit(.minutes(2)))
struct LiveTests {
    @Test("output, log, exit record and cleanup")
    func whole() throws {
        let monitor = try LiveMonitor(
            shell("echo out; echo err >&2; printf rest; exit 3"),
            ["--cleanup", "/bin/sh", "--cleanup-arg", "-c", "--cleanup-arg", "echo cleaned; exit 7"])
        let told = try monitor.client.rest()
        #expect(told.started != nil)
        #expect(told.outputText == "out\nrest")
        #expect(told.errorText == "err\n")
        let record = try #require(told.exit)
        #expect((record.exitCode, record.signal, record.oomKilled) == (3, nil, false))
        #expect(record.startedAt <= record.finishedAt)
        // The monitor has become the cleanup command.
        #expect(try monitor.wait() == .exited(7))
        #expect(try monitor.exitRecord() == record)
        #expect(try Set(monitor.logged()) == ["out\n", "2:err\n", "rest"])
        #expect(try monitor.directory.names() == ["exit.json", "log"])
    }

    @Test("a program ended by a signal", arguments: [Signal.kill, .terminate, .user1])
    func signalled(signal: Signal) throws {
        let monitor = try LiveMonitor(shell("kill -\(signal.rawValue) $$"), log: false)
        let told = try monitor.client.rest()
        #expect(told.exit?.exitCode == 128 + signal.rawValue)
        #expect(told.exit?.signal == signal.rawValue)
        #expect(try monitor.wait() == .exited(0))
        #expect(try monitor.directory.names() == ["exit.json"])
    }

    @Test(
        "what cannot be started", arguments: [("/nonexistent", StartFailure.Kind.notFound), ("/etc", .notExecutable)])
    func failure(program: String, kind: StartFailure.Kind) throws {
        let monitor = try LiveMonitor([program], ["--cleanup", "/bin/false"])
        let told = try monitor.client.rest()
        #expect(told.failure?.kind == kind)
        #expect(told.started == nil && told.exit == nil)
        #expect(try monitor.wait() == .exited(kind.exitCode))
        #expect(try monitor.directory.names() == ["log"])
    }

    @Test("a log that cannot be opened fails the start")
    func badLog() throws {
        let monitor = try LiveMonitor(["/bin/true"], ["--log-path", "/nonexistent/log"])
        #expect(try monitor.client.rest().failure?.kind == .engine)
        #expect(try monitor.wait() == .exited(125))
    }

    @Test("signals to the monitor reach the container", arguments: [Signal.terminate, .interrupt, .quit])
    func forwarded(signal: Signal) throws {
        let monitor = try LiveMonitor(
            shell("trap 'echo caught; exit 5' \(signal.rawValue); echo ready; while :; do sleep 0.05; done"))
        try monitor.client.expect("ready")
        try Signal.hangUp.send(to: monitor.pid)
        try signal.send(to: monitor.pid)
        let told = try monitor.client.rest()
        #expect(told.outputText == "caught\n")
        #expect(told.exit?.exitCode == 5)
    }

    @Test("input goes in, its end as well")
    func input() throws {
        let monitor = try LiveMonitor(["/bin/cat"], ["--stdin"])
        let text = (0..<20_000).map { "line \($0)\n" }.joined()
        try monitor.client.send(.input(Array(text.utf8)), .endOfInput)
        let told = try monitor.client.rest()
        #expect(told.outputText == text)
        #expect(told.exit?.exitCode == 0)
        #expect(try monitor.logged().joined() == text)
    }

    @Test("without --stdin the container reads nothing")
    func noInput() throws {
        let monitor = try LiveMonitor(["/bin/cat"])
        try monitor.client.send(.input([1, 2, 3]))
        let told = try monitor.client.rest()
        #expect(told.output.isEmpty)
        #expect(told.exit?.exitCode == 0)
    }

    @Test("input ends with the client that holds it, if so asked")
    func inputHolder() throws {
        let monitor = try LiveMonitor(["/bin/cat"], ["--stdin-once"])
        try monitor.client.send(.input(Array("first\n".utf8)))
        try monitor.client.expect("first\n")
        var second = try monitor.attach()
        monitor.client = try monitor.attach()
        #expect(try second.rest().exit?.exitCode == 0)
    }

    @Test("input outlives a client otherwise")
    func inputStays() throws {
        let monitor = try LiveMonitor(["/bin/cat"], ["--stdin"])
        try monitor.client.send(.input(Array("first\n".utf8)))
        try monitor.client.expect("first\n")
        monitor.client = try monitor.attach()
        try monitor.client.send(.input(Array("second\n".utf8)))
        try monitor.client.expect("second\n")
        try monitor.client.send(.endOfInput)
        #expect(try monitor.client.rest().exit?.exitCode == 0)
    }

    @Test("input that the container does not take waits with the client, and is not lost when that leaves")
    func inputWaits() throws {
        let monitor = try LiveMonitor(shell("sleep 0.5; wc -c"), ["--stdin"])
        do {
            // More than the pipe and the socket hold together, so the last of it is sent late.
            let early = try monitor.attach()
            try early.send(.input(Array(repeating: 65, count: 300_000)), .endOfInput)
        }
        let told = try monitor.client.rest()
        #expect(told.outputText == "300000\n")
    }

    @Test("several clients see the same")
    func several() throws {
        let monitor = try LiveMonitor(shell("read x; echo $x; echo more >&2"), ["--stdin"])
        var second = try monitor.attach()
        var third = try monitor.attach()
        // Both are known to be attached once they have been greeted.
        #expect(try second.next() == .started(pid: try #require(try startedPid(monitor))))
        _ = try third.next()
        try second.send(.input(Array("hello\n".utf8)))
        for told in [try monitor.client.rest(), try second.rest(), try third.rest()] {
            #expect(told.outputText == "hello\n")
            #expect(told.errorText == "more\n")
            #expect(told.exit?.exitCode == 0)
        }
    }

    private func startedPid(_ monitor: LiveMonitor) throws -> Int32? {
        guard case .started(let pid)? = try monitor.client.next() else { return nil }
        return pid
    }

    @Test("garbage closes the connection that sent it, and no other")
    func garbage() throws {
        let monitor = try LiveMonitor(shell("read x; echo $x"), ["--stdin"])
        for bytes: [UInt8] in [
            [11, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 255, 255, 255, 255], [7, 0, 0, 0, 0, 0, 0, 5], Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] {
            var other = try monitor.attach()
            try other.socket.sendAll(bytes)
            let told = try other.rest()
            #expect(told.exit == nil)
        }
        try monitor.client.send(.input(Array("fine\n".utf8)))
        let told = try monitor.client.rest()
        #expect(told.outputText == "fine\n")
        #expect(told.exit?.exitCode == 0)
    }

    @Test("the thirty-third client is refused")
    func crowd() throws {
        let monitor = try LiveMonitor(shell("read x"), ["--stdin"])
        let others = try (0..<31).map { _ in Kept(try monitor.attach()) }
        for other in others { #expect(try other.client.next() != nil) }
        var last = try monitor.attach()
        #expect(try last.rest().failure?.kind == .engine)
        try monitor.client.send(.endOfInput)
        #expect(try monitor.client.rest().exit?.exitCode == 1)
        for other in others { #expect(try other.client.rest().exit?.exitCode == 1) }
    }

    /// A client in an array.
    private final class Kept {
        var client: AttachedClient
        init(_ client: consuming AttachedClient) { self.client = client }
    }

    @Test("a terminal: one stream, both ways, and its size")
    func terminal() throws {
        // setsid makes the terminal the controlling one, which the runtime does in a container.
        let monitor = try LiveMonitor(
            ["/usr/bin/setsid", "-cw", "/bin/sh", "-c", "echo ready >&2; read x; stty size; tty; echo got $x"],
            terminal: true)
        try monitor.client.expect("ready\r\n")
        try monitor.client.send(.resize(WindowSize(rows: 33, columns: 44)), .input(Array("word\n".utf8)))
        let told = try monitor.client.rest()
        #expect(told.outputText.hasPrefix("word\r\n33 44\r\n/dev/pts/"))
        #expect(told.outputText.hasSuffix("got word\r\n"))
        #expect(told.errors.isEmpty)
        #expect(try monitor.logged().last == "got word\r\n")
    }

    @Test("a terminal that nobody has open for a while is still one")
    func closedTerminal() throws {
        let monitor = try LiveMonitor(
            shell("t=$(tty); exec <&- >&- 2>&-; sleep 0.3; echo back > $t; sleep 0.1; exit 4"), terminal: true)
        let told = try monitor.client.rest()
        #expect(told.outputText == "back\r\n")
        #expect(told.exit?.exitCode == 4)
    }

    @Test("a hundred mebibytes arrive whole, in bounded memory")
    func flood() throws {
        let size = 100 << 20
        let monitor = try LiveMonitor(shell("head -c \(size) /dev/zero"), log: false)
        var count = 0
        var largest = 0
        while let message = try monitor.client.next() {
            guard case .standardOutput(let bytes) = message else { continue }
            count += bytes.count
            // Its last bytes may still be on their way when the monitor has ended.
            if count % 50 == 0, let memory = try? monitor.privateMemory() { largest = max(largest, memory) }
        }
        #expect(count == size)
        #expect(largest > 0)
        #expect(largest < 2048)
    }

    @Test("a flood into the log fills what was allowed, and no more")
    func floodedLog() throws {
        let monitor = try LiveMonitor(
            shell("yes 0123456789 | head -c 5000000"), ["--log-max-size", "100000", "--log-max-files", "2"])
        var count = 0
        while let message = try monitor.client.next() {
            if case .standardOutput(let bytes) = message { count += bytes.count }
        }
        #expect(count == 5_000_000)
        try monitor.wait()
        #expect(try monitor.directory.names() == ["exit.json", "log", "log.1"])
        for name in ["log", "log.1"] {
            let text = monitor.directory.text(name)
            #expect(text.utf8.count < 100_100)
            for line in text.split(separator: "\n").dropLast() {
                #expect(try LogRecord(json: Array(line.utf8)).log == Array("0123456789\n".utf8))
            }
        }
    }

    @Test("a client that does not read does not hold the container for ever, and is told what it missed")
    func slowClient() throws {
        let size: UInt64 = 4_000_000
        let monitor = try LiveMonitor(shell("head -c \(size) /dev/zero"), log: false)
        var slow = try monitor.attach()
        var fast: UInt64 = 0
        while let message = try monitor.client.next() {
            if case .standardOutput(let bytes) = message { fast += UInt64(bytes.count) }
        }
        // Whether the slow one came in time to be in the way is up to the scheduler; that all goes on is not.
        #expect(fast == size)
        let told = try slow.rest()
        #expect(told.exit?.exitCode == 0)
        if told.started != nil { #expect(UInt64(told.output.count) + told.dropped <= size) }
    }

    @Test("what outlives the container's first process is waited for, but not long")
    func orphan() throws {
        // What comes late comes in the time that it is waited for, unless the machine has more to do: then another time.
        var isComplete = false
        for _ in 0..<30 where !isComplete {
            let monitor = try LiveMonitor(shell("(sleep 60 & echo $! >&2); (sleep 0.05; echo late) & echo now"))
            let told = try monitor.client.rest()
            isComplete = told.outputText == "now\nlate\n"
            #expect(isComplete || told.outputText == "now\n")
            #expect(told.exit?.exitCode == 0)
            if let pid = Int32(told.errorText.dropLast()) { try Signal.kill.send(to: pid) }
        }
        #expect(isComplete)
    }

    @Test("an orphan that never stops writing is left alone after two seconds")
    func noisyOrphan() throws {
        let monitor = try LiveMonitor(shell("yes & echo $! >&2"), log: false)
        let told = try monitor.client.rest()
        #expect(told.exit?.exitCode == 0)
        let pid = try #require(Int32(told.errorText.dropLast()))
        // Its pipe is closed, so it ends by itself; a signal to it may come too late.
        try? Signal.kill.send(to: pid)
    }

    @Test("orphans are adopted and waited for")
    func adopted() throws {
        let monitor = try LiveMonitor(
            shell(
                """
                (sleep 0.05 & sleep 0.05 & sleep 0.05 &)
                i=0; while [ "$(ps -o stat= --ppid $PPID | wc -l)" -gt 1 ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done
                ps -o stat= --ppid $PPID
                """))
        let told = try monitor.client.rest()
        // Only the program itself is left, and no zombie.
        #expect(told.outputText.split(separator: "\n").count == 1)
    }

    @Test("a full disk costs output, says so, and is over when there is room again")
    func fullDisk() throws {
        let monitor = try LiveMonitor(
            shell(
                """
                prlimit --pid $PPID --fsize=4096:unlimited
                i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; sleep 3
                prlimit --pid $PPID --fsize=unlimited; echo room; sleep 0.2
                """))
        #expect(try monitor.client.rest().exit?.exitCode == 0)
        let records = try monitor.logged()
        #expect(records.last == "room\n")
        #expect(records.contains { $0.hasPrefix("2:[brig] ") && $0.hasSuffix(" missing here: file too large\n") })
        #expect(monitor.directory.text("monitor.log").contains("file too large"))
    }

    @Test("a monitor that is killed hangs up, and leaves no exit record")
    func killed() throws {
        let monitor = try LiveMonitor(shell("echo $$; exec sleep 60"))
        try monitor.client.expect("\n")
        try Signal.kill.send(to: monitor.pid)
        let told = try monitor.client.rest()
        #expect(told.exit == nil)
        #expect(try monitor.wait() == .signalled(.kill, coreDumped: false))
        #expect(!(try monitor.directory.names().contains("exit.json")))
        #expect(throws: SyscallError.self) { _ = try monitor.attach() }
    }
}
