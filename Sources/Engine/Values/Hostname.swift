/// A host name: labels of letters, digits, `-` and `_` with dots between them, at most the kernel's 64 bytes.
///
/// It goes into generated files, so nothing else is let in.
public struct Hostname: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let fits = labels.allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return label.count <= 63 && label.allSatisfy { isLetterOrDigit($0) || $0 == 0x2d || $0 == 0x5f }
                && first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
        }
        guard fits, text.utf8.count <= 64 else {
            throw EngineError(.invalidInput, "invalid hostname: \(quotedForError(text))")
        }
        self.text = text
    }

    init(_ id: Identifier) { text = id.short }

    public var description: String { text }
}
