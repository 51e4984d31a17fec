internal import Capabilities
internal import LinuxKernel

/// What is said about a process, in order, for whatever shows it.
package struct Page: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package enum Tone: Sendable { case plain, quiet, good, warning, bad }

        package var label: String
        package var text: String
        package var tone: Tone
        package var evidence: [Evidence]

        package init(_ label: String, _ text: String, _ tone: Tone = .plain, _ evidence: [Evidence] = []) {
            self.label = label
            self.text = text
            self.tone = tone
            self.evidence = evidence
        }
    }

    package struct Section: Equatable, Sendable {
        package var id: String
        package var title: String
        package var lines: [Line]

        package init(_ id: String, _ title: String, _ lines: [Line]) {
            self.id = id
            self.title = title
            self.lines = lines
        }
    }

    package var title: String
    package var sections: [Section]
}

extension Page {
    /// Everything but what only programs want.
    package init(_ anatomy: Anatomy) {
        let subject = anatomy.subject
        title =
            (subject.container.map { "container \($0), " } ?? "")
            + "process \(subject.pid) (\(subject.name))"
            + (subject.engine.map { ", made by \($0)" } ?? "")
        sections = [
            Section("doors", "Open doors: what it could do to its host", Self.doors(anatomy)),
            Section("processes", "Processes", Self.processes(anatomy)),
            Section("namespaces", "Namespaces: what it does not share", Self.namespaces(anatomy)),
            Section("root", "Root file system, the uppermost layer first", Self.root(anatomy)),
            Section("mounts", "Mounts, and why each is there", Self.mounts(anatomy)),
            Section("cgroups", "Control groups: how much it may use", Self.cgroups(anatomy)),
            Section("capabilities", "Capabilities: which of root's rights it has", Self.capabilities(anatomy)),
            Section("seccomp", "Seccomp: which calls it may make", Self.seccomp(anatomy)),
            Section("label", "Security module", Self.label(anatomy)),
            Section("users", "Users", Self.users(anatomy)),
            Section("network", "Network", Self.network(anatomy)),
            Section("gaps", "Not known", anatomy.gaps.map { Line("", $0, .warning) }),
        ].filter { !$0.lines.isEmpty }
    }

    private static func doors(_ anatomy: Anatomy) -> [Line] {
        guard !anatomy.doors.isEmpty else { return [Line("none", "none of those that are looked for", .good)] }
        return anatomy.doors.map { door in
            Line(
                door.severity.name, "\(door.title): \(door.explanation). Closed by: \(door.remedy)",
                door.severity == .takesOver ? .bad : door.severity == .harms ? .warning : .plain, door.evidence)
        }
    }

    /// As a tree; so many at most, since a page is for reading.
    private static func processes(_ anatomy: Anatomy) -> [Line] {
        let byPid = Set(anatomy.processes.map(\.pid))
        var children: [Int32: [ContainedProcess]] = [:]
        for process in anatomy.processes { children[process.parent, default: []].append(process) }
        var pending = anatomy.processes.filter { !byPid.contains($0.parent) || $0.parent == $0.pid }
            .reversed().map { ($0, 0) }
        var lines: [Line] = []
        while let (process, depth) = pending.popLast(), lines.count < 200 {
            let inside = process.insidePid == process.pid ? "" : " (inside: \(process.insidePid))"
            let place = String(repeating: "  ", count: min(depth, 40))
            lines.append(
                Line(
                    "\(process.pid)", "\(place)\(process.command)\(inside)\(process.uid.map { ", uid \($0)" } ?? "")",
                    process.pid == anatomy.subject.pid ? .good : .plain,
                    [Evidence("/proc/\(process.pid)/status", "NSpid … \(process.insidePid)")]))
            for child in (children[process.pid] ?? []).reversed() where child.pid != process.pid {
                pending.append((child, depth + 1))
            }
        }
        if lines.count < anatomy.processes.count {
            lines.append(Line("…", "\(anatomy.processes.count - lines.count) more", .quiet))
        }
        // Whose it is, where a process says so that looks after it.
        let told = anatomy.subject.evidence.filter { $0.file.hasSuffix("/cmdline") || $0.value.hasPrefix("parent ") }
        if let engine = anatomy.subject.engine, !told.isEmpty {
            lines.insert(Line("made by", engine, .plain, told), at: 0)
        }
        return lines
    }

