internal import ImageStore
internal import OCISpec
internal import Registry

extension Engine {
    /// An image's name with the digest that its registry has under it now, or, where the registry does not answer or
    /// has nothing, the one that the local image came with. A name with a digest stays as it is.
    ///
    /// - Throws: `EngineError`: the registry's, if there is no local image to ask.
    public func pinnedName(_ name: String) throws(EngineError) -> String {
        let reference = try ImageReference(parsing: name)
        guard reference.digest == nil else { return name }
        let tagged = reference.withDefaultTag
        do {
            let client = try registryClient()
            let digest = try waiting { try await client.descriptor(tagged) }.digest
            return "\(tagged.text)@\(digest.text)"
        } catch {
            if let known = try? store.image(name).repoDigests.first(where: { $0.repository == reference.repository }),
                let digest = known.digest
            {
                return "\(tagged.text)@\(digest.text)"
            }
            throw .wrappingRegistry(error, while: "ask for the digest of \(tagged.familiarText)")
        }
    }
}
