import LinuxKernel
import MonitorProtocol
import Testing

private func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script] }

@Suite(
    "A monitor and its container", .enabled(if: TestContainer.canRun, "takes root, busybox-static and the runtime"),
    .serialized, .timeLimit(.minutes(5)))
struct ContainerTests {
    @Test("output, log and exit code", arguments: [0, 3, 255])
    func whole(code: Int32) throws {
        let container = try TestContainer(shell("echo $$; echo err >&2; exit \(code)"))
        let monitor = try container.monitor()
        let told = try monitor.client.rest()
        #expect(told.outputText == "1\n")
        #expect(told.errorText == "err\n")
        #expect(told.exit?.exitCode == code)
        try monitor.wait()
        #expect(try monitor.exitRecord() == told.exit)
        #expect(try Set(monitor.logged()) == ["1\n", "2:err\n"])
        #expect(try container.run(["delete", container.id]).isSuccess)
    }

    @Test("a signal to the container")
    func signal() throws {
        let container = try TestContainer(shell("echo ready; sleep 60"))
        let monitor = try container.monitor()
        try monitor.client.expect("ready")
        #expect(try container.run(["kill", container.id, "KILL"]).isSuccess)
        let told = try monitor.client.rest()
        #expect((told.exit?.exitCode, told.exit?.signal) == (137, 9))
    }

    @Test(
        "what cannot be started leaves nothing",
        arguments: [("missing", StartFailure.Kind.notFound), ("/proc", .notExecutable)])
    func failure(program: String, kind: StartFailure.Kind) throws {
        let container = try TestContainer([program])
        let monitor = try container.monitor()
        #expect(try monitor.client.rest().failure?.kind == kind)
        #expect(try monitor.wait() == .exited(kind.exitCode))
        // Nothing is left to delete.
        #expect(try !container.run(["delete", container.id]).isSuccess)
    }

    @Test("input there and back")
    func input() throws {
        let container = try TestContainer(["/bin/cat"])
        let monitor = try container.monitor(["--stdin"])
        let text = (0..<20_000).map { "line \($0)\n" }.joined()
        try monitor.client.send(.input(Array(text.utf8)), .endOfInput)
        #expect(try monitor.client.rest().outputText == text)
    }

    @Test("a terminal and its size")
    func terminal() throws {
        let container = try TestContainer(shell("stty size; echo ready; read x; stty size; echo got $x >&2; tty")) {
            TestContainer.change(&$0, "process") {
                $0["terminal"] = true
                $0["consoleSize"] = ["height": 20, "width": 70]
            }
        }
        let monitor = try container.monitor()
        try monitor.client.expect("20 70\r\nready\r\n")
        var second = try monitor.attach()
        _ = try second.next()
        try second.send(.resize(WindowSize(rows: 33, columns: 44)), .input(Array("word\n".utf8)))
        for told in [try monitor.client.rest(), try second.rest()] {
            #expect(told.outputText == "word\r\n33 44\r\ngot word\r\n/dev/pts/0\r\n")
            #expect(told.errors.isEmpty)
        }
    }

    @Test("a process killed for want of memory is told", arguments: [true, false])
    func memory(tooMuch: Bool) throws {
        let container = try TestContainer(shell("dd if=/dev/zero of=/dev/null bs=\(tooMuch ? 200 : 1)M count=1")) {
            TestContainer.change(&$0, "linux") {
                TestContainer.change(&$0, "resources") { $0["memory"] = ["limit": 32 << 20, "swap": 32 << 20] }
            }
        }
        let told = try container.monitor().client.rest()
        #expect(told.exit?.oomKilled == tooMuch)
    }

    @Test("an orphan in the host's pid namespace holds the output and is left alone")
    func orphan() throws {
        let container = try TestContainer(shell("sleep 60 & echo $! >&2; echo now")) {
            TestContainer.change(&$0, "linux") {
                let namespaces = $0["namespaces"] as? [[String: Any]] ?? []
                $0["namespaces"] = namespaces.filter { $0["type"] as? String != "pid" }
            }
        }
        let told = try container.monitor().client.rest()
        #expect(told.outputText == "now\n")
        #expect(told.exit?.exitCode == 0)
        // Had its end been waited for, it would be gone.
        try Signal.kill.send(to: try #require(Int32(told.errorText.dropLast())))
    }

    @Test("SIGTERM to the monitor reaches the container")
    func terminated() throws {
        let container = try TestContainer(shell("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"))
        let monitor = try container.monitor()
        try monitor.client.expect("ready")
        try Signal.terminate.send(to: monitor.pid)
        #expect(try monitor.client.rest().exit?.exitCode == 9)
    }

    @Test("a monitor killed at any moment leaves nothing that delete --force does not clear")
    func killed() throws {
        for round in 0..<30 {
            let container = try TestContainer(shell("sleep 60"))
            let monitor = try container.monitor()
            sleep(for: .milliseconds(round))
            try Signal.kill.send(to: monitor.pid)
            try monitor.wait()
            #expect(try container.run(["delete", "--force", container.id]).isSuccess)
            // A monitor that died early has not made the state root.
            guard try container.directory.names().contains("state") else { continue }
            let root = try OwnedDescriptor(open: container.directory.path + "/state", [.read, .directory])
            #expect(try root.entries().isEmpty)
        }
    }
}
