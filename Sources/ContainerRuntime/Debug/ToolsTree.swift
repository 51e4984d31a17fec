internal import LinuxKernel

/// Where the programs come from that a debugging process brings along.
package enum ToolsSource: Equatable, Sendable {
    /// The unpacked layers of an image, the highest first.
    case layers([String])
    /// The host's own programs and libraries, read-only.
    case host
}

/// A root file system with tools for a process that is otherwise in a container. The container's own files are at
/// `/container` in it, and the container's `/proc`, `/sys` and `/dev` are at their usual places.
///
/// It is built in a mount namespace that the process leaves again, is carried over attached to nothing, and becomes the root
/// in another one of the process's own: neither the host's nor the container's mounts nor their files change, and nothing is
/// left of it when its last process has ended. What is written into it is in memory that the container's cgroup pays for.
struct ToolsTree: ~Copyable {
    private let mount: DetachedMount

    /// Where the container's files are.
    static let container = "container"
    /// Files of the container that tell programs about its network.
    private static let networkFiles = ["resolv.conf", "hosts", "hostname"]

    /// Leaves the caller, who has one thread, in a mount namespace of its own.
    ///
    /// - Parameter scaffold: A directory of the host's; something is mounted there while the tree is built, where nobody
    ///   else sees it.
    init(_ source: ToolsSource, scaffold: String) throws(SyscallError) {
        try unshare([.mount])
        try setRootPropagation(.private, recursive: true)
        let root = try Self.build(source, scaffold)
        try Self.prepare(ContainerRoot(directory: root.duplicate()))
        mount = try DetachedMount.copy(of: root, recursive: true, subject: "the tools")
    }

    private static func build(_ source: ToolsSource, _ scaffold: String) throws(SyscallError) -> OwnedDescriptor {
        let memory = try DetachedMount.fileSystem(
            "tmpfs", source: "brig-debug", options: ["mode=755"], attributes: [.noDevices, .noSetUID])
        for name in ["upper", "work", "root"] { try memory.root.makeDirectory(name, mode: 0o755) }
        // Before anything covers the scaffold: the host's files are copied from where they are.
        let host = try OwnedDescriptor(open: "/", [.pathOnly, .directory])
        try memory.attach(to: OwnedDescriptor(open: scaffold, [.pathOnly, .directory]), subject: scaffold)
        switch source {
        case .layers(let layers):
            try OverlayMount(lower: layers, upper: ("\(scaffold)/upper", "\(scaffold)/work")).attach(
                to: memory.root.open("root", [.pathOnly, .directory]), subject: "the tools",
                attributes: [.noDevices, .noSetUID])
        case .host: try HostTools.add(from: host, to: memory.root.open("root", [.pathOnly, .directory]))
        }
        return try memory.root.open("root", [.pathOnly, .directory])
    }

    /// Makes the places where the container will be seen. The tree is an image's: no link in it is followed.
    private static func prepare(_ root: borrowing ContainerRoot) throws(SyscallError) {
        for name in [container, "proc", "sys", "dev"] { _ = try root.realDirectory(name) }
        let settings = try root.realDirectory("etc")
        for name in networkFiles {
            do throws(SyscallError) { try settings.removeFile(name) } catch  where error.code == .noSuchFile {}
            try settings.makeSymbolicLink(name, to: "/\(container)/etc/\(name)")
        }
    }

    /// Makes the tree the root of the calling process, which has entered the container's namespaces, in a mount namespace
    /// that is a copy of the container's.
    borrowing func becomeRoot() throws(SyscallError) {
        try unshare([.mount])
        // What the container mounts from now on is not hidden from the tools, and nothing goes the other way.
        try setRootPropagation(.slave, recursive: true)
        let files = try DetachedMount.copy(
            of: OwnedDescriptor(open: "/", [.pathOnly, .directory]), recursive: true, subject: "the container's root")
        try files.setPropagation(.slave, recursive: true)
        try mount.attach(to: OwnedDescriptor(open: "/", [.pathOnly, .directory]), subject: "the tools' root")
        let root = ContainerRoot(directory: try mount.root.duplicate())
        try files.attach(to: root.realDirectory(Self.container), subject: "/\(Self.container)")
        let kinds: [(String, FileSystemType)] = [("proc", .proc), ("sys", .sysfs), ("dev", .tmpfs)]
        for (name, kind) in kinds {
            guard let shown = try Self.directory(name, in: files.root), try shown.fileSystemType() == kind else {
                continue
            }
            // Moved and not copied: rules of the security module about paths below /proc go on to hold.
            try DetachedMount(adopting: shown).attach(to: root.realDirectory(name), subject: "/\(name)")
        }
        try pivotRoot(to: mount.root)
    }

    private static func directory(
        _ name: String, in root: borrowing OwnedDescriptor
    ) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try root.open(name, [.pathOnly, .directory, .noFollow])
        } catch  where [.noSuchFile, .notDirectory, .tooManyLinks].contains(error.code) {
            return nil
        }
    }
}

/// The part of the host's files that its programs need, and no more: nobody's settings, data or secrets.
enum HostTools {
    private static let directories = [
        "usr/bin", "usr/sbin", "usr/lib", "usr/lib32", "usr/lib64", "usr/libx32", "usr/libexec", "usr/share",
        "etc/alternatives", "etc/terminfo",
    ]
    /// Links into `usr`, or directories on hosts that have not merged them.
    private static let shortcuts = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]

    static func add(from host: borrowing OwnedDescriptor, to root: borrowing OwnedDescriptor) throws(SyscallError) {
        let tree = ContainerRoot(directory: try root.duplicate())
        for name in directories { try show(name, of: host, in: tree) }
        for name in shortcuts {
            guard let status = try? host.status(of: name) else { continue }
            if status.isSymbolicLink {
                try root.makeSymbolicLink(name, to: host.open(name, [.pathOnly, .noFollow]).readSymbolicLink())
            } else {
                try show(name, of: host, in: tree)
            }
        }
        try root.makeDirectory("root", mode: 0o700)
        try root.makeDirectory("tmp", mode: 0o1777)
        try root.open("tmp", [.read, .directory]).setPermissions(0o1777)
        let settings = try tree.realDirectory("etc")
        try write("root:x:0:0:root:/root:/bin/sh\n", to: "passwd", in: settings)
        try write("root:x:0:\n", to: "group", in: settings)
        // Where the loader finds libraries; any user may read it.
        if let cache = try? readFile("/etc/ld.so.cache", limit: 16 << 20) {
            try settings.open("ld.so.cache", [.write, .create, .exclusive], mode: 0o644).write(cache)
        }
    }

    private static func write(
        _ text: String, to name: String, in directory: borrowing OwnedDescriptor
    ) throws(SyscallError) {
        try directory.open(name, [.write, .create, .exclusive], mode: 0o644).write(text)
    }

    private static func show(
        _ name: String, of host: borrowing OwnedDescriptor, in root: borrowing ContainerRoot
    ) throws(SyscallError) {
        guard let directory = try? host.resolve(name, [.pathOnly, .directory]) else { return }
        let copy = try DetachedMount.copy(of: directory, recursive: true, subject: "/\(name)")
        try copy.setPropagation(.private, recursive: true)
        try copy.change(set: [.readOnly, .noSetUID, .noDevices], clear: [], recursive: true)
        try copy.attach(to: root.realDirectory(name), subject: "/\(name)")
    }
}
