internal import MonitorProtocol

extension Engine {
    /// The images, the newest first.
    public func images() throws(EngineError) -> [ImageSummary] {
        try store.images().map { image throws(EngineError) in
            ImageSummary(
                id: "sha256:\(image.id)", repoTags: image.references.map(\.description), created: image.created.seconds,
                size: image.size, containers: try store.containers(of: image.id).count,
                labels: image.configuration.labels)
        }
    }

    /// All about an image, in Docker's form.
    public func inspectImage(_ reference: String) throws(EngineError) -> ImageInspection {
        let image = try store.image(reference)
        return ImageInspection(
            id: "sha256:\(image.id)", repoTags: image.references.map(\.description), comment: image.comment,
            created: image.created.description, config: image.configuration, architecture: image.architecture,
            os: "linux", size: image.size,
            rootFS: .init(type: "layers", layers: image.layers.map { "sha256:\($0.diffID)" }))
    }

    /// Takes a name from an image, and the image itself when that was its last one.
    ///
    /// - Returns: What was done, in Docker's words: `Untagged: mine:latest`, `Deleted: sha256:…`.
    /// - Throws: `EngineError` of kind `conflict` while containers are made of it, or if it is named by its identifier and
    ///   has several names.
    public func removeImage(_ text: String, force: Bool = false) throws(EngineError) -> [String] {
        let image = try store.image(text)
        var removed: [ImageReference] = image.references
        if let reference = try? ImageReference(text), image.references.contains(reference) {
            removed = [reference]
        } else if image.references.count > 1, !force {
            throw EngineError(
                .conflict, "image \(image.id.short) has several names: remove them one by one, or use --force")
        }
        let isLast = removed.count == image.references.count
        let users = try store.containers(of: image.id)
        if isLast, let user = users.first {
            throw EngineError(
                .conflict, "image \(quotedForError(text)) is used by container \(user): remove that container first")
        }
        for reference in removed { try store.removeTag(reference) }
        var report = removed.map { "Untagged: \($0)" }
        if isLast {
            try store.removeImage(image) { try self.discardLayer($0) }
            report.append("Deleted: sha256:\(image.id)")
        }
        return report
    }
}
