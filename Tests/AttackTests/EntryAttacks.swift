import Foundation
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rules 5 to 7: the binary cannot be named, empty hands, no foreign code.
    @Suite("Entry")
    struct EntryAttacks {
        @Test("rules 5, 6 and 7", arguments: programAttacks + descriptorAttacks + hookAttacks)
        func attack(_ each: Attack) throws { try each.check() }

        static let programAttacks: [Attack] = [
            Attack(rule: 5, "CVE-2019-5736: exec of #!/proc/self/exe while the container hunts for the program") {
                workspace in
                workspace.config["root.readonly"] = false
                try workspace.write("rootfs/bin/evil", "#!/proc/self/exe\n")
                _ = try TestSupport.run(["/bin/chmod", "755", "\(workspace.rootfs)/bin/evil"], in: "/tmp")
                try workspace.startContainer(["/bin/sh", "-c", "attacker hunt-program 4 > /dir/hunt"])
                let seen = "\(workspace.rootfs)/dir/hunt"
                while !contents(seen).contains("ready") { Thread.sleep(forTimeInterval: 0.02) }
                for _ in 0..<10 { _ = try workspace.runtime("exec", workspace.id, "/bin/evil") }
                for _ in 0..<10 { _ = try workspace.runtime("exec", workspace.id, "/proc/self/exe") }
                while !contents(seen).contains("nothing"), !contents(seen).contains("WRITABLE") {
                    Thread.sleep(forTimeInterval: 0.05)
                }
                return contents(seen).contains("WRITABLE") ? "the runtime's program: \(contents(seen))" : nil
            },
            Attack(rule: 5, "CVE-2019-5736: the entry point is /proc/self/exe, then its file is opened") { workspace in
                // What runs then is the runtime; asked for a shell's deeds it can only fail.
                let outcome = try workspace.runContainer(["/proc/self/exe", "--version"])
                guard outcome.output.contains("version") else { return nil }
                // It runs: it must not be the file of the host.
                workspace.config["process.args"] = ["/bin/sh", "-c", "attacker open /proc/1/exe"]
                return try workspace.runContainer().output.contains("opened") ? "the program's file opens" : nil
            },
            Attack(rule: 5, "CVE-2016-9962: a process on its way in is traced, read or robbed of descriptors") {
                workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer(["/bin/sh", "-c", "attacker hunt-process 3 > /dir/hunt"])
                let seen = "\(workspace.rootfs)/dir/hunt"
                while !contents(seen).contains("ready") { Thread.sleep(forTimeInterval: 0.02) }
                for _ in 0..<20 { _ = try workspace.runtime("exec", workspace.id, "/bin/true") }
                while !contents(seen).contains("seen") { Thread.sleep(forTimeInterval: 0.05) }
                return contents(seen).contains("TRACED") ? contents(seen) : nil
            },
            Attack(rule: 5, "CVE-2016-9962: a container that waits for start, seen from a pid namespace it joins") {
                workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer(["/bin/sh", "-c", "attacker hunt-process 3 > /dir/hunt"])
                let seen = "\(workspace.rootfs)/dir/hunt"
                while !contents(seen).contains("ready") { Thread.sleep(forTimeInterval: 0.02) }
                guard let pid = workspace.pid else { return "no pid" }
                workspace.config["linux.namespaces.0.path"] = .string("/proc/\(pid)/ns/pid")
                workspace.config["linux.cgroupsPath"] = .string("\(workspace.cgroup)/other")
                try workspace.prepare(["/bin/true"])
                _ = try workspace.runtime("create", "--bundle", workspace.bundle, "\(workspace.id)-2")
                while !contents(seen).contains("seen") { Thread.sleep(forTimeInterval: 0.05) }
                return contents(seen).contains("TRACED") ? contents(seen) : nil
            },
        ]

        /// Runs with a directory of the host's leaked as descriptors 9 and 15, and tries to come out of each number.
        private static func workingDirectories(
            _ workspace: Workspace, _ path: (Int) -> String, _ run: (Workspace, String) throws -> Outcome
        ) throws -> String? {
            for number in 3...16 {
                let outcome = try run(workspace, path(number))
                if outcome.output.contains("unreachable") || outcome.output.contains(Workspace.secret) {
                    return "the working directory \(path(number)) is outside: \(outcome.trimmed)"
                }
                if let harm = workspace.harm() { return harm }
            }
            return nil
        }

        static let descriptorAttacks: [Attack] = [
            Attack(
                rule: 6, "CVE-2024-21626: the working directory is a descriptor of the runtime's, run",
                succeedsOn: [.crun]
            ) {
                workspace in
                try workingDirectories(workspace, { "/proc/self/fd/\($0)" }) { workspace, path in
                    workspace.config["process.cwd"] = .string(path)
                    try workspace.prepare(["/bin/sh", "-c", "attacker descriptors; cat secret ../canary/secret"])
                    defer { try? workspace.delete() }
                    return try workspace.runtime(
                        after: [Workspace.attacker, "leaking", workspace.canary],
                        ["run", "--bundle", workspace.bundle, workspace.id])
                }
            },
            Attack(rule: 6, "CVE-2024-21626: the same behind a link of the image's", succeedsOn: [.crun]) { workspace in
                try workingDirectories(workspace, { "/link\($0)" }) { workspace, path in
                    try makeLink("/proc/self/fd/\(path.dropFirst(5))", "\(workspace.rootfs)\(path)")
                    workspace.config["process.cwd"] = .string(path)
                    try workspace.prepare(["/bin/sh", "-c", "attacker descriptors; cat secret"])
                    defer { try? workspace.delete() }
                    return try workspace.runtime(
                        after: [Workspace.attacker, "leaking", workspace.canary],
                        ["run", "--bundle", workspace.bundle, workspace.id])
                }
            },
            Attack(rule: 6, "CVE-2024-21626: the same with exec", succeedsOn: [.crun]) { workspace in
                try workspace.startContainer(["/bin/attacker", "pause"])
                return try workingDirectories(workspace, { "/proc/self/fd/\($0)" }) { workspace, path in
                    try workspace.runtime(
                        after: [Workspace.attacker, "leaking", workspace.canary],
                        [
                            "exec", "--cwd", path, workspace.id, "/bin/sh", "-c",
                            "attacker descriptors; cat secret ../canary/secret",
                        ])
                }
            },
            Attack(rule: 6, "CVE-2015-3627, 2024-21626: descriptors of the caller's reach neither run nor exec") {
                workspace in
                let leaking = [Workspace.attacker, "leaking", workspace.canary]
                try workspace.prepare(["/bin/attacker", "descriptors"])
                let run = try workspace.runtime(after: leaking, ["run", "--bundle", workspace.bundle, workspace.id])
                if run.output.contains("LEAK") || !run.output.contains("cwd /") { return "run: \(run.summary)" }
                try workspace.delete()
                try workspace.startContainer(["/bin/attacker", "pause"])
                let exec = try workspace.runtime(
                    after: leaking, ["exec", workspace.id, "/bin/attacker", "descriptors"])
                return exec.output.contains("LEAK") || !exec.output.contains("cwd /") ? "exec: \(exec.summary)" : nil
            },
            Attack(
                rule: 6, "CVE-2015-3627: a volume whose source is a descriptor"
            ) { workspace in
                workspace.config.mount("/mnt", "bind", "/proc/self/fd/9", ["bind"])
                try workspace.prepare(["/bin/cat", "/mnt/secret"])
                return workspace.harm(
                    try workspace.runtime(
                        after: [Workspace.attacker, "leaking", workspace.canary],
                        ["run", "--preserve-fds", "8", "--bundle", workspace.bundle, workspace.id]))
            },
            Attack(rule: 6, "the root is a descriptor of the caller's") { workspace in
                workspace.config["root.path"] = "/proc/self/fd/9"
                try workspace.prepare(["/bin/sh", "-c", "echo inside"])
                let outcome = try workspace.runtime(
                    after: [Workspace.attacker, "leaking", workspace.rootfs],
                    ["run", "--preserve-fds", "8", "--bundle", workspace.bundle, workspace.id])
                return outcome.output.contains("inside") ? "descriptor 9 is the root" : nil
            },
            Attack(rule: 6, "the caller's terminal, or file, belongs to the container's user afterwards") { workspace in
                workspace.config["process.user"] = ["uid": 1000, "gid": 1000]
                try workspace.prepare(["/bin/true"])
                let runtime = "\(Machine.runtime) --root \(workspace.stateRoot) run --bundle \(workspace.bundle)"
                let file = "\(workspace.directory)/caller"
                let first = try TestSupport.run(
                    ["/bin/sh", "-c", "\(runtime) a > \(file) < /dev/null; stat -c %u \(file)"],
                    in: workspace.directory)
                if first.trimmed == "1000" { return "the caller's file is the container's user's" }
                let second = try TestSupport.run(
                    [Workspace.attacker, "on-terminal", "/bin/sh", "-c", "\(runtime) b; stat -c 'owner %u' $(tty)"],
                    in: workspace.directory)
                guard second.output.contains("owner") else { return second.summary }
                return second.output.contains("owner 1000") ? "the caller's terminal is the container's user's" : nil
            },
            Attack(rule: 6, "the program is named by a descriptor of the runtime's") { workspace in
                for number in 3...12 {
                    workspace.config["process.args"] = [.string("/proc/self/fd/\(number)/bin/sh"), "-c", "echo out"]
                    try workspace.save()
                    let outcome = try workspace.runtime("run", "--bundle", workspace.bundle, workspace.id)
                    if outcome.output.contains("out") { return "descriptor \(number) leads to a root" }
                    try workspace.delete()
                }
                return nil
            },
        ]

        static let hookAttacks: [Attack] = [
            Attack(
                rule: 7,
                "CVE-2025-23266: a hook finds the container's or the caller's environment, or another directory",
                succeedsOn: [.runc, .crun]
            ) { workspace in
                workspace.config["process.env"] = ["PATH=/bin", "LD_PRELOAD=/dir/evil.so"]
                let script = "\(workspace.directory)/hook"
                try "#!/bin/sh\n/usr/bin/env >> \(workspace.directory)/seen\n/bin/pwd >> \(workspace.directory)/seen\n"
                    .write(toFile: script, atomically: true, encoding: .utf8)
                _ = try TestSupport.run(["/bin/chmod", "755", script], in: "/tmp")
                for kind in ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] {
                    workspace.config["hooks.\(kind)"] = [["path": .string(script), "env": ["DECLARED=1"]]]
                }
                _ = try workspace.runContainer(["/bin/true"])
                try? workspace.delete()
                let lines = contents("\(workspace.directory)/seen").split(separator: "\n")
                let strange = lines.filter { line in
                    !["DECLARED=1", "PWD=/", "/"].contains(line) && !line.hasPrefix("_=")
                        && !line.hasPrefix("SHLVL=") && !line.hasPrefix("OLDPWD=")
                }
                return lines.isEmpty ? nil : strange.first.map { "a hook found: \($0)" }
            },
            Attack(rule: 7, "a hook inherits descriptors that were meant for the container", succeedsOn: [.runc]) {
                workspace in
                let script = "\(workspace.directory)/hook"
                try "#!/bin/sh\nls -l /proc/self/fd/ >> \(workspace.directory)/seen\n"
                    .write(toFile: script, atomically: true, encoding: .utf8)
                _ = try TestSupport.run(["/bin/chmod", "755", script], in: "/tmp")
                for kind in ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] {
                    workspace.config["hooks.\(kind)"] = [["path": .string(script), "env": ["PATH=/bin"]]]
                }
                try workspace.prepare(["/bin/true"])
                _ = try workspace.runtime(
                    after: [Workspace.attacker, "leaking", workspace.canary],
                    ["run", "--preserve-fds", "8", "--bundle", workspace.bundle, workspace.id])
                try? workspace.delete()
                let seen = contents("\(workspace.directory)/seen")
                return seen.contains("/canary") ? "a hook holds the caller's directory" : nil
            },
            Attack(rule: 7, "a createContainer hook where the container joins another's mounts is that one's program") {
                workspace in
                workspace.config["root.readonly"] = false
                try workspace.startContainer(["/bin/attacker", "pause"])
                guard let pid = workspace.pid else { return "no pid" }
                workspace.config["linux.namespaces.4.path"] = .string("/proc/\(pid)/ns/mnt")
                workspace.config["linux.cgroupsPath"] = .string("\(workspace.cgroup)/other")
                let script = "/bin/busybox grep CapEff /proc/self/status > /dir/seen"
                workspace.config["hooks.createContainer"] = [
                    ["path": "/bin/busybox", "args": ["sh", "-c", .string(script)]]
                ]
                try workspace.prepare(["/bin/true"])
                _ = try workspace.runtime("create", "--bundle", workspace.bundle, "\(workspace.id)-2")
                let seen = contents("\(workspace.rootfs)/dir/seen")
                return seen.isEmpty ? nil : "the other container's program ran with \(seen)"
            },
            Attack(
                rule: 7, "a hook with a relative path is found in the bundle or by PATH", succeedsOn: [.runc, .crun]
            ) { workspace in
                try workspace.write("evil", "#!/bin/sh\ntouch \(workspace.canary)/hooked\n")
                _ = try TestSupport.run(["/bin/chmod", "755", "\(workspace.bundle)/evil"], in: "/tmp")
                for path in ["evil", "./evil"] {
                    workspace.config["hooks.prestart"] = [["path": .string(path)]]
                    _ = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                }
                return workspace.harm()
            },
            Attack(rule: 7, "a startContainer hook, a program of the image, runs before the filter is loaded") {
                workspace in
                workspace.config["root.readonly"] = false
                workspace.config["linux.seccomp"] = [
                    "defaultAction": "SCMP_ACT_ALLOW",
                    "syscalls": [["names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1]],
                ]
                workspace.config["hooks.startContainer"] = [
                    ["path": "/bin/busybox", "args": ["sh", "-c", "/bin/busybox mkdir /dir/made; exit 0"]]
                ]
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "busybox mkdir /dir/second; ls /dir"])
                return outcome.output.contains("made") ? "the hook made what the filter forbids" : nil
            },
        ]
    }
}
