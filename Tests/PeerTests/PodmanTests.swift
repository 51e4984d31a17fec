import Foundation
import TestSupport
import Testing

extension Peers {
    /// `podman --runtime`: Debian's Podman with conmon.
    @Suite("Podman", .enabled(if: Machine.has("podman", "conmon"), "needs podman and conmon"))
    struct PodmanTests {
        @Test("run: streams, terminal and exit status")
        func run() throws {
            try withPodman { host in
                expect(try host.run("--rm", "box", "/bin/true"))
                expect(
                    try host.run("--rm", "box", "/bin/sh", "-c", "echo out; echo err >&2; exit 7"), code: 7, "out",
                    "err")
                expect(try host.run("--rm", "-i", "box", "/bin/cat", input: "through"), "through")
                expect(try host.run("--rm", "box", "/bin/absent"), code: 127, "/bin/absent")
                expect(try host.run("--rm", "box", "/bin"), code: 126)
                expect(try host.run("--rm", "-t", "box", "/bin/sh", "-c", "tty; id -u"), "/dev/pts/0", "0")
                let interactive = try host.shell(
                    "run", "--rm", "-it", "--network", "none", "--cgroup-parent", host.place.cgroup, "box", "/bin/sh",
                    typed: "tty; stty size; exit 5")
                expect(interactive, code: 5, "/dev/pts/0", "33 99")
            }
        }

        @Test("a container's life: start, stop, restart, kill, wait, logs, rm")
        func life() throws {
            try withPodman { host in
                expect(try host.run("-d", "--name", "a", "box", "/bin/sh", "-c", "echo started; exec sleep 1000"))
                #expect(try host.inspect("a", ".State.Status") == "running")
                try eventually("started") { try host.podman("logs", "a").trimmed }
                expect(try host.podman("top", "a"), "sleep 1000")
                expect(try host.podman("stop", "--time", "0", "a"))
                #expect(try host.inspect("a", ".State.Status") == "exited")
                #expect(try host.inspect("a", ".State.ExitCode") == "137")
                expect(try host.podman("start", "a"))
                expect(try host.podman("restart", "--time", "0", "a"))
                #expect(try host.inspect("a", ".State.Status") == "running")
                expect(try host.podman("kill", "--signal", "USR1", "a"))
                expect(try host.podman("kill", "a"))
                #expect(try host.podman("wait", "a").trimmed == "137")
                expect(try host.podman("rm", "a"))
                expect(
                    try host.podman(
                        "create", "--name", "b", "--network", "none", "--cgroup-parent", host.place.cgroup, "box",
                        "/bin/true"))
                expect(try host.podman("init", "b"))
                #expect(try host.inspect("b", ".State.Status") == "initialized")
                expect(try host.podman("start", "--attach", "b"))
                expect(try host.podman("rm", "b"))
            }
        }

        @Test("exec: streams, terminal, user, directory, environment, privileges, exit status")
        func exec() throws {
            try withPodman { host in
                expect(try host.run("-d", "--name", "a", "box", "/bin/sleep", "1000"))
                expect(try host.podman("exec", "a", "/bin/sh", "-c", "exit 9"), code: 9)
                expect(try host.podman("exec", "a", "/bin/absent"), code: 127)
                expect(try host.podman("exec", "a", "/bin"), code: 126)
                expect(try host.podman("exec", "-i", "a", "/bin/cat", input: "through"), "through")
                expect(try host.podman("exec", "-it", "a", "/bin/tty"), "/dev/pts/")
                expect(try host.shell("exec", "-it", "a", "/bin/sh", typed: "tty; exit 6"), code: 6, "/dev/pts/")
                let asked = try host.podman(
                    "exec", "-u", "1000:1001", "-w", "/data", "-e", "X=set", "a", "/bin/sh", "-c",
                    "id -u; id -g; pwd; echo $X")
                #expect(asked.trimmed == "1000\n1001\n/data\nset", "\(asked.summary)")
                let plain = try host.podman("exec", "a", "/bin/grep", "CapEff", "/proc/self/status").trimmed
                let privileged = try host.podman(
                    "exec", "--privileged", "a", "/bin/grep", "CapEff", "/proc/self/status"
                ).trimmed
                #expect(plain != privileged && plain.hasPrefix("CapEff"), "\(plain) \(privileged)")
                expect(try host.podman("exec", "-d", "a", "/bin/touch", "/data/detached"))
                try eventually("/data/detached") { try host.podman("exec", "a", "/bin/ls", "/data/detached").trimmed }
            }
        }

