internal import LinuxKernel

/// A namespace with the processes in it.
struct ListedNamespace {
    let kind: NamespaceKind
    let inode: UInt64
    var processes: Int
    /// The one with the lowest pid.
    let leader: Int32
}

/// The namespaces in which processes are.
struct NamespaceList {
    /// By number.
    let namespaces: [ListedNamespace]
    /// Also those that were not asked for.
    let all: [UInt64: ListedNamespace]
    let processes: ProcessList

    /// - Parameters:
    ///   - kinds: Which ones.
    ///   - only: Namespaces of this process alone.
    static func current(_ kinds: [NamespaceKind], only pid: Int32? = nil) throws -> NamespaceList {
        struct Key: Hashable {
            let kind: NamespaceKind
            let inode: UInt64
        }
        let processes = try ProcessList.current()
        if let pid, processes.stats[pid] == nil { throw ToolFailure("failed to read process \(pid): no such process") }
        var found: [Key: ListedNamespace] = [:]
        var wanted: Set<Key> = []
        for process in processes.pids {
            guard let directory = try? OwnedDescriptor(open: "/proc/\(process)/ns", [.pathOnly, .directory]) else {
                continue
            }
            for kind in kinds {
                // The link says it all: opening it would cost two calls more.
                guard let inode = inode(try? directory.readSymbolicLink(kind.fileName)) else { continue }
                let key = Key(kind: kind, inode: inode)
                found[key, default: ListedNamespace(kind: kind, inode: inode, processes: 0, leader: process)]
                    .processes += 1
                if process == pid { wanted.insert(key) }
            }
        }
        let chosen = pid == nil ? found.values.map { $0 } : wanted.compactMap { found[$0] }
        return NamespaceList(
            namespaces: chosen.sorted { $0.inode < $1.inode },
            all: Dictionary(found.values.map { ($0.inode, $0) }, uniquingKeysWith: { first, _ in first }),
            processes: processes)
    }

    /// The number in `mnt:[4026531832]`.
    static func inode(_ link: String?) -> UInt64? {
        guard let link, let open = link.firstIndex(of: "["), link.last == "]" else { return nil }
        return UInt64(link[link.index(after: open)...].dropLast())
    }
}
