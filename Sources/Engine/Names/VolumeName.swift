/// The name of a volume: letters, digits and `_.-`, the first a letter or digit. It is one component of a path.
public struct VolumeName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        guard text.utf8.count != 1 else {
            throw EngineError(
                .invalidInput, "volume name is too short, names should be at least two alphanumeric characters")
        }
        guard let first = text.utf8.first, isLetterOrDigit(first),
            text.utf8.allSatisfy({ isLetterOrDigit($0) || "_.-".utf8.contains($0) })
        else {
            throw EngineError(
                .invalidInput,
                "\(quotedForError(text)) includes invalid characters for a local volume name, only "
                    + "[a-zA-Z0-9][a-zA-Z0-9_.-] are allowed; for a directory of the host's write an absolute path")
        }
        // The longest component that file systems take.
        guard text.utf8.count <= 255 else { throw EngineError(.invalidInput, "a volume's name has at most 255 bytes") }
        self.text = text
    }

    /// A name for a volume that was not given one.
    static func random(using generator: inout some RandomNumberGenerator) -> VolumeName {
        VolumeName(unchecked: Identifier.random(using: &generator).text)
    }

    init(unchecked text: String) { self.text = text }

    public var description: String { text }
}
