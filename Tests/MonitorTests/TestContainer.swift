import Foundation
import LinuxKernel

/// A bundle with busybox, and a state root of its own, for the runtime that is built beside the tests.
final class TestContainer {
    let directory: TemporaryDirectory
    let id: String

    static let runtime = LiveMonitor.beside("brig-runtime")
    static let busybox = "/bin/busybox"
    /// Containers need root here, and a static program inside.
    static let canRun =
        CallerIdentity.effectiveUid == 0 && FileManager.default.isExecutableFile(atPath: busybox)
        && FileManager.default.isExecutableFile(atPath: runtime)

    init(_ program: [String], change: (inout [String: Any]) -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        id = "test-" + (path.split(separator: "-").suffix(2).joined(separator: "-"))
        let files = FileManager.default
        for name in ["bin", "proc", "dev", "sys", "tmp"] {
            try files.createDirectory(atPath: "\(path)/rootfs/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: Self.busybox, toPath: path + "/rootfs/bin/busybox")
        for name in ["sh", "cat", "echo", "sleep", "stty", "head", "true", "yes", "dd", "tty"] {
            try files.createSymbolicLink(atPath: "\(path)/rootfs/bin/\(name)", withDestinationPath: "busybox")
        }
        _ = try run(["spec", "--bundle", path])
        let config = URL(fileURLWithPath: path + "/config.json")
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any] ?? [:]
        Self.change(&object, "process") {
            $0["args"] = program
            $0["terminal"] = false
        }
        change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: config)
    }

    /// Changes an object inside of an object.
    static func change(_ object: inout [String: Any], _ key: String, _ body: (inout [String: Any]) -> Void) {
        var inner = object[key] as? [String: Any] ?? [:]
        body(&inner)
        object[key] = inner
    }

    var global: [String] { ["--root", directory.path + "/state"] }

    func monitor(_ options: [String] = [], log: Bool = true) throws -> LiveMonitor {
        try LiveMonitor(Self.runtime, global, ["--bundle", directory.path] + options + [id], log: log)
    }

    /// Runs one of the runtime's other commands.
    func run(_ words: [String]) throws -> LinuxKernel.ExitStatus {
        try Spawn(
            program: Self.runtime, arguments: [Self.runtime] + global + words, environment: ["PATH=/usr/bin:/bin"]
        )
        .start().wait()
    }

    deinit { _ = try? run(["delete", "--force", id]) }
}
