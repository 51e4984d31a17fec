internal import LinuxKernel

/// Covers files and directories of the container: what it must not see with something empty, what it must not change
/// with a read-only copy of the same mount.
struct Masking: ~Copyable {
    /// An empty read-only tmpfs with one empty file, made by us: nothing of the container's is used, in which a process
    /// could put something else in time (CVE-2025-31133). The copies of its content are what covers.
    private let empty: DetachedMount
    /// Whether it had to be attached for the time of masking.
    private let isAttached: Bool

    init(in root: borrowing ContainerRoot) throws(SyscallError) {
        let made = try DetachedMount.fileSystem(
            "tmpfs", source: "tmpfs", options: ["nr_inodes=3", "mode=555"],
            attributes: [.noSetUID, .noDevices, .noExec])
        try made.root.makeDirectory("directory", mode: 0o555)
        _ = try made.root.open("file", [.create, .exclusive, .write], mode: 0o444)
        try made.change(set: .readOnly, clear: [], recursive: false)
        do throws(SyscallError) {
            _ = try DetachedMount.copy(of: made.root, recursive: false, subject: "an empty file system")
            isAttached = false
        } catch  where error.code == .invalidArgument {
            // Before Linux 6.15 only an attached mount can be copied. Over the container's root it hides nothing from
            // us, who resolve from a descriptor of what lies beneath.
            try made.attach(to: root.directory, subject: "/")
            isAttached = true
        }
        empty = made
    }

    /// Covers what is at `path`; nothing happens where there is nothing.
    borrowing func mask(_ path: String, in root: borrowing ContainerRoot) throws(SyscallError) {
        guard let place = try root.existing(path) else { return }
        let name = try place.status().isDirectory ? "directory" : "file"
        let cover = try DetachedMount.copy(
            of: empty.root.open(name, [.pathOnly, .noFollow]), recursive: false, subject: path)
        try cover.attach(to: place, subject: path)
    }

    /// Takes back what masking needed for itself; the covers stay.
    consuming func finish() throws(SyscallError) {
        if isAttached { try detachMount(at: empty.root, subject: "/") }
    }
}

extension ContainerRoot {
    /// Makes what is at `path` read-only with all mounts below it; nothing happens where there is nothing.
    borrowing func makeReadOnly(_ path: String) throws(SyscallError) {
        guard let place = try existing(path) else { return }
        let cover = try DetachedMount.copy(of: place, recursive: true, subject: path)
        try cover.change(set: .readOnly, clear: [], recursive: true)
        try cover.attach(to: place, subject: path)
    }
}
