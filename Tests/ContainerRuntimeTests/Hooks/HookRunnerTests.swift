import LinuxKernel
import OCISpec
import Testing

@testable import ContainerRuntime

@Suite(.serialized) struct HookRunnerTests {
    typealias Hook = RuntimeConfig.Hooks.Hook

    static func shell(_ script: String, env: [String] = [], timeout: Int? = nil) -> Hook {
        Hook(path: "/bin/sh", args: ["sh", "-c", script], env: env, timeout: timeout)
    }

    static func error(_ hook: Hook) -> HookError? {
        do throws(HookError) {
            try HookRunner.run(.prestart, [hook], state: ["id": "x"])
            return nil
        } catch {
            return error
        }
    }

    @Test("a hook sees the state, its own environment, / and nothing else")
    func surroundings() {
        let script =
            #"read -r s; [ "$s" = '{"id":"x"}' ] && [ "$(pwd)" = / ] && [ "$A" = b ] && [ -z "$HOME" ] && exit 0; "#
            + #"echo "$s $(pwd) $A $HOME"; exit 1"#
        #expect(Self.error(Self.shell(script, env: ["A=b", "PATH=/bin"])) == nil)
        #expect(Self.error(Self.shell("ls /proc/self/fd | wc -l | grep -qx 4", env: ["PATH=/usr/bin:/bin"])) == nil)
    }

    @Test("a failure carries the end and the output")
    func failure() {
        let error = Self.error(Self.shell("echo out; echo err >&2; printf '\\033[31m'; exit 3"))
        #expect(error?.problem == .failed("exit status 3"))
        #expect(error?.output == "out err  [31m")
        #expect(error?.path == "/bin/sh")
        #expect(Self.error(Self.shell("kill -TERM $$"))?.problem == .failed("ended by SIGTERM"))
    }

    @Test("what cannot be started is told")
    func notStarted() {
        for path in ["/nonexistent/hook", "relative", "/etc/passwd"] {
            guard case .notStarted? = Self.error(Hook(path: path))?.problem else {
                Issue.record("\(path) was started")
                continue
            }
        }
    }

    @Test("a hook that takes too long is killed with what it started")
    func timeout() {
        let error = Self.error(Self.shell("echo begun; sleep 60 & sleep 60", timeout: 1))
        #expect(error?.problem == .timedOut(1))
        #expect(error?.output == "begun")
    }

    @Test("a daemon that keeps the output open holds nobody up")
    func daemon() {
        // Held up, it would be too late.
        #expect(Self.error(Self.shell("sleep 45 & exit 0", timeout: 30)) == nil)
    }

    @Test("output is kept up to a limit")
    func output() {
        let error = Self.error(
            Self.shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 1", env: ["PATH=/usr/bin:/bin"]))
        #expect(error?.output.utf8.count == HookRunner.outputLimit)
    }

    @Test("the first failure ends the row, unless all are to run")
    func order() {
        let hooks = [Self.shell("exit 0"), Self.shell("exit 1"), Self.shell("exit 2")]
        do throws(HookError) {
            try HookRunner.run(.createRuntime, hooks, state: .null)
            Issue.record("no failure")
        } catch {
            #expect(error.index == 1)
            #expect(error.kind == .createRuntime)
        }
        var failed: [Int] = []
        HookRunner.runAll(.poststop, hooks, state: .null) { failed.append($0.index) }
        #expect(failed == [1, 2])
    }
}
