internal import CommandLineUI
internal import LinuxKernel

/// `pstree`: the processes as a tree. Source: pstree(1) of psmisc 23.6; containers are marked with their names.
let pstreeTool = Tool(
    "pstree", "Display a tree of processes.",
    operands: "[PID|USER|CONTAINER]",
    options: [
        ToolOption("a", "arguments", "show command line arguments"),
        ToolOption("A", "ascii", "use ASCII line drawing characters"),
        ToolOption("c", "compact-not", "don't compact identical subtrees"),
        ToolOption("C", "color", .required("TYPE"), "color process by attribute (age)"),
        ToolOption("g", "show-pgids", "show process group ids; implies -c"),
        ToolOption("G", "vt100", "use VT100 line drawing characters"),
        ToolOption("h", "highlight-all", "highlight current process and its ancestors"),
        ToolOption("H", "highlight-pid", .required("PID"), "highlight this process and its ancestors"),
        ToolOption("l", "long", "don't truncate long lines"),
        ToolOption("n", "numeric-sort", "sort output by PID"),
        ToolOption("N", "ns-sort", .required("TYPE"), "group by this namespace type"),
        ToolOption("p", "show-pids", "show PIDs; implies -c"),
        ToolOption("s", "show-parents", "show parents of the selected process"),
        ToolOption("S", "ns-changes", "show namespace transitions"),
        ToolOption("t", "thread-names", "show full thread names"),
        ToolOption("T", "hide-threads", "hide threads, show only processes"),
        ToolOption("u", "uid-changes", "show uid transitions"),
        ToolOption("U", "unicode", "use UTF-8 (Unicode) line drawing characters"),
        ToolOption("Z", "security-context", "show security attributes"),
    ],
    remarks: "A container's first process is marked with the container's name in brackets: sh[web].",
    run: { options, context in
        guard options.operands.count < 2 else { throw ToolFailure("needs one PID, USER or CONTAINER at most") }
        Output.write(try ProcessTree(options, context).text())
        return 0
    })

/// A line of the tree with what hangs on it.
private final class TreeNode {
    let pid: Int32
    let label: String
    let isHighlighted: Bool
    /// Of the terminal, by the age of the process.
    var color: String?
    /// How many like this one are shown as one.
    var count = 1
    var children: [TreeNode] = []

    init(pid: Int32, label: String, isHighlighted: Bool) {
        self.pid = pid
        self.label = label
        self.isHighlighted = isHighlighted
    }

    /// What makes two subtrees the same.
    var signature: String {
        let below = children.map { "\($0.count)*\($0.signature)" }.joined(separator: ",")
        return below.isEmpty ? label : "\(label)(\(below))"
    }
}

/// What the lines of the tree are drawn with.
private struct TreeMarks {
    /// Before the only child, the first of several, one more, the last, and past one that has more after it.
    let only, first, more, last, down: String

    static let unicode = TreeMarks(only: "───", first: "─┬─", more: "├─", last: "└─", down: "│ ")
    static let ascii = TreeMarks(only: "---", first: "-+-", more: "|-", last: "`-", down: "| ")
    /// The terminal's other character set, and back. Source: ECMA-35 and the VT100's special graphics.
    static let vt100 = TreeMarks(
        only: graphics("qqq"), first: graphics("qwq"), more: graphics("tq"), last: graphics("mq"),
        down: graphics("x") + " ")

    private static func graphics(_ letters: String) -> String { "\u{1b}(0\u{0f}\(letters)\u{1b}(B" }
}

private struct ProcessTree {
    let options: ToolOptions
    let processes = try? ProcessList.current()
    let names: [Int32: String]
    let accounts = Accounts.current()
    let children: [Int32: [Int32]]
    let highlighted: Set<Int32>
    let sorting: NamespaceKind?
    /// Hundredths of a second since boot, where ages are asked for.
    let now: UInt64?
    let root: [Int32]

    /// Deeper than this nothing is drawn: a program can make a chain of all pids that there are.
    private static let deepest = 256

