public import LinuxKernel

extension LayerStore {
    /// Mounts layers, one on another, with a writable one on top.
    ///
    /// - Parameters:
    ///   - layers: Lowest first, each on the one before it; none at all gives an empty tree.
    ///   - upper: The directory that takes what is changed, and one beside it that the overlay needs, empty and on the same
    ///     file system; `nil` mounts read-only.
    ///   - target: An existing directory.
    /// - Throws: `.missing` and `.notAChain`; `SyscallError` with the kernel's reason: `ENODEV` where there is no overlay,
    ///   `EPERM` without the right to mount, `EBUSY` if `upper` or `work` serve another mount.
    public func mount(
        layers: [ChainID], upper: (path: String, work: String)? = nil, at target: String,
        attributes: MountAttributes = []
    ) throws {
        var lower = try lowerTrees(layers)
        let wanted = upper == nil ? 2 : 1
        lower += emptyTrees.prefix(max(0, wanted - lower.count))
        guard lower.count <= OverlayMount.maximumLayers else { throw LayerStoreError.tooManyLayers(lower.count) }
        let overlay = OverlayMount(
            lower: lower, upper: upper.map { ($0.path, $0.work) }, usesUserAttributes: inUserNamespace)
        try overlay.attach(
            to: OwnedDescriptor(open: target, [.pathOnly, .directory]), subject: target, attributes: attributes)
    }

    /// Unmounts what `mount` put at `target`; nothing mounted there is no error.
    ///
    /// A mount that somebody still uses vanishes from its place at once, and wholly when the last user is gone.
    public func unmount(at target: String) throws(SyscallError) { try removeMount(at: target) }
}
