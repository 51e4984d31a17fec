import Foundation
import LinuxKernel
import TestSupport

/// Where configs are tried: a bundle, a state root, and what the place looks like when nothing is left behind.
final class Bench {
    enum Way { case run, steps }

    struct Trial {
        var outcome: String
        var problems: [String]
        var duration: Duration

        /// Whether there may have been a container, deleted since.
        var wasMade: Bool { outcome != "create: refused" }
    }

    private let directory = "/tmp/config-fuzz"
    private let empty: Place

    init() throws {
        let files = FileManager.default
        for name in ["bin", "proc", "dev", "sys", "tmp", "etc"] {
            try files.createDirectory(
                atPath: "\(directory)/bundle/rootfs/\(name)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: "\(directory)/bundle/rootfs/bin/busybox")
        for name in ["true", "sh"] { try makeLink("busybox", "\(directory)/bundle/rootfs/bin/\(name)") }
        empty = Place(directory)
    }

    /// - Throws: Only what is wrong with this program.
    func trial(_ config: [UInt8], _ way: Way) throws -> Trial {
        try Data(config).write(to: URL(fileURLWithPath: "\(directory)/bundle/config.json"))
        let begin = ContinuousClock.now
        var trial = Trial(outcome: "", problems: [], duration: .zero)
        let bundle = ["--bundle", "\(directory)/bundle", "c"]
        switch way {
        case .run: trial.outcome = "run: " + (try command(["run"] + bundle, &trial))
        case .steps:
            trial.outcome = "create: " + (try command(["create"] + bundle, &trial))
            if trial.outcome.hasSuffix(": 0") {
                trial.outcome += ", start: " + (try command(["start", "c"], &trial))
                for words in [["state", "c"], ["ps", "c"], ["exec", "c", "/bin/true"]] {
                    _ = try command(words, &trial)
                }
                _ = try command(["kill", "c", "KILL"], &trial)
                _ = try command(["delete", "--force", "c"], &trial)
            }
        }
        trial.duration = ContinuousClock.now - begin
        try check(&trial)
        return trial
    }

    /// - Returns: The exit status; what is a finding is noted.
    private func command(_ words: [String], _ trial: inout Trial) throws -> String {
        let outcome: Outcome
        do {
            outcome = try TestSupport.run(
                [Machine.runtime, "--root", "\(directory)/state"] + words, in: directory, timeout: .seconds(90))
        } catch let hang as ProgramHangs {
            trial.problems.append("hangs: \(hang)")
            return "hangs"
        }
        if case .signalled(let signal, _) = outcome.status {
            trial.problems.append("\(words[0]) ended by \(signal): \(outcome.errors)")
        }
        // What is wrong in a process on its way into the container is reported by the one that made it.
        for signal in ["SIGILL", "SIGTRAP", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "Fatal error"]
        where outcome.errors.contains(signal) {
            trial.problems.append("\(words[0]): a trap: \(outcome.errors)")
        }
        let lines = outcome.errors.split(separator: "\n").filter { !$0.contains(": warning: ") }
        if lines.count > 1, outcome.code == 1 {
            trial.problems.append("\(words[0]): more than one line: \(outcome.errors)")
        }
        return outcome.code == 0
            ? "0" : outcome.code == 1 && !outcome.errors.isEmpty ? "refused" : "status \(outcome.code)"
    }

    /// Whether the place looks as it did; what remains is cleared, so that the next one starts as this did.
    private func check(_ trial: inout Trial) throws {
        var left: [String] = []
        // What was killed ends a moment later.
        for _ in 0..<200 {
            // Orphans come to this process, which is the first one here.
            while waitpid(-1, nil, WNOHANG) > 0 {}
            left = Place(directory).differences(from: empty)
            // A container that was made and deleted leaves the cgroups above its own, as with every runtime: they may be
            // others' as well. What was refused leaves none.
            if trial.wasMade { left.removeAll { $0.hasPrefix("cgroup ") && !$0.hasSuffix("/fuzz") } }
            if left.isEmpty { break }
            sleep(for: .milliseconds(10))
        }
        defer {
            for group in Place.groups().reversed() { _ = try? TestSupport.run(["/bin/rmdir", group], in: "/tmp") }
        }
        guard !left.isEmpty else { return }
        trial.problems.append("left behind: \(left.joined(separator: "; "))")
        _ = try? TestSupport.run(
            [Machine.runtime, "--root", "\(directory)/state", "delete", "--force", "c"], in: directory)
        let still = Place(directory).differences(from: empty)
        if !still.isEmpty { trial.problems.append("not cleared by delete --force: \(still.joined(separator: "; "))") }
    }
}

/// What a container could leave behind.
struct Place: Equatable {
    let states: [String]
    let groups: [String]
    let mounts: [String]
    let processes: [String]
    let names: [String]

    init(_ directory: String) {
        let files = FileManager.default
        states = ((try? files.contentsOfDirectory(atPath: "\(directory)/state")) ?? []).filter { $0 != "@seccomp" }
            .sorted()
        groups = Place.groups()
        mounts = contents("/proc/self/mountinfo").split(separator: "\n").map(String.init)
        processes = ((try? files.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }.sorted().map {
            "\($0) \(contents("/proc/\($0)/cmdline").replacingOccurrences(of: "\0", with: " "))"
        }
        names = ["hostname", "domainname"].map { contents("/proc/sys/kernel/\($0)") }
    }

    /// Every cgroup that this place shows but for the roots.
    static func groups() -> [String] { Machine.hierarchies.flatMap { directories(below: $0) } }

    private static func directories(below path: String) -> [String] {
        guard let directory = try? OwnedDescriptor(open: path, [.read, .directory]),
            let entries = try? directory.entries()
        else { return [] }
        return entries.filter { $0.kind == .directory }.map { "\(path)/\($0.name)" }.sorted().flatMap {
            [$0] + directories(below: $0)
        }
    }

    func differences(from other: Place) -> [String] {
        func added(_ what: String, _ own: [String], _ others: [String]) -> [String] {
            own.filter { !others.contains($0) }.map { "\(what) \($0)" }
        }
        return added("state", states, other.states) + added("cgroup", groups, other.groups)
            + added("mount", mounts, other.mounts) + added("process", processes, other.processes)
            + added("name", names, other.names)
    }
}
