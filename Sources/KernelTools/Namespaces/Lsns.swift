internal import CommandLineUI
internal import LinuxKernel
internal import Netlink

/// `lsns`: the namespaces of this machine. Source: lsns(8) of util-linux 2.38.
let lsnsTool = Tool(
    "lsns", "List system namespaces.",
    operands: "[<namespace>]",
    options: [
        ToolOption("J", "json", "use JSON output format"),
        ToolOption("l", "list", "use list format output"),
        ToolOption("n", "noheadings", "don't print headings"),
        ToolOption("o", "output", .required("LIST"), "define which output columns to use"),
        ToolOption(nil, "output-all", "output all columns"),
        ToolOption("p", "task", .required("PID"), "print process namespaces"),
        ToolOption("r", "raw", "use the raw output format"),
        ToolOption("u", "notruncate", "don't truncate text in columns"),
        ToolOption("W", "nowrap", "don't use multi-line representation"),
        ToolOption("t", "type", .required("NAME"), "namespace type (mnt, net, ipc, user, pid, uts, cgroup, time)"),
        ToolOption("T", "tree", .optional("REL"), "use tree format (parent, owner, or process)"),
    ],
    remarks: """
        Available output columns:
        \(NamespaceColumn.allCases.map { "  \($0.rawValue)\(String(repeating: " ", count: 10 - $0.rawValue.count))\($0.help)" }.joined(separator: "\n"))
        """,
    run: { options, context in
        Output.write(try NamespaceReport(options, context).text())
        return 0
    })

enum NamespaceColumn: String, CaseIterable {
    case ns = "NS"
    case type = "TYPE"
    case path = "PATH"
    case processes = "NPROCS"
    case pid = "PID"
    case parentPid = "PPID"
    case command = "COMMAND"
    case uid = "UID"
    case user = "USER"
    case networkNumber = "NETNSID"
    case mountPoint = "NSFS"
    case parent = "PNS"
    case owner = "ONS"
    case container = "CONTAINER"

    var help: String {
        switch self {
        case .ns: "namespace identifier (inode number)"
        case .type: "kind of namespace"
        case .path: "path to the namespace"
        case .processes: "number of processes in the namespace"
        case .pid: "lowest PID in the namespace"
        case .parentPid: "PPID of the PID"
        case .command: "command line of the PID"
        case .uid: "UID of the PID"
        case .user: "username of the PID"
        case .networkNumber: "namespace ID as used by network subsystem"
        case .mountPoint: "nsfs mountpoint (usually used network subsystem)"
        case .parent: "parent namespace identifier (inode number)"
        case .owner: "owner namespace identifier (inode number)"
        case .container: "container whose namespace it is"
        }
    }

    var column: ColumnTable.Column {
        let isNumber = [.ns, .processes, .pid, .parentPid, .uid, .parent, .owner].contains(self)
        return ColumnTable.Column(rawValue, isNumber: isNumber)
    }
}

private struct NamespaceReport {
    enum Order { case list, process, parent, owner }

    let options: ToolOptions
    let list: NamespaceList
    let columns: [NamespaceColumn]
    let order: Order
    let names: [UInt64: String]
    let accounts = Accounts.current()

    init(_ options: ToolOptions, _ context: ToolContext) throws {
        self.options = options
        order = try Self.order(options)
        var kinds = NamespaceKind.allCases
        if !options.values("type").isEmpty {
            kinds = try options.values("type").map { name in
                guard let kind = NamespaceKind.allCases.first(where: { $0.fileName == name }) else {
                    throw ToolFailure("unknown namespace type: \(name)")
                }
                return kind
            }
            // What stands above another is shown with it.
            if order == .owner || order == .parent { kinds.append(.user) }
            kinds = NamespaceKind.allCases.filter { kinds.contains($0) }
        }
        let containers = context.containers()
        let pid = try options.value("task").map { text throws(ToolFailure) in
            if let named = containers.first(where: { $0.name == text }) { return named.pid }
            guard let pid = Int32(text), pid > 0 else { throw ToolFailure("invalid PID argument: '\(text)'") }
            return pid
        }
        guard !(options.has("json") && options.has("raw")) else {
            throw ToolFailure("mutually exclusive arguments: --json --raw")
        }
        list = try NamespaceList.current(kinds, only: pid)
        names = Self.names(context.containers(list.processes, own: containers), kinds)
        columns = try Self.columns(options, hasNames: !names.isEmpty)
    }

    private static func order(_ options: ToolOptions) throws -> Order {
        switch options.value("tree") {
        case nil:
            if options.has("tree") { return .owner }
            return options.has("list") || options.has("json") || options.has("raw") ? .list : .process
        case "parent": return .parent
        case "owner": return .owner
        case "process": return .process
        case let other?: throw ToolFailure("unknown tree relation: \(other)")
        }
    }

