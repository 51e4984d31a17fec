import LinuxKernel

@testable import Cgroups

/// A directory of plain files that stands for the kernel's, removed when it is let go.
final class FakeTree {
    let root: String

    init() throws {
        let name = "brig-cgroups-\(UInt64.random(in: 0 ... .max))"
        try OwnedDescriptor(open: "/tmp", [.read, .directory]).makeDirectory(name, mode: 0o700)
        root = "/tmp/" + name
    }

    deinit {
        // What stays in /tmp is a test's litter, and no failure of what it tests.
        guard let parent = try? OwnedDescriptor(open: "/tmp", [.read, .directory]) else { return }
        try? FakeTree.remove(root, in: parent)
    }

    /// Makes a directory with those above it.
    func directory(_ path: String) throws {
        var made = root
        for component in path.split(separator: "/") {
            let parent = try OwnedDescriptor(open: made, [.read, .directory])
            made += "/" + component
            if !exists(made) { try parent.makeDirectory(String(component), mode: 0o755) }
        }
    }

    /// Writes a file, with the directories above it.
    func file(_ path: String, _ content: String) throws {
        let parts = path.split(separator: "/")
        try directory(parts.dropLast().joined(separator: "/"))
        try OwnedDescriptor(open: root + "/" + path, [.write, .create, .truncate]).write(content)
    }

    func content(_ path: String) throws -> String { try readText(root + "/" + path) }

    func has(_ path: String) -> Bool { exists(root + "/" + path) }

    private static func remove(_ path: String, in parent: borrowing OwnedDescriptor) throws {
        let directory = try OwnedDescriptor(open: path, [.read, .directory, .noFollow])
        for entry in try directory.entries() {
            if entry.kind == .directory {
                try remove(path + "/" + entry.name, in: directory)
            } else {
                try directory.removeFile(entry.name)
            }
        }
        try parent.removeDirectory(String(path.split(separator: "/").last ?? ""))
    }
}
