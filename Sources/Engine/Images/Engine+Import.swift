internal import Archive
internal import LayerStore
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension Engine {
    /// Makes an image of one layer from a tar archive of a root file system, plain or compressed.
    ///
    /// - Parameters:
    ///   - path: The archive; `-` is standard input.
    ///   - changes: Instructions of a Dockerfile that say how the image is run.
    /// - Returns: The image's identifier.
    /// - Throws: `EngineError`. Nothing of a failed import stays.
    public func importImage(
        from path: String, as reference: ImageReference?, changes: [String] = [], comment: String = ""
    ) throws(EngineError) -> Identifier {
        var configuration = ImageConfiguration()
        for change in changes { try configuration.apply(change: change) }
        do {
            let source =
                path == "-" ? DescriptorSource(try standardInput()) : try DescriptorSource(path: path)
            return try addImage(
                source, configuration, reference, comment: comment.isEmpty ? "Imported from \(path)" : comment)
        } catch {
            throw .wrapping(error, while: "import \(quotedForError(path))")
        }
    }

    private func standardInput() throws(SyscallError) -> OwnedDescriptor {
        try OwnedDescriptor(open: "/proc/self/fd/0", .read)
    }

    /// Unpacks a layer and records an image of it.
    func addImage(
        _ source: any ByteSource, _ configuration: ImageConfiguration, _ reference: ImageReference?, comment: String,
        madeFrom: String = ""
    ) throws -> Identifier {
        let unpacked = try layerStore.unpack(source)
        let layer = LayerRecord(
            chainID: try Identifier(unpacked.chainID.digest.hex).orDamaged("chain id"),
            diffID: try Identifier(unpacked.diffID.hex).orDamaged("diff id"),
            size: Int64(clamping: unpacked.fileBytes))
        let created = Timestamp.now
        let machine = try SystemName().machine
        let architecture = ["x86_64": "amd64", "aarch64": "arm64"][machine] ?? machine
        let document: JSONValue = .object([
            "created": .string(created.description), "architecture": .string(architecture), "os": "linux",
            "config": try JSONValue(encoding: configuration),
            "rootfs": .object(["type": "layers", "diff_ids": .array([.string(unpacked.diffID.text)])]),
            "history": .array([
                .object(["created": .string(created.description), "comment": .string(comment)])
            ]),
        ])
        let id = try Identifier(SHA256Hash.digest(of: document.bytes()).hex).orDamaged("image id")
        try store.add(
            ImageRecord(
                id: id, created: created, architecture: architecture, comment: comment, configuration: configuration,
                madeFrom: madeFrom, layers: [layer], references: reference.map { [$0] } ?? []))
        return id
    }
}