    /// Which namespaces are containers' own: neither this process's, nor shared by several of them unless that is how
    /// they were made.
    private static func names(_ containers: [NamedProcess], _ kinds: [NamespaceKind]) -> [UInt64: String] {
        var names: [UInt64: [String]] = [:]
        guard !containers.isEmpty, let own = try? ProcessInformation(pid: CallerIdentity.pid) else { return [:] }
        for container in containers {
            guard let process = try? ProcessInformation(pid: container.pid) else { continue }
            for kind in kinds {
                guard let identity = try? process.namespace(kind), identity != (try? own.namespace(kind)) else {
                    continue
                }
                names[identity.inode, default: []].append(container.name)
            }
        }
        return names.mapValues { $0.sorted().joined(separator: ",") }
    }

    private static func columns(_ options: ToolOptions, hasNames: Bool) throws -> [NamespaceColumn] {
        if options.has("output-all") { return NamespaceColumn.allCases }
        // As the original: where network namespaces are asked for, what names them as well.
        let network: [NamespaceColumn] = options.values("type").contains("net") ? [.networkNumber, .mountPoint] : []
        let standard: [NamespaceColumn] =
            [.ns, .type, .processes, .pid, .user] + network + (hasNames ? [.container] : []) + [.command]
        guard let text = options.value("output") else { return standard }
        // A list that begins with + adds to what is shown anyway.
        let names = text.drop { $0 == "+" }.split(separator: ",")
        let chosen = try names.map { name in
            guard let column = NamespaceColumn(rawValue: name.uppercased()) else {
                throw ToolFailure("unknown column: \(name)")
            }
            return column
        }
        guard !chosen.isEmpty else { throw ToolFailure("no columns given") }
        return text.hasPrefix("+") ? standard + chosen : chosen
    }

    func text() throws -> String {
        var entries = list.namespaces
        if let operand = options.operands.first {
            guard let inode = UInt64(operand) else { throw ToolFailure("invalid namespace argument: '\(operand)'") }
            return try processes(of: inode)
        }
        var relations: [UInt64: (parent: UInt64, owner: UInt64)] = [:]
        if order == .parent || order == .owner || columns.contains(.parent) || columns.contains(.owner) {
            for entry in entries { relations[entry.inode] = Self.relations(entry) }
        }
        if order == .parent || order == .owner {
            // Of one process's namespaces, those above them belong to the tree as well.
            var next = 0
            while next < entries.count {
                let related = relations[entries[next].inode]
                for inode in [related?.parent, related?.owner] {
                    guard let inode, relations[inode] == nil, let above = list.all[inode] else { continue }
                    entries.append(above)
                    relations[inode] = Self.relations(above)
                }
                next += 1
            }
            entries.sort { $0.inode < $1.inode }
        }
        var marks: [UInt64: String] = [:]
        if order != .list {
            let ordered = tree(entries, relations)
            entries = ordered.map(\.element)
            marks = Dictionary(ordered.map { ($0.element.inode, $0.mark) }, uniquingKeysWith: { first, _ in first })
        }
        let marked: NamespaceColumn = order == .process ? .command : .ns
        var table = ColumnTable(
            columns: columns.map { column in
                // A tree of numbers is text.
                (order == .parent || order == .owner) && column == .ns ? ColumnTable.Column("NS") : column.column
            })
        let mounts = columns.contains(.mountPoint) ? Self.mountPoints() : [:]
        let numbers = columns.contains(.networkNumber) ? Self.networkNumbers(entries) : [:]
        table.rows = entries.map { entry in
            columns.map { column in
                let value = cell(column, entry, relations, mounts, numbers)
                return column == marked ? (marks[entry.inode] ?? "") + (value ?? "") : value
            }
        }
        if options.has("json") { return table.json("namespaces") }
        return table.text(header: !options.has("noheadings"), raw: options.has("raw"))
    }

    /// The processes in one namespace.
    private func processes(of inode: UInt64) throws -> String {
        guard let namespace = list.namespaces.first(where: { $0.inode == inode }) else {
            throw ToolFailure("not found namespace: \(inode)")
        }
        let members = list.processes.pids.filter { pid in
            NamespaceList.inode(try? readSymbolicLink("/proc/\(pid)/ns/\(namespace.kind.fileName)")) == inode
        }
        let inside = Set(members)
        var children: [Int32: [Int32]] = [:]
        for pid in members { children[list.processes.stats[pid]?.parent ?? 0, default: []].append(pid) }
        let roots = members.filter { !inside.contains(list.processes.stats[$0]?.parent ?? 0) }
        let columns = options.has("output") ? self.columns : [.pid, .parentPid, .user, .command]
        let relations = columns.contains(.parent) || columns.contains(.owner) ? Self.relations(namespace) : (0, 0)
        var table = ColumnTable(columns: columns.map(\.column))
        table.rows = treeOrder(roots) { children[$0] ?? [] }.map { mark, pid in
            let entry = ListedNamespace(
                kind: namespace.kind, inode: inode, processes: namespace.processes, leader: pid)
            return columns.map { column in
                let value = cell(column, entry, [inode: relations], [:], [:])
                return column == .command ? mark + (value ?? "") : value
            }
        }
        if options.has("json") { return table.json("processes") }
        return table.text(header: !options.has("noheadings"), raw: options.has("raw"))
    }

