/// The name of an AppArmor profile: 1 to 1024 bytes without control characters, quotes and white space at its ends.
///
/// Stacks and namespaces (`a//&b`, `:ns:a`) are names, too. Source: apparmor.d(5).
public struct ProfileName: Hashable, Sendable, CustomStringConvertible {
    /// As AppArmor's files have it.
    public let text: String

    /// - Throws: `InvalidProfileName`.
    public init(_ text: String) throws(InvalidProfileName) {
        let bytes = text.utf8
        guard (1...1024).contains(bytes.count), bytes.first != 0x20, bytes.last != 0x20,
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") })
        else { throw InvalidProfileName(text: text) }
        self.text = text
    }

    private init(known text: StaticString) { self.text = "\(text)" }

    /// No confinement.
    public static let unconfined = ProfileName(known: "unconfined")
    /// The profile of containers that ask for no other.
    public static let brigDefault = ProfileName(known: "brig-default")

    public var description: String { text }
}

/// A text that cannot name a profile.
public struct InvalidProfileName: Error, Equatable, CustomStringConvertible {
    /// What was given, as it was.
    public let text: String

    /// For a text that is no profile's name.
    public init(text: String) { self.text = text }

    public var description: String { "\"\(text)\" cannot be the name of an AppArmor profile" }
}
