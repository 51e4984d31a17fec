/// The name of a container: a letter or digit, then letters, digits and `_ . -`, two characters at least.
public struct ContainerName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let name = text.hasPrefix("/") ? String(text.dropFirst()) : text
        guard name.utf8.count <= 255 else { throw EngineError(.invalidInput, "container name is too long") }
        guard let first = name.utf8.first, isLetterOrDigit(first), name.utf8.count >= 2,
            name.utf8.dropFirst().allSatisfy({ isLetterOrDigit($0) || "_.-".utf8.contains($0) })
        else {
            throw EngineError(
                .invalidInput,
                "invalid container name (\(quotedForError(text))), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        self.text = name
    }

    public var description: String { text }

    /// A name such as `calm_lovelace`. From the second attempt on a digit follows, so that a free one is found soon.
    public static func random(attempt: Int, using generator: inout some RandomNumberGenerator) -> ContainerName {
        let adjective = WordLists.adjectives.randomElement(using: &generator) ?? "plain"
        let surname = WordLists.surnames.randomElement(using: &generator) ?? "brig"
        let digits = attempt == 0 ? "" : String(Int.random(in: 0..<(attempt < 5 ? 10 : 1_000_000), using: &generator))
        return ContainerName(unchecked: "\(adjective)_\(surname)\(digits)")
    }

    init(unchecked text: String) { self.text = text }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        true
    default: false
    }
}

/// Text from outside made fit for a one-line message: control characters as `?`, and not without end.
func quotedForError(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(128).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : String($0) }
    return shown.joined() + (text.unicodeScalars.count > 128 ? "…" : "")
}
