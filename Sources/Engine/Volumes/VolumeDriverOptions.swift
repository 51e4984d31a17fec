internal import ContainerRuntime
internal import LinuxKernel

/// What the driver `local` is told about a volume: what is mounted in it as long as a container has it.
///
/// Source: Docker's documentation of `volume create`, "Driver-specific options".
struct VolumeDriverOptions: Equatable, Sendable {
    /// A file system's type; of no meaning for a bind mount.
    let type: String
    /// What is mounted: a device, `SERVER:/PATH`, a directory of the host's, or any word for a file system without one.
    let device: String
    private let options: MountOptions

    /// - Parameter given: As the user wrote them; empty for a volume whose files are in it.
    /// - Returns: `nil` if nothing is mounted.
    /// - Throws: `EngineError`, in Docker's words.
    init?(_ given: [String: String]) throws(EngineError) {
        for key in given.keys.sorted() where !["type", "o", "device", "size"].contains(key) {
            throw EngineError(.invalidInput, "invalid option: \(quotedForError(key))")
        }
        if let size = given["size"] {
            throw EngineError(
                .unsupported,
                "quota size requested but no quota support: \(quotedForError("size=\(size)")); for a tmpfs write o=size=…"
            )
        }
        for (key, needed) in [("device", ["type"]), ("o", ["device", "type"]), ("type", ["device"])]
        where given[key] != nil {
            for other in needed where given[other] == nil {
                throw EngineError(.invalidInput, "missing required option: \(quotedForError(other))")
            }
        }
        for (key, value) in given where value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            throw EngineError(.invalidInput, "the option \(key) of a volume must not hold control characters")
        }
        guard let type = given["type"], let device = given["device"], !(type.isEmpty && device.isEmpty) else {
            return nil
        }
        guard !device.isEmpty else { throw EngineError(.invalidInput, "missing device in volume options") }
        (self.type, self.device) = (type, device)
        options = MountOptions((given["o"] ?? "").split(separator: ",").map(String.init))
        try check()
    }

    private func check() throws(EngineError) {
        // Whatever were unmounted in the volume would be unmounted where it came from.
        if let word = options.propagation.first(where: { $0.kind != .private }) {
            throw EngineError(
                .unsupported, "the mount propagation \(word.kind) is not for volumes: use a bind mount with -v")
        }
        guard options.ownerMapping == .none, !options.copiesUp else {
            throw EngineError(
                .unsupported, "owners of a volume's files cannot be mapped: use --mount type=bind,idmap=…")
        }
        guard ["nfs", "nfs4", "cifs"].contains(type) else { return }
        for word in options.data where word.hasPrefix("addr=") {
            guard !word.dropFirst(5).utf8.allSatisfy({ isAddressByte($0) }) else { continue }
            throw EngineError(
                .unsupported, "\(quotedForError(word)): the address of the server is needed, not its name")
        }
    }

    private func isAddressByte(_ byte: UInt8) -> Bool {
        "0123456789abcdefABCDEF.:%".utf8.contains(byte)
    }

    /// Mounts it where no path leads to. Nobody else sees what is mounted or unmounted in it later.
    ///
    /// - Throws: `SyscallError`, with the file system's own explanation where it gives one.
    func mount() throws(SyscallError) -> DetachedMount {
        let mount = try make()
        // Before any path leads there: whatever is unmounted in a copy of a shared mount is unmounted in the original, too.
        try mount.setPropagation(.private, recursive: true)
        return mount
    }

    private func make() throws(SyscallError) -> DetachedMount {
        guard options.isBind else {
            let isReadOnly = options.isReadOnly
            return try .fileSystem(
                type, source: device, options: options.data + (isReadOnly ? ["ro"] : []),
                attributes: options.set.union(options.recursiveSet))
        }
        guard device.hasPrefix("/") else {
            throw SyscallError(call: "mount", subject: "\(device): not an absolute path", code: .noSuchFile)
        }
        let source = try OwnedDescriptor(open: device, [.pathOnly, .directory])
        let copy = try DetachedMount.copy(of: source, recursive: options.isRecursive, subject: device)
        if !options.set.isEmpty || !options.clear.isEmpty {
            try copy.change(set: options.set, clear: options.clear, recursive: false)
        }
        if !options.recursiveSet.isEmpty || !options.recursiveClear.isEmpty {
            try copy.change(set: options.recursiveSet, clear: options.recursiveClear, recursive: true)
        }
        return copy
    }
}
