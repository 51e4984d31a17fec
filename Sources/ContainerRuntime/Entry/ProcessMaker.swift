internal import LinuxKernel

/// A process that was made, from the maker's side.
struct MadeProcess: ~Copyable {
    let pid: Int32
    let pidfd: OwnedDescriptor
}

/// Makes a process in namespaces that are new or joined. The caller has one thread and one hop is enough, except where
/// a user namespace is joined: there a short-lived process enters it first.
struct ProcessMaker {
    /// Made by clone3.
    let new: [NamespaceKind]
    let joined: [NamespacePlan.Joined]
    /// Whether a time namespace is made, and how far its clocks are moved: the text of `timens_offsets`.
    let timeOffsets: String?

    /// - Parameter body: What the new process does.
    func make(
        in cgroup: borrowing OwnedDescriptor?, _ body: () -> Never
    ) throws(SyscallError) -> MadeProcess {
        if joined.contains(where: { $0.kind == .user }) { return try makeThroughUserNamespace(cgroup, body) }
        // Taken back afterwards, however this ends.
        var restored: [Int32] = []
        defer { Self.restore(restored) }
        for entry in joined {
            let own = try NamespaceDescriptor(entry.kind, path: "/proc/self/ns/\(entry.kind.fileName)")
            try NamespaceDescriptor(entry.kind, path: entry.path).enter()
            restored.append(own.intoDescriptor().release())
        }
        if let timeOffsets {
            let own = try NamespaceDescriptor(.time, path: "/proc/self/ns/time")
            try unshare([.time])
            restored.append(own.intoDescriptor().release())
            if !timeOffsets.isEmpty { try writeFile("/proc/self/timens_offsets", timeOffsets) }
        }
        return try Self.clone(new, in: cgroup, asSibling: false, body)
    }

    private static func restore(_ namespaces: [Int32]) {
        for raw in namespaces {
            // Going back to one's own namespaces needs no privilege that was not there before.
            try? enterNamespace(OwnedDescriptor(adopting: raw))
        }
    }

    private static func clone(
        _ namespaces: [NamespaceKind], in cgroup: borrowing OwnedDescriptor?, asSibling: Bool, _ body: () -> Never
    ) throws(SyscallError) -> MadeProcess {
        switch try LinuxKernel.clone(namespaces: namespaces, cgroup: cgroup, asSibling: asSibling) {
        case .child: body()
        case .parent(let pid, let pidfd): return MadeProcess(pid: pid, pidfd: pidfd)
        }
    }

    private func makeThroughUserNamespace(
        _ cgroup: borrowing OwnedDescriptor?, _ body: () -> Never
    ) throws(SyscallError) -> MadeProcess {
        let line = try UnixSocketPair(.packets)
        switch try LinuxKernel.clone(namespaces: [], cgroup: nil) {
        case .child:
            do throws(SyscallError) {
                try enterAll()
                if let timeOffsets {
                    try unshare([.time])
                    if !timeOffsets.isEmpty { try writeFile("/proc/self/timens_offsets", timeOffsets) }
                }
                let made = try Self.clone(new, in: cgroup, asSibling: true, body)
                try line.first.sendAll(Array("\(made.pid)".utf8))
                exitNow(0)
            } catch {
                // If nobody listens any more, nobody waits either.
                try? line.first.sendAll(Array("!\(error.code.rawValue) \(error.call) \(error.subject)".utf8))
                exitNow(1)
            }
        case .parent(let helper, _):
            let socket = line.keepSecond()
            let answer = String(decoding: try socket.receive(upTo: 4096).bytes, as: UTF8.self)
            _ = try Children.wait(for: helper)
            guard let pid = Int32(answer) else { throw Self.failure(answer) }
            return MadeProcess(pid: pid, pidfd: try openProcess(pid))
        }
    }

    /// Enters the user namespace and all others. Those that it does not own are entered before it, with the privilege
    /// that is lost with it; those that it owns, after.
    private func enterAll() throws(SyscallError) {
        var later: [NamespacePlan.Joined] = []
        var user: NamespacePlan.Joined?
        for entry in joined {
            if entry.kind == .user {
                user = entry
                continue
            }
            do throws(SyscallError) {
                try NamespaceDescriptor(entry.kind, path: entry.path).enter()
            } catch  where error.code == .notPermitted {
                later.append(entry)
            }
        }
        if let user { try NamespaceDescriptor(user.kind, path: user.path).enter() }
        for entry in later { try NamespaceDescriptor(entry.kind, path: entry.path).enter() }
    }

    private static func failure(_ answer: String) -> SyscallError {
        let parts = answer.split(separator: " ", maxSplits: 2)
        guard answer.utf8.first == UInt8(ascii: "!"), parts.count == 3, let code = Int32(parts[0].dropFirst()) else {
            return SyscallError(call: "clone3", subject: "in the user namespace", code: .noChild)
        }
        return SyscallError(call: String(parts[1]), subject: String(parts[2]), code: Errno(rawValue: code))
    }
}
