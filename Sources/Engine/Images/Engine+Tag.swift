public import OCISpec

extension Engine {
    /// Gives an image one more name. Another image that had it loses it.
    ///
    /// - Throws: `EngineError`: `notFound`; `invalidInput` for a name with a digest, which says itself what it names.
    public func tagImage(_ text: String, as reference: ImageReference) throws(EngineError) {
        guard reference.digest == nil else {
            throw EngineError(.invalidInput, "refusing to create a tag with a digest reference")
        }
        let image = try store.image(text)
        let known = (try? ImageReference(text)).flatMap { image.manifest(named: $0) }
        try store.name(image.id, tags: [reference.withDefaultTag], manifest: known?.digest)
        record(.tag, image, name: reference.withDefaultTag)
    }
}
