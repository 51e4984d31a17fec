internal import Archive
public import LinuxKernel

extension LayerStore {
    /// How a tree came to its place.
    public enum MountKind: Equatable, Sendable {
        /// Layers and changes stay apart.
        case overlay
        /// There is no overlay here: the layers were copied into the directory for changes, which is what is mounted.
        case copy
    }

    /// Mounts layers, one on another, with a writable one on top.
    ///
    /// Where the kernel or the file system has no overlay, the layers are copied into `upper`, once; the tree is the same.
    ///
    /// - Parameters:
    ///   - layers: Lowest first, each on the one before it; none at all gives an empty tree.
    ///   - upper: The directory that takes what is changed, and one beside it that the overlay needs, both of the caller's
    ///     own, empty at first and on the same file system; `nil` mounts read-only.
    ///   - target: An existing directory.
    /// - Throws: `.missing` and `.notAChain`; `SyscallError` with the kernel's reason: `EPERM` without the right to mount,
    ///   `EBUSY` if `upper` or `work` serve another mount.
    @discardableResult
    public func mount(
        layers: [ChainID], upper: (path: String, work: String)? = nil, at target: String,
        attributes: MountAttributes = []
    ) throws -> MountKind {
        if let upper, isCopied(upper.work) {
            try attachCopy(upper.path, at: target, attributes)
            return .copy
        }
        var lower = try lowerTrees(layers)
        let wanted = upper == nil ? 2 : 1
        lower += emptyTrees.prefix(max(0, wanted - lower.count))
        guard lower.count <= OverlayMount.maximumLayers else { throw LayerStoreError.tooManyLayers(lower.count) }
        if let upper { try prepareRoot(upper, from: lower) }
        let overlay = OverlayMount(
            lower: lower, upper: upper.map { ($0.path, $0.work) }, usesUserAttributes: inUserNamespace)
        do throws(SyscallError) {
            try overlay.attach(
                to: OwnedDescriptor(open: target, [.pathOnly, .directory]), subject: target, attributes: attributes)
            return .overlay
        } catch {
            // No overlay in the kernel; none on this file system; none in a user namespace.
            guard let upper, [.noDevice, .invalidArgument, .notPermitted].contains(error.code) else { throw error }
            do {
                try copy(lower, into: upper)
                try attachCopy(upper.path, at: target, attributes)
            } catch let second as SyscallError where second.code == .notPermitted {
                throw error  // Nothing may be mounted here.
            }
            return .copy
        }
    }

    /// Gives a fresh directory for changes the owner, mode and times of the layers' root: it is what shows as the root of
    /// the tree. Later they are the container's own to change.
    private func prepareRoot(_ upper: (path: String, work: String), from lower: [String]) throws {
        // The kernel puts a directory there when it first mounts.
        guard try OwnedDescriptor(open: upper.work, [.read, .directory]).entries().isEmpty else { return }
        let root = TreeDirectory(try OwnedDescriptor(open: upper.path, [.read, .directory]))
        try DirectoryAdoption(of: [], in: root).adopt(from: lower)
    }

    /// Unmounts what `mount` put at `target`; nothing mounted there is no error.
    ///
    /// A mount that somebody still uses vanishes from its place at once, and wholly when the last user is gone.
    public func unmount(at target: String) throws(SyscallError) { try removeMount(at: target) }

    // MARK: - Without an overlay

    /// Says that `upper` holds a whole copy, so that a container's changes are not copied over at its next start.
    private static let copiedMark = "copied"

    /// Whether the directory for changes beside `work` holds all files, because there was no overlay.
    package func holdsCopy(work: String) -> Bool { isCopied(work) }

    private func isCopied(_ work: String) -> Bool {
        guard let directory = try? OwnedDescriptor(open: work, [.read, .directory]) else { return false }
        return (try? directory.status(of: Self.copiedMark)) != nil
    }

    /// Puts the layers' files into `upper`, lowest first, each as an archive would be unpacked on those below.
    ///
    /// - Parameter trees: Highest first.
    func copy(_ trees: [String], into upper: (path: String, work: String)) throws {
        // A copy that did not end may be there.
        try TreeDirectory(OwnedDescriptor(open: upper.path, [.read, .directory])).removeContents()
        var reading = TreeReader.Options()
        reading.convertsMarks = true
        reading.keepsHoles = true
        var writing = extractionOptions()
        writing.whiteouts = .apply
        for tree in trees.reversed() {
            let destination = try OwnedDescriptor(open: upper.path, [.read, .directory])
            let source = TreeReader(try OwnedDescriptor(open: tree, [.read, .directory]), options: reading)
            _ = try Extractor(into: destination, options: writing).extract(source)
        }
        _ = try OwnedDescriptor(open: upper.work, [.read, .directory]).open(Self.copiedMark, [.write, .create])
    }

    private func attachCopy(_ path: String, at target: String, _ attributes: MountAttributes) throws(SyscallError) {
        let mount = try DetachedMount.copy(
            of: OwnedDescriptor(open: path, [.pathOnly, .directory]), recursive: false, subject: path)
        if !attributes.isEmpty { try mount.change(set: attributes, clear: [], recursive: false) }
        try mount.attach(to: OwnedDescriptor(open: target, [.pathOnly, .directory]), subject: target)
    }
}
