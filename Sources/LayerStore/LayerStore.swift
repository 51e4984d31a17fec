public import LinuxKernel

/// Layers of images, unpacked once and shared by all containers, read-only from then on.
///
/// ```
/// ROOT/layers/CHAINID/tree         the files, with the overlay's marks for what the layer deletes
/// ROOT/layers/CHAINID/layer.json   what it was made from, written by the store
/// ROOT/layers/CHAINID/unsettled    which boot wrote it, until it is known to be on the disk
/// ROOT/layers/.new-*  .old-*       being unpacked, being removed; locked by whoever does it
/// ROOT/layers/.empty/              what stands for layers where there are none
/// ROOT/layers/.locks/CHAINID       held while a layer is made or removed
/// ```
///
/// A layer is there as a whole or not at all: it appears by one rename, and vanishes by one. Several processes may use a
/// store at once. Who refers to a layer is the caller's knowledge.
public struct LayerStore: Sendable {
    /// The directory of the layers.
    public let path: String
    /// Overlays here are mounted in a user namespace, whose marks are `user.overlay.*`.
    public let inUserNamespace: Bool

    /// Opens the store below `root`, such as `/var/lib/brig`, and makes its directories where they are missing.
    ///
    /// - Throws: As mkdir(2).
    public init(root: String, inUserNamespace: Bool = LayerStore.isInUserNamespace()) throws(SyscallError) {
        path = "\(root)/layers"
        self.inUserNamespace = inUserNamespace
        // The last that is made: where it is, all are.
        if (try? FileSystemType(of: emptyTrees[1])) != nil { return }
        for directory in ["\(path)/.locks"] + emptyTrees { try makeDirectories(directory) }
        for tree in emptyTrees { try OwnedDescriptor(open: tree, [.read, .directory]).setPermissions(0o755) }
    }

    /// Directories that hold nothing: an overlay without a writable layer wants two of read-only ones.
    var emptyTrees: [String] { ["\(path)/.empty/first", "\(path)/.empty/second"] }

    /// Whether this process is in a user namespace other than the first.
    public static func isInUserNamespace() -> Bool {
        // Without procfs nothing can be mounted anyway.
        guard let map = try? readText("/proc/self/uid_map") else { return false }
        return map.split(whereSeparator: \.isWhitespace) != ["0", "0", "4294967295"]
    }

    /// Where the files of a layer are.
    public func treePath(of chain: ChainID) -> String { "\(path)/\(chain.directoryName)/tree" }

    /// The layer of this chain, or `nil` if the store does not have it.
    ///
    /// - Throws: `.damaged` if it is there without a valid record.
    public func layer(_ chain: ChainID) throws -> UnpackedLayer? {
        guard try isWhole(chain), let bytes = try recordBytes(of: chain) else { return nil }
        guard let layer = UnpackedLayer(record: bytes), layer.chainID == chain else {
            throw LayerStoreError.damaged(chain)
        }
        return layer
    }

    private func recordBytes(of chain: ChainID) throws(SyscallError) -> [UInt8]? {
        do throws(SyscallError) {
            return try readFile("\(path)/\(chain.directoryName)/layer.json")
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }

    /// All layers of the store, in the order of their names.
    public func layers() throws -> [UnpackedLayer] {
        try OwnedDescriptor(open: path, [.read, .directory]).entries()
            .compactMap { ChainID(directoryName: $0.name) }
            .sorted { $0.directoryName < $1.directoryName }
            .compactMap { try layer($0) }
    }

    /// Whether a layer is there, and not one that an earlier boot may have left half on the disk.
    func isWhole(_ chain: ChainID) throws(SyscallError) -> Bool {
        try isWhole(chain, in: OwnedDescriptor(open: path, [.read, .directory]))
    }

    /// Whether all of these layers are there, whole; what their records say is not looked at.
    public func has(_ chains: [ChainID]) throws(SyscallError) -> Bool {
        let store = try OwnedDescriptor(open: path, [.read, .directory])
        for chain in chains {
            guard try isWhole(chain, in: store) else { return false }
        }
        return true
    }

    private func isWhole(_ chain: ChainID, in store: borrowing OwnedDescriptor) throws(SyscallError) -> Bool {
        guard let directory = try store.openIfPresent(chain.directoryName, [.read, .directory, .noFollow]) else {
            return false
        }
        guard let mark = try directory.openIfPresent("unsettled", .read) else { return true }
        let boot = try mark.readAll(limit: 256)
        return try boot == bootID()
    }

    /// Brings all layers to the disk that were unpacked without, so that they outlive a loss of power.
    ///
    /// - Throws: As syncfs(2).
    public func settle() throws {
        let directory = try OwnedDescriptor(open: path, [.read, .directory])
        var unsettled: [String] = []
        for entry in try directory.entries() where ChainID(directoryName: entry.name) != nil {
            let layer = try directory.open(entry.name, [.read, .directory, .noFollow])
            if try layer.entries().contains(where: { $0.name == "unsettled" }) { unsettled.append(entry.name) }
        }
        guard !unsettled.isEmpty else { return }
        try directory.syncFileSystem()
        for name in unsettled { try removeMark(of: name, in: directory) }
    }

    /// Takes the mark off a layer of this boot. One of an earlier boot is not whole and stays so.
    private func removeMark(of name: String, in store: borrowing OwnedDescriptor) throws(SyscallError) {
        guard let layer = try store.openIfPresent(name, [.read, .directory, .noFollow]),
            let mark = try layer.openIfPresent("unsettled", .read)
        else { return }
        let boot = try mark.readAll(limit: 256)
        guard try boot == bootID() else { return }
        try layer.removeFile("unsettled")
    }

    func bootID() throws(SyscallError) -> [UInt8] {
        if let boot = Self.boot { return boot }
        return try readFile(Self.bootFile)
    }

    private static let bootFile = "/proc/sys/kernel/random/boot_id"
    /// It is asked of every layer.
    private static let boot = try? readFile(bootFile)
}

extension OwnedDescriptor {
    /// Opens `name` below this directory; `nil` if there is none.
    borrowing func openIfPresent(_ name: String, _ flags: OpenFlags) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try open(name, flags)
        } catch  where error.code == .noSuchFile {
            return nil
        }
    }
}

/// Makes a directory of the host's and those on its way, open to its owner only.
func makeDirectories(_ path: String) throws(SyscallError) {
    var reached = path.hasPrefix("/") ? "/" : "."
    for part in path.split(separator: "/") {
        try makeDirectory(String(part), in: OwnedDescriptor(open: reached, [.pathOnly, .directory]))
        reached += "/\(part)"
    }
}

private func makeDirectory(_ name: String, in parent: borrowing OwnedDescriptor) throws(SyscallError) {
    do throws(SyscallError) {
        try parent.makeDirectory(name, mode: 0o700)
    } catch  where error.code == .fileExists {}
}
