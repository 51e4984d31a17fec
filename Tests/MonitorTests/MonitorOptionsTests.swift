import OCISpec
import Testing

@testable import Monitor

@Suite("The monitor's command line")
struct MonitorOptionsTests {
    @Test("all of it")
    func everything() throws {
        let words = [
            "--bundle", "/b", "--run-dir=/r", "--log-driver", "json-file", "--log-path", "/l/log", "--log-max-size",
            "5000", "--log-max-files", "2", "--stdin", "--client-fd", "9", "--client-cleans", "--cleanup",
            "/usr/bin/brig",
            "--cleanup-arg", "container", "--cleanup-arg=--x", "web-1",
        ]
        let options = try MonitorOptions.parse(words)
        #expect(options.id.text == "web-1")
        #expect((options.bundle, options.runDirectory) == ("/b", "/r"))
        #expect(options.log?.path == "/l/log")
        #expect((options.log?.maximumSize, options.log?.maximumFiles) == (5000, 2))
        #expect(options.hasInput && !options.inputEndsWithClient)
        #expect(options.clientDescriptor == 9 && options.clientCleansUp)
        #expect(options.cleanup == ["/usr/bin/brig", "container", "--x"])
        #expect(options.words == words)
    }

    @Test("what is not said")
    func defaults() throws {
        let options = try MonitorOptions.parse(["--bundle", "/b", "--run-dir", "/r", "--", "x"])
        #expect(options.log == nil)
        #expect(!options.hasInput)
        #expect(options.clientDescriptor == nil && options.cleanup.isEmpty)
        let logged = try MonitorOptions.parse(
            ["--bundle", "/b", "--run-dir", "/r", "--log-path", "/l", "x"])
        #expect(logged.log == LogOptions(path: "/l"))
        #expect((logged.log?.maximumSize, logged.log?.maximumFiles) == (10_485_760, 3))
        let once = try MonitorOptions.parse(["--bundle", "/b", "--run-dir", "/r", "--stdin-once", "x"])
        #expect(once.hasInput && once.inputEndsWithClient)
    }

    @Test(
        "what is refused",
        arguments: [
            "", "x", "--bundle /b x", "--run-dir /r x", "--bundle b --run-dir /r x", "--bundle /b --run-dir /r",
            "--bundle /b --run-dir /r x y", "--bundle /b --run-dir /r ../x", "--bundle /b --run-dir /r --stdin=1 x",
            "--bundle /b --run-dir /r --log-driver syslog x", "--bundle /b --run-dir /r --log-driver json-file x",
            "--bundle /b --run-dir /r --log-path l x", "--bundle /b --run-dir /r --client-fd 2 x",
            "--bundle /b --run-dir /r --client-fd a x", "--bundle /b --run-dir /r --cleanup brig x",
            "--bundle /b --run-dir /r --cleanup-arg a x", "--bundle /b --run-dir /r --log-path /l --log-max-files 0 x",
            "--bundle /b --run-dir /r --log-path /l --log-max-size 1 x", "--bundle /b --run-dir /r --unknown x",
            "--bundle /b --run-dir /r x --client-fd", "--bundle /b --run-dir /r --client-cleans x",
            "--bundle /b --run-dir /r --resume pid=1 x",
        ])
    func refused(line: String) {
        #expect(throws: MonitorUsageError.self) {
            try MonitorOptions.parse(line.split(separator: " ").map { String($0) })
        }
    }

    @Test("counters of both cgroup versions")
    func memoryEvents() {
        #expect(MemoryEvents.kills(in: "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n") == 2)
        #expect(MemoryEvents.kills(in: "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n") == 7)
        #expect(MemoryEvents.kills(in: "oom_kill_disable 1\nunder_oom 0\n") == 0)
        #expect(MemoryEvents.kills(in: "oom_kill -1\noom_kill") == 0)
    }
}