    private static func namespaces(_ anatomy: Anatomy) -> [Line] {
        anatomy.namespaces.map { namespace in
            var text = "\(namespace.inode)  "
            if namespace.isHost {
                text += "the host's"
            } else {
                text += namespace.meaning
                if namespace.others > 0 {
                    text += "; also in it: \(namespace.examples.joined(separator: ", "))"
                    if namespace.others > namespace.examples.count { text += ", \(namespace.others) processes in all" }
                }
            }
            return Line(namespace.kind.fileName, text, namespace.isHost ? .warning : .plain, namespace.evidence)
        }
    }

    private static func root(_ anatomy: Anatomy) -> [Line] {
        guard let root = anatomy.root else { return [] }
        if root.isHostRoot { return [Line(root.type, "the host's own root directory", .warning, root.evidence)] }
        var lines: [Line] = []
        for (index, layer) in root.layers.enumerated() {
            lines.append(
                Line(
                    layer.role == .writable ? "writable" : "layer \(root.layers.count - index)",
                    layer.path + (layer.role == .writable ? "  (what it changes goes here)" : ""), .plain,
                    index == 0 ? root.evidence : []))
        }
        if root.layers.isEmpty {
            lines.append(
                Line(root.type, (root.hostPath.map { "\($0) of the host" } ?? root.source), .plain, root.evidence))
        }
        if root.isReadOnly { lines.append(Line("", "read-only as a whole", .good)) }
        return lines
    }

    private static func mounts(_ anatomy: Anatomy) -> [Line] {
        let shown = anatomy.isHost(.mount) ? [] : anatomy.mounts
        if shown.isEmpty, !anatomy.mounts.isEmpty {
            return [Line("", "the host's \(anatomy.mounts.count) mounts", .warning)]
        }
        return shown.map { mount in
            Line(
                mount.entry.mountPoint, mount.reason, mount.purpose == .hostDirectory ? .warning : .plain,
                [
                    Evidence(
                        "/proc/\(anatomy.subject.pid)/mountinfo",
                        "\(mount.entry.root) \(mount.entry.mountPoint) - \(mount.entry.type) \(mount.entry.source)")
                ])
        }
    }

    private static func cgroups(_ anatomy: Anatomy) -> [Line] {
        var lines: [Line] = []
        // v1 has one directory a controller, mostly with the same path: told once.
        var told: Set<String> = []
        for place in anatomy.cgroups {
            if told.insert(place.path).inserted {
                lines.append(
                    Line(
                        place.version == 2 ? "v2" : "v1",
                        place.path + (place.directory == nil ? "  (not seen here)" : ""),
                        .quiet, [Evidence("/proc/\(anatomy.subject.pid)/cgroup", "\(place.label):\(place.path)")]))
            }
            for value in place.values {
                let text = value.shown.utf8.count > 160 ? String(value.shown.prefix(160)) + "…" : value.shown
                lines.append(
                    Line(
                        value.file, "\(text)  (\(value.meaning))", value.isUnlimited ? .warning : .plain,
                        [Evidence("\(place.directory ?? "")/\(value.file)", value.raw)]))
            }
        }
        return lines
    }

    private static func capabilities(_ anatomy: Anatomy) -> [Line] {
        guard let privileges = anatomy.privileges else { return [] }
        var lines: [Line] = privileges.named.enumerated().map { index, entry in
            let count = entry.set.capabilities.count
            let names = entry.set.isEmpty ? "none" : "\(count): \(entry.set)"
            return Line(
                entry.name, "\(entry.set.hexadecimal)  \(names)", .plain,
                index < privileges.evidence.count ? [privileges.evidence[index]] : [])
        }
        for capability in privileges.all.capabilities {
            lines.append(Line("  \(capability.toolName)", capability.meaning, .quiet))
        }
        lines.append(
            Line(
                "no_new_privs", privileges.noNewPrivileges ? "set: no program can raise its rights" : "not set",
                privileges.noNewPrivileges ? .good : .plain,
                privileges.evidence.filter { $0.value.hasPrefix("NoNewPrivs") }))
        return lines
    }

