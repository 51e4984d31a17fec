/// The name of a network interface: 1 to 15 bytes without `/`, `:`, white space and control characters, not `.` or `..`.
///
/// Source: the kernel's `dev_valid_name`, net/core/dev.c.
public struct InterfaceName: Hashable, Sendable, CustomStringConvertible {
    /// At most 15 bytes.
    public let text: String

    /// - Throws: `InvalidInterfaceName`.
    public init(_ text: String) throws(InvalidInterfaceName) {
        guard text != ".", text != "..", (1...15).contains(text.utf8.count), text.utf8.allSatisfy(Self.allowed) else {
            throw InvalidInterfaceName(text: text)
        }
        self.text = text
    }

    private init(known text: StaticString) { self.text = "\(text)" }

    /// `lo`
    public static let loopback = InterfaceName(known: "lo")

    // 0xa0 is white space to the kernel, whose table of characters is Latin-1.
    private static func allowed(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7f && byte != 0xa0 && byte != UInt8(ascii: "/") && byte != UInt8(ascii: ":")
    }

    public var description: String { text }
}

/// A text that cannot name an interface.
public struct InvalidInterfaceName: Error, Equatable, CustomStringConvertible {
    /// What was given, as it was.
    public let text: String

    /// For a text that no interface can have as its name.
    public init(text: String) { self.text = text }

    public var description: String { "invalid network device name \"\(text)\"" }
}

/// An Ethernet address.
public struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
    /// Six of them.
    public let bytes: [UInt8]

    /// The address of these bytes, if they are six.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// Reads six pairs of hexadecimal digits with colons between them.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.utf8.count == 2 && part.first != "+" && part.first != "-" ? UInt8(part, radix: 16) : nil
        }
        guard parts.count == 6, bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// Whether it names a group of receivers, as no interface's own address may.
    public var isMulticast: Bool { bytes[0] & 1 == 1 }

    public var description: String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: ":")
    }
}
