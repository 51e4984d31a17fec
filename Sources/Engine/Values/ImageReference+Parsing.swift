public import OCISpec

extension ImageReference {
    /// Reads an image's name as a user wrote it.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(parsing text: String) throws(EngineError) {
        do throws(SpecError) { try self.init(text) } catch { throw EngineError(.invalidInput, error.description) }
    }
}
