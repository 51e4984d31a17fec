import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// runtime.md: lifecycle and operations; runc's command line around them.
    @Suite("Lifecycle")
    struct LifecycleTests {
        @Test("create, start, kill, delete, with the state of each")
        func states() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/probe", "pause"])
                #expect(
                    try workspace.runtime(
                        "create", "--bundle", workspace.bundle, "--pid-file", "\(workspace.directory)/pid", workspace.id
                    ).code == 0)
                #expect(try workspace.status() == "created")
                let pid = try #require(workspace.pid)
                let state = try JSONValue(parsing: workspace.runtime("state", workspace.id).output, sizeLimit: 1 << 16)
                guard case .object(let fields) = state else { Issue.record("no object"); return }
                #expect(fields["id"] == .string(workspace.id))
                #expect(fields["bundle"] == .string(workspace.bundle))
                #expect(fields["pid"] == .integer(Int64(pid)))
                // runtime.md: what is not stopped cannot be deleted. runc makes an exception of what was only created.
                if !Machine.isReference { #expect(try workspace.runtime("delete", workspace.id).code != 0) }
                #expect(try workspace.runtime("start", workspace.id).code == 0)
                #expect(try workspace.status() == "running")
                #expect(try workspace.runtime("start", workspace.id).code != 0)
                #expect(try workspace.runtime("delete", workspace.id).code != 0)
                #expect(try workspace.runtime("kill", workspace.id, "KILL").code == 0)
                try workspace.wait(for: "stopped")
                #expect(try workspace.runtime("kill", workspace.id, "KILL").code != 0)
                #expect(try workspace.runtime("delete", workspace.id).code == 0)
                #expect(try workspace.runtime("state", workspace.id).code != 0)
                // Whoever inherits orphans here may not have waited for it yet: then it is a zombie, which runs nothing.
                let command = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                #expect(command?.isEmpty ?? true)
            }
        }

        @Test("create in an existing name changes nothing")
        func nameInUse() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let outcome = try workspace.runtime("create", "--bundle", workspace.bundle, workspace.id)
                #expect(outcome.code == 1 && outcome.errors.contains("exist"), "\(outcome.summary)")
                #expect(try workspace.status() == "running")
            }
        }

        @Test("signals by name and number", arguments: Machine.sample(["TERM", "SIGTERM", "15"], 3))
        func signals(_ name: String) throws {
            try withWorkspace { workspace in
                try workspace.startContainer([
                    "/bin/sh", "-c", "trap 'exit 3' TERM; touch /tmp/x 2>/dev/null; while :; do sleep 0.1; done",
                ])
                Thread.sleep(forTimeInterval: 0.2)
                #expect(try workspace.runtime("kill", workspace.id, name).code == 0)
                try workspace.wait(for: "stopped")
            }
        }

        @Test("delete --force ends a running container, and is content with none")
        func force() throws {
            try withWorkspace { workspace in
                try workspace.startContainer(["/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait"])
                #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
                #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
                #expect(workspace.stateNames.isEmpty)
            }
        }

        @Test("kill --all reaches every process of a container without its own pids")
        func killAll() throws {
            try withWorkspace { workspace in
                workspace.config["linux.namespaces"] = [
                    ["type": "mount"], ["type": "network"], ["type": "ipc"], ["type": "uts"],
                ]
                try workspace.startContainer(["/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait"])
                Thread.sleep(forTimeInterval: 0.2)
                #expect(try workspace.runtime("kill", "--all", workspace.id, "KILL").code == 0)
                try workspace.wait(for: "stopped")
                #expect(try workspace.runtime("delete", workspace.id).code == 0)
            }
        }

        @Test("pause stops it, resume goes on, and delete --force ends it paused")
        func pause() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                #expect(try workspace.runtime("pause", workspace.id).code == 0)
                #expect(try workspace.status() == "paused")
                let exec = try workspace.runtime("exec", workspace.id, "/bin/true")
                #expect(exec.code != 0)
                #expect(try workspace.runtime("resume", workspace.id).code == 0)
                #expect(try workspace.status() == "running")
                #expect(try workspace.runtime("pause", workspace.id).code == 0)
                #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
            }
        }

        @Test("list and ps")
        func lists() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let pid = try #require(workspace.pid)
                let (quiet, table) = (try workspace.runtime("list", "--quiet"), try workspace.runtime("list"))
                let json = try workspace.runtime("list", "--format", "json")
                #expect(quiet.trimmed == workspace.id)
                #expect(table.output.contains("running"), "\(table.summary)")
                #expect(json.output.contains("\"\(workspace.id)\""), "\(json.summary)")
                let pids = try workspace.runtime("ps", "--format", "json", workspace.id)
                let processes = try workspace.runtime("ps", workspace.id)
                #expect(pids.trimmed == "[\(pid)]", "\(pids.summary)")
                #expect(processes.output.contains("/bin/probe pause"), "\(processes.summary)")
            }
        }

        @Test("events --stats")
        func statistics() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let outcome = try workspace.runtime("events", "--stats", workspace.id)
                #expect(
                    outcome.code == 0 && outcome.output.contains("\"type\":\"stats\"")
                        && outcome.output.contains("\"pids\""), "\(outcome.summary)")
            }
        }

        @Test("run --detach with a pid file, and --keep")
        func detached() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/probe", "pause"])
                let outcome = try workspace.runtime(
                    "run", "--detach", "--pid-file", "\(workspace.directory)/pid", "--bundle", workspace.bundle,
                    workspace.id)
                #expect(outcome.code == 0, "\(outcome.summary)")
                #expect(try workspace.status() == "running")
                #expect(workspace.pid != nil)
            }
            try withWorkspace { workspace in
                guard !Machine.isReference else { return }
                try workspace.prepare(["/bin/true"])
                #expect(try workspace.runtime("run", "--keep", "--bundle", workspace.bundle, workspace.id).code == 0)
                #expect(try workspace.status() == "stopped")
            }
        }

        @Test("run removes everything when the program ends")
        func removed() throws {
            try withWorkspace { workspace in
                let outcome = try workspace.runContainer(["/bin/true"])
                #expect(outcome.code == 0, "\(outcome.summary)")
                #expect(workspace.stateNames.isEmpty)
            }
        }

        @Test("what exec gives a process", arguments: Machine.sample(Self.execs))
        func exec(_ each: ExecCase) throws { try each.check() }

        static let execs: [ExecCase] = [
            ExecCase("namespaces and cgroup of the container", ["/bin/probe", "report"]) {
                $0.output.contains("\"hostname\": \"probe\"") && $0.output.contains("brig-it-")
            },
            ExecCase("exit status", ["/bin/probe", "exit", "7"], code: 7),
            ExecCase("a program that is absent", ["/bin/absent"], code: 255) { $0.errors.contains("absent") },
            ExecCase("--cwd", flags: ["--cwd", "/dir"], ["/bin/busybox", "pwd"]) { $0.trimmed == "/dir" },
            ExecCase("--env", flags: ["--env", "X=1", "-e", "Y=2"], ["/bin/sh", "-c", "echo $X$Y"]) {
                $0.trimmed == "12"
            },
            ExecCase("--user", flags: ["--user", "1000:1001"], ["/bin/sh", "-c", "id -u; id -g"]) {
                $0.trimmed == "1000\n1001"
            },
            ExecCase("--additional-gids", flags: ["--additional-gids", "9"], ["/bin/sh", "-c", "id -G"]) {
                $0.trimmed.split(separator: " ").contains("9")
            },
            ExecCase("--cap", flags: ["--cap", "CAP_NET_RAW"], ["/bin/sh", "-c", "cat /proc/self/status"]) {
                $0.output.contains("CapEff:\t00000000")
            },
            ExecCase("--no-new-privs", flags: ["--no-new-privs"], ["/bin/sh", "-c", "cat /proc/self/status"]) {
                $0.output.contains("NoNewPrivs:\t1")
            },
            ExecCase("capabilities of the container", ["/bin/sh", "-c", "cat /proc/self/status"]) {
                $0.output.contains("CapBnd:\t0000000020000420") && $0.output.contains("CapInh:\t0000000000000000")
            },
            ExecCase("standard input", ["/bin/cat"], input: "through") { $0.output == "through" },
            ExecCase("descriptors", ["/bin/probe", "report"]) { $0.output.contains("\"fds\": \"0 1 2\"") },
        ]

        @Test("exec --process")
        func processDocument() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                try workspace.write(
                    "process.json",
                    #"{"user":{"uid":1000,"gid":1000},"args":["/bin/sh","-c","id -u; pwd; echo $A"],"env":["A=b","PATH=/bin"],"cwd":"/dir"}"#
                )
                let outcome = try workspace.runtime(
                    "exec", "--process", "\(workspace.bundle)/process.json", workspace.id)
                #expect(outcome.code == 0 && outcome.trimmed == "1000\n/dir\nb", "\(outcome.summary)")
            }
        }

        @Test("exec --detach with a pid file")
        func execDetached() throws {
            try withWorkspace { workspace in
                try workspace.startContainer()
                let outcome = try workspace.runtime(
                    "exec", "--detach", "--pid-file", "\(workspace.directory)/exec", workspace.id, "/bin/sleep", "100")
                #expect(outcome.code == 0, "\(outcome.summary)")
                let pid = contents("\(workspace.directory)/exec")
                #expect(contents("/proc/\(pid)/cmdline").hasPrefix("/bin/sleep"))
            }
        }

        @Test("exec in a working directory that is missing makes none")
        func execInMissingDirectory() throws {
            try withWorkspace { workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer()
                let outcome = try workspace.runtime("exec", "--cwd", "/absent", workspace.id, "/bin/true")
                #expect(outcome.code != 0 && outcome.errors.contains("no such file"), "\(outcome.summary)")
                let look = try workspace.runtime("exec", workspace.id, "/bin/ls", "-d", "/absent")
                #expect(look.code != 0, "\(look.summary)")
            }
        }

        @Test("exec in a container that has ended")
        func execStopped() throws {
            try withWorkspace { workspace in
                try workspace.startContainer(["/bin/true"])
                try workspace.wait(for: "stopped")
                let outcome = try workspace.runtime("exec", workspace.id, "/bin/true")
                #expect(outcome.code == 255 || outcome.code == 1, "\(outcome.summary)")
            }
        }
    }
}

/// One `exec` in a running container.
struct ExecCase: Sendable, CustomTestStringConvertible {
    let name: String
    let flags: [String]
    let command: [String]
    let code: Int32
    let input: String?
    let holds: @Sendable (Outcome) -> Bool

    init(
        _ name: String, flags: [String] = [], _ command: [String], code: Int32 = 0, input: String? = nil,
        holds: @escaping @Sendable (Outcome) -> Bool = { _ in true }
    ) {
        (self.name, self.flags, self.command) = (name, flags, command)
        (self.code, self.input, self.holds) = (code, input, holds)
    }

    var testDescription: String { name }

    func check() throws {
        try withWorkspace { workspace in
            try workspace.startContainer()
            let outcome = try run(
                [Machine.runtime, "--root", workspace.stateRoot, "exec"] + flags + [workspace.id] + command,
                in: workspace.bundle, input: input)
            #expect(outcome.code == code && holds(outcome), "\(name): \(outcome.summary)")
        }
    }
}
