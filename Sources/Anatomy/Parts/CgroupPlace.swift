internal import Cgroups
internal import LinuxKernel
internal import OCISpec

/// The cgroup of the process in one hierarchy, with its limits, its use, and how long it waited.
package struct CgroupPlace: Equatable, Sendable {
    package struct Value: Equatable, Sendable {
        package var controller: String
        package var file: String
        package var meaning: String
        /// `limit`, `usage`, `pressure` or `setting`.
        package var kind: String
        package var raw: String
        package var shown: String
        package var isUnlimited: Bool

        package init(
            controller: String, file: String, meaning: String, kind: String, raw: String, shown: String,
            isUnlimited: Bool = false
        ) {
            self.controller = controller
            self.file = file
            self.meaning = meaning
            self.kind = kind
            self.raw = raw
            self.shown = shown
            self.isUnlimited = isUnlimited
        }

        func json(_ directory: String) -> JSONValue {
            [
                "controller": .string(controller), "name": .string(file), "meaning": .string(meaning),
                "kind": .string(kind), "text": .string(shown),
                "evidence": .array([Evidence("\(directory)/\(file)", raw).json]),
            ]
        }
    }

    /// 1 or 2.
    package var version: Int
    /// `memory`, `cpu,cpuacct`, `name=systemd`; empty for v2.
    package var label: String
    /// As `/proc/PID/cgroup` has it.
    package var path: String
    /// Where the host sees it; `nil` where that hierarchy is not mounted, or the cgroup is gone.
    package var directory: String?
    package var values: [Value]

    package init(version: Int, label: String, path: String, directory: String?, values: [Value]) {
        self.version = version
        self.label = label
        self.path = path
        self.directory = directory
        self.values = values
    }

    func json(_ pid: Int32) -> JSONValue {
        let list = values.map { $0.json(directory ?? "") }
        return [
            "version": JSONValue(version), "controllers": .string(label), "path": .string(path),
            "directory": .optional(directory),
            "evidence": .array([Evidence("/proc/\(pid)/cgroup", "\(label):\(path)").json]), "values": .array(list),
        ]
    }

    /// Reads the files of each hierarchy.
    static func list(_ memberships: [CgroupMembership], _ host: CgroupHost) -> [CgroupPlace] {
        memberships.map { membership -> CgroupPlace in
            let label = membership.controllers.joined(separator: ",")
            let hierarchy = host.hierarchies.first { $0.label == label }
            let directory = hierarchy.flatMap { Self.directory(of: membership.path, in: $0) }
            let knobs = label.isEmpty ? CgroupKnob.unified : CgroupKnob.legacy
            let controllers = Set(membership.controllers)
            var values: [Value] = []
            if let directory, let opened = try? OwnedDescriptor(open: directory, [.pathOnly, .directory]) {
                for knob in knobs where label.isEmpty || controllers.contains(knob.controller) {
                    guard let file = try? opened.open(knob.file, .read), let bytes = try? file.readAll(limit: 1 << 16)
                    else { continue }
                    let text = String(decoding: bytes, as: UTF8.self)
                    let raw = text.last == "\n" ? String(text.dropLast()) : text
                    values.append(
                        Value(
                            controller: knob.controller, file: knob.file, meaning: knob.meaning,
                            kind: knob.kind.rawValue, raw: raw, shown: knob.shownValue(raw),
                            isUnlimited: knob.noLimit.contains(raw)))
                }
            }
            return CgroupPlace(
                version: label.isEmpty ? 2 : 1, label: label, path: membership.path, directory: directory,
                values: values)
        }
    }

    /// Where the mount of a hierarchy shows a cgroup, if it does.
    static func directory(of path: String, in hierarchy: Hierarchy) -> String? {
        guard !path.hasSuffix(" (deleted)"), !path.split(separator: "/").contains("..") else { return nil }
        let root = hierarchy.mountRoot == "/" ? "" : hierarchy.mountRoot
        guard path.hasPrefix(root) else { return nil }
        let rest = path.dropFirst(root.count)
        guard rest.isEmpty || rest.hasPrefix("/") else { return nil }
        return rest == "/" ? hierarchy.mountPoint : hierarchy.mountPoint + rest
    }
}

extension Sequence<CgroupPlace> {
    /// The value of the first of these files that there is.
    package func value(_ files: String...) -> CgroupPlace.Value? {
        for place in self {
            for file in files {
                if let value = place.values.first(where: { $0.file == file }) { return value }
            }
        }
        return nil
    }
}
