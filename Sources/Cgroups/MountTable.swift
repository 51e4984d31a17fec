/// The cgroup mounts among all mounts: `/proc/self/mountinfo`, read line by line.
///
/// Source: proc(5). The fields are id, parent, device, root, mount point, options, optional fields, `-`, type, source and
/// the file system's own options.
struct CgroupMount: Equatable {
    let version: Hierarchy.Version
    let root: String
    let mountPoint: String
    /// The file system's options, such as `rw,cpu,cpuacct` or `rw,xattr,name=systemd`.
    let options: String

    /// Reads one line; `nil` for other file systems and for what does not look like a line of that file.
    init?(line: ArraySlice<UInt8>) {
        // Most lines of a host are of other file systems: those are told without splitting them.
        guard let dash = line.firstRange(of: Array(" - cgroup".utf8)) else { return nil }
        let before = line[..<dash.lowerBound].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        let after = line[(dash.lowerBound + 3)...].split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard before.count >= 6, after.count >= 3 else { return nil }
        if after[0].elementsEqual("cgroup".utf8) {
            version = .v1
        } else if after[0].elementsEqual("cgroup2".utf8) {
            version = .v2
        } else {
            return nil
        }
        root = CgroupMount.unescaped(before[3])
        mountPoint = CgroupMount.unescaped(before[4])
        options = String(decoding: after[2], as: UTF8.self)
    }

    /// Blanks, tabs, newlines and backslashes stand there as `\040` and so on.
    private static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        guard field.contains(UInt8(ascii: "\\")) else { return String(decoding: field, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let octal = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), octal.count == 3, octal.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
                let value = octal.reduce(UInt16(0)) { $0 << 3 | UInt16($1 - 0x30) }
                bytes.append(UInt8(truncatingIfNeeded: value))
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A line of `/proc/self/cgroup`: `4:memory:/user.slice` on v1, `0::/user.slice` on v2.
struct CgroupMembership: Equatable {
    /// `memory`, `cpu,cpuacct`, `name=systemd`, or nothing for v2.
    let label: String
    let path: String

    init?(line: Substring) {
        // The path may hold colons itself.
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        label = String(fields[1])
        path = String(fields[2])
    }

    /// Whether this hierarchy is the one of a mount: the same controllers, or the same name, in any order.
    func isMounted(by mount: CgroupMount) -> Bool {
        if label.isEmpty { return mount.version == .v2 }
        guard mount.version == .v1 else { return false }
        let options = mount.options.split(separator: ",")
        return label.split(separator: ",").allSatisfy { options.contains($0) }
    }
}
