internal import CLinux

/// The number of a device, in its two parts.
public struct DeviceNumber: Hashable, Sendable, CustomStringConvertible {
    /// The driver's number: 12 bits in the kernel.
    public let major: UInt32
    /// The device's number with its driver: 20 bits in the kernel.
    public let minor: UInt32

    /// Numbers as `mknod` and `/proc/devices` show them.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Takes a `dev_t` apart, such as `FileStatus.specialDevice`.
    public init(raw: UInt64) { self.init(major: clinux_major(raw), minor: clinux_minor(raw)) }

    /// As `dev_t` in system calls.
    public var raw: UInt64 { clinux_makedev(major, minor) }

    public var description: String { "\(major):\(minor)" }
}

/// What a node is that is made without content.
public enum NodeKind: Sendable {
    case characterDevice, blockDevice, fifo, socket, regularFile

    /// The type bits of `st_mode`.
    var typeBits: UInt32 {
        switch self {
        case .characterDevice: 0o020000
        case .blockDevice: 0o060000
        case .fifo: 0o010000
        case .socket: 0o140000
        case .regularFile: 0o100000
        }
    }
}