    private static func seccomp(_ anatomy: Anatomy) -> [Line] {
        guard let filter = anatomy.filter else { return [] }
        var lines = [
            Line(
                "mode", "\(filter.mode) \(filter.modeText)" + (filter.count.map { ", \($0) filters" } ?? ""),
                filter.mode == 0 ? .warning : .good, filter.evidence)
        ]
        for blocked in filter.blocked ?? [] {
            lines.append(Line(blocked.action.words, "\(blocked.calls.count): \(blocked.calls.joined(separator: " "))"))
        }
        if let reason = filter.unreadable { lines.append(Line("", "the filters cannot be read: \(reason)", .quiet)) }
        return lines
    }

    private static func label(_ anatomy: Anatomy) -> [Line] {
        guard let privileges = anatomy.privileges else { return [] }
        guard privileges.hostHasModule || privileges.label != nil else {
            return [Line("", "the kernel has neither AppArmor nor SELinux", .quiet)]
        }
        return [
            Line(
                "label", privileges.label ?? "none", privileges.isConfinedByLabel ? .good : .warning,
                privileges.labelEvidence.map { [$0] } ?? [])
        ]
    }

    private static func users(_ anatomy: Anatomy) -> [Line] {
        var lines = [
            Line(
                "runs as",
                "uid \(anatomy.subject.uid), gid \(anatomy.subject.gid)"
                    + (anatomy.subject.groups.isEmpty
                        ? "" : ", groups \(anatomy.subject.groups.map { "\($0)" }.joined(separator: " "))"),
                .plain, anatomy.subject.evidence.filter { $0.value.hasPrefix("Uid:") })
        ]
        guard let users = anatomy.users else { return lines }
        if users.isIdentity {
            lines.append(Line("mapping", "none: ids are the host's", .plain, users.evidence))
            return lines
        }
        for (name, ranges) in [("user ids", users.users), ("group ids", users.groups)] {
            for range in ranges {
                lines.append(
                    Line(
                        name, "\(range.inside) and \(range.count &- 1) more inside are \(range.outside)… outside",
                        .good, users.evidence))
            }
            if ranges.isEmpty { lines.append(Line(name, "not mapped: everything belongs to nobody", .warning)) }
        }
        if users.setgroups == "deny" { lines.append(Line("setgroups", "denied")) }
        return lines
    }

    private static func network(_ anatomy: Anatomy) -> [Line] {
        guard let network = anatomy.network else { return [] }
        if network.isHost, network.interfaces.count > 8 {
            return [
                Line("", "the host's, with \(network.interfaces.count) interfaces", .warning, network.evidence)
            ]
        }
        var lines: [Line] = network.isHost ? [Line("", "the host's", .warning)] : []
        for interface in network.interfaces {
            var text = interface.addresses.isEmpty ? "no address" : interface.addresses.joined(separator: " ")
            if !interface.isUp { text += ", down" }
            if let kind = interface.kind { text += ", \(kind)" }
            if let peer = interface.peer {
                text +=
                    ", other end \(peer.name.map { "\($0) of the host" } ?? "number \(peer.index) in another namespace")"
                if let bridge = peer.bridge { text += " in bridge \(bridge)" }
            }
            lines.append(Line(interface.name, text, .plain, network.evidence.prefix(2).map { $0 }))
        }
        for route in network.routes {
            lines.append(
                Line(
                    "route",
                    "\(route.destination)\(route.gateway.map { " via \($0)" } ?? "")\(route.interface.map { " by \($0)" } ?? "")"
                ))
        }
        for port in network.ports.prefix(50) {
            lines.append(Line("waits on", "\(port.transport) \(port.address) port \(port.port)"))
        }
        if network.ports.count > 50 { lines.append(Line("…", "\(network.ports.count - 50) ports more", .quiet)) }
        for port in network.published.prefix(50) {
            let place = port.insidePort.map { "port \($0) here" } ?? "here"
            lines.append(
                Line(
                    "published",
                    "\(port.transport) \(port.hostAddress) \(port.shownPorts) of the host leads to \(place): \(port.by.joined(separator: "; "))",
                    .plain, port.evidence))
        }
        if network.published.count > 50 {
            lines.append(Line("…", "\(network.published.count - 50) published ports more", .quiet))
        }
        for step in network.way { lines.append(Line("way", step, .quiet)) }
        return lines
    }
}
