import Foundation
import OCISpec

/// One test's own place: a bundle with busybox and the probe, a state root, cgroups under one name.
///
/// Made by ``withWorkspace(_:)``, which takes everything away afterwards and tells what should have been gone before.
package final class Workspace {
    package let directory: String
    /// The parent of this test's cgroups, from the root of each hierarchy.
    package let cgroup: String
    package let id: String
    package var config: Config

    init() throws {
        let tag = UUID().uuidString.prefix(8).lowercased()
        directory = "/tmp/brig-it-\(tag)"
        cgroup = "/brig-it-\(tag)"
        id = "c-\(tag)"
        config = .plain(command: ["/bin/probe", "report"], cgroup: "\(cgroup)/c")
        let files = FileManager.default
        for name in ["bin", "proc", "dev", "sys", "tmp", "etc", "mnt", "dir/sub"] {
            try files.createDirectory(atPath: "\(rootfs)/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: "\(rootfs)/bin/busybox")
        try files.copyItem(atPath: Machine.probe, toPath: "\(rootfs)/bin/probe")
        for name in [
            "sh", "cat", "ls", "echo", "id", "mount", "sleep", "true", "false", "touch", "hostname", "stat", "ulimit",
            "kill", "sysctl",
        ] {
            try files.createSymbolicLink(atPath: "\(rootfs)/bin/\(name)", withDestinationPath: "busybox")
        }
        try write("rootfs/etc/passwd", "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n")
        try write("rootfs/etc/group", "root:x:0:\nuser:x:1000:\n")
        try write("rootfs/dir/file", "file\n")
        try write("rootfs/dir/sub/deep", "deep\n")
    }

    package var bundle: String { "\(directory)/bundle" }
    package var rootfs: String { "\(bundle)/rootfs" }
    package var stateRoot: String { "\(directory)/state" }

    /// Writes a file of the bundle.
    package func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(bundle)/\(name)"))
    }

    /// Writes the configuration as it stands.
    package func save() throws { try write("config.json", config.json.text()) }

    /// The runtime's answer to a command of its own command line, with the private state root.
    package func runtime(
        _ words: String..., input: String? = nil, environment: [String] = testEnvironment
    ) throws -> Outcome {
        try TestSupport.run(
            [Machine.runtime, "--root", stateRoot] + words, in: bundle, input: input, environment: environment)
    }

    /// As `runtime(_:input:environment:)`, with the words in a list.
    package func runtime(_ words: [String], environment: [String] = testEnvironment) throws -> Outcome {
        try TestSupport.run(
            [Machine.runtime, "--root", stateRoot] + words, in: bundle, environment: environment)
    }

    /// Saves the configuration with `command` and runs it to its end.
    package func runContainer(_ command: [String]? = nil, input: String? = nil) throws -> Outcome {
        try prepare(command)
        return try runtime("run", "--bundle", bundle, id, input: input)
    }

    /// Creates and starts a container that runs until it is killed, or `command`.
    package func startContainer(_ command: [String] = ["/bin/probe", "pause"]) throws {
        try prepare(command)
        let created = try runtime("create", "--bundle", bundle, "--pid-file", "\(directory)/pid", id)
        guard created.code == 0 else { throw UnexpectedOutcome(what: "create", outcome: created) }
        let started = try runtime("start", id)
        guard started.code == 0 else { throw UnexpectedOutcome(what: "start", outcome: started) }
    }

    package func prepare(_ command: [String]?) throws {
        if let command { config["process.args"] = .array(command.map { .string($0) }) }
        try save()
    }

    /// The container's first process as the pid file has it.
    package var pid: Int32? { Int32(contents("\(directory)/pid")) }

    /// `status` of the container's state; `nil` where there is none.
    package func status() throws -> String? {
        let answer = try runtime("state", id)
        guard answer.code == 0, case .object(let state) = try JSONValue(parsing: answer.output, sizeLimit: 1 << 20),
            case .string(let text)? = state["status"]
        else { return nil }
        return text
    }

    /// Waits until the container's state is `wanted`.
    package func wait(for wanted: String) throws {
        let end = ContinuousClock.now + Machine.patience
        while try status() != wanted {
            guard ContinuousClock.now < end else { throw StateNotReached(wanted: wanted) }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// The text of one file of the container's cgroup; v1 and v2 names, the controller for v1.
    package func limit(_ controller: String, v1: String, v2: String) -> String {
        let file = Machine.hasUnifiedCgroups ? v2 : v1
        return contents("\(Machine.cgroup("\(cgroup)/c", controller))/\(file)")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

package struct UnexpectedOutcome: Error, CustomStringConvertible {
    package let what: String
    package let outcome: Outcome

    package init(what: String, outcome: Outcome) { (self.what, self.outcome) = (what, outcome) }

    package var description: String { "\(what): \(outcome.summary)" }
}

package struct StateNotReached: Error { package let wanted: String }
