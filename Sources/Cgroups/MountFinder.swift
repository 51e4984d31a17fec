import LinuxKernel

/// Matches hierarchies with their mounts while the mount table comes in, part by part.
struct MountFinder {
    let memberships: [CgroupMembership]
    /// For each membership where it is mounted, once that is known.
    private(set) var mounts: [MountEntry?]
    private var partialLine: [UInt8] = []

    init(_ memberships: [CgroupMembership]) {
        self.memberships = memberships
        mounts = memberships.map { _ in nil }
    }

    /// Whether all have been found at the place where they belong.
    var isComplete: Bool { mounts.allSatisfy { $0.map(MountFinder.isStandard) ?? false } }

    /// Takes the next bytes of `/proc/self/mountinfo`.
    mutating func take(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if partialLine.isEmpty {
                take(line: rest[..<end])
            } else {
                partialLine += rest[..<end]
                take(line: partialLine[...])
                partialLine = []
            }
            rest = rest[(end + 1)...]
        }
        partialLine += rest
    }

    private mutating func take(line: ArraySlice<UInt8>) {
        // Most lines are of other file systems: those are told without splitting them.
        guard line.contains(subsequence: " - cgroup"), let mount = MountEntry(parsing: line) else { return }
        for (index, membership) in memberships.enumerated() where membership.isMounted(by: mount) {
            // Containers with a cgroup mount of their own may show up in the table, too: the standard place wins, then
            // the first.
            guard let known = mounts[index] else {
                mounts[index] = mount
                continue
            }
            if !MountFinder.isStandard(known), MountFinder.isStandard(mount) { mounts[index] = mount }
        }
    }

    private static func isStandard(_ mount: MountEntry) -> Bool {
        mount.mountPoint == "/sys/fs/cgroup" || mount.mountPoint.utf8.starts(with: "/sys/fs/cgroup/".utf8)
    }
}

extension CgroupMembership {
    /// `memory`, `cpu,cpuacct`, `name=systemd`, or nothing for v2.
    var label: String {
        // Without `joined`: see PathText.swift in LinuxKernel.
        var label = ""
        for controller in controllers {
            if !label.isEmpty { label.append(",") }
            label.append(controller)
        }
        return label
    }

    /// Whether this hierarchy is the one of a mount: the same controllers, or the same name, in any order.
    fileprivate func isMounted(by mount: MountEntry) -> Bool {
        if controllers.isEmpty { return mount.type == "cgroup2" }
        return mount.type == "cgroup" && controllers.allSatisfy { mount.superOptions.contains($0) }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(subsequence text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard count >= length else { return false }
        return withUnsafeBytes { bytes in
            (0...(bytes.count - length)).contains { start in
                bytes[start] == text.utf8Start[0]
                    && bytes[start..<(start + length)].elementsEqual(
                        UnsafeBufferPointer(start: text.utf8Start, count: length))
            }
        }
    }
}
