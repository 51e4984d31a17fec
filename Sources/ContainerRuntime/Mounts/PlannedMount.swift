internal import LinuxKernel
package import OCISpec

/// One entry of a bundle's `mounts`, checked and understood.
package struct PlannedMount: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// A copy of the mount that the host has at this absolute path.
        case bind(source: String)
        /// A new file system, such as tmpfs.
        case fileSystem(type: String, source: String)
        /// The container's view of its cgroups: as many mounts as the host's layout needs.
        case cgroup
    }

    /// Absolute in the container, without `.` and `..`.
    package let destination: String
    package let content: Content
    package let options: MountOptions
    package let uidMappings: [RuntimeConfig.Linux.IDMapping]
    package let gidMappings: [RuntimeConfig.Linux.IDMapping]

    /// Understands one entry.
    ///
    /// - Parameter bundle: Where a relative source of a bind mount starts.
    /// - Throws: `invalidInput` for what no mount can mean, and for destinations that would let a volume pass for the
    ///   kernel's files.
    package init(_ mount: RuntimeConfig.Mount, bundle: String) throws(RuntimeError) {
        let components = ContainerRoot.components(of: mount.destination)
        destination = "/" + joinedPath(components)
        options = MountOptions(mount.options)
        (uidMappings, gidMappings) = (mount.uidMappings, mount.gidMappings)
        let type = mount.type ?? ""
        if options.isBind || type == "bind" {
            guard let source = mount.source, !source.isEmpty else {
                throw RuntimeError(.invalidInput, "mount \(mount.destination): a bind mount needs a source")
            }
            content = .bind(source: source.utf8.first == UInt8(ascii: "/") ? source : "\(bundle)/\(source)")
        } else if type == "cgroup" || type == "cgroup2" {
            content = .cgroup
        } else if type.isEmpty {
            throw RuntimeError(.invalidInput, "mount \(mount.destination): neither a type nor the option bind")
        } else {
            content = .fileSystem(type: type, source: mount.source ?? type)
        }
        try checkOwnerMapping()
        try checkDestination(components)
    }

    private func checkOwnerMapping() throws(RuntimeError) {
        guard uidMappings.isEmpty == gidMappings.isEmpty else {
            throw RuntimeError(.invalidInput, "mount \(destination): uidMappings and gidMappings belong together")
        }
        guard options.ownerMapping != .none || !uidMappings.isEmpty else { return }
        guard case .bind = content else {
            throw RuntimeError(.invalidInput, "mount \(destination): owners are mapped on bind mounts only")
        }
    }

    /// Below `/proc`, where the runtime and programs trust what they read, only the files that engines fake may be
    /// covered; `/proc` itself takes only a procfs. CVE-2019-16884, CVE-2023-27561, CVE-2025-31133.
    private func checkDestination(_ components: [Substring]) throws(RuntimeError) {
        guard components.first == "proc" else {
            guard !components.isEmpty else {
                throw RuntimeError(.invalidInput, "mount /: the root is not a mount's place")
            }
            return
        }
        let below = joinedPath(components.dropFirst())
        if below.isEmpty {
            switch content {
            case .fileSystem("proc", _), .bind: return
            case .fileSystem(let type, _):
                throw RuntimeError(.invalidInput, "mount /proc: only proc may be mounted there, not \(type)")
            case .cgroup: throw RuntimeError(.invalidInput, "mount /proc: only proc may be mounted there")
            }
        }
        guard Self.coverableProcFiles.contains(below) else {
            throw RuntimeError(.invalidInput, "mount \(destination): a mount below /proc is not allowed")
        }
    }

    /// Whether the destination is one of the few files of procfs that engines fake.
    var mayCoverProcFile: Bool {
        guard destination.hasPrefix("/proc/") else { return false }
        let components = ContainerRoot.components(of: destination)
        return components.first == "proc"
            && Self.coverableProcFiles.contains(joinedPath(components.dropFirst()))
    }

    private static let coverableProcFiles: Set<String> = [
        "cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo",
        "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
    ]
}