        @Test("pause, unpause, update, stats")
        func control() throws {
            try withPodman { host in
                expect(
                    try host.run(
                        "-d", "--name", "a", "--memory", "64m", "--pids-limit", "77", "box", "/bin/sleep", "1000"))
                let group = try host.group("a")
                let place = host.place
                #expect(place.limit(group, "memory", v1: "memory.limit_in_bytes", v2: "memory.max") == "67108864")
                #expect(place.limit(group, "pids", v1: "pids.max", v2: "pids.max") == "77")
                expect(try host.podman("pause", "a"))
                #expect(try host.inspect("a", ".State.Status") == "paused")
                #expect(
                    place.limit(group, "freezer", v1: "freezer.state", v2: "cgroup.freeze").first.map {
                        "F1".contains($0)
                    } == true)
                expect(try host.podman("unpause", "a"))
                #expect(try host.inspect("a", ".State.Status") == "running")
                expect(try host.podman("update", "--memory", "48m", "--memory-swap", "96m", "--cpus", "0.5", "a"))
                #expect(place.limit(group, "memory", v1: "memory.limit_in_bytes", v2: "memory.max") == "50331648")
                #expect(
                    place.limit(group, "cpu", v1: "cpu.cfs_quota_us", v2: "cpu.max").hasPrefix("50000"))
                // What update does not name stays.
                #expect(place.limit(group, "pids", v1: "pids.max", v2: "pids.max") == "77")
                expect(
                    try host.podman("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", "a"), "1 "
                )
            }
        }

        @Test("what run can ask of a container", arguments: PodmanCase.all)
        func options(_ each: PodmanCase) throws { try each.check() }

        @Test("health checks, restart policies, commit, cp, diff")
        func engine() throws {
            try withPodman { host in
                expect(
                    try host.run(
                        "-d", "--name", "a", "--health-cmd", "exit 0", "--health-interval", "disable", "box",
                        "/bin/sleep",
                        "1000"))
                expect(try host.podman("healthcheck", "run", "a"))
                expect(try host.podman("exec", "a", "/bin/touch", "/data/new"))
                try eventually("A /data/new") {
                    try host.podman("diff", "a").output.split(separator: "\n").first { $0 == "A /data/new" }.map {
                        String($0)
                    } ?? ""
                }
                expect(try host.podman("cp", "a:/bin/busybox", "\(host.place.directory)/copy"))
                expect(try host.run("-d", "--name", "r", "--restart", "on-failure:2", "box", "/bin/false"))
                try eventually("2 1 exited") {
                    try host.podman(
                        "inspect", "--format", "{{.RestartCount}} {{.State.ExitCode}} {{.State.Status}}", "r"
                    ).trimmed
                }
            }
        }

        @Test(
            "pods: containers that share their namespaces", .enabled(if: !Machine.isSlow, "the virtual machine is slow")
        )
        func pods() throws {
            try withPodman { host in
                expect(
                    try host.podman(
                        "pod", "create", "--name", "p", "--network", "none", "--hostname", "ship", "--infra-image",
                        "box",
                        "--infra-command", "/bin/sleep 1000", "--cgroup-parent", host.place.cgroup))
                expect(try host.podman("run", "-d", "--pod", "p", "--name", "one", "box", "/bin/sleep", "1000"))
                let script = "hostname; for n in net ipc uts mnt; do readlink /proc/self/ns/$n; done"
                let one = try host.podman("exec", "one", "/bin/sh", "-c", script)
                let two = try host.podman("run", "--rm", "--pod", "p", "box", "/bin/sh", "-c", script)
                #expect(one.lines.first == "ship")
                #expect(
                    one.lines.dropLast() == two.lines.dropLast() && one.lines.last != two.lines.last, "\(one) \(two)")
                for verb in ["pause", "unpause"] { expect(try host.podman("pod", verb, "p")) }
                expect(try host.podman("pod", "stop", "--time", "0", "p"))
                expect(try host.podman("pod", "start", "p"))
                expect(try host.podman("pod", "rm", "--force", "--time", "0", "p"))
            }
        }
    }
}

/// One `podman run --rm` and what its program must see.
struct PodmanCase: Sendable, CustomTestStringConvertible {
    let name: String
    let flags: [String]
    let script: String
    let holds: @Sendable ([String]) -> Bool

    init(_ name: String, _ flags: [String], sh script: String, _ holds: @escaping @Sendable ([String]) -> Bool) {
        (self.name, self.flags, self.script, self.holds) = (name, flags, script, holds)
    }

    var testDescription: String { name }

