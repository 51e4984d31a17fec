internal import Archive
internal import ImageStore
internal import LayerStore
internal import LinuxKernel
internal import OCISpec

extension Engine {
    var layerStore: LayerStore {
        get throws(SyscallError) { try LayerStore(root: locations.root, inUserNamespace: Self.isInUserNamespace) }
    }

    /// Asked once: this process stays where it is.
    private static let isInUserNamespace = LayerStore.isInUserNamespace()

    /// Mounts a container's root file system: the layers of its image and its own writable one on top.
    ///
    /// - Parameter isMarked: With the file by which programs tell that they run in a container.
    func mountRoot(of record: ContainerRecord, isMarked: Bool = false) throws {
        let files = locations.container(record.id)
        guard let image = try store.image(record.imageID) else {
            throw EngineError(.fault, "the image of container \(record.name) is gone")
        }
        for directory in [files.upper, files.work, files.rootfs] {
            // The upper directory's permissions are those of `/` in the container.
            try HostDirectory.make(directory, mode: directory == files.upper ? 0o755 : 0o700)
        }
        // Without it the container is one all the same. What is there is the container's, and not touched: it may be a FIFO.
        if isMarked {
            _ = try? OwnedDescriptor(
                open: "\(files.upper)/\(MountPoints.mark)", [.write, .create, .exclusive, .noFollow], mode: 0o755)
        }
        let chain = try image.layers.map { ChainID(try Digest("sha256:\($0.chainID)")) }
        do {
            try layerStore.mount(layers: chain, upper: (files.upper, files.work), at: files.rootfs)
        } catch LayerStoreError.missing {
            // The power failed before the layer was on the disk; its blob was.
            try unpackAgain(image)
            try layerStore.mount(layers: chain, upper: (files.upper, files.work), at: files.rootfs)
        }
    }

    /// Unmounts it. Nothing mounted is no error.
    func unmountRoot(of id: Identifier) throws {
        try unmountSources(of: id)
        try SharedMemory.unmount(at: locations.container(id).sharedMemory)
        let rootfs = locations.container(id).rootfs
        if exists(rootfs) { try layerStore.unmount(at: rootfs) }
    }

    /// Unpacks those layers of an image from their blobs that are not there.
    func unpackAgain(_ image: ImageRecord) throws {
        let layerStore = try layerStore
        let blobs = try blobStore
        guard image.layerBlobs.count == image.layers.count else {
            throw EngineError(.fault, "layers of image \(image.id.short) are missing, and so is what they came from")
        }
        var options = LayerStore.UnpackOptions()
        options.settles = false
        var chain: [ChainID] = []
        for (layer, blob) in zip(image.layers, image.layerBlobs) {
            let unpacked = try layerStore.unpack(
                LazyBlob(blobs, blob.digest), on: chain, expecting: Digest("sha256:\(layer.diffID)"),
                options: options)
            chain.append(unpacked.chainID)
        }
    }
}

/// A blob that is opened when it is read first.
final class LazyBlob: ByteSource {
    private let blobs: BlobStore
    private let digest: Digest
    private var source: DescriptorSource?

    init(_ blobs: BlobStore, _ digest: Digest) {
        self.blobs = blobs
        self.digest = digest
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let opened = try source ?? DescriptorSource(try blobs.open(digest))
        source = opened
        return try opened.read(into: buffer)
    }
}
