import Foundation
import TestSupport
import Testing

/// Engines that other people wrote, with this project's runtime as theirs. `RUNTIME` names another one, which tests the
/// tests. One engine at a time: each starts daemons and monitors of its own.
@Suite("Peers", .serialized, .enabled(if: Machine.isReady, "needs root, `make build` and `make fixtures`"))
enum Peers {}

extension Machine {
    /// Whether every one of these programs is installed.
    static func has(_ programs: String...) -> Bool {
        programs.allSatisfy { name in
            ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
            }
        }
    }
}

/// A place for one engine: its roots, and an image of Debian's static busybox as a tar file.
final class PeerPlace {
    let directory: String
    /// The parent of all cgroups that the engine makes for its containers.
    let cgroup: String
    /// A name that no other test has.
    var name: String { String(cgroup.dropFirst()) }

    init() throws {
        let tag = UUID().uuidString.prefix(8).lowercased()
        directory = "/tmp/brig-peer-\(tag)"
        cgroup = "/brig-peer-\(tag)"
        let names = [
            "sh", "cat", "echo", "false", "grep", "head", "hostname", "id", "kill", "ls", "mount", "ps", "pwd",
            "readlink",
            "rm", "sleep", "stat", "stty", "touch", "true", "tty", "wc",
        ]
        let script = """
            set -e
            mkdir -p image/bin image/etc image/dev image/proc image/sys image/data
            cp /bin/busybox image/bin/
            cp \(Machine.probe) image/bin/probe
            for name in \(names.joined(separator: " ")); do ln -s busybox image/bin/$name; done
            printf 'root:x:0:0::/:/bin/sh\\nuser:x:1000:1000::/:/bin/sh\\n' >image/etc/passwd
            printf 'root:x:0:\\nuser:x:1000:\\n' >image/etc/group
            tar -C image -cf image.tar .
            printf '#!/bin/sh\\n[ "$1" != -- ] || shift\\necho init is $$; "$@"; exit $?\\n' >init
            chmod +x init
            """
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let made = try TestSupport.run(["/bin/sh", "-c", script], in: directory)
        guard made.code == 0 else { throw UnexpectedOutcome(what: "image", outcome: made) }
    }

    /// Runs a program of the engine's in this place.
    func run(
        _ command: [String], input: String? = nil, environment: [String] = [], timeout: Duration = Machine.patience
    ) throws -> Outcome {
        try TestSupport.run(
            command, in: directory, input: input, environment: testEnvironment + environment, timeout: timeout)
    }

    /// The text of one file of a container's cgroup.
    func limit(_ container: String, _ controller: String, v1: String, v2: String) -> String {
        contents("\(Machine.cgroup("\(cgroup)/\(container)", controller))/\(Machine.hasUnifiedCgroups ? v2 : v1)")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Takes everything away. What an engine keeps by design (its own directories, empty parents of cgroups) goes silently.
    ///
    /// - Parameter isContainer: Tells a container's cgroup by its name from those that the engine keeps for itself.
    /// - Returns: Containers' cgroups that were still there, which is a fault of the runtime's.
    func clear(_ isContainer: (String) -> Bool = { _ in true }) -> [String] {
        var found: [String] = []
        for hierarchy in Machine.hierarchies {
            let groups = Self.tree("\(hierarchy)\(cgroup)")
            found += groups.dropFirst().filter { isContainer(($0 as NSString).lastPathComponent) }
            for group in groups.reversed() { _ = try? TestSupport.run(["/bin/rmdir", group], in: "/tmp") }
        }
        let mounts = contents("/proc/self/mountinfo").split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4].hasPrefix(directory) ? String(fields[4]) : nil
        }
        for mount in mounts.reversed() { _ = try? TestSupport.run(["/bin/umount", "-l", mount], in: "/tmp") }
        if !contents("/proc/self/mountinfo").contains(directory) {
            try? FileManager.default.removeItem(atPath: directory)
        }
        return found
    }

    private static func tree(_ path: String) -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return []
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return [path] + names.sorted().flatMap { tree("\(path)/\($0)") }
    }
}

/// One answer of an engine, checked: its status, and words in what it said.
func expect(
    _ outcome: Outcome, code: Int32 = 0, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    let said = outcome.output + outcome.errors
    #expect(
        outcome.code == code && words.allSatisfy { said.contains($0) }, "wanted \(code) \(words): \(outcome.summary)",
        sourceLocation: sourceLocation)
}

/// Repeats a question until the answer is `wanted`.
func eventually(_ wanted: String, _ ask: () throws -> String, sourceLocation: SourceLocation = #_sourceLocation) throws
{
    let end = ContinuousClock.now + Machine.patience
    var answer = try ask()
    while answer != wanted, ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.05)
        answer = try ask()
    }
    #expect(answer == wanted, sourceLocation: sourceLocation)
}
