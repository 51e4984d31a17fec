import Foundation
import TestSupport
import Testing

/// A containerd with root, state and socket of its own, and the image `box`.
final class ContainerdHost {
    static let image = "docker.io/library/box:latest"
    let place: PeerPlace
    private let daemon: Daemon
    private let client: [String]

    init() throws {
        let place = try PeerPlace()
        let directory = place.directory
        let configuration = """
            version = 2
            root = "\(directory)/root"
            state = "\(directory)/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.devmapper",
              "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
              "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
            [grpc]
            address = "\(directory)/socket"
            [ttrpc]
            address = "\(directory)/socket.ttrpc"
            """
        try configuration.write(toFile: "\(directory)/config.toml", atomically: true, encoding: .utf8)
        let client = ["/usr/bin/ctr", "--address", "\(directory)/socket", "--namespace", place.name]
        (self.place, self.client) = (place, client)
        daemon = try Daemon(["/usr/bin/containerd", "--config", "\(directory)/config.toml"], in: directory) {
            try FileManager.default.fileExists(atPath: "\(directory)/socket")
                && place.run(client + ["version"]).code == 0
        }
        try load()
    }

    /// Brings the image in, in the form of `docker save`.
    private func load() throws {
        let script = """
            set -e
            sum=$(sha256sum image.tar | cut -d' ' -f1)
            echo '{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$sum'"]}}' >image.json
            echo '[{"Config":"image.json","RepoTags":["\(Self.image)"],"Layers":["image.tar"]}]' >manifest.json
            tar -cf saved.tar manifest.json image.json image.tar
            """
        let made = try place.run(["/bin/sh", "-c", script])
        guard made.code == 0 else { throw UnexpectedOutcome(what: "image", outcome: made) }
        let loaded = try ctr("image", "import", "--snapshotter", "native", "saved.tar")
        guard loaded.code == 0 else { throw UnexpectedOutcome(what: "ctr image import", outcome: loaded) }
    }

    func ctr(_ words: String..., input: String? = nil) throws -> Outcome { try place.run(client + words, input: input) }

    private func running(_ flags: [String], _ name: String, _ command: [String]) -> [String] {
        client + ["run", "--snapshotter", "native", "--runc-binary", Machine.runtime, "--runc-root"]
            + ["\(place.directory)/runc"] + flags + [Self.image, name] + command
    }

    /// `ctr run` with this project's runtime.
    func run(_ flags: [String], _ name: String, _ command: String...) throws -> Outcome {
        try place.run(running(flags, name, command))
    }

    /// The same on a terminal, for a shell.
    func shell(_ flags: [String], _ name: String, typed: String) throws -> Outcome {
        try converse(
            running(["--tty"] + flags, name, ["/bin/sh"]), in: place.directory, prompt: "# ", typed: typed + "\n")
    }

    func execShell(_ name: String, typed: String) throws -> Outcome {
        try converse(
            client + ["task", "exec", "--tty", "--exec-id", "shell", name, "/bin/sh"], in: place.directory,
            prompt: "# ", typed: typed + "\n")
    }

    func exec(_ name: String, _ id: String, _ command: String...) throws -> Outcome {
        try place.run(client + ["task", "exec", "--exec-id", id, name] + command)
    }

    /// A task's state as `ctr task ls` has it.
    func status(_ name: String) throws -> String {
        try ctr("task", "ls").lines.map { $0.split(separator: " ") }.first { $0.first == name[...] }
            .flatMap { $0.last.map(String.init) } ?? "gone"
    }

    func close() -> [String] {
        for name in (try? ctr("task", "ls", "--quiet").lines) ?? [] {
            _ = try? ctr("task", "delete", "--force", name)
        }
        for name in (try? ctr("container", "ls", "--quiet").lines) ?? [] { _ = try? ctr("container", "delete", name) }
        daemon.stop()
        return place.clear()
    }
}

extension Peers {
    /// `ctr run --runc-binary`: containerd's shim speaks to the runtime through go-runc's command lines.
    @Suite("containerd", .enabled(if: Machine.has("containerd", "ctr"), "needs containerd"))
    struct ContainerdTests {
        @Test("run, exec, terminals, ps, metrics, pause, kill, rm")
        func life() throws {
            let host = try ContainerdHost()
            var failure: (any Error)?
            do { try check(host) } catch { failure = error }
            let left = host.close()
            if let failure { throw failure }
            #expect(left.isEmpty, "left behind: \(left)")
        }

