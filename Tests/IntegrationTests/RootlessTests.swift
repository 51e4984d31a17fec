import Foundation
import LinuxKernel
import OCISpec
import TestSupport
import Testing

extension Integration {
    /// An ordinary user, in a mount namespace whose `/etc/passwd`, `/etc/subuid` and `/etc/subgid` know them.
    @Suite("Rootless", .enabled(if: Rootless.isPossible, "needs uidmap, unshare and setpriv, and brig-runtime"))
    struct RootlessTests {
        @Test("spec --rootless, run: one user mapped without a helper, and told what is not enforced")
        func ownMapping() throws {
            try withSailor { sailor in
                try sailor.useSpec()
                let outcome = try sailor.run([
                    "/bin/sh", "-c", "id -u; cat /proc/self/uid_map; cat /proc/self/setgroups",
                ])
                #expect(outcome.code == 0, "\(outcome.summary)")
                let lines = outcome.lines.map { $0.split(separator: " ").joined(separator: " ") }
                #expect(lines == ["0", "0 \(Sailor.uid) 1", "deny"], "\(outcome.summary)")
                #expect(outcome.errors.contains("cgroup is not enforced"), "\(outcome.summary)")
            }
        }

        @Test("create, start, exec, list, ps, kill, delete below XDG_RUNTIME_DIR")
        func life() throws {
            try withSailor { sailor in
                try sailor.useSpec()
                try sailor.prepare(["/bin/sleep", "1000"])
                let id = sailor.workspace.id
                let bundle = sailor.workspace.bundle
                #expect(try sailor.runtime("create", "--bundle", bundle, "--pid-file", "\(bundle)/pid", id).code == 0)
                let pid = contents("\(bundle)/pid")
                // Not dumpable while the runtime's own code is in it: its files in /proc are root's.
                let owner = try TestSupport.run(["/bin/stat", "-c", "%u", "/proc/\(pid)/environ"], in: "/tmp")
                #expect(owner.trimmed == "0", "\(owner.summary)")
                #expect(FileManager.default.fileExists(atPath: "\(sailor.runtimeDirectory)/brig-runtime/\(id)"))
                #expect(try sailor.runtime("start", id).code == 0)
                #expect(try sailor.runtime("list", "--quiet").trimmed == id)
                #expect(try sailor.runtime("ps", "--format", "json", id).trimmed == "[\(pid)]")
                let exec = try sailor.runtime("exec", id, "/bin/sh", "-c", "id -u; exit 4")
                #expect(exec.code == 4 && exec.trimmed == "0", "\(exec.summary)")
                let pause = try sailor.runtime("pause", id)
                #expect(pause.code == 1 && pause.errors.contains("cgroup"), "\(pause.summary)")
                #expect(try sailor.runtime("kill", id, "KILL").code == 0)
                for _ in 0..<200 {
                    guard try sailor.runtime("delete", id).code != 0 else { break }
                    Thread.sleep(forTimeInterval: 0.05)
                }
                #expect(try sailor.runtime("state", id).code != 0)
            }
        }

        @Test("ranges of ids by newuidmap and newgidmap, in run and exec")
        func ranges() throws {
            try withSailor { sailor in
                try sailor.useSpec()
                try sailor.map(300_000)
                sailor.workspace.config["process.user"] = ["uid": 1000, "gid": 1001, "additionalGids": [44]]
                let script = "id -u; id -g; id -G; cat /proc/self/uid_map"
                let outcome = try sailor.run(["/bin/sh", "-c", script])
                let lines = outcome.lines.map { $0.split(separator: " ").joined(separator: " ") }
                #expect(
                    lines.count == 5 && lines[..<2] == ["1000", "1001"] && lines[2].contains("44")
                        && lines[3...] == ["0 \(Sailor.uid) 1", "1 300000 2000"], "\(outcome.summary)")
                try sailor.prepare(["/bin/sleep", "1000"])
                let (id, bundle) = (sailor.workspace.id, sailor.workspace.bundle)
                #expect(try sailor.runtime("run", "--detach", "--bundle", bundle, id).code == 0)
                let exec = try sailor.runtime("exec", id, "/bin/sh", "-c", "id -u; id -g")
                #expect(exec.trimmed == "1000\n1001", "\(exec.summary)")
            }
        }

        @Test("a program that is the user's own is copied, though its mode lets nobody write it")
        func ownProgram() throws {
            try withSailor { sailor in
                try sailor.useSpec()
                try sailor.prepare(["/bin/true"])
                let (id, bundle) = (sailor.workspace.id, sailor.workspace.bundle)
                let program = "\(sailor.workspace.directory)/brig-runtime"
                for (owner, isCopied) in [(0, false), (Sailor.uid, true)] {
                    _ = try TestSupport.run(
                        ["/bin/sh", "-c", "chown \(owner) \(program); chmod 555 \(program)"], in: "/tmp")
                    let made = try sailor.runtime("create", "--bundle", bundle, "--pid-file", "\(bundle)/pid", id)
                    #expect(made.code == 0, "\(made.summary)")
                    let running = try readSymbolicLink("/proc/\(contents("\(bundle)/pid"))/exe")
                    #expect(running.contains("memfd:") == isCopied, "\(running)")
                    #expect(try sailor.runtime("delete", "--force", id).code == 0)
                }
            }
        }

