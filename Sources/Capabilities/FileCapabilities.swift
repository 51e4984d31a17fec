public import LinuxKernel

/// What a program's file grants to who runs it: the attribute `security.capability`.
///
/// Source: capabilities(7), "File capability extended attribute versioning"; `struct vfs_ns_cap_data`.
public struct FileCapabilities: Equatable, Sendable {
    /// What exec of the file adds.
    public var permitted: CapabilitySet
    /// What exec of the file lets through of the inheritable set.
    public var inheritable: CapabilitySet
    /// Whether what is gained becomes effective at exec. The file holds one bit for all.
    public var effective: Bool
    /// User 0 of the user namespaces in which the file grants anything; `nil` (version 2) for the first one.
    public var rootID: UInt32?

    /// The content of `security.capability`.
    public init(
        permitted: CapabilitySet, inheritable: CapabilitySet = [], effective: Bool = false, rootID: UInt32? = nil
    ) {
        self.permitted = permitted
        self.inheritable = inheritable
        self.effective = effective
        self.rootID = rootID
    }

    /// The attribute's name.
    public static let attribute = "security.capability"

    /// Reads the attribute's value, of version 1, 2 or 3.
    ///
    /// - Throws: `MalformedFileCapabilities` for another version or a length that is not the version's.
    public init(attribute bytes: [UInt8]) throws(MalformedFileCapabilities) {
        func word(_ index: Int) -> UInt32 {
            bytes[(index * 4)..<(index * 4 + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard bytes.count >= 4 else { throw MalformedFileCapabilities(length: bytes.count, version: nil) }
        let version = UInt8(word(0) >> 24)
        let length = [1: 12, 2: 20, 3: 24][version]
        guard bytes.count == length else { throw MalformedFileCapabilities(length: bytes.count, version: version) }
        effective = word(0) & 1 == 1
        permitted = CapabilitySet(rawValue: UInt64(word(1)) | (version > 1 ? UInt64(word(3)) << 32 : 0))
        inheritable = CapabilitySet(rawValue: UInt64(word(2)) | (version > 1 ? UInt64(word(4)) << 32 : 0))
        rootID = version == 3 ? word(5) : nil
    }

    /// The attribute's value: version 3 with a root id, version 2 without.
    public var attributeBytes: [UInt8] {
        let version: UInt32 = rootID == nil ? 0x0200_0000 : 0x0300_0000
        var words = [
            version | (effective ? 1 : 0), UInt32(truncatingIfNeeded: permitted.rawValue),
            UInt32(truncatingIfNeeded: inheritable.rawValue), UInt32(permitted.rawValue >> 32),
            UInt32(inheritable.rawValue >> 32),
        ]
        if let rootID { words.append(rootID) }
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }
}

/// A `security.capability` that this library cannot read.
public struct MalformedFileCapabilities: Error, Equatable, CustomStringConvertible {
    /// In bytes.
    public let length: Int
    /// The version that the attribute claims.
    public let version: UInt8?

    public var description: String {
        "file capabilities of \(length) bytes\(version.map { " and version \($0)" } ?? "") are malformed"
    }
}

extension OwnedDescriptor {
    /// What the program file grants, or `nil` for nothing.
    ///
    /// - Throws: `SyscallError` as fgetxattr(2); `MalformedFileCapabilities`.
    public borrowing func fileCapabilities() throws -> FileCapabilities? {
        try extendedAttribute(FileCapabilities.attribute).map { try FileCapabilities(attribute: $0) }
    }

    /// Changes what the program file grants; `nil` takes all away.
    ///
    /// - Throws: `EPERM` without CAP_SETFCAP.
    public borrowing func setFileCapabilities(_ capabilities: FileCapabilities?) throws(SyscallError) {
        if let capabilities {
            try setExtendedAttribute(FileCapabilities.attribute, capabilities.attributeBytes)
        } else {
            try removeExtendedAttribute(FileCapabilities.attribute)
        }
    }
}
