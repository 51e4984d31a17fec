internal import Archive
internal import LinuxKernel
public import OCISpec

extension LayerStore {
    /// Makes a layer of a directory that an overlay kept changes in. It is moved, not copied.
    ///
    /// - Parameters:
    ///   - tree: The upper directory of an overlay on `parents` that is not mounted any more, on the store's file system.
    ///   - diffID: The digest of the archive that was made of it.
    ///   - size: Bytes of that archive.
    ///   - fileBytes: Bytes in its files.
    ///   - entries: Of the archive.
    /// - Returns: The layer; the one that is there already if there is one, and then `tree` stays where it is.
    /// - Throws: `.missing`; `EXDEV` from another file system. Nothing of the layer remains.
    public func adopt(
        _ tree: String, diffID: Digest, size: UInt64, fileBytes: UInt64, entries: UInt64, on parents: [ChainID]
    ) throws -> UnpackedLayer {
        for parent in parents where try layer(parent) == nil { throw LayerStoreError.missing(parent) }
        let chain = parents.last?.adding(diffID) ?? ChainID(base: diffID)
        return try whileLocked(chain) {
            if let present = try layer(chain) { return present }
            let slash = tree.lastIndex(of: "/")
            let parent = slash.map { String(tree[..<$0]) } ?? "."
            let name = slash.map { String(tree[tree.index(after: $0)...]) } ?? tree
            let source = try OwnedDescriptor(open: parent.isEmpty ? "/" : parent, [.read, .directory])
            let directory = try StagingDirectory(in: path)
            let hides = try TreeDirectory(source.open(name, [.read, .directory, .noFollow])).hidesLowerLayers()
            try source.rename(name, into: directory.descriptor, as: "tree", .noReplace)
            let layer = UnpackedLayer(
                diffID: diffID, chainID: chain, parent: parents.last, size: size, fileBytes: fileBytes,
                entries: entries, hidesLowerLayers: hides, droppedAttributes: [:], endMarkSeen: true)
            try directory.descriptor.open("layer.json", [.write, .create, .exclusive]).write(layer.record)
            try directory.descriptor.open("unsettled", [.write, .create, .exclusive]).write(bootID())
            try discard(chain)
            try directory.publish(as: chain.directoryName)
            return layer
        }
    }
}
