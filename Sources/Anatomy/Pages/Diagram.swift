internal import LinuxKernel

/// Pictures of a page, as SVG within it.
enum Diagram {
    private static func text(_ x: Int, _ y: Int, _ text: String, _ style: String = "", anchor: String = "start")
        -> String
    {
        "<text x=\"\(x)\" y=\"\(y)\"\(style.isEmpty ? "" : " class=\"\(style)\"") text-anchor=\"\(anchor)\">\(HTMLPage.escaped(text))</text>"
    }

    private static func box(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ style: String) -> String {
        "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\" rx=\"5\" class=\"\(style)\"/>"
    }

    private static func picture(_ width: Int, _ height: Int, _ title: String, _ parts: [String]) -> String {
        "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" role=\"img\" aria-label=\"\(HTMLPage.escaped(title))\">\n"
            + parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// At most so many characters, the middle left out: both ends of a path tell something.
    static func shortened(_ text: String, _ room: Int) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count > room, room > 4 else { return text }
        let front = (room - 1) / 2
        var result = String.UnicodeScalarView(scalars.prefix(front))
        result.append("…")
        result.append(contentsOf: scalars.suffix(room - 1 - front))
        return String(result)
    }

    /// The host on the left, the container on the right: a namespace that both are in is one bar through both.
    static func namespaces(_ anatomy: Anatomy) -> String {
        let rows = anatomy.namespaces
        guard !rows.isEmpty else { return "" }
        let height = 70 + rows.count * 34
        let name = anatomy.subject.container ?? "\(anatomy.subject.name) (\(anatomy.subject.pid))"
        var parts = [
            box(10, 10, 340, height - 20, "frame"), text(24, 34, "host"),
            box(390, 10, 340, height - 20, "frame"), text(404, 34, shortened(name, 34)),
        ]
        for (index, row) in rows.enumerated() {
            let y = 50 + index * 34
            let label = row.kind.fileName
            if row.isHost {
                parts.append(box(24, y, 692, 26, "host"))
                parts.append(text(370, y + 18, "\(label)  \(row.inode)  shared", "on", anchor: "middle"))
            } else {
                parts.append(box(24, y, 312, 26, "box"))
                parts.append(text(36, y + 18, label, "t"))
                parts.append(box(404, y, 312, 26, "own"))
                parts.append(text(416, y + 18, "\(label)  \(row.inode)", "on"))
                if let other = row.examples.first {
                    parts.append(text(704, y + 18, shortened("+ \(other)", 20), "on", anchor: "end"))
                }
            }
        }
        return picture(740, height, "namespaces of the host and of \(name)", parts)
    }

    /// One layer on another, the writable one on top.
    static func layers(_ anatomy: Anatomy) -> String {
        guard let root = anatomy.root, !root.layers.isEmpty else { return "" }
        let visible = root.layers.prefix(40)
        let height = 70 + visible.count * 36
        var parts = [
            text(24, 24, "what the container sees as /", "t"),
            "<path d=\"M 370 30 v 12\" class=\"wire\"/>",
        ]
        for (index, layer) in visible.enumerated() {
            let y = 44 + index * 36
            let isWritable = layer.role == .writable
            parts.append(box(24, y, 692, 28, isWritable ? "own" : "box"))
            parts.append(
                text(
                    36, y + 19, isWritable ? "writable" : "layer \(root.layers.count - index)", isWritable ? "on" : "t")
            )
            parts.append(text(704, y + 19, shortened(layer.path, 70), isWritable ? "on" : "", anchor: "end"))
        }
        if visible.count < root.layers.count {
            parts.append(text(24, height - 8, "and \(root.layers.count - visible.count) layers more below", "t"))
        }
        return picture(740, height, "layers of the root file system", parts)
    }

    /// The way down the tree of cgroups, and how full what is limited is.
    static func cgroups(_ anatomy: Anatomy) -> String {
        guard let place = anatomy.cgroups.max(by: { $0.path.utf8.count < $1.path.utf8.count }) else { return "" }
        var parts: [String] = []
        let steps = ["/"] + place.path.split(separator: "/").map(String.init)
        for (index, step) in steps.prefix(8).enumerated() {
            let (x, y) = (24 + index * 28, 14 + index * 32)
            parts.append(box(x, y, 692 - index * 28, 26, index == steps.count - 1 ? "own" : "box"))
            parts.append(text(x + 12, y + 18, shortened(step, 70), index == steps.count - 1 ? "on" : ""))
        }
        var y = 32 + min(8, steps.count) * 32
        for (usage, limit, title) in [
            (["memory.usage_in_bytes", "memory.current"], ["memory.limit_in_bytes", "memory.max"], "memory"),
            (["pids.current"], ["pids.max"], "processes"),
        ] {
            guard let used = value(anatomy, usage), let used = UInt64(used.raw), let most = value(anatomy, limit) else {
                continue
            }
            let number = most.isUnlimited ? nil : UInt64(most.raw)
            let share = number.map { $0 == 0 ? 1 : min(1, Double(used) / Double($0)) } ?? 0
            let says = title == "memory" ? shownSize(used) : "\(used)"
            parts.append(text(24, y + 18, title))
            parts.append(box(124, y, 592, 26, "box"))
            if number != nil { parts.append(box(124, y, max(4, Int(share * 592)), 26, share > 0.9 ? "host" : "own")) }
            parts.append(text(704, y + 18, "\(says) of \(most.shown)", "", anchor: "end"))
            y += 34
        }
        return picture(740, y + 6, "control groups", parts)
    }

    private static func value(_ anatomy: Anatomy, _ files: [String]) -> CgroupPlace.Value? {
        files.lazy.compactMap { anatomy.cgroups.value($0) }.first
    }

    /// From the container's interface to the host's bridge.
    static func network(_ anatomy: Anatomy) -> String {
        guard let network = anatomy.network, !network.isHost else { return "" }
        let linked = network.interfaces.filter { $0.peer != nil }
        guard !linked.isEmpty else { return "" }
        var parts: [String] = []
        for (index, interface) in linked.prefix(10).enumerated() {
            let y = 10 + index * 60
            parts.append(box(24, y, 260, 46, "own"))
            parts.append(text(36, y + 19, interface.name, "on"))
            parts.append(text(36, y + 38, shortened(interface.addresses.first ?? "no address", 32), "on"))
            parts.append("<path d=\"M 284 \(y + 23) h 60\" class=\"wire\"/>")
            parts.append(box(344, y, 160, 46, "box"))
            parts.append(text(356, y + 28, shortened(interface.peer?.name ?? "elsewhere", 18)))
            if let bridge = interface.peer?.bridge {
                parts.append("<path d=\"M 504 \(y + 23) h 52\" class=\"wire\"/>")
                parts.append(box(556, y, 160, 46, "host"))
                parts.append(text(568, y + 28, shortened("bridge \(bridge)", 19), "on"))
            }
        }
        return picture(740, 16 + min(10, linked.count) * 60, "network", parts)
    }
}
