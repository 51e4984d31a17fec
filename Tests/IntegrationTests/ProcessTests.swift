import OCISpec
import TestSupport
import Testing

extension Integration {
    /// config.md: process, root, hostname; runtime.md: lifecycle of `run`.
    @Suite("Process")
    struct ProcessTests {
        @Test("what the program finds", arguments: Machine.sample(Self.cases))
        func process(_ each: Case) throws { try each.check() }

        static let cases: [Case] = [
            Case("pid 1, root, the host's name inside") { report in
                report.number("pid") == 1 && report.number("uid") == 0 && report["hostname"] == "probe"
            },
            Case("exit status of the program", run: ["/bin/probe", "exit", "42"], .exit(42)),
            Case("a signal's exit status", sh: "kill -9 $$", .that { _ in true }, possible: false),
            Case("standard input", sh: "cat; echo end", .output("end")),
            Case("nothing open but the three streams") { $0["fds"] == "0 1 2" },
            Case(
                "working directory", run: ["/bin/sh", "-c", "pwd"], .output("/dir/sub"),
                change: { config, _ in config["process.cwd"] = "/dir/sub" }),
            Case(
                "a working directory that only root may enter, for another user",
                run: ["/bin/sh", "-c", "pwd; ls 2>&1; true"],
                .that { $0.hasPrefix("/closed\n") && $0.contains("ermission denied") },
                change: { config, workspace in
                    _ = try TestSupport.run(
                        ["/bin/mkdir", "-m", "700", "\(workspace.rootfs)/closed"], in: workspace.bundle)
                    config["process.user"] = ["uid": 1000, "gid": 1000]
                    config["process.cwd"] = "/closed"
                }),
            Case(
                "a working directory that is missing is made, and is root's",
                run: ["/bin/sh", "-c", "pwd; stat -c %u:%a ."],
                .output("/new/dir\n0:755"),
                change: { config, _ in
                    config["root.readonly"] = true
                    config["process.user"] = ["uid": 1000, "gid": 1000, "umask": 63]
                    config["process.cwd"] = "/new/dir"
                }),
            Case(
                "environment, exactly", run: ["/bin/busybox", "env"],
                .that {
                    Set($0.split(separator: "\n").filter { !$0.hasPrefix("HOME=") }) == [
                        "A=1", "B=two words", "PATH=/bin",
                    ]
                },
                change: { config, _ in config["process.env"] = ["A=1", "B=two words", "PATH=/bin"] }),
            Case(
                "program found by PATH of the container", run: ["true"], .exit(0)),
            Case("program that is not there", run: ["/bin/absent"], .refused("/bin/absent")),
            Case("program not in PATH", run: ["absent"], .refused("absent")),
            Case("program that is not executable", run: ["/etc/passwd"], .refused("/etc/passwd")),
            Case("program that is a directory", run: ["/dir"], .refused("/dir")),
            Case(
                "uid, gid and further groups",
                change: { config, _ in
                    config["process.user"] = ["uid": 1000, "gid": 1001, "additionalGids": [5, 7]]
                }
            ) { report in
                report["Uid"] == "1000\t1000\t1000\t1000" && report["Gid"] == "1001\t1001\t1001\t1001"
                    && Set(report["Groups"].split(separator: " ")).isSuperset(of: ["5", "7"])
            },
            Case("umask", change: { config, _ in config["process.user"] = ["uid": 0, "gid": 0, "umask": 63] }) {
                $0["Umask"] == "0077"
            },
            Case(
                "capabilities in five sets",
                change: { config, _ in
                    let list: JSONValue = ["CAP_CHOWN", "CAP_KILL"]
                    config["process.capabilities"] = [
                        "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], "effective": ["CAP_CHOWN"],
                        "permitted": list,
                        "inheritable": list, "ambient": ["CAP_KILL"],
                    ]
                }
            ) { report in
                // exec by root with file capabilities makes effective and permitted of what is bounding.
                report["CapBnd"] == "00000000000000a1" && report["CapInh"] == "0000000000000021"
                    && report["CapAmb"] == "0000000000000020"
                    || report["CapAmb"] == "0000000000000000" && report["CapBnd"] == "00000000000000a1"
            },
            Case(
                "ambient capabilities of an ordinary user",
                change: { config, _ in
                    let list: JSONValue = ["CAP_NET_BIND_SERVICE"]
                    config["process.user"] = ["uid": 1000, "gid": 1000]
                    config["process.capabilities"] = [
                        "bounding": list, "effective": list, "permitted": list, "inheritable": list, "ambient": list,
                    ]
                }
            ) { $0["CapEff"] == "0000000000000400" && $0["CapAmb"] == "0000000000000400" },
            Case(
                "no capabilities of an ordinary user",
                change: { config, _ in
                    config["process.user"] = ["uid": 1000, "gid": 1000]
                }
            ) { $0["CapEff"] == "0000000000000000" && $0["CapAmb"] == "0000000000000000" },
            Case("no_new_privs") { $0["NoNewPrivs"] == "1" },
            Case("no no_new_privs", change: { config, _ in config["process.noNewPrivileges"] = false }) {
                $0["NoNewPrivs"] == "0"
            },
            Case(
                "resource limits",
                change: { config, _ in
                    config["process.rlimits"] = [
                        ["type": "RLIMIT_NOFILE", "soft": 100, "hard": 200],
                        ["type": "RLIMIT_CORE", "soft": 0, "hard": 0],
                    ]
                }
            ) { $0["RLIMIT_NOFILE"] == "100:200" && $0["RLIMIT_CORE"] == "0:0" },
            Case("oom score", change: { config, _ in config["process.oomScoreAdj"] = 500 }) {
                $0["oomScoreAdj"] == "500"
            },
            Case(
                "I/O priority", differs: "runc 1.1 has no ioPriority",
                change: { config, _ in config["process.ioPriority"] = ["class": "IOPRIO_CLASS_BE", "priority": 6] }
            ) { $0.number("ioprio") == 2 << 13 | 6 },
            Case(
                "scheduler", differs: "runc 1.1 has no scheduler",
                change: { config, _ in config["process.scheduler"] = ["policy": "SCHED_BATCH", "nice": 5] }
            ) { $0.number("scheduler") == 3 && $0.number("nice") == 5 },
            Case(
                "personality", differs: "runc 1.1 has no personality",
                change: { config, _ in config["linux.personality"] = ["domain": "LINUX32"] }
            ) { ($0.number("personality") ?? 0) & 0xff == 8 },
            Case(
                "domain name", differs: "runc 1.1 has no domainname",
                change: { config, _ in config["domainname"] = "example.test" }
            ) { $0["domainname"] == "example.test" },
            Case(
                "execCPUAffinity of create is accepted", run: ["true"], .exit(0),
                change: { config, _ in config["process.execCPUAffinity"] = ["initial": "0", "final": "0"] }),
            Case(
                "a session of its own, not the host's keyring", differs: "runc's own pid 1 may share what run has"
            ) { $0.number("sid") == 1 },
            Case(
                "read-only root", sh: "touch /new 2>&1 || echo refused", .that { $0.contains("refused") }),
            Case(
                "writable root", sh: "touch /new && echo made", .output("made"),
                change: { config, _ in config["root.readonly"] = false }),
            Case(
                "absolute path of the root", run: ["true"], .exit(0),
                change: { config, workspace in config["root.path"] = .string(workspace.rootfs) }),
        ]
    }
}
