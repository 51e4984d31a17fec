import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// config-linux.md, "Namespaces": what the bundle does not name is inherited, the mount namespace, too. Its mounts are
    /// the container's all the same.
    @Suite("Without a mount namespace")
    struct SharedMountTests {
        private static func share(_ config: inout Config) {
            config["linux.namespaces"] = [["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"]]
            // The specification's schema knows them; runc refuses them here, and so does the validation.
            config["linux.maskedPaths"] = nil
            config["linux.readonlyPaths"] = nil
        }

        /// The host's mounts, without what comes and goes with other tests.
        private static func hostMounts(_ workspace: Workspace) -> [Substring] {
            contents("/proc/self/mountinfo").split(separator: "\n").filter { $0.contains(workspace.directory) }
        }

        @Test("it is in the host's, sees its own root, and changes nothing there", .enabled(if: !Machine.isReference))
        func shared() throws {
            try withWorkspace { workspace in
                Self.share(&workspace.config)
                try workspace.startContainer(["/bin/probe", "pause"])
                let pid = try #require(workspace.pid)
                #expect(
                    try readSymbolicLink("/proc/\(pid)/ns/mnt") == readSymbolicLink("/proc/self/ns/mnt"))
                #expect(Self.hostMounts(workspace).isEmpty)
                let exec = try workspace.runtime(
                    "exec", workspace.id, "/bin/sh", "-c",
                    "ls / | busybox tr '\\n' ' '; cat /proc/1/comm; cat /dir/file; echo x > /dir/new; echo $?")
                #expect(
                    exec.lines == ["bin dev dir etc mnt proc sys tmp probe", "file", "1"], "\(exec.summary)")
                #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
                #expect(Self.hostMounts(workspace).isEmpty)
            }
        }

        @Test("its mounts, devices and limits are what the bundle says")
        func mounts() throws {
            try withWorkspace { workspace in
                guard !Machine.isReference else { return }
                Self.share(&workspace.config)
                workspace.config.mount("/mnt", "tmpfs", "tmpfs", ["ro", "size=64k"])
                let outcome = try workspace.runContainer([
                    "/bin/sh", "-c", "stat -f -c %T / /proc /mnt /dev/pts; echo x > /dev/null && touch /mnt/x; echo $?",
                ])
                #expect(
                    outcome.code == 0 && outcome.lines.dropFirst() == ["proc", "tmpfs", "devpts", "1"],
                    "\(outcome.summary)")
            }
        }

        static let refusals: [Case] = [
            Case(
                "CAP_SYS_ADMIN could lead out of the root", run: ["true"], .refused("CAP_SYS_ADMIN"),
                differs: "runc gives it",
                change: { config, _ in
                    share(&config)
                    config["process.capabilities.bounding"] = ["CAP_KILL", "CAP_SYS_ADMIN"]
                }),
            Case(
                "a user namespace without a mount namespace", run: ["true"], .refused("user namespace"),
                change: { config, _ in
                    share(&config)
                    config.append("linux.namespaces", ["type": "user"])
                    let maps: JSONValue = [["containerID": 0, "hostID": 100_000, "size": 65536]]
                    config["linux.uidMappings"] = maps
                    config["linux.gidMappings"] = maps
                }),
            Case(
                "an unbindable mount would be lost", run: ["true"], .refused("unbindable"),
                differs: "runc copies nothing",
                change: { config, _ in
                    share(&config)
                    config.mount("/mnt", "tmpfs", "tmpfs", ["unbindable"])
                }),
        ]

        @Test("what is refused without one", arguments: refusals)
        func refused(_ each: Case) throws { try each.check() }

        @Test("exec cannot add CAP_SYS_ADMIN", .enabled(if: !Machine.isReference))
        func exec() throws {
            try withWorkspace { workspace in
                Self.share(&workspace.config)
                try workspace.startContainer(["/bin/probe", "pause"])
                let outcome = try workspace.runtime("exec", "--cap", "CAP_SYS_ADMIN", workspace.id, "/bin/true")
                #expect(outcome.code == 255 && outcome.errors.contains("CAP_SYS_ADMIN"), "\(outcome.summary)")
            }
        }
    }
}
