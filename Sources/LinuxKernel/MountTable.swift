/// The mounts of a mount namespace.
///
/// Which mount lies on which is told by `MountEntry.parent` alone: since Linux 6.8 the list is ordered by when a mount
/// was made, and one can be attached later below a younger one.
/// Source: proc(5), `/proc/PID/mountinfo`.
public struct MountTable: Equatable, Sendable {
    /// In the kernel's order.
    public let entries: [MountEntry]

    /// Reads the text; lines that do not have the form are passed over.
    public init(parsing text: [UInt8]) {
        entries = text.split(separator: 0x0a).compactMap(MountEntry.init(parsing:))
    }

    /// The caller's own mounts.
    public static func current() throws(SyscallError) -> MountTable {
        MountTable(parsing: try readFile("/proc/self/mountinfo", limit: 64 << 20))
    }

    /// The mount that one sees at exactly this point, if it is a mount point: the one that no other covers.
    public func topmost(at mountPoint: String) -> MountEntry? {
        let here = entries.filter { $0.mountPoint == mountPoint }
        return here.last { candidate in
            !here.contains { $0.parent == candidate.id && $0.id != candidate.id }
        }
    }

    /// The mounts at `path` and below it, each after those that lie on it: the order in which they can be unmounted.
    public func tree(at path: String) -> [MountEntry] {
        let prefix = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
        var parents: [UInt64: UInt64] = [:]
        for entry in entries { parents[entry.id] = entry.parent }
        func depth(_ entry: MountEntry) -> Int {
            var (id, steps) = (entry.id, 0)
            // A text that is not the kernel's may go round in a circle.
            while let parent = parents[id], parent != id, steps <= entries.count { (id, steps) = (parent, steps + 1) }
            return steps
        }
        return entries.enumerated()
            .filter { $0.element.mountPoint == path || $0.element.mountPoint.hasPrefix(prefix) }
            .map { (offset: $0.offset, depth: depth($0.element), entry: $0.element) }
            .sorted { ($0.depth, $0.offset) > ($1.depth, $1.offset) }
            .map(\.entry)
    }
}

/// One mount.
public struct MountEntry: Equatable, Sendable {
    /// The kernel's number of the mount; used again once it is gone.
    public let id: UInt64
    /// The mount that this one lies on; the same as `id` for a namespace's root, or not listed at all.
    public let parent: UInt64
    /// The file system's device number, as `FileStatus.device` takes it apart.
    public let device: DeviceNumber
    /// Which directory or file of the file system is the root of this mount.
    public let root: String
    /// As the reader's root directory sees it.
    public let mountPoint: String
    /// Of this mount: `rw`, `nosuid`, …
    public let options: [String]
    /// `shared:N`, `master:N`, `propagate_from:N`, `unbindable`; empty for a private mount.
    public let propagation: [String]
    /// Such as `ext4` or `fuse.sshfs`.
    public let type: String
    /// Type-dependent; often a device, `none` or nothing.
    public let source: String
    /// Of the file system: `rw`, `size=65536k`, `memory`, …
    public let superOptions: [String]

    /// Whether this mount passes mounts on to its peers.
    public var isShared: Bool { propagation.contains { $0.hasPrefix("shared:") } }
    /// Whether this mount is read-only; its file system may be so as well.
    public var isReadOnly: Bool { options.contains("ro") }

    /// Reads one line: `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`.
    package init?(parsing line: ArraySlice<UInt8>) {
        // Empty fields count: a source can be empty.
        let fields = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard let separator = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([0x2d]) }),
            fields.count >= separator + 3, let id = decimal(fields[0], as: UInt64.self),
            let parent = decimal(fields[1], as: UInt64.self), let device = DeviceNumber(parsing: fields[2])
        else { return nil }
        self.id = id
        self.parent = parent
        self.device = device
        root = MountEntry.unescaped(fields[3])
        mountPoint = MountEntry.unescaped(fields[4])
        options = MountEntry.list(fields[5])
        propagation = fields[6..<separator].map(MountEntry.text)
        type = MountEntry.unescaped(fields[separator + 1])
        source = MountEntry.unescaped(fields[separator + 2])
        superOptions = separator + 3 < fields.count ? MountEntry.list(fields[separator + 3]) : []
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field, as: UTF8.self) }

    private static func list(_ field: ArraySlice<UInt8>) -> [String] {
        field.split(separator: UInt8(ascii: ",")).map(unescaped)
    }

    /// Turns `\040` and its kin (space, tab, line feed, `#`, backslash) back into the byte.
    static func unescaped(_ field: ArraySlice<UInt8>) -> String {
        guard field.contains(UInt8(ascii: "\\")) else { return text(field) }
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ 0x30...0x37 ~= $0 }),
                let value = UInt8(exactly: digits.reduce(0) { $0 * 8 + Int($1 - 0x30) })
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension DeviceNumber {
    /// Reads `major:minor`.
    init?(parsing text: ArraySlice<UInt8>) {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let major: UInt32 = decimal(parts[0]), let minor: UInt32 = decimal(parts[1]) else {
            return nil
        }
        self.init(major: major, minor: minor)
    }
}
