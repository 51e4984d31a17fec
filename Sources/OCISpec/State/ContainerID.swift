/// The name of a container: ASCII letters, digits and `_ + - .`, but not `.` or `..`: it is one component of a path.
public struct ContainerID: Hashable, Sendable, CustomStringConvertible {
    /// One component of a path.
    public let text: String

    public var description: String { text }

    /// No file system has longer names (NAME_MAX), and the container has a directory of its name.
    public static let longest = 255

    public init(_ text: String) throws(InvalidContainerID) {
        guard 1...Self.longest ~= text.utf8.count, text != ".", text != "..", text.utf8.allSatisfy(Self.isAllowed)
        else {
            throw InvalidContainerID(text: text)
        }
        self.text = text
    }

    /// Bytes, not characters: as `Character`, U+212A equals `K`.
    private static func isAllowed(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "_+-.".utf8.contains(byte) }
}

/// A text that cannot be a container's name.
public struct InvalidContainerID: Error, Equatable, CustomStringConvertible {
    /// What was given, as it was.
    public let text: String

    public var description: String {
        switch text.utf8.count {
        case 0:
            "invalid container ID: it is empty"
        case 1...ContainerID.longest:
            "invalid container ID \(quoted(text)): it may hold only letters, digits and _ + - . and not be '.' or '..'"
        default:
            "invalid container ID: it has \(text.utf8.count) bytes, at most \(ContainerID.longest) are possible"
        }
    }
}
