internal import Archive
internal import ImageStore
internal import LinuxKernel
internal import OCISpec

/// Says of a layer's blob what it is packed with.
struct LayerKeeping {
    let blobs: BlobStore
    let claim: @Sendable (Digest) throws -> Void

    /// The descriptor of a layer. One packed in a way that the image-spec has no media type for is kept unpacked.
    func descriptor(of digest: Digest, size: UInt64) throws -> Descriptor {
        let file = try blobs.open(digest)
        let start = try file.read(upTo: 6)
        let mediaType: MediaType
        switch Compression(start: start) {
        case .none: mediaType = .layer
        case .gzip: mediaType = .gzipLayer
        case .zstd: mediaType = .zstdLayer
        case .xz, .bzip2:
            let writer = try blobs.writer()
            let source = try DecompressedSource(DescriptorSource(try blobs.open(digest)))
            try writer.fill(from: source, beforeStoring: claim)
            let plain = try writer.waitUntilStored()
            return Descriptor(mediaType: .layer, digest: plain, size: Int64(clamping: writer.offset))
        }
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(clamping: size))
    }
}
