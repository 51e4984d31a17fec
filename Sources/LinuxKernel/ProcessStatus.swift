/// The lines of `/proc/PID/status`, by name. Source: proc(5).
public struct ProcessStatus: Equatable, Sendable {
    private let bytes: [UInt8]

    /// Takes `Name:<tab>value` lines; anything else is passed over.
    public init(parsing bytes: [UInt8]) { self.bytes = bytes }

    /// The value of a line, such as `Seccomp`.
    public subscript(name: String) -> String? { value(name).map { String(decoding: $0, as: UTF8.self) } }

    private func value(_ name: String) -> ArraySlice<UInt8>? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0a }
            rest = rest[line.endIndex...].dropFirst()
            guard line.starts(with: name.utf8) else { continue }
            let value = line.dropFirst(name.utf8.count)
            if value.first == UInt8(ascii: ":") { return value.dropFirst().drop { $0 == 0x20 || $0 == 0x09 } }
        }
        return nil
    }

    /// A value that is one decimal number.
    public func number(_ name: String) -> UInt64? { value(name).flatMap { decimal($0) } }

    /// A value that is a 64-bit mask in hexadecimal, such as `CapEff` or `SigBlk`.
    public func mask(_ name: String) -> UInt64? { self[name].flatMap { UInt64($0, radix: 16) } }

    /// A value that is a list of numbers.
    public func numbers(_ name: String) -> [UInt32] {
        (value(name) ?? []).split { $0 == 0x20 || $0 == 0x09 }.compactMap { decimal($0) }
    }

    /// Real, effective, saved and file system user id.
    public var userIDs: [UInt32] { numbers("Uid") }
    /// Real, effective, saved and file system group id.
    public var groupIDs: [UInt32] { numbers("Gid") }
    /// Supplementary groups.
    public var groups: [UInt32] { numbers("Groups") }
    /// The process's pid in each pid namespace, from the reader's to its own.
    public var namespacePids: [Int32] { numbers("NSpid").map { Int32(clamping: $0) } }
    /// How many threads the process has.
    public var threads: Int? { number("Threads").map { Int(clamping: $0) } }
    /// Whether exec can no longer raise privileges.
    public var noNewPrivileges: Bool { number("NoNewPrivs") == 1 }
    /// 0 for none, 1 strict, 2 filter.
    public var seccompMode: Int? { number("Seccomp").map { Int(clamping: $0) } }
    /// Memory in RAM, in bytes.
    public var residentBytes: UInt64? {
        guard let kibibytes: UInt64 = value("VmRSS").flatMap({ decimal($0.prefix { $0 != 0x20 }) }) else { return nil }
        let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
    }
}

/// The place of a process in one cgroup hierarchy: a line of `/proc/PID/cgroup`. Source: cgroups(7).
public struct CgroupMembership: Equatable, Sendable {
    /// 0 for version 2.
    public let hierarchy: Int
    /// The hierarchy's controllers, or `name=` entries; empty for version 2.
    public let controllers: [String]
    /// From the reader's cgroup root; it ends in ` (deleted)` if the cgroup is gone.
    public let path: String

    /// Reads `hierarchy:controllers:path` lines; anything else is passed over.
    public static func list(parsing bytes: [UInt8]) -> [CgroupMembership] {
        bytes.split(separator: 0x0a).compactMap { line in
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let number = Int(String(decoding: parts[0], as: UTF8.self)) else { return nil }
            return CgroupMembership(
                hierarchy: number,
                controllers: parts[1].split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) },
                path: String(decoding: parts[2], as: UTF8.self))
        }
    }
}
