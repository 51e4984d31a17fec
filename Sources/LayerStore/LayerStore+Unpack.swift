public import Archive
internal import LinuxKernel
public import OCISpec

extension LayerStore {
    /// How a layer comes into the store.
    public struct UnpackOptions: Sendable {
        /// Of the archive.
        public var limits = ArchiveLimits()
        /// `nil` makes them, but leaves them out in a user namespace, which may not make any.
        public var devices: ExtractionOptions.Devices?
        /// Wait until the layer is on the disk. Without, it is lost if the power fails before `settle()`, and the store
        /// knows that: for callers who still have the archive.
        public var settles = true
        /// Called when the layer is unpacked and its chain ID known, before it appears in the store: to wait for the
        /// layers below it, which need not be there before, or to remember who needs it.
        public var beforePublishing: (@Sendable (ChainID) throws -> Void)?

        public init() {}
    }

    /// Unpacks an archive, packed with anything or plain, as a layer on others.
    ///
    /// If it is known what the archive is and the layer is there already, `source` is not read. Of several processes that
    /// unpack the same layer at once, one does, and the others wait for it.
    ///
    /// - Parameters:
    ///   - parents: The layers below it, lowest first.
    ///   - diffID: What its digest must be, unpacked; `nil` takes any.
    /// - Throws: `LayerStoreError`, `ArchiveError`, `ExtractionError`, `DecompressionError`, `SyscallError`, and what the
    ///   source throws. Nothing of the layer remains.
    public func unpack(
        _ source: any ByteSource, on parents: [ChainID] = [], expecting diffID: Digest? = nil,
        options: UnpackOptions = UnpackOptions()
    ) throws -> UnpackedLayer {
        if options.beforePublishing == nil {
            for parent in parents where try layer(parent) == nil { throw LayerStoreError.missing(parent) }
        }
        guard let diffID else {
            let staged = try stage(source, options: options)
            let chain = Self.chain(of: staged.diffID, on: parents)
            return try whileLocked(chain) {
                try publish(staged, as: chain, on: parents, options)
            }
        }
        let chain = Self.chain(of: diffID, on: parents)
        return try whileLocked(chain) {
            if let present = try layer(chain) { return present }
            let staged = try stage(source, options: options)
            guard staged.diffID == diffID else {
                throw LayerStoreError.wrongDiffID(expected: diffID, found: staged.diffID)
            }
            return try publish(staged, as: chain, on: parents, options)
        }
    }

    private static func chain(of diffID: Digest, on parents: [ChainID]) -> ChainID {
        parents.last?.adding(diffID) ?? ChainID(base: diffID)
    }

    /// Unpacks into a directory that is not yet a layer.
    private func stage(_ source: any ByteSource, options: UnpackOptions) throws -> StagedLayer {
        let directory = try StagingDirectory(in: path)
        try directory.descriptor.makeDirectory("tree", mode: 0o755)
        let tree = try directory.descriptor.open("tree", [.read, .directory, .noFollow])
        try tree.setPermissions(0o755)
        var extraction = extractionOptions()
        if let devices = options.devices { extraction.devices = devices }
        extraction.limits = options.limits
        let unpacked = try DecompressedSource(source, readsAhead: true, limits: options.limits)
        let summary = try Extractor(into: tree, options: extraction)
            .extract(TarReader(unpacked, limits: options.limits))
        return StagedLayer(directory: directory, diffID: unpacked.digest, size: unpacked.count, summary: summary)
    }

    /// What files become here.
    func extractionOptions() -> ExtractionOptions {
        var options = ExtractionOptions()
        options.whiteouts = inUserNamespace ? .overlayInUserNamespace : .overlay
        options.ownership = inUserNamespace ? .mapped : .archive
        options.devices = inUserNamespace ? .skip : .make
        return options
    }

    /// Makes a layer of what was unpacked, unless another process was faster. Called with the chain's lock held.
    private func publish(
        _ staged: StagedLayer, as chain: ChainID, on parents: [ChainID], _ options: UnpackOptions
    ) throws -> UnpackedLayer {
        try options.beforePublishing?(chain)
        if let present = try layer(chain) { return present }
        try adoptDirectories(staged, from: parents)
        let layer = UnpackedLayer(
            diffID: staged.diffID, chainID: chain, parent: parents.last, size: staged.size,
            fileBytes: staged.summary.fileBytes, entries: staged.summary.entries,
            hidesLowerLayers: staged.summary.hidesLowerLayers,
            droppedAttributes: staged.summary.droppedAttributes, endMarkSeen: staged.summary.endMarkSeen)
        try staged.directory.descriptor.open("layer.json", [.write, .create, .exclusive]).write(layer.record)
        if options.settles {
            try staged.directory.descriptor.syncFileSystem()
        } else {
            try staged.directory.descriptor.open("unsettled", [.write, .create, .exclusive]).write(bootID())
        }
        // Something may be there that an earlier boot did not finish.
        try discard(chain)
        try staged.directory.publish(as: chain.directoryName)
        return layer
    }

    /// Gives directories that the archive does not describe what the layers below say of them: in an overlay, the highest
    /// layer's word counts.
    private func adoptDirectories(_ staged: StagedLayer, from parents: [ChainID]) throws {
        guard !parents.isEmpty, !staged.summary.hidesLowerLayers else { return }
        let tree = TreeDirectory(try staged.directory.descriptor.open("tree", [.read, .directory, .noFollow]))
        let below = try lowerTrees(parents)
        for path in staged.summary.implicitDirectories.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            try DirectoryAdoption(of: path, in: tree).adopt(from: below)
        }
    }

    /// The trees of these layers as an overlay sees them: highest first, and none below one that hides the rest.
    package func lowerTrees(_ chain: [ChainID]) throws -> [String] {
        var trees: [String] = []
        var above: UnpackedLayer?
        for id in chain.reversed() {
            guard let layer = try layer(id) else { throw LayerStoreError.missing(id) }
            if let above, above.parent != id { throw LayerStoreError.notAChain(above.chainID) }
            trees.append(treePath(of: id))
            if layer.hidesLowerLayers { break }
            above = layer
        }
        return trees
    }
}

/// An archive that is unpacked, and not yet a layer.
private struct StagedLayer {
    let directory: StagingDirectory
    let diffID: Digest
    let size: UInt64
    let summary: ExtractionSummary
}
