import Foundation
import OCISpec
import TestSupport
import Testing

extension Attacks {
    /// Rules 12 and 13: fail closed, least by default.
    @Suite("Privileges")
    struct PrivilegeAttacks {
        @Test("rules 12 and 13", arguments: gateAttacks + capabilityAttacks + sharedAttacks)
        func attack(_ each: Attack) throws { try each.check() }

        static let gateAttacks: [Attack] = [
            Attack(rule: 12, "exec goes past the container's filter or no_new_privs", succeedsOn: [.crun]) {
                workspace in
                workspace.config["linux.seccomp"] = [
                    "defaultAction": "SCMP_ACT_ALLOW",
                    "syscalls": [["names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1]],
                ]
                workspace.config["root.readonly"] = false
                try workspace.startContainer(["/bin/attacker", "pause"])
                let outcome = try workspace.runtime(
                    "exec", workspace.id, "/bin/sh", "-c", "busybox mkdir /dir/made; ls /dir; cat /proc/self/status")
                if outcome.output.contains("made") { return "exec makes what the filter forbids" }
                return outcome.output.contains("NoNewPrivs:\t1") ? nil : "exec without no_new_privs"
            },
            Attack(rule: 12, "exec leaves the container's cgroup") { workspace in
                try workspace.startContainer(["/bin/attacker", "pause"])
                let outcome = try workspace.runtime("exec", workspace.id, "/bin/cat", "/proc/self/cgroup")
                let outside = outcome.lines.filter { !$0.contains(workspace.cgroup) && !$0.hasPrefix("0::") }
                return outside.first
            },
            Attack(rule: 12, "what cannot be enforced is dropped and the container runs") { workspace in
                for (path, value) in [
                    ("linux.seccomp", ["defaultAction": "SCMP_ACT_NONSENSE"] as JSONValue),
                    ("linux.resources.memory", ["limit": "much"]),
                    ("linux.resources.pids", ["limit": "1"]),
                    ("process.apparmorProfile", "no-such-profile"),
                    ("process.selinuxLabel", "system_u:system_r:container_t:s0"),
                    ("linux.mountLabel", "system_u:object_r:container_file_t:s0"),
                ] {
                    let kept = workspace.config
                    workspace.config[path] = value
                    let outcome = try workspace.runContainer(["/bin/true"])
                    try? workspace.delete()
                    workspace.config = kept
                    if outcome.code == 0, !Machine.isReference { return "ran with \(path) = \(value.text())" }
                }
                return nil
            },
        ]

        static let capabilityAttacks: [Attack] = [
            Attack(rule: 13, "CVE-2022-24769, 2022-29162: inheritable capabilities of run and exec") { workspace in
                let first = try workspace.runContainer(["/bin/sh", "-c", "grep -E 'CapInh|CapAmb' /proc/self/status"])
                if first.output.contains("1") || first.output.contains("f") { return "run: \(first.trimmed)" }
                try workspace.delete()
                try workspace.startContainer(["/bin/attacker", "pause"])
                let exec = try workspace.runtime(
                    "exec", "--cap", "CAP_NET_ADMIN", "--user", "1000:1000", workspace.id, "/bin/sh", "-c",
                    "grep CapInh /proc/self/status")
                return exec.trimmed == "CapInh:\t0000000000000000" ? nil : "exec: \(exec.summary)"
            },
            Attack(
                rule: 13, "CVE-2022-36109, 2022-2995: the primary group is shed because it is no supplementary one",
                succeedsOn: [.runc, .crun]
            ) { workspace in
                workspace.config["process.user"] = ["uid": 1000, "gid": 1001, "additionalGids": [7]]
                let outcome = try workspace.runContainer(["/bin/sh", "-c", "grep ^Groups /proc/self/status"])
                return outcome.output.contains("1001") ? nil : outcome.trimmed
            },
            Attack(rule: 13, "set-user-id programs regain what was dropped") { workspace in
                workspace.config["process.user"] = ["uid": 1000, "gid": 1000]
                _ = try TestSupport.run(["/bin/chmod", "4755", "\(workspace.rootfs)/bin/busybox"], in: "/tmp")
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "id -u; cat /proc/self/status | grep CapEff",
                ])
                return outcome.output.contains("0000000000000000") || !outcome.output.hasPrefix("0")
                    ? nil : outcome.trimmed
            },
            Attack(rule: 13, "CVE-2022-0492: a cgroup's release agent, or any of its limits, is changed from inside") {
                workspace in
                workspace.config.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "ro"])
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c",
                    """
                    for f in $(busybox find /sys/fs/cgroup -name release_agent -o -name notify_on_release \
                        -o -name cgroup.procs -o -name memory.limit_in_bytes -o -name memory.max); do
                        attacker open $f; done; mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo opened
                    """,
                ])
                return outcome.output.contains("opened") ? outcome.trimmed : nil
            },
            Attack(rule: 13, "the container sees, or moves to, another's cgroup") { workspace in
                workspace.config.append("linux.namespaces", ["type": "cgroup"])
                workspace.config.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "ro"])
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "cat /proc/self/cgroup; busybox find /sys/fs/cgroup -name 'brig-it-*'",
                ])
                return outcome.output.contains("brig-it") ? outcome.trimmed : nil
            },
        ]

        static let sharedAttacks: [Attack] = [
            Attack(rule: 13, "the caller's session keyring is open to the container") { workspace in
                let caller = [Workspace.attacker, "with-key", "brig-canary"]
                try workspace.prepare(["/bin/attacker", "keyring", "brig-canary"])
                let run = try workspace.runtime(after: caller, ["run", "--bundle", workspace.bundle, workspace.id])
                return run.output.contains("FOUND") ? "run finds the caller's key" : nil
            },
            Attack(rule: 13, "the caller's session keyring is open to a process of exec", succeedsOn: [.crun]) {
                workspace in
                let caller = [Workspace.attacker, "with-key", "brig-canary"]
                try workspace.startContainer(["/bin/attacker", "pause"])
                let exec = try workspace.runtime(
                    after: caller, ["exec", workspace.id, "/bin/attacker", "keyring", "brig-canary"])
                return exec.output.contains("FOUND") ? "exec finds the caller's key" : nil
            },
            Attack(
                rule: 13, "somebody else's keyring of the container's name takes its keys", succeedsOn: [.runc]
            ) { workspace in
                // Made before by another container of the same user: whoever joins by name shares it.
                let other = try Accomplice(
                    [Workspace.attacker, "named-ring", "_ses.\(workspace.id)", workspace.id], in: workspace.directory)
                other.wait(for: "ready")
                let outcome = try workspace.runContainer(["/bin/attacker", "keyring", "brig-planted"])
                return outcome.output.contains("FOUND") ? "the container shares a keyring with another" : nil
            },
            Attack(rule: 13, "TIOCSTI: the container types into the terminal of its caller, or takes it") { workspace in
                try workspace.prepare(["/bin/attacker", "type"])
                let onTerminal = [Workspace.attacker, "on-terminal"]
                let run = try workspace.runtime(after: onTerminal, ["run", "--bundle", workspace.bundle, workspace.id])
                guard run.output.contains("TIOCSTI") else { return run.summary }
                if ["TYPED", "TAKEN", "OPENED"].contains(where: run.output.contains) { return "run: \(run.trimmed)" }
                try workspace.delete()
                try workspace.startContainer(["/bin/attacker", "pause"])
                let exec = try workspace.runtime(after: onTerminal, ["exec", workspace.id, "/bin/attacker", "type"])
                guard exec.output.contains("TIOCSTI") else { return exec.summary }
                return ["TYPED", "TAKEN", "OPENED"].contains(where: exec.output.contains)
                    ? "exec: \(exec.trimmed)" : nil
            },
            Attack(rule: 13, "/proc/1/root, core_pattern and other doors of procfs") { workspace in
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c",
                    """
                    attacker open /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/kernel/modprobe \
                        /proc/sys/fs/binfmt_misc/register /proc/irq/default_smp_affinity /proc/bus/x /sys/kernel/uevent_helper \
                        /sys/kernel/mm/transparent_hugepage/enabled
                    ls /proc/1/root/; cat /proc/1/root\(workspace.canary)/secret /proc/kcore
                    """,
                ])
                if outcome.output.contains("opened") { return outcome.trimmed }
                return workspace.harm(outcome)
            },
            Attack(rule: 13, "mounts of the host's are seen, or reach it") { workspace in
                workspace.config["linux.rootfsPropagation"] = "rprivate"
                let outcome = try workspace.runContainer(["/bin/cat", "/proc/self/mountinfo"])
                return outcome.output.contains(workspace.directory + "/canary") || outcome.output.contains(" /run/old")
                    ? outcome.output : nil
            },
            Attack(
                rule: 13, "without a mount namespace: chroot, setns or a user namespace leads to the host's root",
                succeedsOn: [.runc]
            ) { workspace in
                workspace.config["linux.namespaces"] = [
                    ["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"],
                ]
                workspace.config["linux.maskedPaths"] = nil
                workspace.config["linux.readonlyPaths"] = nil
                for set in ["bounding", "permitted", "effective"] {
                    workspace.config["process.capabilities.\(set)"] = [
                        "CAP_SYS_CHROOT", "CAP_SETUID", "CAP_SETGID", "CAP_DAC_OVERRIDE", "CAP_MKNOD",
                    ]
                }
                workspace.config.mount("/tmp", "tmpfs", "tmpfs")
                let outcome = try workspace.runContainer(["/bin/attacker", "leave-root", "\(workspace.canary)/secret"])
                let mounts = contents("/proc/self/mountinfo")
                if mounts.contains(workspace.rootfs) { return "its mounts are the host's" }
                return workspace.harm(outcome)
            },
        ]
    }
}
