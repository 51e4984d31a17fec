package import LinuxKernel

/// A process of the host, as far as all of them are looked at.
package struct ScannedProcess: Equatable, Sendable {
    package let pid: Int32
    package let parent: Int32
    /// The command's name; the process chooses it.
    package let name: String
    package let startTime: UInt64
    package let state: ProcessState?
    /// Inode numbers in the order of `NamespaceKind.allCases`; 0 where the kernel does not say.
    package let namespaces: [UInt64]

    package init(
        pid: Int32, parent: Int32, name: String, startTime: UInt64, state: ProcessState?, namespaces: [UInt64]
    ) {
        self.pid = pid
        self.parent = parent
        self.name = name
        self.startTime = startTime
        self.state = state
        self.namespaces = namespaces
    }

    package func namespace(_ kind: NamespaceKind) -> UInt64? {
        guard let index = NamespaceKind.allCases.firstIndex(of: kind), index < namespaces.count,
            namespaces[index] != 0
        else { return nil }
        return namespaces[index]
    }
}

/// All processes that procfs shows, each looked at once. One that ends meanwhile is left out.
package struct ProcessScan: Sendable {
    package let processes: [ScannedProcess]
    package let byPid: [Int32: ScannedProcess]
    package let children: [Int32: [Int32]]

    package init(_ processes: [ScannedProcess]) {
        self.processes = processes
        byPid = Dictionary(processes.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
        var children: [Int32: [Int32]] = [:]
        for process in processes { children[process.parent, default: []].append(process.pid) }
        self.children = children
    }

    /// - Throws: If `/proc` cannot be listed.
    package static func current() throws(SyscallError) -> ProcessScan {
        let directory = try OwnedDescriptor(open: "/proc", [.read, .directory])
        let names = NamespaceKind.allCases.map { "ns/\($0.fileName)" }
        var processes: [ScannedProcess] = []
        for entry in try directory.entries() {
            guard let pid = Int32(entry.name),
                let own = try? directory.open(entry.name, [.pathOnly, .directory]),
                let file = try? own.open("stat", .read), let line = try? file.read(upTo: 2048),
                let stat = ProcessStat(parsing: line)
            else { continue }
            // The links say it all: opening them would cost two calls more for each.
            let namespaces = names.map { namespaceInode(try? own.readSymbolicLink($0)) ?? 0 }
            processes.append(
                ScannedProcess(
                    pid: pid, parent: stat.parent, name: stat.name, startTime: stat.startTime, state: stat.state,
                    namespaces: namespaces))
        }
        return ProcessScan(processes.sorted { $0.pid < $1.pid })
    }

    /// The process and all below it.
    package func descendants(of pid: Int32) -> [Int32] {
        var (result, pending, seen): ([Int32], [Int32], Set<Int32>) = ([], [pid], [pid])
        while let next = pending.popLast() {
            if byPid[next] != nil { result.append(next) }
            // A list read while pids are given out anew may go round in a circle.
            for child in children[next] ?? [] where seen.insert(child).inserted { pending.append(child) }
        }
        return result.sorted()
    }
}

extension ProcessScan {
    /// The process, all below it, and all in its pid namespace if that is not this process's own.
    package func container(of pid: Int32) -> [Int32] {
        var pids = Set(descendants(of: pid))
        if let own = byPid[pid]?.namespace(.pid), own != byPid[CallerIdentity.pid]?.namespace(.pid) {
            pids.formUnion(processes.filter { $0.namespace(.pid) == own }.map(\.pid))
        }
        return pids.sorted()
    }
}

/// The number in `mnt:[4026531832]`.
func namespaceInode(_ link: String?) -> UInt64? {
    guard let link, let open = link.utf8.firstIndex(of: UInt8(ascii: "[")), link.utf8.last == UInt8(ascii: "]") else {
        return nil
    }
    return UInt64(link[link.utf8.index(after: open)...].dropLast())
}
