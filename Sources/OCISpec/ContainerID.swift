/// The name of a container: ASCII letters, digits and `_ + - .`, but not `.` or `..`: it is one component of a path.
public struct ContainerID: Hashable, Sendable {
    public let text: String

    public init(_ text: String) throws(InvalidContainerID) {
        guard !["", ".", ".."].contains(text), text.utf8.count <= 1024, text.utf8.allSatisfy(Self.isAllowed) else {
            throw InvalidContainerID(text: text)
        }
        self.text = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

public struct InvalidContainerID: Error, Equatable, CustomStringConvertible {
    public let text: String
    public var description: String { "invalid container ID format: \"\(text)\"" }
}
