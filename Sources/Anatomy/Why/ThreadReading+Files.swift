internal import LinuxKernel

extension ThreadReading {
    /// The file that a call is about, everything on the way to it, and what it is executed by.
    func readFiles(
        _ call: FailedCall, _ path: String, _ table: MountTable, _ status: ProcessStatus, _ facts: inout DenialFacts
    ) {
        guard let root = try? OwnedDescriptor(open: "/proc/\(thread)/root", [.pathOnly, .directory]) else {
            facts.file = FileFacts(path: path)
            return
        }
        let walk = PathWalk(own: status)
        // What was opened before was looked up before.
        let isOpen = CallSignature.path(call.name) == nil && call.name != "connect" && call.name != "bind"
        func read(_ path: String, follows: Bool, base: String?) -> FileFacts {
            var file = walk.file(path, from: isOpen ? path : base, follows: follows, root)
            file.mount = ThreadReading.mount(of: file.path, table).map { ExplainedMount($0) }
            return file
        }
        let follows = CallSignature.followsLink(call.name, call.arguments, call.openFlags)
        let file = read(path, follows: follows, base: call.base)
        if let entry = file.mount?.entry {
            facts.evidence["mount"] = Evidence(
                "/proc/\(thread)/mountinfo",
                "\(entry.root) \(entry.mountPoint) \(entry.options.joined(separator: ",")) - \(entry.type) \(entry.source) \(entry.superOptions.joined(separator: ","))"
            )
        }
        let shown = file.isThere ? file.node : file.directories.last ?? file.node
        facts.evidence["file"] = Evidence(
            "stat \(shown.path)", "mode \(String(shown.mode, radix: 8)), uid \(shown.uid), gid \(shown.gid)")
        facts.file = file
        if let source = call.source { facts.source = read(source, follows: false, base: call.base) }
        guard call.name.hasPrefix("exec"), call.errno == 13 else { return }
        var executed = file
        // As deep as the kernel goes.
        for _ in 0..<5 {
            guard let next = Self.interpreter(of: executed, root) else { return }
            executed = read(next, follows: true, base: nil)
            facts.interpreters.append(executed)
        }
    }

    private static func interpreter(of file: FileFacts, _ root: borrowing OwnedDescriptor) -> String? {
        guard file.isThere, file.mode & 0o170000 == 0o100000,
            let opened = try? root.resolve(file.path, [.read, .nonBlocking]), let bytes = try? opened.read(upTo: 8192)
        else { return nil }
        switch ProgramHeader(bytes) {
        case .script(let interpreter): return interpreter.hasPrefix("/") ? interpreter : nil
        case .elf(_, _, let loader): return loader?.hasPrefix("/") == true ? loader : nil
        case .unknown: return nil
        }
    }

    static func parent(_ path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// The mount on which a path lies: the longest mount point above it, and of several on one place the uppermost.
    static func mount(of path: String, _ table: MountTable) -> MountEntry? {
        var best: MountEntry?
        for entry in table.entries {
            let point = entry.mountPoint
            guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
            if (best?.mountPoint.utf8.count ?? 0) <= point.utf8.count { best = entry }
        }
        return best.flatMap { table.topmost(at: $0.mountPoint) } ?? best
    }
}
