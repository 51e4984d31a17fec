import Foundation
import LinuxKernel

/// What a test left behind although all its containers were deleted.
package struct Leftovers: Error, CustomStringConvertible {
    package let found: [String]

    package init(found: [String]) { self.found = found }

    package var description: String { "left behind: \(found.joined(separator: "; "))" }
}

/// Runs `body` in a workspace of its own. Whatever happens the containers are deleted and the place is cleared.
///
/// - Throws: What `body` throws, else ``Leftovers`` if mounts, cgroups, processes or state remain.
package func withWorkspace(_ body: (Workspace) throws -> Void) throws {
    let workspace = try Workspace()
    var failure: (any Error)?
    do { try body(workspace) } catch { failure = error }
    for name in workspace.stateNames { _ = try? workspace.runtime("delete", "--force", name) }
    let left = workspace.clear()
    if let failure { throw failure }
    if !left.isEmpty { throw Leftovers(found: left) }
}

extension Workspace {
    /// The containers in the state root.
    package var stateNames: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: stateRoot)) ?? []).filter {
            !$0.hasPrefix(".") && !$0.hasPrefix("@")
        }.sorted()
    }

    /// Takes away what remains, and says what it was.
    func clear() -> [String] {
        // What was killed ends a moment later.
        for _ in 0..<100 where !processes.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
        var found = stateNames.map { "state of \($0)" }
        for pid in processes {
            found.append(
                "process \(pid): \(contents("/proc/\(pid)/cmdline").replacingOccurrences(of: "\0", with: " "))")
            if let process = try? openProcess(pid) { try? send(.kill, to: process) }
        }
        // A killed process leaves its group a moment later.
        for _ in 0..<100 where !processes.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
        for hierarchy in Machine.hierarchies {
            let own = "\(hierarchy)\(cgroup)"
            let inside = directories(below: own)
            found += inside.map { "cgroup \($0)" }
            for group in inside.reversed() + [own] { _ = try? TestSupport.run(["/bin/rmdir", group], in: "/tmp") }
        }
        found += mounts.map { "mount \($0)" }
        for mount in mounts.reversed() { _ = try? TestSupport.run(["/bin/umount", "-l", mount], in: "/tmp") }
        // Never through a mount that could not be taken away: it may show the host's own files.
        if mounts.isEmpty { try? FileManager.default.removeItem(atPath: directory) }
        return found
    }

    /// Mount points below this workspace, as this process sees them.
    private var mounts: [String] {
        contents("/proc/self/mountinfo").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4].hasPrefix(directory) ? String(fields[4]) : nil
        }
    }

    /// What a `delete --force` of everything should have cleared, but for processes: those end a moment later, and count
    /// at the workspace's end.
    package var remains: [String] {
        stateNames.map { "state of \($0)" }
            + Machine.hierarchies.flatMap { directories(below: "\($0)\(cgroup)") }.map { "cgroup \($0)" }
            + mounts.map { "mount \($0)" }
    }

    /// Processes in this workspace's cgroups, and commands about its containers. Those that have ended, and only wait for their new parent, count no more.
    private var processes: [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter {
            (contents("/proc/\($0)/cgroup").contains("\(cgroup)/")
                || contents("/proc/\($0)/cmdline").contains("\(stateRoot)\0"))
                && !contents("/proc/\($0)/stat").contains(") Z ")
        }
    }

    private func directories(below path: String) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [] }
        var isDirectory: ObjCBool = false
        return names.map { "\(path)/\($0)" }
            .filter { FileManager.default.fileExists(atPath: $0, isDirectory: &isDirectory) && isDirectory.boolValue }
            .flatMap { [$0] + directories(below: $0) }
    }
}
