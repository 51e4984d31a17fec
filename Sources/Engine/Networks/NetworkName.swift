/// The name of a network: a letter or digit, then letters, digits, `_`, `.` and `-`, at most 128.
public struct NetworkName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    static let defaultBridge = "bridge"

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let allowed = text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x5f || $0 == 0x2e || $0 == 0x2d }
        guard let first = text.utf8.first, isLetterOrDigit(first), allowed, text.utf8.count <= 128 else {
            throw EngineError(
                .invalidInput,
                "invalid network name \(quotedForError(text)): letters and digits, and behind the first _ . -")
        }
        self.text = text
    }

    /// Networks that are there from the start, and names that mean something else after `--network`.
    var isReserved: Bool { ["none", "host", "default", Self.defaultBridge, "container"].contains(text) }
    var isPredefined: Bool { ["none", "host", Self.defaultBridge].contains(text) }

    public var description: String { text }
}
