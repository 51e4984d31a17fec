/// Who a process runs as: `USER[:GROUP]`, each a number or a name of the image's own files.
///
/// What is written as a number stays one: it never falls back to a name, and out of range it is an error.
public struct UserSpec: Hashable, Sendable, CustomStringConvertible {
    public enum Part: Hashable, Sendable, CustomStringConvertible {
        case number(UInt32)
        case name(String)

        public var description: String {
            switch self {
            case .number(let number): String(number)
            case .name(let name): name
            }
        }

        /// - Throws: `EngineError` of kind `invalidInput`.
        init(_ text: Substring) throws(EngineError) {
            guard let first = text.utf8.first else { throw EngineError(.invalidInput, "a user or group name is empty") }
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            if text.utf8.allSatisfy(digits.contains) {
                // The largest id that every kernel interface takes (2^31 - 1), as Docker has it.
                guard let number = UInt32(text), number <= UInt32(Int32.max) else {
                    throw EngineError(.invalidInput, "user and group ids must be between 0 and 2147483647: \(text)")
                }
                self = .number(number)
                return
            }
            let allowed = { (byte: UInt8) in isLetterOrDigit(byte) || "_.-@".utf8.contains(byte) }
            let body = text.utf8.last == UInt8(ascii: "$") ? text.utf8.dropLast() : text.utf8
            guard first != UInt8(ascii: "-"), text.utf8.count <= 256, !body.isEmpty, body.allSatisfy(allowed) else {
                throw EngineError(.invalidInput, "invalid user or group: \(quotedForError(String(text)))")
            }
            self = .name(String(text))
        }
    }

    public let user: Part
    public let group: Part?

    public static let root = UserSpec(user: .number(0), group: nil)

    init(user: Part, group: Part?) {
        self.user = user
        self.group = group
    }

    /// - Throws: `EngineError` of kind `invalidInput`.
    public init(_ text: String) throws(EngineError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        // Docker takes `user:` and `:group`; the missing half is what the files or the default say.
        user = parts[0].isEmpty && parts.count == 2 ? .number(0) : try Part(parts[0])
        group = parts.count == 2 && !parts[1].isEmpty ? try Part(parts[1]) : nil
    }

    public var description: String { group.map { "\(user):\($0)" } ?? "\(user)" }
}
