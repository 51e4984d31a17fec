import Foundation
import LinuxKernel
import TestSupport
import Testing

/// Attacks on the built executables, one for each class of published escapes that SECURITY.md names.
///
/// They run where a success reaches only canaries (``Stage``). With `RUNTIME=/usr/sbin/runc` or `crun` the same
/// attacks are tried on Debian's: an attack counts once it has been seen to succeed there, and docs/attacks.md says
/// where.
@Suite("Attacks", .enabled(if: Machine.isReady && Stage.isSafe, "needs root in Tests/private-root or the VM"))
enum Attacks {}

/// What asks for attacks must not take a skipped suite for a passed one.
@Test(
    "attacks are tried only where they reach nothing",
    .enabled(if: ProcessInfo.processInfo.environment["ATTACKS"] == "required", "`make attack-test` only"))
func stageIsSafe() {
    #expect(Stage.objection == nil)
    #expect(Machine.isReady)
}

/// One attack, staged as it was published.
struct Attack: Sendable, CustomTestStringConvertible {
    /// Debian 12's versions, on which an attack was seen to succeed.
    enum Reference: String, Sendable { case runc, crun, podman }

    /// The rule of SECURITY.md that closes the class.
    let rule: Int
    let name: String
    let succeedsOn: Set<Reference>
    /// Whether the outcome depends on who is quicker: then it need not succeed there each time.
    let isRace: Bool
    /// Whether this machine can stage it.
    let possible: Bool
    /// What the attack reached; `nil` if it was held.
    let attempt: @Sendable (Workspace) throws -> String?

    init(
        rule: Int, _ name: String, succeedsOn: Set<Reference> = [], isRace: Bool = false, possible: Bool = true,
        attempt: @escaping @Sendable (Workspace) throws -> String?
    ) {
        (self.rule, self.name, self.succeedsOn) = (rule, name, succeedsOn)
        (self.isRace, self.possible, self.attempt) = (isRace, possible, attempt)
    }

    var testDescription: String { "rule \(rule): \(name)" }

    /// - Parameters:
    ///   - target: The program that is attacked.
    ///   - isReference: Whether it is another project's.
    func check(_ target: String = Machine.runtime, isReference: Bool = Machine.isReference) throws {
        guard possible else { return }
        guard isReference else {
            try withWorkspace { workspace in
                try workspace.arm()
                if let reached = try attempt(workspace) { Issue.record("\(testDescription): \(reached)") }
            }
            return
        }
        var reached: String?
        do {
            try withWorkspace { workspace in
                try workspace.arm()
                reached = try attempt(workspace)
            }
        } catch is Leftovers {
            // Not what is asked here.
        } catch {
            // Nor is what a reference cannot do at all.
            print("attack | \(rule) | \(name) | \(target) | (\(error))")
        }
        let firstLine = reached.map { $0.prefix(200).replacingOccurrences(of: "\n", with: " ") }
        print("attack | \(rule) | \(name) | \(target) | \(firstLine.map { "SUCCEEDS: \($0)" } ?? "held")")
        guard let reference = Reference(rawValue: URL(fileURLWithPath: target).lastPathComponent) else {
            return
        }
        if isRace, reached == nil { return }
        #expect((reached != nil) == succeedsOn.contains(reference), "\(testDescription) on \(reference)")
    }
}

extension Workspace {
    static let attacker = "\(Machine.repository)/bin/test/attacker"

    /// What must stay as it is: a directory of the host's with a secret, outside of the bundle.
    var canary: String { "\(directory)/canary" }
    static let secret = "the canary is alive"

    /// Puts the attacker into the container and the canary outside.
    func arm() throws {
        let files = FileManager.default
        try files.copyItem(atPath: Self.attacker, toPath: "\(rootfs)/bin/attacker")
        try files.createDirectory(atPath: "\(canary)/dir", withIntermediateDirectories: true)
        try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: "\(canary)/secret"))
    }

    /// What became of the canary; `nil` if nothing did.
    func harm() -> String? {
        let names = ((try? FileManager.default.subpathsOfDirectory(atPath: canary)) ?? ["(gone)"]).sorted()
        guard names == ["dir", "secret"] else { return "outside of the container: \(names)" }
        let secret = contents("\(canary)/secret")
        return secret == Self.secret ? nil : "the host's file says: \(secret)"
    }

    /// Whether the program's output shows the canary's content, or the canary was changed.
    func harm(_ outcome: Outcome) -> String? {
        outcome.output.contains(Self.secret) ? "the host's file was read" : harm()
    }

    /// Runs the runtime with another program before it, such as one that leaks descriptors.
    func runtime(after words: [String], _ arguments: [String]) throws -> Outcome {
        try TestSupport.run(words + [Machine.runtime, "--root", stateRoot] + arguments, in: bundle)
    }

    /// As `runtime`, with a list of words.
    func run(_ words: [String]) throws -> Outcome {
        try TestSupport.run([Machine.runtime, "--root", stateRoot] + words, in: bundle)
    }

    func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Takes the container away so that the name can be used again.
    func delete() throws { _ = try runtime("delete", "--force", id) }
}

/// A program on the host's side of the attack that runs until it is stopped: somebody else's container, for example.
final class Accomplice {
    private var child: ChildProcess?
    private let outputPath: String

    init(_ command: [String], in directory: String) throws {
        outputPath = "\(directory)/accomplice-\(UUID().uuidString)"
        let output = try OwnedDescriptor(open: outputPath, [.write, .create])
        child = try Spawn(
            program: command[0], arguments: command, environment: testEnvironment, workingDirectory: directory
        ).start([(output.raw, 1), (output.raw, 2)])
    }

    /// What it has said so far.
    var said: String { contents(outputPath) }

    var pid: Int32 { child?.pid ?? -1 }
    var runs: Bool {
        !["Z", "X", ""].contains(contents("/proc/\(pid)/stat").split(separator: ")").last?.prefix(2).dropFirst() ?? "")
    }

    /// Waits until it says a word.
    func wait(for word: String) {
        let end = ContinuousClock.now + .seconds(20)
        while !said.contains(word), ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.01) }
    }

    /// Waits for its own end.
    func finish() -> String {
        if let child = child.take() { _ = try? child.wait() }
        return said
    }

    deinit { stop() }

    func stop() {
        guard let child = child.take() else { return }
        _ = try? child.send(.kill)
        _ = try? child.wait()
    }
}
