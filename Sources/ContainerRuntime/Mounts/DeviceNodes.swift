internal import LinuxKernel
internal import OCISpec

/// A device node that the container gets, as the bundle or the specification's defaults have it.
struct DeviceNode: Equatable, Sendable {
    let path: String
    let kind: NodeKind
    let number: DeviceNumber
    let mode: UInt32
    let uid: UInt32
    let gid: UInt32

    init(path: String, kind: NodeKind, number: DeviceNumber, mode: UInt32 = 0o666, uid: UInt32 = 0, gid: UInt32 = 0) {
        (self.path, self.kind, self.number, self.mode, self.uid, self.gid) = (path, kind, number, mode, uid, gid)
    }

    /// Checks an entry of `linux.devices`.
    init(_ device: RuntimeConfig.Linux.Device) throws(RuntimeError) {
        guard let major = UInt32(exactly: device.major), let minor = UInt32(exactly: device.minor) else {
            throw RuntimeError(
                .invalidInput, "device \(device.path): number \(device.major):\(device.minor) is out of range")
        }
        let kind: NodeKind =
            switch device.type {
            case .character, .unbufferedCharacter: .characterDevice
            case .block: .blockDevice
            case .fifo: .fifo
            }
        let components = ContainerRoot.components(of: device.path)
        guard !components.isEmpty else { throw RuntimeError(.invalidInput, "device: path \(device.path) is the root") }
        self.init(
            path: "/" + joinedPath(components), kind: kind, number: DeviceNumber(major: major, minor: minor),
            mode: (device.fileMode ?? 0o666) & 0o7777, uid: device.uid ?? 0, gid: device.gid ?? 0)
    }

    /// Source: runtime-spec config-linux.md, "Default Devices".
    static let defaults: [DeviceNode] =
        [
            ("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9),
        ].map { DeviceNode(path: "/dev/\($0.0)", kind: .characterDevice, number: DeviceNumber(major: 1, minor: $0.1)) }
        + [DeviceNode(path: "/dev/tty", kind: .characterDevice, number: DeviceNumber(major: 5, minor: 0))]

    /// The defaults with the bundle's own in place of those at the same path, and `/dev/ptmx` and `/dev/console` left
    /// to the runtime.
    static func all(_ devices: [RuntimeConfig.Linux.Device]) throws(RuntimeError) -> [DeviceNode] {
        var own: [DeviceNode] = []
        for device in devices { own.append(try DeviceNode(device)) }
        let wanted = own.filter { $0.path != "/dev/ptmx" && $0.path != "/dev/console" }
        return defaults.filter { node in !wanted.contains { $0.path == node.path } } + wanted
    }

    /// Whether a file that is there already is this device.
    func isThe(_ status: FileStatus) -> Bool {
        switch kind {
        case .characterDevice: status.isCharacterDevice && DeviceNumber(raw: status.specialDevice) == number
        case .blockDevice: status.isBlockDevice && DeviceNumber(raw: status.specialDevice) == number
        case .fifo: status.isFifo
        case .socket, .regularFile: false
        }
    }

    /// The links that programs expect. Source: runtime-spec runtime-linux.md, "Dev symbolic links".
    private static let standardLinks: [Link] = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    typealias Link = (name: String, target: String)

    /// The links of a container with these mounts: where one of them lies, the link would lead it to another place.
    static func links(beside mounts: [PlannedMount]) -> [Link] {
        standardLinks.filter { link in !mounts.contains { $0.destination == "/dev/" + link.name } }
    }
}

/// The host's node for a device, for containers whose user namespace may not make nodes: it is mounted instead.
final class HostNode {
    let mount: DetachedMount

    /// - Throws: `unsupported` if the host has no such node there: nothing else may stand in for it.
    init(_ node: DeviceNode) throws(RuntimeError) {
        do throws(SyscallError) {
            let named = try OwnedDescriptor(open: "/", [.pathOnly, .directory]).resolve(node.path)
            let status = try named.status()
            guard node.isThe(status) else {
                throw SyscallError(call: "check", subject: node.path, code: .noDevice)
            }
            mount = try DetachedMount.copy(of: named, recursive: false, subject: node.path)
        } catch {
            throw RuntimeError(
                .unsupported,
                "device \(node.path): a user namespace cannot make device nodes, and the host's own node: \(error.code)"
            )
        }
    }
}

extension CreationPlan {
    /// The host's nodes, for a container that cannot make its own.
    func hostNodes() throws(RuntimeError) -> [HostNode] {
        var nodes: [HostNode] = []
        guard usesUserNamespace, makesDevices else { return nodes }
        for device in devices { nodes.append(try HostNode(device)) }
        return nodes
    }
}

extension ContainerRoot {
    /// Makes the nodes, or mounts the host's where `hostNodes` has them.
    ///
    /// What is there already is kept only if it is that very device: an image's `/dev` is never trusted.
    borrowing func makeDevices(_ nodes: [DeviceNode], hostNodes: [HostNode]) throws(RuntimeError) {
        for (index, node) in nodes.enumerated() {
            try attempting("device \(node.path)") { () throws(SyscallError) in
                if index < hostNodes.count {
                    let place = try place(node.path, .file)
                    try hostNodes[index].mount.attach(to: place, subject: node.path)
                } else {
                    try makeNode(node)
                }
            }
        }
    }

    private borrowing func makeNode(_ node: DeviceNode) throws(SyscallError) {
        let components = Self.components(of: node.path)
        guard let name = components.last.map({ String($0) }) else { return }
        let parent = try place(joinedPath(components.dropLast()), .directory)
        do throws(SyscallError) {
            try parent.makeNode(name, node.kind, mode: node.mode, device: node.number)
        } catch  where error.code == .fileExists {
            let there = try parent.status(of: name)
            guard node.isThe(there) else { throw error }
            return
        }
        guard node.uid != 0 || node.gid != 0 else { return }
        // Who shares the directory may have put another file in its place by now.
        let made = try parent.open(name, [.pathOnly, .noFollow])
        guard try node.isThe(made.status()) else {
            throw SyscallError(call: "mknodat", subject: node.path, code: .fileExists)
        }
        try made.setOwner(uid: node.uid, gid: node.gid)
    }

    /// Makes standard links in `/dev`; a link that is there already is replaced, anything else is left alone.
    borrowing func makeDeviceLinks(_ links: [DeviceNode.Link]) throws(RuntimeError) {
        try attempting("links in /dev") { () throws(SyscallError) in
            let directory = try realDirectory("/dev")
            for link in links {
                do throws(SyscallError) {
                    try directory.makeSymbolicLink(link.name, to: link.target)
                } catch  where error.code == .fileExists {
                    guard try directory.status(of: link.name).isSymbolicLink else { continue }
                    try directory.removeFile(link.name)
                    try directory.makeSymbolicLink(link.name, to: link.target)
                }
            }
        }
    }
}
