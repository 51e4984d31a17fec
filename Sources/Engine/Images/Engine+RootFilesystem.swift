internal import LayerStore
internal import LinuxKernel
internal import OCISpec

extension Engine {
    var layerStore: LayerStore {
        get throws(SyscallError) { try LayerStore(root: locations.root) }
    }

    /// Mounts a container's root file system: the layers of its image and its own writable one on top.
    func mountRoot(of record: ContainerRecord) throws {
        let files = locations.container(record.id)
        guard let image = try store.image(record.imageID) else {
            throw EngineError(.fault, "the image of container \(record.name) is gone")
        }
        for directory in [files.upper, files.work, files.rootfs] {
            // The upper directory's permissions are those of `/` in the container.
            try HostDirectory.make(directory, mode: directory == files.upper ? 0o755 : 0o700)
        }
        try layerStore.mount(
            layers: image.layers.map { ChainID(try Digest("sha256:\($0.chainID)")) },
            upper: (files.upper, files.work), at: files.rootfs)
    }

    /// Unmounts it. Nothing mounted is no error.
    func unmountRoot(of id: Identifier) throws {
        let rootfs = locations.container(id).rootfs
        if exists(rootfs) { try layerStore.unmount(at: rootfs) }
    }

    /// Removes the files of a layer that no image has any more.
    func discardLayer(_ chainID: Identifier) throws {
        try layerStore.remove(ChainID(try Digest("sha256:\(chainID)")))
    }
}
