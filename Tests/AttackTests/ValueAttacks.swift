import Foundation
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rule 9: validated strings at the border.
    @Suite("Values")
    struct ValueAttacks {
        @Test("rule 9", arguments: identifierAttacks + sysctlAttacks + userAttacks)
        func attack(_ each: Attack) throws { try each.check() }

        static let identifierAttacks: [Attack] = [
            Attack(
                rule: 9, "an absolute id, or one with .., deletes a directory of the host's", succeedsOn: [.crun]
            ) { workspace in
                try workspace.makeDirectory(workspace.stateRoot)
                let relative = "../canary"
                for id in [workspace.canary, relative, "./../canary", "x/../../canary", "\(workspace.canary)/dir"] {
                    _ = try workspace.runtime("delete", "--force", id)
                    if let harm = workspace.harm() { return "delete --force \(id): \(harm)" }
                }
                return nil
            },
            Attack(
                rule: 9, "an absolute id, or one with .., makes a container outside of the state root",
                succeedsOn: [.crun]
            ) {
                workspace in
                try workspace.prepare(["/bin/true"])
                for id in [
                    "\(workspace.canary)/dir/c", "../canary/dir/c", "..", ".", "", "a/b", "a b", "a\nb", "é",
                    "a\u{1B}[31m", String(repeating: "a", count: 2000),
                ] {
                    let outcome = try workspace.runtime("run", "--bundle", workspace.bundle, "--", id)
                    _ = try workspace.runtime("delete", "--force", "--", id)
                    if let harm = workspace.harm() { return "run \(id): \(harm)" }
                    if outcome.code == 0 { return "an id is taken: \(id.debugDescription)" }
                    if outcome.errors.contains("\u{1B}") { return "the message carries the escape sequence on" }
                }
                return nil
            },
            Attack(rule: 9, "a cgroup path with .. or of the host's") { workspace in
                for path in ["../../../../outside", "/../outside", "/", "..", "a/../../../outside", "/a\nb"] {
                    // Deleting a container in the top cgroup could end whoever tries this.
                    if path == "/", Machine.isReference { continue }
                    workspace.config["linux.cgroupsPath"] = .string(path)
                    _ = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                }
                // The top's own processes, this one among them, must be what they were.
                let made = Machine.hierarchies.filter { FileManager.default.fileExists(atPath: "\($0)/outside") }
                for place in made { _ = try TestSupport.run(["/bin/rmdir", "\(place)/outside"], in: "/tmp") }
                return made.isEmpty ? nil : "a cgroup outside: \(made)"
            },
            Attack(rule: 9, "an existing cgroup is taken over, and its processes are killed") {
                workspace in
                let place = Machine.cgroup("\(workspace.cgroup)/victim", "freezer")
                try workspace.makeDirectory(place)
                let other = try Accomplice([Workspace.attacker, "pause"], in: workspace.directory)
                defer {
                    other.stop()
                    _ = try? TestSupport.run(["/bin/rmdir", place], in: "/tmp")
                }
                try "\(other.pid)".write(toFile: "\(place)/cgroup.procs", atomically: false, encoding: .utf8)
                workspace.config["linux.cgroupsPath"] = .string("\(workspace.cgroup)/victim")
                _ = try workspace.runContainer(["/bin/true"])
                try? workspace.delete()
                return other.runs ? nil : "somebody else's process was killed"
            },
            Attack(rule: 9, "names and values with control characters, newlines and NUL", succeedsOn: [.crun]) {
                workspace in
                workspace.config["process.env"] = ["PATH=/bin", "A=1\u{0}B=2"]
                if try workspace.runContainer(["/bin/true"]).code == 0 { return "NUL in the environment" }
                try? workspace.delete()
                workspace.config["process.env"] = ["PATH=/bin"]
                workspace.config["hostname"] = "a\nb"
                let outcome = try workspace.runContainer(["/bin/hostname"])
                return outcome.code == 0 && outcome.output.contains("a\nb") && !Machine.isReference
                    ? "a hostname with a newline" : nil
            },
        ]

        static let sysctlAttacks: [Attack] = [
            Attack(rule: 9, "CVE-2022-0811: sysctls that are the host's, by name, by path and hidden in a value") {
                workspace in
                // Written as it is: a success changes nothing.
                let pattern = contents("/proc/sys/kernel/core_pattern").trimmingCharacters(in: .newlines)
                for key in [
                    "kernel.core_pattern", "kernel/core_pattern", "net/../kernel/core_pattern",
                    "net.ipv4/../../kernel/core_pattern", "net.ipv4....kernel.core_pattern", "kernel.core_pattern\n",
                    "fs.mqueue/../../kernel/core_pattern", "fs.mqueue.../../../kernel/core_pattern", "",
                    "vm.overcommit_memory",
                ] {
                    let value = key.hasPrefix("vm") ? contents("/proc/sys/vm/overcommit_memory") : pattern
                    workspace.config["linux.sysctl"] = .object([:])
                    var sysctls: JSONObject = [:]
                    sysctls[key] = .string(value)
                    workspace.config["linux.sysctl"] = .object(sysctls)
                    let outcome = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                    if outcome.code == 0 { return "taken: \(key.debugDescription)" }
                }
                workspace.config["linux.sysctl"] = ["kernel.shm_rmid_forced": "1+kernel.core_pattern=|/evil"]
                return try workspace.runContainer(["/bin/true"]).code == 0 ? "the value is taken" : nil
            },
            Attack(rule: 9, "a network sysctl without a network namespace of one's own") { workspace in
                workspace.config["linux.namespaces"] = [["type": "pid"], ["type": "ipc"], ["type": "mount"]]
                workspace.config["hostname"] = nil
                let value = contents("/proc/sys/net/ipv4/ip_forward").trimmingCharacters(in: .newlines)
                workspace.config["linux.sysctl"] = ["net.ipv4.ip_forward": .string(value)]
                return try workspace.runContainer(["/bin/true"]).code == 0 ? "the host's sysctl was written" : nil
            },
            Attack(rule: 9, "kernel.domainname without a UTS namespace of one's own") { workspace in
                workspace.config["linux.namespaces"] = [["type": "pid"], ["type": "ipc"], ["type": "mount"]]
                workspace.config["hostname"] = nil
                workspace.config["linux.sysctl"] = ["kernel.domainname": "(none)"]
                return try workspace.runContainer(["/bin/true"]).code == 0 ? "the host's name was written" : nil
            },
            Attack(rule: 9, "a hostname without a UTS namespace of one's own") { workspace in
                workspace.config["linux.namespaces"] = [["type": "pid"], ["type": "ipc"], ["type": "mount"]]
                let before = contents("/proc/sys/kernel/hostname")
                _ = try workspace.runContainer(["/bin/true"])
                return contents("/proc/sys/kernel/hostname") == before ? nil : "the host has another name"
            },
        ]

        static let userAttacks: [Attack] = [
            Attack(rule: 9, "CVE-2024-40635: user numbers out of range become root", succeedsOn: [.crun]) { workspace in
                for number: Int64 in [4_294_967_296, -1, 4_294_967_295, Int64.max] {
                    workspace.config["process.user"] = ["uid": .integer(number), "gid": .integer(number)]
                    let outcome = try workspace.runContainer(["/bin/id", "-u"])
                    try? workspace.delete()
                    if outcome.code == 0, outcome.trimmed == "0" { return "\(number) is root" }
                }
                return nil
            },
            Attack(rule: 9, "CVE-2024-40635: the same with exec", succeedsOn: [.runc, .crun]) { workspace in
                try workspace.startContainer(["/bin/attacker", "pause"])
                for text in [
                    "4294967296", "-1", "18446744073709551616", "1000:4294967296", "0x0", "", "1000:", ":0", " 0",
                ] {
                    let outcome = try workspace.runtime("exec", "--user", text, workspace.id, "/bin/id", "-u")
                    if outcome.code == 0, outcome.trimmed == "0", !["", ":0", " 0"].contains(text) {
                        return "\(text) is root"
                    }
                }
                return nil
            },
            Attack(rule: 9, "CVE-2016-3697: a user of the image whose name is a number") { workspace in
                try workspace.write("rootfs/etc/passwd", "1000:x:0:0::/root:/bin/sh\n")
                workspace.config["process.user"] = ["uid": 1000, "gid": 1000]
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "cat /proc/self/status | grep ^Uid"])
                return outcome.output.contains("\t0\t") ? outcome.trimmed : nil
            },
        ]
    }
}
