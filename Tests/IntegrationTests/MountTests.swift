import OCISpec
import TestSupport
import Testing

extension Integration {
    /// config.md: mounts; config-linux.md: masked and read-only paths, propagation, devices.
    @Suite("Mounts")
    struct MountTests {
        @Test("with --no-pivot, too, the masks of /proc cannot be left behind", arguments: [false, true])
        func noPivot(_ isMoved: Bool) throws {
            try withWorkspace { workspace in
                let before = contents("/proc/self/mountinfo")
                workspace.config.mount("/tmp", "tmpfs", "tmpfs")
                workspace.config["process.noNewPrivileges"] = false
                // A user namespace may mount a procfs only where one is to be seen whole.
                try workspace.prepare([
                    "/bin/sh", "-c",
                    "/bin/busybox unshare -r -m -p -f /bin/busybox mount -t proc proc /tmp && echo mounted; ls /dir; ls / | busybox wc -l",
                ])
                let options = isMoved ? ["--no-pivot"] : []
                let outcome = try workspace.runtime(
                    ["run"] + options + ["--bundle", workspace.bundle, workspace.id])
                #expect(outcome.code == 0 && outcome.lines == ["file", "sub", "8"], "\(outcome.summary)")
                #expect(contents("/proc/self/mountinfo") == before)
            }
        }

        @Test("what is mounted, and how", arguments: Machine.sample(Self.cases))
        func mount(_ each: Case) throws { try each.check() }

        private static func option(_ name: String, of report: Report, at path: String) -> Bool {
            report.mounts(at: path).last?.split(separator: " ").dropFirst(5).first?.split(separator: ",").contains(
                Substring(name)) ?? false
        }

        private static func tmpfs(_ options: String...) -> @Sendable (inout Config, Workspace) throws -> Void {
            { config, _ in config.mount("/mnt", "tmpfs", "tmpfs", options) }
        }

        private static let bindOptions: [Case] = [
            "nosuid", "nodev", "noexec", "noatime", "nodiratime", "ro",
        ].map { name in
            Case(
                "bind with \(name)",
                change: { config, workspace in
                    config.mount("/mnt", "bind", "\(workspace.rootfs)/dir", ["bind", name])
                }
            ) { option(name, of: $0, at: "/mnt") }
        }

        private static let recursiveOptions: [Case] = [
            ("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"), ("rnoexec", "noexec"), ("rnoatime", "noatime"),
        ].map { pair in
            Case(
                "rbind with \(pair.0) reaches the mounts below", differs: "needs runc 1.2",
                change: { config, workspace in
                    config.mount("/mnt", "tmpfs", "tmpfs", ["mode=755"])
                    // /proc of the bundle has mounts below it once masks are set; a tmpfs below a tmpfs serves here.
                    config.mount("/mnt/a", "tmpfs", "tmpfs", ["mode=755"])
                    config.mount("/mnt/a/b", "tmpfs", "tmpfs", ["mode=755"])
                    config.mount("/tmp", "bind", "/dev", ["rbind", pair.0])
                }
            ) { report in
                option(pair.1, of: report, at: "/tmp")
                    && report["mounts"].split(separator: "\n").filter {
                        let fields = $0.split(separator: " ")
                        return fields.count > 5 && fields[4].hasPrefix("/tmp/")
                    }.allSatisfy { $0.split(separator: " ")[5].split(separator: ",").contains(Substring(pair.1)) }
            }
        }

