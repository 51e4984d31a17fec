internal import Capabilities
internal import LinuxKernel
package import OCISpec

/// How a container is built, without its names and numbers: what two of them that were made alike have in common.
package struct Shape: Equatable, Sendable {
    /// Each property under a name that is the same for both.
    package var properties: [String: String] = [:]

    package init(_ anatomy: Anatomy) {
        for namespace in anatomy.namespaces {
            properties["namespace \(namespace.kind.fileName)"] = namespace.isHost ? "the host's" : "its own"
        }
        if let root = anatomy.root {
            properties["root"] =
                root.isHostRoot
                ? "the host's" : "\(root.type), \(root.layers.count) layers\(root.isReadOnly ? ", read-only" : "")"
        }
        // What lies on the same place several times is told by the uppermost.
        for mount in anatomy.mounts where mount.purpose != .root && !anatomy.isHost(.mount) {
            let entry = mount.entry
            let options = entry.options.filter { !$0.hasSuffix("atime") }.sorted().joined(separator: ",")
            properties["mount \(entry.mountPoint)"] =
                "\(mount.purpose.rawValue) \(entry.type) \(options)"
                + (mount.showsHost && mount.purpose != .engineFile ? " of \(mount.hostPath ?? entry.root)" : "")
        }
        for place in anatomy.cgroups {
            for value in place.values where value.kind == "limit" || value.kind == "setting" {
                properties["cgroup \(value.file)"] = value.raw.split(separator: "\n").sorted().joined(separator: "; ")
            }
        }
        if let privileges = anatomy.privileges {
            for entry in privileges.named { properties["capabilities \(entry.name)"] = "\(entry.set)" }
            properties["no_new_privs"] = privileges.noNewPrivileges ? "set" : "not set"
            properties["label"] = privileges.label ?? "none"
        }
        if let filter = anatomy.filter {
            properties["seccomp mode"] = "\(filter.mode)"
            for blocked in filter.blocked ?? [] {
                properties["seccomp: \(blocked.action.words)"] = blocked.calls.joined(separator: " ")
            }
        }
        if let users = anatomy.users {
            func text(_ ranges: [UserMapping.Range]) -> String {
                ranges.map { "\($0.inside) \($0.outside) \($0.count)" }.joined(separator: "; ")
            }
            properties["user map"] = text(users.users)
            properties["group map"] = text(users.groups)
        }
        properties["user"] = "\(anatomy.subject.uid):\(anatomy.subject.gid)"
        properties["groups"] = anatomy.subject.groups.sorted().map { "\($0)" }.joined(separator: " ")
        if let network = anatomy.network, !network.isHost {
            properties["interfaces"] = network.interfaces.map { "\($0.name)\($0.isUp ? "" : " (down)")" }.sorted()
                .joined(separator: " ")
        }
    }

    /// One property that two containers do not have in common.
    package struct Difference: Equatable, Sendable {
        package var property: String
        package var left: String?
        package var right: String?

        package init(_ property: String, _ left: String?, _ right: String?) {
            self.property = property
            self.left = left
            self.right = right
        }

        package var json: JSONValue {
            ["property": .string(property), "left": .optional(left), "right": .optional(right)]
        }
    }

    /// By name.
    package func differences(from other: Shape) -> [Difference] {
        Set(properties.keys).union(other.properties.keys).sorted().compactMap { key in
            let (left, right) = (properties[key], other.properties[key])
            return left == right ? nil : Difference(key, left, right)
        }
    }
}
