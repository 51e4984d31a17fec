package import LinuxKernel
internal import OCISpec

/// What the process sees as `/`, layer by layer.
package struct RootFilesystem: Equatable, Sendable {
    /// One directory of an overlay.
    package struct Layer: Equatable, Sendable {
        package enum Role: String, Sendable { case writable, readOnly }
        package var role: Role
        /// As the one who mounted it said.
        package var path: String

        package init(_ role: Role, _ path: String) {
            self.role = role
            self.path = path
        }
    }

    package var type: String
    package var source: String
    package var isReadOnly: Bool
    /// From the top: what is written to first, the lowest layer last. Empty for other file systems than overlay.
    package var layers: [Layer]
    package var workDirectory: String?
    /// Where the host sees the same directory; `nil` if it is mounted nowhere there.
    package var hostPath: String?
    /// Whether it is the host's own root directory.
    package var isHostRoot: Bool
    package var evidence: [Evidence]

    package init(
        type: String, source: String, isReadOnly: Bool, layers: [Layer] = [], workDirectory: String? = nil,
        hostPath: String? = nil, isHostRoot: Bool = false, evidence: [Evidence] = []
    ) {
        self.type = type
        self.source = source
        self.isReadOnly = isReadOnly
        self.layers = layers
        self.workDirectory = workDirectory
        self.hostPath = hostPath
        self.isHostRoot = isHostRoot
        self.evidence = evidence
    }

    /// Takes the mount that is `/` apart.
    package init(_ entry: MountEntry, pid: Int32, host: HostMounts, sharesMounts: Bool, rootLink: String) {
        let overlay = OverlayOptions(entry.superOptions)
        var layers: [Layer] = []
        if entry.type == "overlay" {
            if let upper = overlay.upper { layers.append(Layer(.writable, upper)) }
            layers += overlay.lower.map { Layer(.readOnly, $0) }
        }
        self.init(
            type: entry.type, source: entry.source, isReadOnly: entry.isReadOnly || entry.superOptions.contains("ro"),
            layers: layers, workDirectory: entry.type == "overlay" ? overlay.work : nil,
            hostPath: host.path(of: entry), isHostRoot: sharesMounts && rootLink == "/",
            evidence: [
                Evidence(
                    "/proc/\(pid)/mountinfo",
                    "\(entry.id) \(entry.device) \(entry.root) \(entry.mountPoint) \(entry.options.joined(separator: ",")) - \(entry.type) \(entry.source) \(entry.superOptions.joined(separator: ","))"
                ), Evidence("/proc/\(pid)/root", rootLink),
            ])
    }

    var json: JSONValue {
        [
            "type": .string(type), "source": .string(source), "readOnly": .bool(isReadOnly),
            "layers": .array(layers.map { ["role": .string($0.role.rawValue), "path": .string($0.path)] }),
            "workDirectory": .optional(workDirectory), "hostPath": .optional(hostPath), "hostRoot": .bool(isHostRoot),
            "evidence": .array(evidence.map(\.json)),
        ]
    }
}

/// The options of an overlay that name directories.
package struct OverlayOptions: Equatable, Sendable {
    /// The uppermost first.
    package var lower: [String] = []
    package var upper: String?
    package var work: String?

    /// - Parameter options: As mountinfo has them, a comma within a path already put back.
    package init(_ options: [String]) {
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "lowerdir": lower += Self.paths(parts[1])
            // Linux 6.5: one option a layer, nothing escaped.
            case "lowerdir+", "datadir+": lower.append(String(parts[1]))
            case "upperdir": upper = Self.unescaped(parts[1])
            case "workdir": work = Self.unescaped(parts[1])
            default: break
            }
        }
    }

    /// Paths between colons; a colon within one has a backslash before it.
    private static func paths(_ text: Substring) -> [String] {
        var (result, current, escaped): ([String], String, Bool) = ([], "", false)
        for character in text {
            if escaped {
                current.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == ":" {
                if !current.isEmpty { result.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { result.append(current) }
        return result
    }

    private static func unescaped(_ text: Substring) -> String { paths(text).joined(separator: ":") }
}

/// The caller's own mounts, to find where the host has what a container shows.
package struct HostMounts: Sendable {
    private let byDevice: [DeviceNumber: [MountEntry]]

    package init(_ table: MountTable) { byDevice = Dictionary(grouping: table.entries, by: \.device) }

    /// The path at which the same directory is found here.
    package func path(of entry: MountEntry) -> String? {
        var best: (length: Int, path: String)?
        for candidate in byDevice[entry.device] ?? [] {
            guard let rest = Self.below(entry.root, candidate.root) else { continue }
            let base = candidate.mountPoint == "/" ? "" : candidate.mountPoint
            let path = base + rest
            if best.map({ candidate.root.utf8.count > $0.length }) ?? true {
                best = (candidate.root.utf8.count, path.isEmpty ? "/" : path)
            }
        }
        return best?.path
    }

    private static func below(_ path: String, _ root: String) -> String? {
        if root == "/" { return path == "/" ? "" : path }
        guard path.hasPrefix(root) else { return nil }
        let rest = path.dropFirst(root.count)
        return rest.isEmpty || rest.hasPrefix("/") ? String(rest) : nil
    }
}
