import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// config-linux.md: namespaces, mappings, sysctl, seccomp.
    @Suite("Namespaces and filters")
    struct LinuxTests {
        @Test("what separates it", arguments: Machine.sample(Self.namespaces + Self.filters))
        func linux(_ each: Case) throws { try each.check() }

        @Test(
            "in a user namespace, the way to its root is open to the host's root alone, or (as Podman leaves it) to the container's",
            .enabled(if: !Machine.isReference, "runc has the maps written by another process"), arguments: [0, 100_000])
        func way(_ owner: Int) throws {
            try withWorkspace { workspace in
                try Self.users(&workspace.config, workspace)
                let way = "\(workspace.bundle)/way"
                try FileManager.default.createDirectory(atPath: way, withIntermediateDirectories: false)
                try FileManager.default.moveItem(atPath: workspace.rootfs, toPath: "\(way)/rootfs")
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o700, .ownerAccountID: owner, .groupOwnerAccountID: owner], ofItemAtPath: way)
                workspace.config["root.path"] = "way/rootfs"
                try workspace.prepare(["/bin/true"])
                // Its process and the one that writes its maps are in no order: here that one comes last.
                let outcome = try TestSupport.run(
                    [
                        "\(Machine.repository)/bin/test/between", "maps", Machine.runtime, "--root",
                        workspace.stateRoot, "run",
                        "--bundle", workspace.bundle, workspace.id,
                    ], in: workspace.bundle)
                #expect(outcome.code == 0, "\(outcome.summary)")
            }
        }

        private static func host(_ name: String) -> String {
            (try? readSymbolicLink("/proc/self/ns/\(name)")) ?? ""
        }

        private static func users(_ config: inout Config, _ workspace: Workspace) throws {
            config.append("linux.namespaces", ["type": "user"])
            let maps: JSONValue = [["containerID": 0, "hostID": 100_000, "size": 65536]]
            config["linux.uidMappings"] = maps
            config["linux.gidMappings"] = maps
            // sysfs belongs to the network namespace's owner: with a new one of each it may be mounted.
            try own(workspace.rootfs, uid: 100_000)
        }

        static let namespaces: [Case] = [
            Case("five new ones, and the host's others") { report in
                ["ipc", "mnt", "net", "pid", "uts"].allSatisfy { report["ns_\($0)"] != host($0) }
                    && ["user", "cgroup"].allSatisfy { report["ns_\($0)"] == host($0) }
            },
            Case(
                "no new network",
                change: { config, _ in
                    config["linux.namespaces"] = [["type": "pid"], ["type": "mount"], ["type": "uts"], ["type": "ipc"]]
                }
            ) { $0["ns_net"] == host("net") && $0["ns_pid"] != host("pid") },
            Case(
                "the host's pids and names",
                change: { config, _ in
                    config["linux.namespaces"] = [["type": "mount"], ["type": "network"], ["type": "ipc"]]
                    config["hostname"] = nil
                }
            ) { $0["ns_pid"] == host("pid") && $0["ns_uts"] == host("uts") && $0.number("pid") != 1 },
            Case("a cgroup namespace", change: { config, _ in config.append("linux.namespaces", ["type": "cgroup"]) }) {
                $0["ns_cgroup"] != host("cgroup") && !$0["cgroup"].contains("brig-it-")
            },
            Case(
                "joined by path",
                change: { config, _ in
                    config["linux.namespaces.1.path"] = "/proc/self/ns/net"
                }
            ) { _ in true },
            Case(
                "the loopback interface is up", sh: "/bin/busybox ip link show lo | grep -c LOOPBACK,UP", .output("1")),
            Case("user namespace with mappings", change: users) { report in
                report["ns_user"] != host("user") && report.number("uid") == 0
                    && report["uidMap"].split(separator: " ") == ["0", "100000", "65536"]
                    && report["gidMap"].split(separator: " ") == ["0", "100000", "65536"]
            },
            Case(
                "an ordinary user in a user namespace",
                change: { config, workspace in
                    try users(&config, workspace)
                    config["process.user"] = ["uid": 1000, "gid": 1000]
                }
            ) { $0["Uid"] == "1000\t1000\t1000\t1000" && $0["CapEff"] == "0000000000000000" },
            Case(
                "devices in a user namespace", sh: "echo x > /dev/null && head -c 3 /dev/zero | /bin/busybox wc -c",
                .output("3"),
                change: { config, workspace in
                    try users(&config, workspace)
                    try makeLink("busybox", "\(workspace.rootfs)/bin/head")
                }),
            Case(
                "time offsets", differs: "runc 1.1 has no time namespaces",
                change: { config, _ in
                    config.append("linux.namespaces", ["type": "time"])
                    config["linux.timeOffsets"] = [
                        "monotonic": ["secs": 1000, "nanosecs": 5], "boottime": ["secs": 2000],
                    ]
                }
            ) { report in
                let words = report["timeOffsets"].split { $0 == " " || $0 == "\n" || $0 == "\t" }
                return words == ["monotonic", "1000", "5", "boottime", "2000", "0"]
            },
            Case(
                "sysctl of the network", sh: "cat /proc/sys/net/ipv4/ip_forward", .output("1"),
                change: { config, _ in
                    config["linux.sysctl"] = ["net.ipv4.ip_forward": "1"]
                }),
            Case(
                "sysctl of ipc", sh: "cat /proc/sys/kernel/shm_rmid_forced", .output("1"),
                change: { config, _ in
                    config["linux.sysctl"] = ["kernel.shm_rmid_forced": "1"]
                }),
            Case(
                "sysctl of the host's network", run: ["true"], .refused("net.ipv4.ip_forward"),
                change: { config, _ in
                    config["linux.namespaces"] = [["type": "pid"], ["type": "mount"], ["type": "uts"], ["type": "ipc"]]
                    config["linux.sysctl"] = ["net.ipv4.ip_forward": "1"]
                }),
            Case(
                "sysctl of the whole kernel", run: ["true"], .refused("kernel.panic"),
                change: { config, _ in
                    config["linux.sysctl"] = ["kernel.panic": "1"]
                }),
            Case(
                "a namespace named twice", run: ["true"], .refused("namespace"),
                change: { config, _ in
                    config.append("linux.namespaces", ["type": "pid"])
                }),
            Case(
                "a namespace of another type", run: ["true"], .refused("/proc/self/ns/net"),
                change: { config, _ in
                    config["linux.namespaces.3.path"] = "/proc/self/ns/net"
                }),
            Case(
                "a host name without its namespace", run: ["true"], .refused("hostname"),
                change: { config, _ in
                    config["linux.namespaces"] = [
                        ["type": "pid"], ["type": "mount"], ["type": "network"], ["type": "ipc"],
                    ]
                }),
        ]

        private static func seccomp(_ action: String, _ rules: [JSONValue])
            -> @Sendable (inout Config, Workspace) -> Void
        {
            { config, _ in
                config["linux.seccomp"] = [
                    "defaultAction": .string(action),
                    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": .array(rules),
                ]
            }
        }

        // Numbers of x86-64: 39 getpid, 110 getppid, 83 mkdir, 157 prctl, 135 personality.
        static let filters: [Case] = [
            Case("filter mode", change: seccomp("SCMP_ACT_ALLOW", [["names": ["getsid"], "action": "SCMP_ACT_ERRNO"]]))
            {
                $0["Seccomp"] == "2" && $0.number("sid") == -1
            },
            Case("without a filter") { $0["Seccomp"] == "0" },
            Case(
                "an errno of the configuration", run: ["/bin/probe", "call", "110"], .output("-38"),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        ["names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38]
                    ])),
            Case(
                "the default errno", run: ["/bin/probe", "call", "110"], .output("-1"),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        ["names": ["getppid"], "action": "SCMP_ACT_ERRNO"]
                    ])),
            Case(
                "kill", run: ["/bin/probe", "call", "110"], .exit(128 + 31),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        ["names": ["getppid"], "action": "SCMP_ACT_KILL_PROCESS"]
                    ])),
            Case(
                "trap", run: ["/bin/probe", "call", "110"], .exit(128 + 31),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        ["names": ["getppid"], "action": "SCMP_ACT_TRAP"]
                    ])),
            Case(
                "a call the kernel lacks is skipped", run: ["true"], .exit(0),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        ["names": ["no_such_call_at_all"], "action": "SCMP_ACT_ERRNO"]
                    ])),
            Case(
                "an argument that matches", run: ["/bin/probe", "call", "135", "8"], .output("-1"),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        [
                            "names": ["personality"], "action": "SCMP_ACT_ERRNO",
                            "args": [["index": 0, "value": 8, "op": "SCMP_CMP_EQ"]],
                        ]
                    ])),
            Case(
                "an argument that does not", run: ["/bin/probe", "call", "135", "0xffffffff"], .output("0"),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        [
                            "names": ["personality"], "action": "SCMP_ACT_ERRNO",
                            "args": [["index": 0, "value": 8, "op": "SCMP_CMP_EQ"]],
                        ]
                    ])),
            Case(
                "a masked argument", run: ["/bin/probe", "call", "135", "0x10008"], .output("-1"),
                change: seccomp(
                    "SCMP_ACT_ALLOW",
                    [
                        [
                            "names": ["personality"], "action": "SCMP_ACT_ERRNO",
                            "args": [["index": 0, "value": 255, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"]],
                        ]
                    ])),
            Case(
                "a filter without no_new_privs",
                change: { config, workspace in
                    seccomp("SCMP_ACT_ALLOW", [["names": ["getsid"], "action": "SCMP_ACT_ERRNO"]])(&config, workspace)
                    config["process.noNewPrivileges"] = false
                }
            ) { $0["Seccomp"] == "2" && $0["NoNewPrivs"] == "0" },
            Case(
                "an action that is unknown", run: ["true"], .refused("SCMP_ACT_NONSENSE"),
                change: seccomp("SCMP_ACT_NONSENSE", [])),
        ]
    }
}