    init(_ options: ToolOptions, _ context: ToolContext) throws {
        self.options = options
        guard let processes else { throw ToolFailure("cannot read /proc") }
        let (stats, pids) = (processes.stats, processes.pids)
        let containers = context.containers(processes)
        names = Dictionary(containers.map { ($0.pid, $0.name) }, uniquingKeysWith: { first, _ in first })
        sorting = try options.value("ns-sort").map { name throws(ToolFailure) in
            guard let kind = NamespaceKind.allCases.first(where: { $0.fileName == name }) else {
                throw ToolFailure("invalid namespace type: \(name)")
            }
            return kind
        }
        var children: [Int32: [Int32]] = [:]
        for pid in pids { children[stats[pid]?.parent ?? 0, default: []].append(pid) }
        if !options.has("numeric-sort") {
            for (pid, list) in children {
                children[pid] = list.sorted { left, right in
                    let (a, b) = (stats[left]?.name ?? "", stats[right]?.name ?? "")
                    return a == b ? left < right : Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
                }
            }
        }
        self.children = children
        if let attribute = options.value("color"), attribute != "age" {
            throw ToolFailure("unknown attribute to color by: \(attribute)")
        }
        now =
            options.has("color")
            ? (try? readText("/proc/uptime"))?.split(separator: " ").first.flatMap { Double($0) }.flatMap {
                UInt64(exactly: ($0 * 100).rounded())
            } : nil
        if options.has("highlight-pid") || options.has("highlight-all"), environmentVariable("TERM") == nil {
            throw ToolFailure("TERM is not set")
        }
        var marked: Set<Int32> = []
        var next =
            try options.value("highlight-pid").map { text throws(ToolFailure) in
                guard let pid = Int32(text), pid > 0 else { throw ToolFailure("invalid PID: \(text)") }
                return pid
            } ?? (options.has("highlight-all") ? CallerIdentity.pid : 0)
        while next > 0, marked.insert(next).inserted { next = stats[next]?.parent ?? 0 }
        highlighted = marked
        root = try Self.roots(options.operands.first, stats, pids, containers, accounts)
    }

    private static func roots(
        _ operand: String?, _ stats: [Int32: ProcessStat], _ pids: [Int32], _ containers: [NamedProcess],
        _ accounts: Accounts
    ) throws(ToolFailure) -> [Int32] {
        guard let operand else { return [1] }
        if let pid = Int32(operand) {
            guard stats[pid] != nil else { throw ToolFailure("no process \(pid)") }
            return [pid]
        }
        if let container = containers.first(where: { $0.name == operand }) {
            return [container.monitor ?? container.pid]
        }
        guard let user = accounts.user(operand) else { throw ToolFailure("No such user name: \(operand)") }
        let own = Set(pids.filter { owner($0) == user.uid })
        let found = pids.filter { own.contains($0) && !own.contains(stats[$0]?.parent ?? 0) }
        if found.isEmpty { throw ToolFailure("No processes found.") }
        return found
    }

    private static func owner(_ pid: Int32) -> UInt32? {
        try? OwnedDescriptor(open: "/proc/\(pid)", .pathOnly).status().userID
    }

    func text() throws -> String {
        var groups: [(title: String?, roots: [Int32])] = [(nil, root)]
        if let sorting { groups = namespaceGroups(sorting) }
        var lines: [String] = []
        for (title, roots) in groups {
            if let title { lines.append(title) }
            for pid in roots {
                let node =
                    options.has("show-parents")
                    ? chain(to: pid) : node(pid, above: processes?.stats[pid]?.parent, depth: 0)
                lines += options.has("arguments") ? vertical(node) : horizontal(node)
            }
        }
        let width = options.has("long") ? nil : Self.terminalWidth
        return lines.map { line in
            guard let width, Self.width(line) > width else { return line + "\n" }
            return Self.cut(line, to: width - 1) + "+\n"
        }.joined()
    }

    /// The roots of each namespace of a kind, as `[4026531836]` and what is in it.
    private func namespaceGroups(_ kind: NamespaceKind) -> [(title: String?, roots: [Int32])] {
        guard let processes else { return [] }
        var inodes: [Int32: UInt64] = [:]
        for pid in processes.pids {
            inodes[pid] = NamespaceList.inode(try? readSymbolicLink("/proc/\(pid)/ns/\(kind.fileName)"))
        }
        let groups = Dictionary(grouping: processes.pids) { inodes[$0] ?? 0 }
        return groups.keys.sorted().map { inode in
            ("[\(inode)]", groups[inode]?.filter { inodes[processes.stats[$0]?.parent ?? 0] != inode } ?? [])
        }
    }

    // MARK: - Nodes

