import Foundation
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// config.md: POSIX-platform hooks; runtime.md: when each runs, and what its failure means.
    @Suite("Hooks")
    struct HookTests {
        static let kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]

        /// A hook outside the container that notes its kind and the state that it was given.
        private static func note(_ kind: String, _ workspace: Workspace, then last: String = "") -> JSONValue {
            [
                "path": "/bin/busybox",
                "args": [
                    "busybox", "sh", "-c",
                    .string("read -r l || :; echo \"\(kind) $l $V\" >>'\(workspace.directory)/log'; \(last)"),
                ],
                "env": ["V=value"],
            ]
        }

        @Test("every kind runs once, in order, with the state")
        func order() throws {
            try withWorkspace { workspace in
                for kind in Self.kinds where kind != "startContainer" && kind != "createContainer" {
                    workspace.config["hooks.\(kind)"] = [Self.note(kind, workspace)]
                }
                // In the container's namespaces: the runtime's mounts are still visible to the former only.
                workspace.config["hooks.createContainer"] = [Self.note("createContainer", workspace)]
                workspace.config["root.readonly"] = false
                workspace.config["hooks.startContainer"] = [
                    [
                        "path": "/bin/sh",
                        "args": ["sh", "-c", "read -r l || :; echo \"startContainer $l $V\" >/started"],
                        "env": ["V=value"],
                    ]
                ]
                let outcome = try workspace.runContainer(["/bin/cat", "/started"])
                #expect(outcome.code == 0 && outcome.output.contains("startContainer {"), "\(outcome.summary)")
                let lines = contents("\(workspace.directory)/log").split(separator: "\n").map(String.init)
                #expect(
                    lines.compactMap { $0.split(separator: " ").first } == [
                        "prestart", "createRuntime", "createContainer", "poststart", "poststop",
                    ])
                let expected = ["creating", "creating", "creating", "running", "stopped"]
                for (line, status) in zip(lines, expected) {
                    let isSo =
                        line.contains("\"status\":\"\(status)\"") || (Machine.isReference && line.contains("created"))
                    #expect(line.contains(workspace.id) && line.hasSuffix(" value") && isSo, "\(line)")
                }
            }
        }

        @Test(
            "a failure before start ends the container",
            arguments: Machine.sample(["prestart", "createRuntime", "createContainer"], 3))
        func fails(_ kind: String) throws {
            try withWorkspace { workspace in
                workspace.config["hooks.\(kind)"] = [["path": "/bin/false", "args": ["false"]]]
                workspace.config["hooks.poststop"] = [Self.note("poststop", workspace)]
                let outcome = try workspace.runContainer(["/bin/echo", "ran"])
                #expect(outcome.code == 1 && !outcome.output.contains("ran"), "\(outcome.summary)")
                #expect(workspace.stateNames.isEmpty)
                if !Machine.isReference { #expect(contents("\(workspace.directory)/log").hasPrefix("poststop")) }
            }
        }

        @Test("a failing startContainer hook keeps the program from starting")
        func startContainer() throws {
            try withWorkspace { workspace in
                workspace.config["hooks.startContainer"] = [["path": "/bin/false", "args": ["false"]]]
                let outcome = try workspace.runContainer(["/bin/echo", "ran"])
                #expect(outcome.code != 0 && !outcome.output.contains("ran"), "\(outcome.summary)")
            }
        }

        @Test("a failing poststop hook is only a warning")
        func afterwards() throws {
            try withWorkspace { workspace in
                workspace.config["hooks.poststop"] = [
                    ["path": "/bin/false", "args": ["false"]], Self.note("second", workspace),
                ]
                let outcome = try workspace.runContainer(["/bin/echo", "ran"])
                #expect(outcome.code == 0 && outcome.trimmed == "ran", "\(outcome.summary)")
                #expect(contents("\(workspace.directory)/log").hasPrefix("second"))
            }
        }

        @Test("a timeout ends the hook and the container")
        func timeout() throws {
            try withWorkspace { workspace in
                workspace.config["hooks.createRuntime"] = [
                    ["path": "/bin/sleep", "args": ["sleep", "30"], "timeout": 1]
                ]
                let start = ContinuousClock.now
                let outcome = try workspace.runContainer(["/bin/echo", "ran"])
                #expect(outcome.code == 1 && !outcome.output.contains("ran"), "\(outcome.summary)")
                #expect(ContinuousClock.now - start < .seconds(20))
            }
        }

        @Test("a path that is not absolute is an error")
        func relative() throws {
            try Case(
                "relative hook", run: ["true"], .refused("path"),
                change: { config, _ in
                    config["hooks.createRuntime"] = [["path": "bin/true"]]
                }
            ).check()
        }
    }

    /// runtime.md: errors. One clear line each, runc's exit status, nothing left.
    @Suite("Wrong input")
    struct WrongInputTests {
        @Test("a configuration that is wrong", arguments: Machine.sample(Self.documents, 3))
        func document(_ each: Case) throws { try each.check() }

        private static func set(_ path: String, _ value: JSONValue?) -> @Sendable (inout Config, Workspace) -> Void {
            { config, _ in config[path] = value }
        }

        static let documents: [Case] = [
            Case(
                "no version", run: ["true"], .refused("ociVersion"), differs: "runc does not look",
                change: set("ociVersion", nil)),
            Case(
                "a version of the future", run: ["true"], .refused("ociVersion"), differs: "runc does not look",
                change: set("ociVersion", "2.0.0")),
            Case("no root", run: ["true"], .refused("root"), change: set("root", nil)),
            Case("absent root", run: ["true"], .refused("absent"), change: set("root.path", "absent")),
            Case("no arguments", run: [], .refused("args")),
            Case("no process", run: ["true"], .refused("process"), change: set("process", nil)),
            Case("relative cwd", run: ["true"], .refused("cwd"), change: set("process.cwd", "tmp")),
            Case("a number for a text", run: ["true"], .refused("hostname"), change: set("hostname", 7)),
            Case("a text for a number", run: ["true"], .refused("uid"), change: set("process.user.uid", "root")),
            Case(
                "an unknown capability is left out", run: ["true"], .exit(0),
                change: set("process.capabilities.bounding", ["CAP_NONSENSE"])),
            Case(
                "an unknown limit", run: ["true"], .refused("RLIMIT_NONSENSE"),
                change: set("process.rlimits", [["type": "RLIMIT_NONSENSE", "soft": 1, "hard": 1]])),
            Case(
                "a soft limit above the hard one", run: ["true"], .refused("rlimits"),
                change: set("process.rlimits", [["type": "RLIMIT_NOFILE", "soft": 2, "hard": 1]])),
            Case(
                "a limit given twice", run: ["true"], .refused("RLIMIT_NOFILE"),
                change: set(
                    "process.rlimits",
                    [
                        ["type": "RLIMIT_NOFILE", "soft": 1, "hard": 1],
                        ["type": "RLIMIT_NOFILE", "soft": 1, "hard": 1],
                    ])),
            Case(
                "an unknown namespace", run: ["true"], .refused("nonsense"),
                change: set("linux.namespaces", [["type": "nonsense"]])),
            Case(
                "mappings without a user namespace", run: ["true"], .refused("apping"), differs: "runc 1.1 takes them",
                change: set("linux.uidMappings", [["containerID": 0, "hostID": 1, "size": 1]])),
            Case(
                "an unknown syscall is left out", run: ["true"], .exit(0),
                change: set(
                    "linux.seccomp",
                    [
                        "defaultAction": "SCMP_ACT_ALLOW",
                        "syscalls": [["names": ["nonsense", "swapon"], "action": "SCMP_ACT_ERRNO"]],
                    ])),
            Case(
                "an unknown action of a filter", run: ["true"], .refused("SCMP_ACT_NONSENSE"),
                change: set("linux.seccomp", ["defaultAction": "SCMP_ACT_NONSENSE"])),
            Case(
                "a label of mounts without SELinux", run: ["true"], .refused("SELinux"), differs: "runc ignores it",
                change: set("linux.mountLabel", "system_u:object_r:container_file_t:s0")),
            Case("an environment entry without =", run: ["true"], .exit(0), change: set("process.env", ["PATH=/bin"])),
        ]

        @Test("broken JSON, an absent bundle, wrong names and options")
        func commands() throws {
            try withWorkspace { workspace in
                try workspace.write("config.json", "{ \"ociVersion\": ")
                func refuse(_ words: [String], _ word: String) throws {
                    let outcome = try run(
                        [Machine.runtime, "--root", workspace.stateRoot] + words, in: workspace.bundle)
                    #expect(outcome.code != 0, "\(words): \(outcome.summary)")
                    if !Machine.isReference {
                        #expect(
                            outcome.errors.split(separator: "\n").count == 1
                                && (word.isEmpty || outcome.errors.lowercased().contains(word)),
                            "\(words): \(outcome.summary)")
                    }
                    #expect(workspace.stateNames.isEmpty, "\(words)")
                }
                try refuse(["run", workspace.id], "config.json")
                try refuse(["run", "--bundle", "/absent", workspace.id], "/absent")
                try workspace.prepare(["/bin/true"])
                for name in ["a/b", "..", ".", "", "with space", "nul\u{1}"] { try refuse(["create", name], "") }
                try refuse(["create"], "")
                try refuse(["state", "absent"], "absent")
                try refuse(["start", "absent"], "absent")
                try refuse(["kill", "absent", "TERM"], "absent")
                try refuse(["exec", "absent", "true"], "absent")
                try refuse(["delete", "absent"], "absent")
                try refuse(["nonsense"], "nonsense")
                try refuse(["run", "--nonsense", workspace.id], "nonsense")
                try refuse(["--systemd-cgroup", "run", workspace.id], "systemd")
                try refuse(["checkpoint", workspace.id], "checkpoint")
            }
        }

        @Test(
            "an older kernel is named in one line", .enabled(if: !Machine.isReference),
            arguments: Machine.sample([428, 429, 430, 435, 436, 437, 442], 3))
        func olderKernel(_ call: Int) throws {
            try withWorkspace { workspace in
                // open_tree, move_mount, fsopen, clone3, close_range, openat2, mount_setattr
                try workspace.prepare(["/bin/true"])
                let outcome = try run(
                    [
                        Machine.probe, "without", "\(call)", Machine.runtime, "--root", workspace.stateRoot, "run",
                        "--bundle", workspace.bundle, workspace.id,
                    ], in: workspace.bundle)
                let lines = outcome.errors.split(separator: "\n")
                #expect(outcome.code == 1 && lines.count == 1, "\(call): \(outcome.summary)")
                #expect(outcome.errors.contains("Linux 5.12 or newer"), "\(call): \(outcome.summary)")
                #expect(workspace.remains.isEmpty, "\(workspace.remains)")
            }
        }

        @Test("no privileges", .enabled(if: !Machine.isReference))
        func unprivileged() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/true"])
                try own(workspace.directory, uid: 65534)
                let outcome = try run(
                    [
                        "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Machine.runtime,
                        "--root",
                        workspace.stateRoot, "run", "--bundle", workspace.bundle, workspace.id,
                    ], in: workspace.bundle)
                let lines = outcome.errors.split(separator: "\n").filter { !$0.contains("warning: ") }
                #expect(outcome.code == 1 && lines.count == 1, "\(outcome.summary)")
                #expect(lines.first?.contains("user namespace") ?? false, "\(outcome.summary)")
                #expect(workspace.stateNames.isEmpty)
            }
        }

        @Test(
            "a capability that the host has not got is warned of, and the rest granted",
            .enabled(if: !Machine.isReference && !Machine.mayRaiseLimits, "this machine has every capability"))
        func missingCapability() throws {
            try withWorkspace { workspace in
                for set in ["bounding", "effective", "permitted"] {
                    workspace.config["process.capabilities.\(set)"] = ["CAP_KILL", "CAP_SYS_RESOURCE"]
                }
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /proc/self/status"])
                #expect(outcome.code == 0 && outcome.output.contains("CapEff:\t0000000000000020"), "\(outcome.summary)")
                #expect(outcome.errors.contains("CAP_SYS_RESOURCE"), "\(outcome.summary)")
            }
        }

        @Test(
            "kill -9 of the runtime at any moment: delete --force clears it",
            arguments: Machine.sample(Array(0..<25), 4))
        func killed(_ round: Int) throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/probe", "pause"])
                let delay = String(format: "%.4f", Double(round) * 0.0007 * (Machine.hasUnifiedCgroups ? 10 : 1))
                let command =
                    "'\(Machine.runtime)' --root '\(workspace.stateRoot)' run --detach --bundle '\(workspace.bundle)' \(workspace.id) & p=$!; sleep \(delay); kill -9 $p; wait $p"
                _ = try run(["/bin/bash", "-c", command], in: workspace.bundle)
                // What the kernel still does of the killed call.
                Thread.sleep(forTimeInterval: 0.05)
                let outcome = try workspace.runtime("delete", "--force", workspace.id)
                #expect(outcome.code == 0, "\(outcome.summary)")
            }
        }
    }
}
