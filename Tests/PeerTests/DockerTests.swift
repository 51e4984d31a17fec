import Foundation
import TestSupport
import Testing

/// A Docker daemon with roots and a socket of its own, without a network, and the image `box`.
final class DockerHost {
    let place: PeerPlace
    private let daemon: Daemon
    private let client: [String]

    init() throws {
        let place = try PeerPlace()
        let directory = place.directory
        try "{}".write(toFile: "\(directory)/daemon.json", atomically: true, encoding: .utf8)
        let client = ["/usr/bin/docker", "--host", "unix://\(directory)/socket"]
        (self.place, self.client) = (place, client)
        let switches = ["iptables", "ip6tables", "ip-forward", "ip-masq", "userland-proxy"].map { "--\($0)=false" }
        daemon = try Daemon(
            ["/usr/sbin/dockerd", "--config-file", "\(directory)/daemon.json", "--data-root", "\(directory)/data"]
                + ["--exec-root", "\(directory)/exec", "--pidfile", "\(directory)/pid", "--host"]
                + ["unix://\(directory)/socket", "--bridge", "none", "--storage-driver", "vfs", "--cgroup-parent"]
                + [place.cgroup, "--add-runtime", "tested=\(Machine.runtime)", "--default-runtime", "tested"]
                + switches,
            in: directory
        ) { try place.run(client + ["version"]).code == 0 }
        let imported = try docker("import", "image.tar", "box")
        guard imported.code == 0 else { throw UnexpectedOutcome(what: "docker import", outcome: imported) }
    }

    func docker(_ words: String..., input: String? = nil) throws -> Outcome { try docker(words, input: input) }
    func docker(_ words: [String], input: String? = nil) throws -> Outcome {
        try place.run(client + words, input: input)
    }

    func run(_ words: String..., input: String? = nil) throws -> Outcome {
        try docker(["run", "--network", "none"] + words, input: input)
    }

    func shell(_ words: String..., typed: String) throws -> Outcome {
        try converse(client + words, in: place.directory, prompt: "# ", typed: typed + "\n")
    }

    func inspect(_ name: String, _ format: String) throws -> String {
        try docker("inspect", "--format", format, name).trimmed
    }

    func close() -> [String] {
        for id in (try? docker("ps", "--all", "--quiet").lines) ?? [] { _ = try? docker("rm", "--force", id) }
        daemon.stop()
        return place.clear()
    }
}

extension Peers {
    /// `dockerd --default-runtime`: Docker 20.10 with containerd's shim.
    @Suite(
        "Docker",
        .enabled(
            if: Machine.has("dockerd", "docker", "containerd"),
            "needs docker.io, which make test does not install: its package starts a daemon"),
        .enabled(if: !Machine.isSlow, "the virtual machine is slow; containerd's tests go the same way there"))
    struct DockerTests {
        @Test("run, exec, terminals, stop, pause, update, stats, health, restarts, rm")
        func life() throws {
            let host = try DockerHost()
            var failure: (any Error)?
            do {
                try runs(host)
                try control(host)
                try options(host)
                try endings(host)
            } catch { failure = error }
            let left = host.close()
            if let failure { throw failure }
            #expect(left.isEmpty, "left behind: \(left)")
        }

        private func runs(_ host: DockerHost) throws {
            expect(
                try host.run("--rm", "box", "/bin/sh", "-c", "echo out; echo err >&2; exit 7"), code: 7, "out", "err")
            expect(try host.run("--rm", "-i", "box", "/bin/cat", input: "through"), "through")
            expect(try host.run("--rm", "box", "/bin/absent"), code: 127)
            expect(try host.run("--rm", "box", "/bin"), code: 126)
            expect(
                try host.shell(
                    "run", "--rm", "-it", "--network", "none", "box", "/bin/sh", typed: "tty; stty size; exit 5"),
                code: 5, "/dev/pts/0", "33 99")
        }