    private func node(_ pid: Int32, above: Int32?, depth: Int) -> TreeNode {
        let node = TreeNode(pid: pid, label: label(pid, above: above), isHighlighted: highlighted.contains(pid))
        node.color = color(pid)
        guard depth < Self.deepest else {
            if children[pid] != nil { node.children = [TreeNode(pid: 0, label: "...", isHighlighted: false)] }
            return node
        }
        node.children = (children[pid] ?? []).filter { isShown($0, below: pid) }.map {
            self.node($0, above: pid, depth: depth + 1)
        }
        if !options.has("hide-threads") { node.children += threads(of: pid) }
        compact(node)
        return node
    }

    /// Green in a process's first minute, yellow in its first hour, then red.
    private func color(_ pid: Int32) -> String? {
        guard let now, let start = processes?.stats[pid]?.startTime else { return nil }
        let seconds = now > start ? (now - start) / 100 : 0
        return seconds < 60 ? "\u{1b}[32m" : seconds < 3600 ? "\u{1b}[33m" : "\u{1b}[31m"
    }

    /// With `-N`, only those in the same namespace.
    private func isShown(_ pid: Int32, below parent: Int32) -> Bool {
        guard let sorting else { return true }
        let file = "ns/\(sorting.fileName)"
        return (try? readSymbolicLink("/proc/\(pid)/\(file)")) == (try? readSymbolicLink("/proc/\(parent)/\(file)"))
    }

    /// One line from the first process down to this one, and all below it.
    private func chain(to pid: Int32) -> TreeNode {
        var bottom = node(pid, above: processes?.stats[pid]?.parent, depth: 0)
        var next = processes?.stats[pid]?.parent ?? 0
        var seen: Set<Int32> = [pid]
        while next > 0, let stat = processes?.stats[next], seen.insert(next).inserted {
            let above = TreeNode(
                pid: next, label: label(next, above: stat.parent), isHighlighted: highlighted.contains(next))
            above.color = color(next)
            above.children = [bottom]
            bottom = above
            next = stat.parent
        }
        return bottom
    }

    private func threads(of pid: Int32) -> [TreeNode] {
        guard let directory = try? OwnedDescriptor(open: "/proc/\(pid)/task", [.read, .directory]),
            let entries = try? directory.entries(), entries.count > 1
        else { return [] }
        let ids = entries.compactMap { Int32($0.name) }.filter { $0 != pid }.sorted()
        let name = processes?.stats[pid]?.name ?? ""
        return ids.map { id in
            let own =
                options.has("thread-names")
                ? (try? readText("/proc/\(pid)/task/\(id)/comm"))?.split(separator: "\n").first.map(String.init) : nil
            let suffix = details(id, above: nil, isThread: true)
            let node = TreeNode(pid: id, label: Table.printable("{\(own ?? name)}\(suffix)"), isHighlighted: false)
            node.color = color(pid)
            return node
        }
    }

    private var compacts: Bool {
        !options.has("compact-not") && !options.has("show-pids") && !options.has("show-pgids")
    }

    private func compact(_ node: TreeNode) {
        guard compacts else { return }
        var seen: [String: TreeNode] = [:]
        node.children = node.children.filter { child in
            // Arguments tell processes apart, but not threads.
            if options.has("arguments"), !child.label.hasPrefix("{") { return true }
            if child.isHighlighted { return true }
            guard let first = seen[child.signature] else {
                seen[child.signature] = child
                return true
            }
            first.count += 1
            return false
        }
    }

    // MARK: - Labels

    private func label(_ pid: Int32, above: Int32?) -> String {
        let name = processes?.stats[pid]?.name ?? "?"
        var text = name + (names[pid].map { "[\($0)]" } ?? "") + details(pid, above: above, isThread: false)
        if options.has("arguments") {
            let words = (try? ProcessInformation(pid: pid).commandLine()) ?? []
            // A zombie and a kernel thread have no arguments.
            if words.isEmpty { text = "(\(text))" } else { text = ([text] + words.dropFirst()).joined(separator: " ") }
        }
        return Table.printable(text)
    }