    private func tree(
        _ entries: [ListedNamespace], _ relations: [UInt64: (parent: UInt64, owner: UInt64)]
    ) -> [(mark: String, element: ListedNamespace)] {
        /// The namespace of the list above one.
        func above(_ entry: ListedNamespace) -> UInt64? {
            switch order {
            case .parent: return relations[entry.inode]?.parent
            case .owner:
                // A user namespace is owned by the one above it.
                return entry.kind == .user ? relations[entry.inode]?.parent : relations[entry.inode]?.owner
            default:
                let parent = list.processes.stats[entry.leader]?.parent
                return entries.first { $0.kind == entry.kind && $0.leader == parent }?.inode
            }
        }
        let known = Set(entries.map(\.inode))
        var children: [UInt64: [ListedNamespace]] = [:]
        var roots: [ListedNamespace] = []
        for entry in entries {
            if let parent = above(entry), parent != entry.inode, known.contains(parent) {
                children[parent, default: []].append(entry)
            } else {
                roots.append(entry)
            }
        }
        // As the original: what others stand below comes first.
        if order == .parent { roots = roots.filter { $0.kind == .user } + roots.filter { $0.kind != .user } }
        return treeOrder(roots) { children[$0.inode] ?? [] }
    }

    private func cell(
        _ column: NamespaceColumn, _ entry: ListedNamespace, _ relations: [UInt64: (parent: UInt64, owner: UInt64)],
        _ mounts: [UInt64: String], _ numbers: [UInt64: Int32]
    ) -> String? {
        switch column {
        case .ns: "\(entry.inode)"
        case .type: entry.kind.fileName
        case .path: "/proc/\(entry.leader)/ns/\(entry.kind.fileName)"
        case .processes: "\(entry.processes)"
        case .pid: "\(entry.leader)"
        case .parentPid: "\(list.processes.stats[entry.leader]?.parent ?? 0)"
        case .command: list.processes.command(entry.leader)
        case .uid: uid(entry.leader).map { "\($0)" }
        case .user: user(entry.leader)
        case .networkNumber:
            entry.kind == .network ? numbers[entry.inode].map { "\($0)" } ?? "unassigned" : nil
        case .mountPoint: mounts[entry.inode]
        case .parent: "\(relations[entry.inode]?.parent ?? 0)"
        case .owner: "\(relations[entry.inode]?.owner ?? 0)"
        case .container: names[entry.inode]
        }
    }

    private func uid(_ pid: Int32) -> UInt32? {
        try? OwnedDescriptor(open: "/proc/\(pid)", .pathOnly).status().userID
    }

    private func user(_ pid: Int32) -> String? { uid(pid).map { accounts.userName($0) ?? "\($0)" } }

    /// What the kernel says stands above; 0 for what lies above our own, or nowhere.
    private static func relations(_ entry: ListedNamespace) -> (parent: UInt64, owner: UInt64) {
        guard
            let namespace = try? NamespaceDescriptor(
                entry.kind, path: "/proc/\(entry.leader)/ns/\(entry.kind.fileName)")
        else { return (0, 0) }
        let nests = entry.kind == .pid || entry.kind == .user
        return (nests ? (try? namespace.parent()) ?? 0 : 0, (try? namespace.owner()) ?? 0)
    }

    /// The numbers that this network namespace has for others.
    private static func networkNumbers(_ entries: [ListedNamespace]) -> [UInt64: Int32] {
        var result: [UInt64: Int32] = [:]
        guard var socket = try? RouteSocket() else { return [:] }
        for entry in entries where entry.kind == .network {
            result[entry.inode] = try? socket.namespaceNumber(of: entry.leader)
        }
        return result
    }

    /// Where namespaces are kept alive by a file.
    private static func mountPoints() -> [UInt64: String] {
        var result: [UInt64: String] = [:]
        for entry in (try? MountTable.current())?.entries ?? [] where entry.type == "nsfs" {
            if let inode = NamespaceList.inode(entry.root) { result[inode] = result[inode] ?? entry.mountPoint }
        }
        return result
    }
}
