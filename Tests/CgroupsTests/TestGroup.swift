import LinuxKernel
import Testing

@testable import Cgroups

/// Whether this process may make cgroups in the real hierarchies.
let mayMakeCgroups: Bool = {
    guard let host = try? CgroupHost.detect(), let path = try? CgroupPath("/brig-test-probe-\(ownProcess)") else {
        return false
    }
    guard let group = try? ContainerCgroup.create(path, on: host) else { return false }
    try? group.delete()
    return true
}()

let isUnifiedHost: Bool = (try? CgroupHost.detect())?.layout == .unified

/// The id of this process.
let ownProcess: String = {
    let stat = (try? readText("/proc/self/stat")) ?? "0 "
    return String(stat.prefix { $0 != " " })
}()

/// Runs `body` with a cgroup of its own name, which is removed afterwards whatever happens.
func withGroup(_ name: String, _ body: (ContainerCgroup) throws -> Void) throws {
    let host = try CgroupHost.detect()
    let group = try ContainerCgroup.create(try CgroupPath("/brig-test-\(ownProcess)-\(name)"), on: host)
    do {
        try body(group)
    } catch {
        try? group.delete()
        throw error
    }
    try group.delete()
}

extension ContainerCgroup {
    /// What the kernel says in one of the container's files.
    func text(_ controller: Controller, _ file: String) throws -> String {
        guard let directory = directory(of: controller) else { throw CgroupError.noHierarchies }
        return try directory.readText(file)
    }
}

func exists(_ path: String) -> Bool {
    do {
        _ = try OwnedDescriptor(open: path, .pathOnly)
        return true
    } catch {
        return false
    }
}

/// A shell that waits for a line before it does what it was made for.
struct WaitingShell: ~Copyable {
    let process: ChildProcess
    private let input: OwnedDescriptor

    init(_ script: String) throws {
        let pipe = try Pipe()
        process = try Spawn(
            program: "/bin/sh", arguments: ["sh", "-c", "read line; " + script],
            environment: ["PATH=/usr/bin:/bin"]
        ).start([(raw: pipe.readEnd.raw, number: 0)])
        input = pipe.keepWriteEnd()
    }

    borrowing func begin() throws { try input.write("\n") }

    /// Waits for the end for at most a minute; the VM is slow.
    borrowing func end() throws -> LinuxKernel.ExitStatus? { try process.wait(timeout: .seconds(60)) }
}

/// Waits until something has become so.
func eventually(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<3000 {
        if try condition() { return true }
        _ = try pollReady([], .milliseconds(10))
    }
    return false
}