        private func check(_ host: ContainerdHost) throws {
            try runs(host)
            try tasks(host)
            try options(host)
            try refusals(host)
        }

        private func runs(_ host: ContainerdHost) throws {
            expect(try host.run(["--rm"], "echo", "/bin/echo", "hello"), "hello")
            expect(try host.run(["--rm"], "exit", "/bin/sh", "-c", "echo err >&2; exit 7"), code: 7, "err")
            expect(try host.run(["--rm"], "absent", "/bin/absent"), code: 1, "no such file")
            expect(
                try host.shell(["--rm"], "tty", typed: "tty; exit 5"), code: 5, "/dev/pts/0")
        }

        private func tasks(_ host: ContainerdHost) throws {
            let place = host.place
            expect(
                try host.run(
                    ["--detach", "--pid-file", "\(place.directory)/pid", "--memory-limit", "67108864", "--cgroup"]
                        + ["\(place.cgroup)/one"], "one", "/bin/sleep", "1000"))
            #expect(contents("/proc/\(contents("\(place.directory)/pid"))/cmdline").hasPrefix("/bin/sleep"))
            #expect(place.limit("one", "memory", v1: "memory.limit_in_bytes", v2: "memory.max") == "67108864")
            #expect(try host.status("one") == "RUNNING")
            expect(try host.exec("one", "id", "/bin/id", "-u"), "0")
            expect(try host.exec("one", "exit", "/bin/sh", "-c", "exit 9"), code: 9)
            expect(try host.exec("one", "absent", "/bin/absent"), code: 1, "no such file")
            expect(try host.execShell("one", typed: "tty; exit 6"), code: 6, "/dev/pts/0")
            expect(try host.ctr("task", "exec", "--detach", "--exec-id", "later", "one", "/bin/sleep", "500"))
            let list = try host.ctr("task", "ps", "one")
            #expect(list.lines.count == 3 && list.output.contains("later"), "\(list.summary)")
            let metrics = try host.ctr("task", "metrics", "one")
            expect(metrics, "67108864", "pids.current")
            expect(try host.ctr("task", "pause", "one"))
            #expect(try host.status("one") == "PAUSED")
            expect(try host.ctr("task", "resume", "one"))
            #expect(try host.status("one") == "RUNNING")
            expect(try host.ctr("task", "kill", "--exec-id", "later", "--signal", "SIGKILL", "one"))
            try eventually("2") { try "\(host.ctr("task", "ps", "one").lines.count)" }
            expect(try host.ctr("task", "kill", "--all", "--signal", "SIGKILL", "one"))
            try eventually("STOPPED") { try host.status("one") }
            expect(try host.ctr("task", "delete", "one"))
            expect(try host.ctr("container", "delete", "one"))
        }

        private func options(_ host: ContainerdHost) throws {
            expect(
                try host.run(["--rm", "--privileged"], "p", "/bin/sh", "-c", "ls /dev | wc -l"))
            expect(try host.run(["--rm", "--net-host"], "n", "/bin/readlink", "/proc/self/ns/net"), hostNetwork)
            expect(
                try host.run(
                    ["--rm", "--seccomp", "--read-only"], "s", "/bin/sh", "-c", "grep Seccomp: /proc/1/status"),
                "Seccomp:\t2")
            expect(
                try host.run(
                    ["--rm", "--mount", "type=bind,src=/usr/share,dst=/mnt,options=rbind:ro"], "m", "/bin/touch",
                    "/mnt/x"),
                code: 1, "Read-only")
        }

        private var hostNetwork: String {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")) ?? "?"
        }

        /// What is not supported says so, and the container goes on.
        private func refusals(_ host: ContainerdHost) throws {
            expect(try host.run(["--detach"], "two", "/bin/sleep", "1000"))
            let outcome = try host.ctr("container", "checkpoint", "--task", "two", "saved")
            #expect(outcome.code != 0)
            if !Machine.isReference {
                #expect(outcome.errors.contains("checkpoint is not supported"), "\(outcome.summary)")
            }
            #expect(try host.status("two") == "RUNNING")
            expect(try host.ctr("task", "delete", "--force", "two"))
            expect(try host.ctr("container", "delete", "two"))
        }
    }
}