    func check() throws {
        try withPodman { host in
            var words =
                ["run", "--rm"] + flags.map { $0.replacingOccurrences(of: "PLACE", with: host.place.directory) }
            if !flags.contains("--network") { words += ["--network", "none"] }
            if !flags.contains("--cgroups=disabled") { words += ["--cgroup-parent", host.place.cgroup] }
            words += ["box", "/bin/sh", "-c", script]
            let outcome = try host.podman(words)
            #expect(outcome.code == 0 && holds(outcome.lines), "\(name): \(outcome.summary)")
        }
    }

    static let all: [PodmanCase] = [
        PodmanCase("--privileged", ["--privileged"], sh: "ls /dev | wc -l; grep CapBnd /proc/self/status") {
            (Int($0[0].split(separator: " ")[0]) ?? 0) > 20 && !$0[1].hasSuffix("a80425fb")
        },
        PodmanCase(
            "host namespaces", ["--network", "host", "--pid", "host", "--ipc", "host", "--uts", "host"],
            sh: "for n in net pid ipc uts; do readlink /proc/self/ns/$n; done"
        ) { lines in
            lines
                == ["net", "pid", "ipc", "uts"].map {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\($0)")) ?? ""
                }
        },
        PodmanCase(
            "--uidmap", ["--uidmap", "0:100000:1000", "--gidmap", "0:200000:1000"],
            sh: "cat /proc/self/uid_map /proc/self/gid_map; id -u"
        ) {
            $0.map { $0.split(separator: " ").joined(separator: " ") } == ["0 100000 1000", "0 200000 1000", "0"]
        },
        PodmanCase(
            "--read-only and --tmpfs", ["--read-only", "--tmpfs", "/scratch"],
            sh: "touch /file 2>/dev/null || echo refused; touch /scratch/x && echo written"
        ) {
            $0 == ["refused", "written"]
        },
        PodmanCase(
            "a tmpfs where the image has no directory is everybody's", ["--tmpfs", "/scratch", "--user", "1000"],
            sh: "stat -c %a /scratch; touch /scratch/x && echo written"
        ) {
            $0 == ["1777", "written"]
        },
        PodmanCase(
            "volumes", ["-v", "kept:/v", "-v", "/usr/share:/host:ro"],
            sh: "touch /v/x && echo written; touch /host/x 2>/dev/null || echo refused"
        ) {
            $0 == ["written", "refused"]
        },
        PodmanCase("--init", ["--init", "--init-path", "PLACE/init"], sh: "echo child is not $$") {
            $0.first == "init is 1" && $0.last != "child is not 1"
        },
        PodmanCase(
            "limits of a process",
            ["--ulimit", "nofile=100:200", "--ulimit", "nproc=300:300", "--oom-score-adj", "100", "--group-add", "44"],
            sh: "ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj; id -G"
        ) {
            $0 == ["100", "200", "100", "0 44"]
        },
        PodmanCase(
            "sysctl, hostname, shm", ["--sysctl", "kernel.shmmax=12345678", "--hostname", "ship", "--shm-size", "1m"],
            sh: "cat /proc/sys/kernel/shmmax; hostname; grep /dev/shm /proc/mounts"
        ) {
            $0[0] == "12345678" && $0[1] == "ship" && $0[2].contains("size=1024k")
        },
        PodmanCase(
            "security options",
            [
                "--security-opt", "no-new-privileges", "--security-opt", "mask=/proc/uptime", "--cap-drop", "all",
                "--cap-add", "net_bind_service",
            ], sh: "grep -E 'NoNew|CapEff|Seccomp:' /proc/self/status; cat /proc/uptime"
        ) {
            $0 == ["CapEff:\t0000000000000400", "NoNewPrivs:\t1", "Seccomp:\t2"]
        },
        PodmanCase("no filter", ["--security-opt", "seccomp=unconfined"], sh: "grep Seccomp: /proc/self/status") {
            $0 == ["Seccomp:\t0"]
        },
        PodmanCase("a device", ["--device", "/dev/fuse:/dev/other:r"], sh: "ls -l /dev/other") {
            $0.first?.hasPrefix("c") == true && $0[0].contains("10, 229")
        },
        PodmanCase("--cgroupns=host", ["--cgroupns=host"], sh: "cat /proc/self/cgroup") {
            $0.contains { $0.contains("/brig-peer-") }
        },
        PodmanCase("--cgroupns=private", ["--cgroupns=private"], sh: "cat /proc/self/cgroup") {
            $0.allSatisfy { $0.hasSuffix(":/") }
        },
        PodmanCase("--cgroups=disabled: the caller's own", ["--cgroups=disabled"], sh: "cat /proc/self/cgroup") {
            !$0.isEmpty && !$0.contains { $0.contains("libpod-") }
        },
    ]
}
