internal import OCISpec

/// What can happen to an image, in Docker's words.
enum ImageAction: String {
    case pull, push, tag, untag, delete, load, save, `import`
}

extension Engine {
    /// Remembers what happened to an image: its identifier, its labels, and as `name` the name that this is about, or the
    /// identifier again, as in Docker.
    ///
    /// - Parameter name: The name that was given.
    func record(_ action: ImageAction, _ image: ImageRecord, name: ImageReference? = nil) {
        // Docker looks for the labels afterwards, when one that was deleted has none any more.
        var attributes = action == .delete ? [:] : image.configuration.labels
        attributes["name"] = name?.familiarText ?? image.digestText
        record(event: Event(.image, action.rawValue, actor: image.digestText, attributes))
    }

    /// The same for an image that was just made or brought in.
    func record(_ action: ImageAction, _ id: Identifier, name: ImageReference? = nil) {
        // One that somebody has removed meanwhile tells of itself.
        if let image = try? store.image(id) { record(action, image, name: name) }
    }

    /// Remembers what went to or came from a registry: there a name is the actor, and its repository the `name`.
    func recordTransfer(_ action: ImageAction, _ reference: ImageReference, _ image: ImageRecord?) {
        var attributes = image?.configuration.labels ?? [:]
        attributes["name"] = reference.familiarName
        record(event: Event(.image, action.rawValue, actor: reference.familiarText, attributes))
    }

    /// Remembers that images were cleared away, and how many bytes that gave.
    func recordImagePrune(reclaimed bytes: Int64) {
        record(event: Event(.image, "prune", actor: "", ["reclaimed": String(bytes)]))
    }
}
