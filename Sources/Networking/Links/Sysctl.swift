internal import LinuxKernel

/// Settings below `/proc/sys/net`, of the network namespace that the calling thread is in.
enum Sysctl {
    /// Writes a setting. A kernel without IPv6 has none of its settings, and needs none.
    static func set(_ key: String, _ value: String) throws(SyscallError) {
        do throws(SyscallError) {
            try write(key, value)
        } catch  where error.code == .noSuchFile && key.hasPrefix("ipv6/") && !hasVersion6 {
            return
        }
    }

    /// Writes a setting unless it has that value, so that nothing changes where nothing needs to.
    static func require(_ key: String, _ value: String) throws(SyscallError) {
        if let current = try? read(key), current == value { return }
        try set(key, value)
    }

    static var hasVersion6: Bool { (try? OwnedDescriptor(open: "/proc/sys/net/ipv6", .pathOnly)) != nil }

    private static func write(_ key: String, _ value: String) throws(SyscallError) {
        try OwnedDescriptor(open: "/proc/sys/net/\(key)", .write).write(value)
    }

    private static func read(_ key: String) throws(SyscallError) -> String {
        let text = String(
            decoding: try OwnedDescriptor(open: "/proc/sys/net/\(key)", .read).readAll(limit: 4096), as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
