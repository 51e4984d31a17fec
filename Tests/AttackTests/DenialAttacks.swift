import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rules 14 and 15: a trap is a denial of service, state is private.
    @Suite("Denial of service and state")
    struct DenialAttacks {
        @Test("rules 14 and 15", arguments: inputAttacks + stateAttacks)
        func attack(_ each: Attack) throws { try each.check() }

        /// What a signal ended was a trap.
        private static func trapped(_ outcome: Outcome, _ what: String) -> String? {
            if case .signalled = outcome.status { "\(what): \(outcome.summary.prefix(300))" } else { nil }
        }

        static let inputAttacks: [Attack] = [
            Attack(rule: 14, "documents that are deep, large, doubled or out of range") { workspace in
                let plain = workspace.config.json.text()
                let documents = [
                    String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 500_000),
                    "{\"ociVersion\":\"1.0.2\",\"annotations\":{\"a\":\"" + String(repeating: "x", count: 30_000_000)
                        + "\"}}",
                    plain.replacingOccurrences(of: "\"terminal\":false", with: "\"terminal\":false,\"terminal\":true"),
                    plain.replacingOccurrences(of: "\"uid\":0", with: "\"uid\":1e999"),
                    plain.replacingOccurrences(of: "\"uid\":0", with: "\"uid\":\(String(repeating: "9", count: 5000))"),
                    plain.replacingOccurrences(of: "\"gid\":0", with: "\"gid\":-9223372036854775808"),
                    "", "\u{FEFF}{}", "null", "[]", "{\"process\":null}", "\"\\ud800\"",
                ]
                for (number, document) in documents.enumerated() {
                    try workspace.write("config.json", document)
                    let outcome = try workspace.runtime("run", "--bundle", workspace.bundle, workspace.id)
                    if let trap = trapped(outcome, "document \(number)") { return trap }
                    if outcome.code == 0, !Machine.isReference { return "document \(number) is taken" }
                    if outcome.errors.utf8.count > 100_000 { return "document \(number): the message is the document" }
                }
                return nil
            },
            Attack(rule: 14, "numbers at the ends of their range") { workspace in
                let plain = workspace.config
                for (path, value) in [
                    ("linux.resources.memory.limit", Int64.max), ("linux.resources.memory.limit", Int64.min),
                    ("linux.resources.cpu.period", Int64.max), ("linux.resources.cpu.quota", Int64.min),
                    ("linux.resources.cpu.shares", Int64.max), ("linux.resources.pids.limit", Int64.min),
                    ("linux.resources.cpu.burst", Int64.max), ("process.oomScoreAdj", Int64.max),
                    ("process.user.umask", Int64.max), ("process.consoleSize.height", Int64.max),
                    ("linux.resources.blockIO.weight", Int64.max),
                ] {
                    workspace.config = plain
                    workspace.config[path] = .integer(value)
                    let outcome = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                    if let trap = trapped(outcome, "\(path)=\(value)") { return trap }
                }
                return nil
            },
            Attack(rule: 14, "a thousand mounts, a link to itself, a chain of links") { workspace in
                let plain = workspace.config
                try makeLink("loop", "\(workspace.rootfs)/loop")
                workspace.config.mount("/loop/x", "tmpfs", "tmpfs")
                if let trap = trapped(try workspace.runContainer(["/bin/true"]), "a loop") { return trap }
                try? workspace.delete()
                workspace.config = plain
                for number in 0..<1000 { workspace.config.mount("/mnt/\(number % 7)", "tmpfs", "tmpfs", ["size=4k"]) }
                workspace.config["root.readonly"] = false
                return trapped(try workspace.runContainer(["/bin/true"]), "a thousand mounts")
            },
            Attack(rule: 14, "a tree to copy up that is thousands of directories deep") { workspace in
                workspace.config["root.readonly"] = false
                var deepest = try OwnedDescriptor(open: "\(workspace.rootfs)/dir", [.pathOnly, .directory])
                for _ in 0..<3000 {
                    try deepest.makeDirectory("d", mode: 0o755)
                    deepest = try deepest.open("d", [.pathOnly, .directory])
                }
                workspace.config.mount("/dir", "tmpfs", "tmpfs", ["tmpcopyup"])
                let outcome = try workspace.runContainer(["/bin/true"])
                _ = try TestSupport.run(["/bin/rm", "-rf", "\(workspace.rootfs)/dir"], in: "/tmp")
                return trapped(outcome, "copying up")
            },
            Attack(rule: 14, "CVE-2022-31030: a hook that never stops writing, and one that never ends") { workspace in
                for script in ["exec cat /dev/zero", "exec sleep 100"] {
                    workspace.config["hooks.prestart"] = [
                        ["path": "/bin/sh", "args": ["sh", "-c", .string(script)], "timeout": 1]
                    ]
                    let start = ContinuousClock.now
                    let outcome = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                    if let trap = trapped(outcome, script) { return trap }
                    if outcome.code == 0 { return "a hook that timed out is taken for done" }
                    if ContinuousClock.now - start > .seconds(30) { return "the hook's timeout does not hold" }
                    if outcome.errors.utf8.count > 20_000 { return "the hook's output is passed on without bound" }
                }
                return nil
            },
            Attack(
                rule: 14, "a process's name, a program's name and a hook's output act on the terminal",
                succeedsOn: [.crun]
            ) { workspace in
                try workspace.startContainer(["/bin/attacker", "strange-name"])
                Thread.sleep(forTimeInterval: 0.2)
                let table = try workspace.runtime("ps", workspace.id)
                if table.output.contains("\u{1B}") { return "ps passes the escape sequence on" }
                let odd = "/bin/\u{1B}[31m\u{9B}31m\nx"
                let exec = try workspace.runtime("exec", workspace.id, odd)
                if exec.errors.contains("\u{1B}") || exec.errors.contains("\u{9B}") {
                    return "exec's message: \(exec.errors)"
                }
                try workspace.delete()
                workspace.config["hooks.prestart"] = [
                    ["path": "/bin/sh", "args": ["sh", "-c", "printf '\\033[31mevil\\302\\233x'; exit 1"]]
                ]
                let failed = try workspace.runContainer(["/bin/true"])
                return failed.errors.contains("\u{1B}") || failed.errors.contains("\u{9B}")
                    ? "a hook's output acts on the terminal" : nil
            },
        ]

        static let stateAttacks: [Attack] = [
            Attack(rule: 15, "CVE-2021-41091: state, and the socket that waits for start, are open to others") {
                workspace in
                try workspace.prepare(["/bin/attacker", "pause"])
                _ = try workspace.runtime("create", "--bundle", workspace.bundle, workspace.id)
                let files = FileManager.default
                for path in [workspace.stateRoot, "\(workspace.stateRoot)/\(workspace.id)"] {
                    let mode = (try files.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? 0
                    if mode & 0o066 != 0 { return "\(path) has mode \(String(mode, radix: 8))" }
                }
                return nil
            },
            Attack(rule: 15, "CVE-2020-15257: a socket without a path is in reach of the container's network") {
                workspace in
                workspace.config["linux.namespaces"] = [["type": "pid"], ["type": "ipc"], ["type": "mount"]]
                workspace.config["hostname"] = nil
                workspace.config["linux.sysctl"] = nil
                let before = abstractSockets(contents("/proc/net/unix"))
                try workspace.startContainer(["/bin/attacker", "pause"])
                let after = abstractSockets(contents("/proc/net/unix"))
                return after.subtracting(before).first.map { "an abstract socket: \($0)" }
            },
            Attack(
                rule: 15, "a state root that others may write to, with a container of their making",
                succeedsOn: [.runc, .crun]
            ) { workspace in
                try workspace.makeDirectory(workspace.stateRoot)
                _ = try TestSupport.run(["/bin/chmod", "777", workspace.stateRoot], in: "/tmp")
                let outcome = try workspace.runContainer(["/bin/true"])
                _ = try TestSupport.run(["/bin/chmod", "700", workspace.stateRoot], in: "/tmp")
                return outcome.code == 0 ? "a container in a state root that anybody shapes" : nil
            },
            Attack(rule: 15, "records that name other processes, other cgroups and numbers out of range") { workspace in
                let victim = try Accomplice([Workspace.attacker, "pause"], in: workspace.directory)
                let records = [
                    "{}", "[]", "", "{\"id\":\"\(workspace.id)\"", "null",
                    record(workspace, pid: "\(victim.pid)", start: "1"), record(workspace, pid: "1", start: "0"),
                    record(workspace, pid: "-1", start: "0"),
                    record(workspace, pid: "99999999999999999999", start: "0"),
                    record(workspace, pid: "2147483647", start: "9223372036854775807"),
                    record(workspace, pid: "\(victim.pid)", start: "1", cgroup: "../../.."),
                    record(workspace, pid: "\(victim.pid)", start: "1", cgroup: "/etc"),
                    record(workspace, pid: "\(victim.pid)", start: "1", cgroup: ""),
                ]
                for text in records {
                    let place = "\(workspace.stateRoot)/\(workspace.id)"
                    try workspace.makeDirectory(place)
                    _ = try TestSupport.run(
                        ["/bin/chmod", "700", workspace.stateRoot, place], in: "/tmp")
                    for name in ["state.json", "status", "config.json"] {
                        try text.write(toFile: "\(place)/\(name)", atomically: true, encoding: .utf8)
                    }
                    for command in [
                        ["state"], ["kill", "KILL"], ["ps"], ["exec", "/bin/true"], ["start"], ["pause"],
                        ["delete", "--force"],
                    ] {
                        var words = command
                        words.insert(workspace.id, at: command.first == "delete" ? 2 : 1)
                        let outcome = try workspace.run(words)
                        if let trap = trapped(outcome, "\(words) of \(text)") { return trap }
                        if !victim.runs { return "\(words) killed somebody else's process: \(text)" }
                    }
                    _ = try workspace.run(["list"])
                    _ = try TestSupport.run(["/bin/rm", "-rf", place], in: "/tmp")
                }
                return workspace.harm()
            },
            Attack(rule: 15, "links in the state directory lead delete out of it") { workspace in
                try workspace.prepare(["/bin/attacker", "pause"])
                _ = try workspace.runtime("create", "--bundle", workspace.bundle, workspace.id)
                try makeLink(workspace.canary, "\(workspace.stateRoot)/\(workspace.id)/link")
                try workspace.makeDirectory("\(workspace.stateRoot)/\(workspace.id)/deep/er")
                try makeLink(workspace.canary, "\(workspace.stateRoot)/\(workspace.id)/deep/er/link")
                try workspace.delete()
                return workspace.harm()
            },
        ]

        private static func abstractSockets(_ table: String) -> Set<String> {
            Set(
                table.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
                    .filter { $0.hasPrefix("@") })
        }

        private static func record(
            _ workspace: Workspace, pid: String, start: String, cgroup: String? = nil
        ) -> String {
            let place = cgroup ?? "\(workspace.cgroup)/c"
            return """
                {"id":"\(workspace.id)","ociVersion":"1.0.2","bundle":"\(workspace.bundle)","rootfs":"\(workspace.rootfs)",\
                "created":"2026-01-01T00:00:00Z","owner":0,"creating":false,"ownsPidNamespace":true,\
                "pid":\(pid),"startTimeTicks":\(start),"cgroups":{"memory":"\(place)","freezer":"\(place)"}}
                """
        }
    }
}
