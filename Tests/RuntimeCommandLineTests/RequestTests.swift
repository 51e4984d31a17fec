import ContainerRuntime
import OCISpec
import Testing

@testable import RuntimeCommandLine

@Suite struct RequestTests {
    static func given(_ words: String...) throws -> GivenOptions {
        guard case .command(_, _, let options, _) = try Invocation(words) else { throw CancellationError() }
        return options
    }

    static let base = RuntimeConfig.Process(
        terminal: true, user: .init(uid: 1, gid: 2, additionalGids: [3]), args: ["sh"], env: ["A=1"], cwd: "/home",
        capabilities: .init(bounding: ["CAP_KILL"], inheritable: ["CAP_CHOWN"]))

    @Test("exec keeps what it is not told")
    func plainExec() throws {
        let process = try ExecOptions.process(from: Self.base, Self.given("exec", "x", "ls"), arguments: ["ls", "-l"])
        var expected = Self.base
        expected.args = ["ls", "-l"]
        expected.terminal = false
        #expect(process == expected)
    }

    @Test("exec takes every option")
    func fullExec() throws {
        let options = try Self.given(
            "exec", "-t", "--cwd", "/x", "-e", "B=2", "-u", "5:6", "-g", "7", "-g", "8", "--cap", "CAP_CHOWN", "-c",
            "CAP_FOWNER", "--no-new-privs", "--apparmor", "p", "--process-label", "l", "x", "ls")
        let process = try ExecOptions.process(from: Self.base, options, arguments: ["ls"])
        #expect(process.terminal)
        #expect(process.cwd == "/x")
        #expect(process.env == ["A=1", "B=2"])
        #expect(process.user == .init(uid: 5, gid: 6, additionalGids: [3, 7, 8]))
        #expect(process.capabilities?.bounding == ["CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"])
        #expect(process.capabilities?.effective == ["CAP_CHOWN", "CAP_FOWNER"])
        #expect(process.capabilities?.ambient == ["CAP_CHOWN"])
        #expect(process.noNewPrivileges)
        #expect(process.apparmorProfile == "p")
        #expect(process.selinuxLabel == "l")
    }

    @Test("users are numbers", arguments: ["root", "1:x", "-1", "4294967295", "4294967296", "1:2:3", ":1", "1:", "+1"])
    func users(text: String) throws {
        let options = try Self.given("exec", "--user=\(text)", "x", "ls")
        #expect(throws: UsageError.self) { try ExecOptions.process(from: Self.base, options, arguments: ["ls"]) }
    }

    @Test("exec needs a command")
    func noCommand() {
        #expect(throws: RuntimeError.self) {
            try ExecOptions.process(from: Self.base, Self.given("exec", "x"), arguments: [])
        }
    }

    @Test("cgroups of exec")
    func cgroups() throws {
        #expect(try ExecOptions.cgroupPaths([]) == [:])
        #expect(try ExecOptions.cgroupPaths(["/a"]) == ["": "/a"])
        #expect(try ExecOptions.cgroupPaths(["cpu,memory:a", "pids:b"]) == ["cpu": "a", "memory": "a", "pids": "b"])
        for wrong in [["a", "b"], ["cpu:a", "b"], [":a"], ["cpu,:a"], ["cpu:a", "cpu:b"]] {
            #expect(throws: UsageError.self) { try ExecOptions.cgroupPaths(wrong) }
        }
    }

    @Test("update's options become resources")
    func update() throws {
        let options = try Self.given(
            "update", "--memory", "64m", "--memory-swap", "-1", "--cpu-quota", "-1", "--cpu-period=1000", "--cpu-share",
            "5", "--cpuset-cpus", "0-1", "--pids-limit", "-1", "--blkio-weight", "100", "--cpu-idle", "1",
            "--l3-cache-schema", "L3:0=f", "x")
        let request = try UpdateRequest(options, file: nil)
        #expect(
            request.resources
                == .init(
                    memory: .init(limit: 64 << 20, swap: -1),
                    cpu: .init(shares: 5, quota: -1, period: 1000, cpus: "0-1", idle: 1),
                    pids: .init(limit: -1), blockIO: .init(weight: 100)))
        #expect(request.l3CacheSchema == "L3:0=f")
        #expect(try UpdateRequest(Self.given("update", "x"), file: nil).resources == .init())
        let file: JSONValue = ["pids": ["limit": 7]]
        #expect(try UpdateRequest(options, file: file).resources == .init(pids: .init(limit: 7)))
        for wrong in ["--memory=x", "--cpu-share=-1", "--cpu-quota=a", "--pids-limit=1.5", "--blkio-weight=70000"] {
            #expect(throws: UsageError.self) { try UpdateRequest(Self.given("update", wrong, "x"), file: nil) }
        }
    }
}