        @Test("what an ordinary user cannot have is refused in one line, and nothing stays")
        func refusals() throws {
            try withSailor { sailor in
                try sailor.useSpec()
                let strict = try sailor.run(["/bin/true"], global: ["--rootless=false"])
                #expect(strict.code == 1 && strict.errors.contains("cgroup"), "\(strict.summary)")
                try sailor.map(200_000)
                let foreign = try sailor.run(["/bin/true"])
                #expect(foreign.code == 1 && foreign.errors.contains("/etc/subuid"), "\(foreign.summary)")
                sailor.workspace.config["linux.namespaces"] = [["type": "mount"], ["type": "pid"]]
                sailor.workspace.config["hostname"] = nil
                sailor.workspace.config["linux.uidMappings"] = []
                sailor.workspace.config["linux.gidMappings"] = []
                let bare = try sailor.run(["/bin/true"])
                #expect(bare.code == 1 && bare.errors.contains("user namespace"), "\(bare.summary)")
                #expect(try sailor.runtime("list", "--quiet").trimmed == "")
            }
        }
    }
}

enum Rootless {
    static let isPossible =
        !Machine.isReference
        && ["/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/unshare", "/usr/bin/setpriv"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: $0)
        }
}

/// A user without any privilege, who owns the bundle of one workspace.
final class Sailor {
    static let uid = 4321
    let workspace: Workspace
    var runtimeDirectory: String { "\(workspace.directory)/user" }

    init(_ workspace: Workspace) throws {
        self.workspace = workspace
        let files = FileManager.default
        try files.createDirectory(atPath: runtimeDirectory, withIntermediateDirectories: true)
        // The checkout may lie where only root may go.
        try files.copyItem(atPath: Machine.runtime, toPath: "\(workspace.directory)/brig-runtime")
        let passwd = "root:x:0:0::/root:/bin/sh\nsailor:x:\(Self.uid):\(Self.uid)::/:/bin/sh\n"
        try passwd.write(toFile: "\(workspace.directory)/passwd", atomically: true, encoding: .utf8)
        for name in ["subuid", "subgid"] {
            try "sailor:300000:65536\n".write(
                toFile: "\(workspace.directory)/\(name)", atomically: true, encoding: .utf8)
        }
        try own(workspace.bundle, uid: Self.uid)
        try own(runtimeDirectory, uid: Self.uid)
    }

    private func asSailor(_ command: [String]) throws -> Outcome {
        let script = """
            for name in passwd subuid subgid; do mount --bind "$0/$name" /etc/$name || exit 125; done
            exec setpriv --reuid \(Self.uid) --regid \(Self.uid) --clear-groups --inh-caps=-all "$@"
            """
        return try TestSupport.run(
            ["/usr/bin/unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", script]
                + [workspace.directory] + command, in: workspace.bundle,
            environment: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR=\(runtimeDirectory)", "USER=sailor"])
    }

    func runtime(_ words: String...) throws -> Outcome { try runtime(words) }
    func runtime(_ words: [String]) throws -> Outcome {
        try asSailor(["\(workspace.directory)/brig-runtime"] + words)
    }

    /// Takes the configuration that `spec --rootless` writes, without a terminal.
    func useSpec() throws {
        let written = try runtime("spec", "--rootless", "--bundle", workspace.bundle)
        guard written.code == 0 else { throw UnexpectedOutcome(what: "spec", outcome: written) }
        workspace.config.json = try JSONValue(parsing: contents("\(workspace.bundle)/config.json"), sizeLimit: 1 << 20)
        workspace.config["process.terminal"] = false
        workspace.config["linux.cgroupsPath"] = .string("\(workspace.cgroup)/c")
    }

    /// Maps 0 to the user's own id, and 2000 more from `first` on.
    func map(_ first: Int) throws {
        let map: JSONValue = [
            ["containerID": 0, "hostID": .integer(Int64(Self.uid)), "size": 1],
            ["containerID": 1, "hostID": .integer(Int64(first)), "size": 2000],
        ]
        (workspace.config["linux.uidMappings"], workspace.config["linux.gidMappings"]) = (map, map)
    }

    func prepare(_ command: [String]) throws { try workspace.prepare(command) }

    func run(_ command: [String], global: [String] = []) throws -> Outcome {
        try prepare(command)
        return try runtime(global + ["run", "--bundle", workspace.bundle, workspace.id])
    }
}

/// Runs `body` with an ordinary user of its own, whose container is gone afterwards.
private func withSailor(_ body: (Sailor) throws -> Void) throws {
    try withWorkspace { workspace in
        let sailor = try Sailor(workspace)
        defer { _ = try? sailor.runtime("delete", "--force", workspace.id) }
        try body(sailor)
    }
}
