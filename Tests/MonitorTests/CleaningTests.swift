import LinuxKernel
import MonitorProtocol
import Testing

/// Which of the two cleans up after a container, the monitor's cleanup command or a client that is there already.
@Suite("Cleaning up in the monitor's place", .timeLimit(.minutes(2)))
struct CleaningTests {
    /// A monitor whose cleanup command leaves a file and ends with 7.
    private func monitor(_ script: String, _ options: [String] = []) throws -> LiveMonitor {
        let command = ["--cleanup", "/bin/sh", "--cleanup-arg", "-c", "--cleanup-arg", "exit 7"]
        return try LiveMonitor(["/bin/sh", "-c", script], command + options, log: false)
    }

    @Test("the first client says that it has cleaned up, and no command is run")
    func first() throws {
        let monitor = try monitor("echo out; exit 3", ["--client-cleans"])
        var told = Conversation()
        while told.exit == nil { told.add(try #require(try monitor.client.next())) }
        #expect((told.outputText, told.exit?.exitCode) == ("out\n", 3))
        try monitor.client.send(.cleaned)
        #expect(try monitor.client.next() == nil)
        #expect(try monitor.wait() == .exited(0))
    }

    @Test("a client that leaves without a word: the command is run", arguments: [false, true])
    func leaves(late: Bool) throws {
        let monitor = try monitor(late ? "exit 3" : "read word; exit 3", ["--client-cleans", "--stdin"])
        if late {
            while let message = try monitor.client.next() { if case .exited = message { break } }
            monitor.client = AttachedClient(try UnixSocketPair().keepFirst())
        } else {
            // It detaches while the container runs.
            var other = try monitor.attach()
            monitor.client = AttachedClient(try UnixSocketPair().keepFirst())
            try other.send(.input(Array("word\n".utf8)))
            #expect(try other.rest().exit?.exitCode == 3)
        }
        #expect(try monitor.wait() == .exited(7))
    }

    @Test("whoever is about to end the container takes it on, and gets no output")
    func claim() throws {
        let monitor = try monitor("echo ready; read word; echo $word; exit 4", ["--stdin"])
        try monitor.client.expect("ready")
        var cleaner = try monitor.attach()
        try cleaner.send(.claim)
        try monitor.client.send(.input(Array("word\n".utf8)))
        #expect(try monitor.client.rest().outputText == "word\n")
        var told = Conversation()
        while told.exit == nil { told.add(try #require(try cleaner.next())) }
        #expect((told.outputText, told.exit?.exitCode) == ("", 4))
        try cleaner.send(.cleaned)
        #expect(try monitor.wait() == .exited(0))
    }

    @Test("two that take it on: the first to have cleaned up is enough")
    func two() throws {
        let monitor = try monitor("read word", ["--stdin", "--client-cleans"])
        var cleaner = try monitor.attach()
        try cleaner.send(.claim)
        try monitor.client.send(.endOfInput)
        while let message = try cleaner.next() { if case .exited = message { break } }
        try cleaner.send(.cleaned)
        #expect(try monitor.client.rest().exit?.exitCode == 1)
        #expect(try monitor.wait() == .exited(0))
    }

    @Test("who has not promised it cannot say that it is done")
    func stranger() throws {
        let monitor = try monitor("read word", ["--stdin"])
        try monitor.client.send(.cleaned, .endOfInput)
        #expect(try monitor.client.rest().exit != nil)
        #expect(try monitor.wait() == .exited(7))
    }

    @Test("a client that takes too long: the command is run beside it")
    func slow() throws {
        let monitor = try monitor("exit 3", ["--client-cleans"])
        // The connection ends with the monitor's patience.
        #expect(try monitor.client.rest().exit?.exitCode == 3)
        #expect(try monitor.wait() == .exited(0))
    }
}
