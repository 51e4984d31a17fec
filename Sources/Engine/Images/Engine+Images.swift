internal import ImageStore
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

extension Engine {
    /// The images, the newest first, with those of their names that the filter is about.
    public func images(_ filter: ImageFilter = ImageFilter()) throws(EngineError) -> [ImageSummary] {
        var list: [ImageSummary] = []
        for image in try images(matching: filter) {
            let tags = image.references.filter { filter.admits(name: $0.familiarText, repository: $0.familiarName) }
            let digests = image.repoDigests.filter {
                filter.admits(name: $0.familiarText, repository: $0.familiarName)
            }
            guard filter.references.isEmpty || !tags.isEmpty || !digests.isEmpty else { continue }
            list.append(
                ImageSummary(
                    id: image.digestText, repoTags: tags.map(\.description), repoDigests: digests.map(\.description),
                    created: image.created.seconds, size: image.size,
                    containers: try store.containers(of: image.id).count, labels: image.configuration.labels))
        }
        return list
    }

    /// All about an image, in Docker's form.
    public func inspectImage(_ reference: String) throws(EngineError) -> ImageInspection {
        let image = try store.image(reference)
        // One that was brought in without documents has no author.
        let author = (try? parts(of: image))?.config.author ?? ""
        let directories = image.layers.reversed().map { "\(locations.layers)/\($0.chainID)" }
        var data: [String: String] = [:]
        data["UpperDir"] = directories.first
        if directories.count > 1 { data["LowerDir"] = directories.dropFirst().joined(separator: ":") }
        return ImageInspection(
            id: image.digestText, repoTags: image.references.map(\.description),
            repoDigests: image.repoDigests.map(\.description), comment: image.comment,
            created: image.created.description, author: author, config: image.configuration,
            architecture: image.architecture, variant: image.variant, os: image.os, size: image.size,
            graphDriver: .init(data: data, name: "overlay2"),
            rootFS: .init(type: "layers", layers: image.layers.map { "sha256:\($0.diffID)" }))
    }

    /// Removes an image that has no containers, with those of its layers and blobs that nothing else needs.
    ///
    /// - Throws: `EngineError`; one for which containers are left changes nothing.
    func discardImage(_ image: ImageRecord) throws(EngineError) {
        let operation = try store.beginOperation(Self.removalPrefix + image.id.short, freeing: true)
        do {
            try store.removeImage(image, claimedBy: operation)
            try release(operation)
        } catch {
            // If it is still there, nothing was removed; else the next command goes on with the removal.
            if let present = try? store.image(image.id), present.id == image.id { try? store.end(operation) }
            throw .wrapping(error, while: "remove image \(image.id.short)")
        }
    }

    /// Takes a name from an image, and the image itself when that was its last one.
    ///
    /// - Returns: What was done, in Docker's words: `Untagged: mine:latest`, `Deleted: sha256:…`.
    /// - Parameter force: Several names go at once, and the names of an image that a container needs: that stays without
    ///   one.
    /// - Throws: `EngineError` of kind `conflict` while containers are made of it, or if it is named by its identifier and
    ///   has several names.
    public func removeImage(_ text: String, force: Bool = false) throws(EngineError) -> [String] {
        let image = try store.image(text)
        let names = image.references + image.repoDigests
        var removed = names
        if let reference = try? ImageReference(text).withDefaultTag, names.contains(reference) {
            // The digests of a repository go with its last tag.
            let isLastOfRepository =
                image.references.filter { $0.repository == reference.repository } == [reference]
            removed = [reference]
            if isLastOfRepository {
                removed += image.repoDigests.filter { $0.repository == reference.repository }
            }
        } else if image.references.count > 1 || Set(names.map(\.repository)).count > 1, !force {
            throw EngineError(
                .conflict, "image \(image.id.short) has several names: remove them one by one, or use --force")
        }
        // One that was pulled by its digest is kept by that, as in Docker.
        var isLast = Set(removed).isSuperset(of: names)
        // Who says which image means the image, and not its name: that is not for one that runs.
        let isNamed = (try? ImageReference(text).withDefaultTag).map(names.contains) == true
        for user in isLast ? try store.containers(of: image.id) : [] {
            guard force, !removed.isEmpty else { throw .used(image: text, by: user) }
            if !isNamed, try isRunning(user) { throw .used(image: text, by: user) }
            isLast = false
        }
        // With the image go its names, in one step: whoever is interrupted leaves no image that nobody can name.
        if !isLast {
            for reference in removed { try store.removeName(reference) }
            // A manifest that only they led to goes, too.
            if image.manifests.count > 1 { try discardNamelessPackings(of: image) }
            // Those of digests went with their tag.
            record(.untag, image)
        }
        var report = (isLast ? Self.byRepository(names) : removed).map { "Untagged: \($0)" }
        if isLast {
            try discardImage(image)
            recordRemoval(of: image)
            report += try deletions(of: image).map { "Deleted: \($0)" }
        }
        return report
    }

    private func isRunning(_ container: ContainerName) throws(EngineError) -> Bool {
        switch try observe(store.container(container.text)) {
        case .created, .exited: false
        default: true
        }
    }

    private func discardNamelessPackings(of image: ImageRecord) throws(EngineError) {
        let operation = try store.beginOperation(Self.removalPrefix + "names of " + image.id.short)
        do {
            try release(operation)
        } catch {
            // The next command goes on with it.
            throw .wrapping(error, while: "remove names of image \(image.id.short)")
        }
    }

    /// Remembers that an image is gone with its names.
    func recordRemoval(of image: ImageRecord) {
        for _ in image.references.isEmpty ? image.repoDigests : image.references { record(.untag, image) }
        record(.delete, image)
    }

    /// Tags, each repository's digests after the last of its tags.
    private static func byRepository(_ names: [ImageReference]) -> [ImageReference] {
        var repositories: [String] = []
        for name in names where !repositories.contains(name.repository) { repositories.append(name.repository) }
        return repositories.flatMap { repository in names.filter { $0.repository == repository } }
    }

    /// What has gone with an image: itself, and those of its layers that no other has, the topmost first.
    func deletions(of image: ImageRecord) throws(EngineError) -> [String] {
        [image.digestText] + (try store.withoutImage(image.layers.reversed().map(\.chainID))).map { "sha256:\($0)" }
    }
}
