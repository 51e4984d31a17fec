import Foundation
import LinuxKernel
import TestSupport
import Testing

extension Integration {
    /// SIGKILL leaves no time to undo anything: what then remains is what the next command must be able to clear.
    @Suite("Crashes", .enabled(if: !Machine.isReference, "about what this runtime leaves behind"))
    struct CrashTests {
        @Test("killed at any moment, it leaves nothing that delete --force does not clear", arguments: Victim.allCases)
        func killed(_ victim: Victim) throws {
            try withWorkspace { workspace in
                var random = SplitMix64(state: seed)
                var longest = Duration.zero
                for _ in 0..<3 { longest = max(longest, try victim.run(in: workspace, killedAfter: nil)) }
                for moment in 1...Machine.crashMoments {
                    // Beyond the end, too: what a command leaves when it has just succeeded is no less to be cleared.
                    let delay = longest * Double.random(in: 0...1.1, using: &random)
                    _ = try victim.run(in: workspace, killedAfter: delay)
                    #expect(
                        workspace.remains.isEmpty,
                        "\(victim) \(moment), BRIG_TEST_SEED=\(seed), \(delay): \(workspace.remains)")
                }
            }
        }

        @Test(
            "delete --force of a container whose record is damaged takes its cgroup and processes",
            arguments: [true, false])
        func damaged(isPaused: Bool) throws {
            try withWorkspace { workspace in
                try workspace.startContainer(["/bin/sh", "-c", "sleep 1000 & wait"])
                if isPaused { #expect(try workspace.runtime("pause", workspace.id).code == 0) }
                try Data("{\"id\":".utf8).write(
                    to: URL(fileURLWithPath: "\(workspace.stateRoot)/\(workspace.id)/state.json"))
                let refused = try workspace.runtime("delete", workspace.id)
                #expect(refused.code == 1 && refused.errors.contains("damaged"), "\(refused.summary)")
                let outcome = try workspace.runtime("delete", "--force", workspace.id)
                #expect(outcome.code == 0 && outcome.errors.contains("damaged"), "\(outcome.summary)")
                #expect(workspace.remains.isEmpty, "\(workspace.remains)")
            }
        }

        @Test("without a config, too, what cannot be told to be the container's is left alone")
        func nothingKnown() throws {
            try withWorkspace { workspace in
                // Its cgroup has the ID's name, at the root.
                workspace.config["linux.cgroupsPath"] = nil
                try workspace.startContainer()
                let directory = "\(workspace.stateRoot)/\(workspace.id)"
                let record = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/state.json"))
                try Data("x".utf8).write(to: URL(fileURLWithPath: "\(directory)/state.json"))
                let config = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/config.json"))
                try FileManager.default.removeItem(atPath: "\(directory)/config.json")
                let outcome = try workspace.runtime("delete", "--force", workspace.id)
                #expect(outcome.code == 0 && outcome.errors.contains("it stays"), "\(outcome.summary)")
                let pid = try #require(workspace.pid)
                #expect(contents("/proc/\(pid)/cmdline").hasPrefix("/bin/probe"))
                // With both back it is the container's again.
                try FileManager.default.createDirectory(
                    atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                try record.write(to: URL(fileURLWithPath: "\(directory)/state.json"))
                try config.write(to: URL(fileURLWithPath: "\(directory)/config.json"))
                #expect(try workspace.runtime("delete", "--force", workspace.id).code == 0)
                #expect(contents("/proc/\(pid)/cmdline").isEmpty)
            }
        }

        @Test("of two creates for one cgroup one is refused")
        func race() throws {
            try withWorkspace { workspace in
                try workspace.prepare(["/bin/probe", "pause"])
                for _ in 0..<10 {
                    let children = try ["one", "two"].map { name in
                        try Victim.spawn(["create", "--bundle", workspace.bundle, name], in: workspace).release()
                    }
                    let codes = try children.map { try Children.wait(for: $0).shellCode }.sorted()
                    #expect(codes == [0, 1])
                    for name in ["one", "two"] { #expect(try workspace.runtime("delete", "--force", name).code == 0) }
                    #expect(workspace.remains.isEmpty, "\(workspace.remains)")
                }
            }
        }
    }
}

extension Machine {
    fileprivate static let crashMoments = isSlow ? 4 : 50
}

/// Told with every failure; `BRIG_TEST_SEED` repeats a run.
private let seed = {
    let seed = ProcessInfo.processInfo.environment["BRIG_TEST_SEED"].flatMap { UInt64($0) } ?? .random(in: 1..<1 << 32)
    print("BRIG_TEST_SEED=\(seed)")
    return seed
}()

/// A command that is killed, with what must be there before.
enum Victim: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case create, start, exec, delete, run, monitor

    var testDescription: String { rawValue }

    /// Brings everything to where the command begins, runs it, and deletes the container.
    ///
    /// - Parameter killedAfter: `nil` lets it end.
    /// - Returns: How long it took.
    func run(in workspace: Workspace, killedAfter delay: Duration?) throws -> Duration {
        try prepare(in: workspace, ends: delay == nil)
        let begin = ContinuousClock.now
        let child = try Self.spawn(arguments(in: workspace), in: workspace)
        if let delay {
            sleep(for: delay)
            try child.send(.kill)
        }
        let status = try child.wait()
        let duration = ContinuousClock.now - begin
        if delay == nil { #expect(status == .exited(0), "\(self)") }
        let deleted = try workspace.runtime("delete", "--force", workspace.id)
        #expect(deleted.code == 0, "after \(self): \(deleted.summary)")
        return duration
    }

    private func prepare(in workspace: Workspace, ends: Bool) throws {
        switch self {
        case .create: try workspace.prepare(["/bin/probe", "pause"])
        case .start:
            try workspace.prepare(["/bin/probe", "pause"])
            let created = try workspace.runtime("create", "--bundle", workspace.bundle, workspace.id)
            #expect(created.code == 0, "\(created.summary)")
        case .exec: try workspace.startContainer()
        case .delete:
            try workspace.startContainer()
            #expect(try workspace.runtime("kill", workspace.id, "KILL").code == 0)
            try workspace.wait(for: "stopped")
        case .run, .monitor:
            try workspace.prepare(ends ? ["/bin/true"] : ["/bin/probe", "pause"])
            try FileManager.default.createDirectory(
                atPath: "\(workspace.directory)/run", withIntermediateDirectories: true)
        }
    }

    private func arguments(in workspace: Workspace) -> [String] {
        let bundle = ["--bundle", workspace.bundle]
        return switch self {
        case .create: ["create"] + bundle + [workspace.id]
        case .start, .delete: [rawValue, workspace.id]
        case .exec: ["exec", workspace.id, "/bin/true"]
        case .run: ["run"] + bundle + [workspace.id]
        case .monitor: ["monitor"] + bundle + ["--run-dir", "\(workspace.directory)/run", workspace.id]
        }
    }

    static func spawn(_ words: [String], in workspace: Workspace) throws -> ChildProcess {
        try Spawn(
            program: Machine.runtime, arguments: [Machine.runtime, "--root", workspace.stateRoot] + words,
            environment: testEnvironment
        ).start()
    }
}