        static let cases: [Case] =
            bindOptions + recursiveOptions + [
                Case(
                    "tmpfs with size and mode", sh: "stat -c %a /mnt; mount | grep ' /mnt '",
                    .that {
                        $0.hasPrefix("1700") && $0.contains("size=1024k")
                    }, differs: "runc 1.1 keeps the mode of the mount point", change: tmpfs("size=1m", "mode=1700")),
                Case("data of the file system beside flags", change: tmpfs("nosuid", "noexec", "size=64k")) {
                    option("nosuid", of: $0, at: "/mnt") && option("noexec", of: $0, at: "/mnt")
                        && ($0.mounts(at: "/mnt").last ?? "").contains("size=64k")
                },
                Case("the mounts of the list in its order") { report in
                    ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"].allSatisfy {
                        !report.mounts(at: $0).isEmpty
                    }
                },
                Case("read-only /sys", sh: "touch /sys/x 2>&1 | grep -c Read-only", .output("1")),
                Case(
                    "a mount point that is made", sh: "cat /fresh/place/deep", .output("deep"),
                    change: { config, workspace in
                        config["root.readonly"] = false
                        config.mount("/fresh/place", "bind", "\(workspace.rootfs)/dir/sub", ["rbind", "ro"])
                    }),
                Case(
                    "a file bound to a file", sh: "cat /etc/group", .output("file"),
                    change: { config, workspace in
                        config.mount("/etc/group", "bind", "\(workspace.rootfs)/dir/file", ["bind"])
                    }),
                Case(
                    "source relative to the bundle", sh: "cat /mnt/file", .output("file"),
                    change: { config, _ in
                        config.mount("/mnt", "bind", "rootfs/dir", ["bind"])
                    }),
                Case(
                    "tmpcopyup", sh: "cat /dir/file /dir/sub/deep; touch /dir/new && echo made",
                    .output("file\ndeep\nmade"),
                    change: { config, _ in
                        config.mount("/dir", "tmpfs", "tmpfs", ["tmpcopyup"])
                    }),
                Case(
                    "a link in the root stays in the root",
                    sh: "cat /mnt/file; ls /etc/shadow 2>&1 | grep -c 'No such'", .output("file\n1"),
                    change: { config, workspace in
                        try makeLink("/mnt", "\(workspace.rootfs)/link")
                        config.mount("/link", "bind", "\(workspace.rootfs)/dir", ["bind", "ro"])
                    }),
                Case(
                    "masked file", sh: "cat /dir/file; echo $?", .output("0"),
                    change: { config, _ in config.append("linux.maskedPaths", "/dir/file") }),
                Case(
                    "masked directory", sh: "ls /dir | wc -l", .output("0"),
                    change: { config, _ in config.append("linux.maskedPaths", "/dir") }),
                Case(
                    "masked path that is absent", run: ["true"], .exit(0),
                    change: { config, _ in config.append("linux.maskedPaths", "/absent/path") }),
                Case(
                    "read-only path", sh: "touch /dir/x 2>&1 | grep -c Read-only", .output("1"),
                    change: { config, _ in
                        config["root.readonly"] = false
                        config.append("linux.readonlyPaths", "/dir")
                    }),
                Case(
                    "/proc/sys is read-only", sh: "echo 1 2>/dev/null >/proc/sys/kernel/domainname || echo refused",
                    .output("refused")),
                Case("default devices") { report in
                    [
                        "null=c1:3:666", "zero=c1:5:666", "full=c1:7:666", "random=c1:8:666", "urandom=c1:9:666",
                        "tty=c5:0:666",
                    ]
                    .allSatisfy { report["devices"].contains($0) }
                },
                Case(
                    "default links of /dev", sh: "ls -l /dev | grep -c -E '(fd|stdin|stdout|stderr|ptmx) -> '",
                    .output("5")),
                Case(
                    "a device of the configuration",
                    change: { config, _ in
                        config["linux.devices"] = [
                            [
                                "path": "/dev/mine", "type": "c", "major": 1, "minor": 3, "fileMode": 432, "uid": 7,
                                "gid": 8,
                            ]
                        ]
                        config.append(
                            "linux.resources.devices",
                            ["allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"])
                    }
                ) { $0["devices"].contains("mine=c1:3:660:7:8") },
                Case(
                    "a device in a directory that is made", sh: "ls -l /dev/deep/er/null | cut -c1", .output("c"),
                    change: { config, _ in
                        config["linux.devices"] = [["path": "/dev/deep/er/null", "type": "c", "major": 1, "minor": 3]]
                    }),
                Case(
                    "a device that is not allowed", sh: "cat /dev/denied 2>&1 | grep -c 'not permitted'", .output("1"),
                    change: { config, _ in
                        config["linux.devices"] = [
                            ["path": "/dev/denied", "type": "c", "major": 1, "minor": 11, "fileMode": 438]
                        ]
                    }),
                Case(
                    "what a rule denies behind a rule for all stays denied",
                    sh:
                        "/bin/busybox mknod /dev/n c 1 11 2>&1 | grep -c 'not permitted'; /bin/busybox mknod /dev/o c 1 12 && echo made",
                    .output("1\nmade"),
                    change: { config, _ in
                        config.append("process.capabilities.bounding", "CAP_MKNOD")
                        config.append("process.capabilities.effective", "CAP_MKNOD")
                        config.append("process.capabilities.permitted", "CAP_MKNOD")
                        config["linux.resources.devices"] = [
                            ["allow": true, "access": "rwm"],
                            ["allow": false, "type": "c", "major": 1, "minor": 11, "access": "rwm"],
                        ]
                    }),
                Case(
                    "mounts at the places of the default links",
                    sh: "cat /dev/stdin; cat /dev/fd/file; ls -l /dev | grep -c -E '(stdout|stderr|ptmx) -> '",
                    .output("mounted\nbelow\n3"),
                    change: { config, workspace in
                        try workspace.write("in", "mounted\n")
                        _ = try run(["/bin/mkdir", "\(workspace.bundle)/below"], in: workspace.bundle)
                        try workspace.write("below/file", "below\n")
                        config.mount("/dev/stdin", "bind", "\(workspace.bundle)/in", ["bind"])
                        config.mount("/dev/fd", "bind", "\(workspace.bundle)/below", ["bind"])
                    }),
                Case("private root", change: { config, _ in config["linux.rootfsPropagation"] = "private" }) { report in
                    !(report.mounts(at: "/").last ?? "shared:").contains("shared:")
                },
                Case(
                    "shared root", differs: "runc 1.1 makes it private again",
                    change: { config, _ in config["linux.rootfsPropagation"] = "shared" }
                ) { report in
                    (report.mounts(at: "/").last ?? "").contains("shared:")
                },
                Case(
                    "unbindable root", differs: "runc 1.1 cannot bind it any more",
                    change: { config, _ in config["linux.rootfsPropagation"] = "unbindable" }
                ) { report in
                    (report.mounts(at: "/").last ?? "").contains("unbindable")
                },
                Case(
                    "a shared bind",
                    change: { config, workspace in
                        config.mount("/mnt", "bind", "\(workspace.rootfs)/dir", ["bind", "shared"])
                    }
                ) { ($0.mounts(at: "/mnt").last ?? "").contains("shared:") },
                Case(
                    "a slave bind", run: ["true"], .exit(0),
                    change: { config, workspace in
                        config.mount("/mnt", "bind", "\(workspace.rootfs)/dir", ["rbind", "rslave"])
                    }),
                Case(
                    "cgroup file system, read-only", sh: "ls /sys/fs/cgroup | wc -l",
                    .that { (Int($0.split(separator: "\n").first ?? "") ?? 0) > 3 },
                    change: { config, _ in
                        config.mount(
                            "/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"])
                    }),
                Case(
                    "cgroup file system in a cgroup namespace",
                    sh: "cat /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null | head -1",
                    .output("1"),
                    change: { config, _ in
                        config.append("linux.namespaces", ["type": "cgroup"])
                        config.mount(
                            "/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"])
                    }),
                Case(
                    "idmapped bind", sh: "stat -c %u:%g /mnt/file", .output("5000:5000"), differs: "needs runc 1.2",
                    change: { config, workspace in
                        config.mount("/mnt", "bind", "\(workspace.rootfs)/dir", ["bind"])
                        let maps: JSONValue = [["containerID": 0, "hostID": 5000, "size": 1000]]
                        config["mounts.6.uidMappings"] = maps
                        config["mounts.6.gidMappings"] = maps
                    }),
                Case(
                    "source that is absent", run: ["true"], .refused("absent"),
                    change: { config, _ in
                        config.mount("/mnt", "bind", "/absent/source", ["bind"])
                    }),
                Case(
                    "file system the kernel does not know", run: ["true"], .refused("nonsensefs"),
                    change: { config, _ in
                        config.mount("/mnt", "nonsensefs", "none")
                    }),
                Case(
                    "a mount over /proc's inside", run: ["true"], .refused("/proc"), differs: "runc 1.1 allows it",
                    change: { config, _ in
                        config.mount("/proc/sys/kernel", "tmpfs", "tmpfs")
                    }),
            ]
    }
}
