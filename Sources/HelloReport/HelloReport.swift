internal import Capabilities
internal import LinuxKernel

/// What a container sees of itself: the program of the embedded image `hello`.
///
/// Each line says what was asked of the kernel, what it answered, and what follows, so that a first container explains what
/// a container is.
public struct HelloReport: Sendable {
    /// One line: a name, and what was found.
    public struct Line: Equatable, Sendable {
        /// What was asked.
        public let name: String
        /// What the kernel said.
        public let text: String

        /// A line of the report.
        public init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }
    }

    /// In the order in which they are shown.
    public let lines: [Line]

    /// A report of these lines.
    public init(lines: [Line]) { self.lines = lines }

    /// Asks the kernel about the calling process. What it does not tell is said on the line.
    public static func ofCaller() -> HelloReport {
        HelloReport(lines: [
            Line("process", "pid \(CallerIdentity.pid), uid \(CallerIdentity.uid), gid \(CallerIdentity.gid)"),
            Line("hostname", answer { try SystemName().hostname }),
            Line("kernel", answer { try SystemName().release }),
            Line("root", answer(rootFileSystem)),
            Line("files in /", answer(rootEntries)),
            Line("namespaces", answer(namespaces)),
            Line("capabilities", answer(capabilities)),
            Line("seccomp", answer(seccomp)),
            Line("cgroup", answer(cgroups)),
        ])
    }

    /// The whole report, for people.
    public var text: String {
        let width = (lines.map(\.name.utf8.count).max() ?? 0) + 2
        var text = "Hello from inside of a container made by Brig. This is what it sees of itself:\n\n"
        for line in lines {
            text += "  \(line.name)\(String(repeating: " ", count: width - line.name.utf8.count))\(line.text)\n"
        }
        return text + """

            The same kernel as outside, seen through namespaces, with fewer rights: that is all a container is.
            Make an image of your own: brig import rootfs.tar mine && brig run -it mine sh

            """
    }

    private static func answer(_ question: () throws -> String) -> String {
        do { return try question() } catch { return "not known: \(error)" }
    }

    private static func rootFileSystem() throws -> String {
        guard let root = try MountTable.current().topmost(at: "/") else { return "no mount" }
        return root.type + (root.isReadOnly ? ", read-only" : ", writable")
    }

    private static func rootEntries() throws -> String {
        try OwnedDescriptor(open: "/", [.read, .directory]).entries().map(\.name).sorted().joined(separator: " ")
    }

    private static func namespaces() throws -> String {
        let own = try ProcessInformation(pid: CallerIdentity.pid)
        var found: [String] = []
        for kind in NamespaceKind.allCases {
            // Kernels differ in which kinds they have.
            if let identity = try? own.namespace(kind) { found.append("\(kind.fileName):\(identity.inode)") }
        }
        return found.joined(separator: " ")
    }

    private static func capabilities() throws -> String {
        let status = try ProcessInformation(pid: CallerIdentity.pid).status()
        guard let mask = status.mask("CapEff") else { return "not shown" }
        return capabilityText(mask)
    }

    static func capabilityText(_ mask: UInt64) -> String {
        let held = (0..<UInt8(64)).compactMap(Capability.init(rawValue:)).filter {
            mask & 1 << UInt64($0.rawValue) != 0
        }
        let digits = String(mask, radix: 16)
        let shown = String(repeating: "0", count: 16 - digits.utf8.count) + digits
        return "\(held.count) (\(shown))" + (held.isEmpty ? "" : ": " + held.map(\.toolName).joined(separator: " "))
    }

    private static func seccomp() throws -> String {
        let status = try ProcessInformation(pid: CallerIdentity.pid).status()
        return seccompText(
            mode: status.seccompMode, filters: status.number("Seccomp_filters"), status.noNewPrivileges)
    }

    static func seccompText(mode: Int?, filters: UInt64?, _ noNewPrivileges: Bool) -> String {
        let text =
            switch mode {
            case 0: "none: every call of the kernel is open"
            case 1: "strict"
            case 2: "filter" + (filters.map { " (\($0))" } ?? "") + ": calls that programs do not need are closed"
            default: "not shown"
            }
        return noNewPrivileges ? text + "; no new privileges" : text
    }

    private static func cgroups() throws -> String {
        try cgroupText(ProcessInformation(pid: CallerIdentity.pid).cgroups())
    }

    /// Version 1 has a path for each hierarchy, mostly the same: those are told together.
    static func cgroupText(_ memberships: [CgroupMembership]) -> String {
        var paths: [(path: String, controllers: [String])] = []
        for membership in memberships {
            let names = membership.controllers.isEmpty ? ["v2"] : membership.controllers
            if let index = paths.firstIndex(where: { $0.path == membership.path }) {
                paths[index].controllers += names
            } else {
                paths.append((membership.path, names))
            }
        }
        return paths.map { "\($0.path) (\($0.controllers.joined(separator: ",")))" }.joined(separator: " ")
    }
}
