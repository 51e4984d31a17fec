/// One variable of a process's environment.
public struct EnvironmentEntry: Hashable, Sendable, CustomStringConvertible {
    public let key: String
    public let value: String

    /// Takes `KEY=VALUE`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput` without a key, or with a NUL in it, or a control character in the
    ///   key.
    public init(_ text: String) throws(EngineError) {
        guard let separator = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw EngineError(.invalidInput, "invalid environment variable: \(quotedForError(text)) has no value")
        }
        try self.init(
            key: String(text[..<separator]), value: String(text[text.utf8.index(after: separator)...]))
    }

    /// - Throws: As `init(_:)`, and if `key` holds `=`.
    public init(key: String, value: String) throws(EngineError) {
        guard !key.isEmpty else {
            throw EngineError(.invalidInput, "invalid environment variable: =\(quotedForError(value))")
        }
        guard !key.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "=") }),
            !value.utf8.contains(0)
        else { throw EngineError(.invalidInput, "invalid environment variable: \(quotedForError(key))") }
        self.key = key
        self.value = value
    }

    public var description: String { "\(key)=\(value)" }
}

extension [EnvironmentEntry] {
    /// Sets a variable where it stands, or after all others.
    mutating func set(_ entry: EnvironmentEntry) {
        if let index = firstIndex(where: { $0.key == entry.key }) { self[index] = entry } else { append(entry) }
    }

    subscript(key: String) -> String? { first { $0.key == key }?.value }

    /// These variables, and of `others` those that are not among them.
    func adding(missingFrom others: [EnvironmentEntry]) -> [EnvironmentEntry] {
        self + others.filter { other in !contains { $0.key == other.key } }
    }
}