    /// What stands in parentheses behind a name.
    private func details(_ pid: Int32, above: Int32?, isThread: Bool) -> String {
        var parts: [String] = []
        if options.has("show-pids") { parts.append("\(pid)") }
        if options.has("show-pgids"), let group = (processes?.stats[pid] ?? (try? ProcessStat(of: pid)))?.group {
            parts.append("\(group)")
        }
        if !isThread, let above {
            if options.has("uid-changes"), let uid = Self.owner(pid), uid != Self.owner(above) {
                parts.append(accounts.userName(uid) ?? "\(uid)")
            }
            if options.has("ns-changes") {
                let kinds: [NamespaceKind] = [.cgroup, .ipc, .mount, .network, .pid, .time, .user, .uts]
                parts += kinds.filter { kind in
                    let file = "ns/\(kind.fileName)"
                    guard let own = try? readSymbolicLink("/proc/\(pid)/\(file)"),
                        let other = try? readSymbolicLink("/proc/\(above)/\(file)")
                    else { return false }
                    return own != other
                }.map(\.fileName)
            }
        }
        if !isThread, options.has("security-context") {
            let label = (try? readText("/proc/\(pid)/attr/current"))?.split { $0 == "\n" || $0 == "\0" }.first
            parts.append(label.map(String.init) ?? "-")
        }
        if parts.isEmpty { return "" }
        // Where arguments follow, they are set off by commas.
        let text = parts.joined(separator: ",")
        return options.has("arguments") ? ",\(text)" : "(\(text))"
    }

    // MARK: - Drawing

    private var marks: TreeMarks {
        if options.has("vt100") { return .vt100 }
        return usesUnicode ? .unicode : .ascii
    }

    private var usesUnicode: Bool {
        if options.has("ascii") { return false }
        let locale =
            environmentVariable("LC_ALL") ?? environmentVariable("LC_CTYPE") ?? environmentVariable("LANG") ?? ""
        return options.has("unicode") || (Self.terminalWidth != nil && locale.uppercased().contains("UTF-8"))
    }

    private func shown(_ node: TreeNode) -> String {
        let text = node.isHighlighted ? "\u{1b}[1m\(node.label)\u{1b}[m" : node.label
        return node.color.map { "\($0)\(text)\u{1b}[0m" } ?? text
    }

    /// Each child beside its parent, as far as it goes.
    private func horizontal(_ node: TreeNode) -> [String] {
        let marks = self.marks
        func block(_ node: TreeNode) -> [String] {
            let prefix = node.count > 1 ? "\(node.count)*[" : ""
            let label = prefix + shown(node)
            var lines: [String]
            let width = Self.width(label)
            if node.children.isEmpty {
                lines = [label]
            } else if node.children.count == 1 {
                let below = block(node.children[0])
                let indent = String(repeating: " ", count: width + 3)
                lines = [label + marks.only + (below.first ?? "")] + below.dropFirst().map { indent + $0 }
            } else {
                lines = []
                let indent = String(repeating: " ", count: width + 1)
                for (index, child) in node.children.enumerated() {
                    let isLast = index == node.children.count - 1
                    let below = block(child)
                    let lead = index == 0 ? label + marks.first : indent + (isLast ? marks.last : marks.more)
                    lines.append(lead + (below.first ?? ""))
                    lines += below.dropFirst().map { indent + (isLast ? "  " : marks.down) + $0 }
                }
            }
            if node.count > 1, let last = lines.popLast() { lines.append(last + "]") }
            return lines
        }
        return block(node)
    }

    /// Each process on a line of its own, with its arguments.
    private func vertical(_ node: TreeNode) -> [String] {
        let marks = self.marks
        var lines: [String] = []
        var pending: [(lead: String, below: String, node: TreeNode)] = [("", "", node)]
        while let (lead, below, node) = pending.popLast() {
            let label = node.count > 1 ? "\(node.count)*[\(shown(node))]" : shown(node)
            lines.append(lead + label)
            for (index, child) in node.children.enumerated().reversed() {
                let isLast = index == node.children.count - 1
                pending.append(
                    ("\(below)  \(isLast ? marks.last : marks.more)", "\(below)  \(isLast ? "  " : marks.down)", child))
            }
        }
        return lines
    }

    /// Columns of standard output, if it is a terminal.
    private static var terminalWidth: Int? {
        guard let size = standardOutputSize(), size > 0 else { return nil }
        return size
    }

    /// Without the sequences that make text bold or coloured, which end with `m`; labels themselves hold none.
    private static func width(_ text: String) -> Int {
        guard text.contains("\u{1b}[") else { return text.count }
        var (count, isSequence) = (0, false)
        for character in text {
            if character == "\u{1b}" { isSequence = true } else if !isSequence { count += 1 }
            if isSequence, character == "m" { isSequence = false }
        }
        return count
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.contains("\u{1b}") ? text : String(text.prefix(width))
    }
}
