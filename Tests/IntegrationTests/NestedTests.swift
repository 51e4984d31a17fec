import Foundation
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// `brig-runtime` within a privileged container of its own.
    @Suite("Nested", .enabled(if: !Machine.isReference, "the runtime must be a static program"))
    struct NestedTests {
        @Test("run, exec, limits, kill and delete inside, with cgroups of its own")
        func nested() throws {
            try withWorkspace { workspace in
                let inner = "\(workspace.rootfs)/inner"
                try FileManager.default.copyItem(
                    atPath: Machine.runtime, toPath: "\(workspace.rootfs)/bin/brig-runtime")
                try FileManager.default.createDirectory(
                    atPath: "\(inner)/rootfs/proc", withIntermediateDirectories: true)
                for name in ["bin", "dev", "sys", "tmp"] {
                    try FileManager.default.createDirectory(
                        atPath: "\(inner)/rootfs/\(name)", withIntermediateDirectories: true)
                }
                let copied = try run(
                    ["/bin/cp", "-a", "\(workspace.rootfs)/bin/busybox", "\(workspace.rootfs)/bin/sh"]
                        + ["\(workspace.rootfs)/bin/id", "\(workspace.rootfs)/bin/sleep", "\(inner)/rootfs/bin/"],
                    in: "/tmp")
                #expect(copied.code == 0, "\(copied.summary)")
                var config = Config.plain(command: ["/bin/sleep", "1000"], cgroup: "/deeper/c")
                config["linux.resources.pids"] = ["limit": 20]
                config["linux.resources.memory"] = ["limit": 67_108_864]
                try config.json.text().write(toFile: "\(inner)/config.json", atomically: true, encoding: .utf8)
                makePrivileged(workspace)
                let limit =
                    Machine.hasUnifiedCgroups
                    ? "/sys/fs/cgroup/deeper/c/pids.max" : "/sys/fs/cgroup/pids/deeper/c/pids.max"
                let script = """
                    set -e
                    r="/bin/brig-runtime --root /tmp/state"
                    $r run --detach --bundle /inner c
                    $r exec c /bin/sh -c 'id -u; exit 0'
                    cat \(limit)
                    $r exec c /bin/sh -c 'exit 7' || echo exit $?
                    $r pause c; $r resume c
                    $r kill c KILL
                    n=0; until $r delete c 2>/dev/null; do n=$((n+1)); [ $n -lt 100 ]; sleep 0.1; done
                    [ -e \(limit) ] || echo gone
                    """
                let outcome = try workspace.runContainer(["/bin/sh", "-c", script])
                #expect(outcome.code == 0 && outcome.lines == ["0", "20", "exit 7", "gone"], "\(outcome.summary)")
            }
        }

        /// As `--privileged` has it: every capability that the caller has, no masks, writable trees.
        private func makePrivileged(_ workspace: Workspace) {
            let all = JSONValue.array(Self.capabilities.map { .string("CAP_\($0)") })
            workspace.config["process.capabilities"] = [
                "bounding": all, "effective": all, "permitted": all,
            ]
            workspace.config["process.noNewPrivileges"] = false
            workspace.config["root.readonly"] = false
            workspace.config["linux.maskedPaths"] = []
            workspace.config["linux.readonlyPaths"] = []
            workspace.config["linux.resources"] = ["devices": [["allow": true, "access": "rwm"]]]
            workspace.config.append("linux.namespaces", ["type": "cgroup"])
            workspace.config["mounts.5.options"] = ["nosuid", "noexec", "nodev"]
            workspace.config.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev"])
            workspace.config.mount("/tmp", "tmpfs", "tmpfs")
        }

        private static let capabilities = [
            "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
            "NET_BIND_SERVICE", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "SYS_CHROOT", "SYS_PTRACE", "SYS_ADMIN", "SYS_NICE",
            "MKNOD", "AUDIT_WRITE", "SETFCAP",
        ]
    }
}
