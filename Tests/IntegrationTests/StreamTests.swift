import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// What a program in a container gets of the caller's streams: pipes, so that nothing of the host's can be opened anew.
    @Suite("Streams")
    struct StreamTests {
        /// What each stream is, one word a line, on the third.
        private static let kinds =
            "exec 3>&1; for n in 0 2 3; do [ -t $n ] && echo terminal; [ -p /proc/self/fd/$n ] && echo pipe; done >&2"

        @Test("without a terminal of its own, exec and run give none away", arguments: ["exec", "run"])
        func terminal(_ command: String) throws {
            try withWorkspace { workspace in
                let script = "\(Self.kinds); echo ready; read word; echo \"got $word\" >&2"
                var words = [Machine.runtime, "--root", workspace.stateRoot, command]
                if command == "exec" {
                    try workspace.startContainer()
                    words += [workspace.id, "/bin/sh", "-c", script]
                } else {
                    try workspace.prepare(["/bin/sh", "-c", script])
                    words += ["--bundle", workspace.bundle, workspace.id]
                }
                let outcome = try converse(words, in: workspace.directory, prompt: "ready", typed: "a word\n")
                let lines = outcome.output.split(whereSeparator: \.isNewline)
                #expect(lines.filter { $0 == "pipe" }.count == 3, "\(outcome.summary)")
                #expect(!lines.contains("terminal") && lines.contains("got a word"), "\(outcome.summary)")
                #expect(outcome.code == 0, "\(outcome.summary)")
            }
        }

        @Test("files are not given away either, and nothing of what goes through is lost", arguments: ["exec", "run"])
        func files(_ command: String) throws {
            try withWorkspace { workspace in
                let input = String(repeating: "a line of forty characters, one of many\n", count: 5000)
                let script = "\(Self.kinds); cat; busybox head -c 300000 /dev/zero >&2; exit 7"
                let outcome: Outcome
                if command == "exec" {
                    try workspace.startContainer()
                    outcome = try workspace.runtime(
                        "exec", workspace.id, "/bin/sh", "-c", script,
                        input: input)
                } else {
                    outcome = try workspace.runContainer(
                        ["/bin/sh", "-c", script], input: input)
                }
                #expect(outcome.code == 7)
                #expect(outcome.output == input)
                #expect(outcome.errors.hasPrefix("pipe\npipe\npipe\n"), "\(outcome.errors.prefix(100))")
                #expect(outcome.errors.utf8.count == 300_015)
            }
        }

        @Test("a pipe is passed on, and its end seen")
        func pipe() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let outcome = try run(
                    [
                        "/bin/sh", "-c", "yes | \"$0\" --root \"$1\" exec \"$2\" /bin/busybox head -n 2 | cat",
                        Machine.runtime, workspace.stateRoot, workspace.id,
                    ], in: workspace.directory)
                #expect(outcome.lines == ["y", "y"], "\(outcome.summary)")
            }
        }

        @Test(
            "an engine's detached program gets none of the engine's streams",
            .enabled(if: !Machine.isReference, "an option of this runtime"))
        func detached() throws {
            try withWorkspace { workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer()
                let outcome = try workspace.runtime(
                    "exec", "--engine-codes", "--detach", workspace.id, "/bin/sh", "-c",
                    "exec 3>&1; for n in 0 2 3; do busybox readlink /proc/$$/fd/$n >/tmp/$n; done; busybox mv /tmp/3 /tmp/end"
                )
                #expect(outcome.code == 0, "\(outcome.summary)")
                let end = ContinuousClock.now + Machine.patience
                let seen = "\(workspace.rootfs)/tmp"
                while !FileManager.default.fileExists(atPath: "\(seen)/end"), ContinuousClock.now < end {
                    Thread.sleep(forTimeInterval: 0.02)
                }
                for name in ["0", "2", "end"] { #expect(contents("\(seen)/\(name)") == "/dev/null\n") }
            }
        }
    }
}
