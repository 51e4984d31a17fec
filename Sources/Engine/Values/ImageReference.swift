/// The name of an image: `[HOST[:PORT]/]PATH[:TAG]`, with `latest` where no tag is given.
public struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// Without the tag, as the user wrote it.
    public let repository: String
    public let tag: String

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let invalid = EngineError(.invalidInput, "invalid image name: \(quotedForError(text))")
        var repository = Substring(text)
        var tag = "latest"
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") {
            repository = text[..<colon]
            tag = String(text[text.index(after: colon)...])
        }
        guard Self.isTag(tag), repository.utf8.count <= 255 else { throw invalid }
        var components = repository.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, let host = components.first,
            host.contains(".") || host.contains(":") || host == "localhost"
        {
            guard Self.isHost(host) else { throw invalid }
            components.removeFirst()
        }
        guard !components.isEmpty, components.allSatisfy(Self.isPathComponent) else {
            if components.contains(where: { $0.contains(where: \.isUppercase) }) {
                throw EngineError(.invalidInput, "invalid image name: \(quotedForError(text)) must be lower case")
            }
            throw invalid
        }
        // Sixty-four hexadecimal digits would be taken for an identifier for ever after.
        guard Identifier(repository) == nil else { throw invalid }
        self.repository = String(repository)
        self.tag = tag
    }

    public var description: String { "\(repository):\(tag)" }

    /// A letter, digit or `_`, then up to 127 more, or `.` or `-`.
    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isLetterOrDigit(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "_.-".utf8.contains($0) }
    }

    /// Lower-case letters and digits in groups, between them `.`, `_`, `__` or any number of `-`.
    private static func isPathComponent(_ text: Substring) -> Bool {
        let isWord = { (byte: UInt8) in isLetterOrDigit(byte) && !(0x41...0x5a).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, isWord(first), isWord(last) else { return false }
        let separators = text.utf8.split(whereSeparator: isWord).map { String(Substring($0)) }
        return separators.allSatisfy { [".", "_", "__"].contains($0) || $0.allSatisfy { $0 == "-" } }
    }

    private static func isHost(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard (try? Hostname(String(parts[0]))) != nil else { return false }
        return parts.count == 1 || UInt16(parts[1]) != nil
    }
}