        private func control(_ host: DockerHost) throws {
            expect(
                try host.run(
                    "-d", "--name", "one", "--health-cmd", "exit 0", "--health-interval", "1s", "box", "/bin/sleep",
                    "1000"))
            let id = try host.inspect("one", "{{.Id}}")
            expect(try host.docker("exec", "one", "/bin/sh", "-c", "exit 9"), code: 9)
            expect(try host.docker("exec", "one", "/bin/absent"), code: 126)
            expect(try host.shell("exec", "-it", "one", "/bin/sh", typed: "tty; exit 6"), code: 6, "/dev/pts/")
            let asked = try host.docker(
                "exec", "-u", "1000", "-w", "/data", "-e", "X=set", "one", "/bin/sh", "-c", "id -u; pwd; echo $X")
            #expect(asked.trimmed == "1000\n/data\nset", "\(asked.summary)")
            expect(try host.docker("top", "one"), "sleep 1000")
            expect(try host.docker("pause", "one"))
            #expect(try host.inspect("one", "{{.State.Status}}") == "paused")
            expect(try host.docker("unpause", "one"))
            expect(
                try host.docker(
                    "update", "--memory", "64m", "--memory-swap", "64m", "--cpus", "0.5", "--pids-limit", "33", "one"))
            let place = host.place
            #expect(place.limit(id, "memory", v1: "memory.limit_in_bytes", v2: "memory.max") == "67108864")
            #expect(place.limit(id, "pids", v1: "pids.max", v2: "pids.max") == "33")
            #expect(place.limit(id, "cpu", v1: "cpu.cfs_quota_us", v2: "cpu.max").hasPrefix("50000"))
            expect(try host.docker("stats", "--no-stream", "--format", "{{.MemUsage}} {{.PIDs}}", "one"), "64MiB 1")
            try eventually("healthy") { try host.inspect("one", "{{.State.Health.Status}}") }
            expect(try host.docker("stop", "-t", "1", "one"))
            #expect(try host.inspect("one", "{{.State.Status}} {{.State.ExitCode}}") == "exited 137")
            expect(try host.docker("start", "one"))
            expect(try host.docker("restart", "-t", "0", "one"))
            expect(try host.docker("kill", "one"))
            try eventually("exited 137") { try host.inspect("one", "{{.State.Status}} {{.State.ExitCode}}") }
            expect(try host.docker("rm", "one"))
        }

        private func options(_ host: DockerHost) throws {
            let inside = "grep -E 'NoNew|CapEff|Seccomp:' /proc/self/status; touch /scratch/x && echo written"
            let outcome = try host.run(
                "--rm", "--read-only", "--tmpfs", "/scratch", "--cap-drop", "all", "--user", "1000", "-v", "kept:/v",
                "--security-opt", "no-new-privileges", "box", "/bin/sh", "-c", inside)
            #expect(
                outcome.lines == ["CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "written"],
                "\(outcome.summary)")
            // Debian's runc cannot give all capabilities where the host lacks one.
            if !Machine.isReference {
                expect(try host.run("--rm", "--privileged", "box", "/bin/ls", "/dev/loop-control"))
            }
            expect(
                try host.docker(
                    "run", "--rm", "--network", "host", "--pid", "host", "--ipc", "host", "box", "/bin/true"))
            expect(try host.run("-d", "--name", "first", "--ipc", "shareable", "box", "/bin/sleep", "1000"))
            expect(
                try host.docker(
                    "run", "--rm", "--network", "container:first", "--pid", "container:first", "--ipc",
                    "container:first",
                    "box", "/bin/ps"), "sleep 1000")
        }

        private func endings(_ host: DockerHost) throws {
            expect(try host.run("-d", "--name", "again", "--restart", "on-failure:2", "box", "/bin/false"))
            let hungry = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"
            expect(
                try host.run(
                    "-d", "--name", "hungry", "--memory", "8m", "--memory-swap", "8m", "box", "/bin/sh", "-c", hungry))
            expect(try host.docker("wait", "hungry"), "137")
            #expect(try host.inspect("hungry", "{{.State.OOMKilled}}") == "true")
            try eventually("2 exited") { try host.inspect("again", "{{.RestartCount}} {{.State.Status}}") }
        }
    }
}
