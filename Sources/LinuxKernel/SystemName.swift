internal import CLinux
internal import Glibc

/// The kernel's names for this machine: uname(2).
public struct SystemName: Equatable, Sendable {
    /// The UTS namespace's host name: `nodename` of uname(2).
    public let hostname: String
    /// Such as `6.1.0-18-amd64`.
    public let release: String
    /// Such as `x86_64`.
    public let machine: String

    /// Asks the kernel: uname(2).
    public init() throws(SyscallError) {
        var raw = utsname()
        try kernel("uname", "") { uname(&raw) }
        hostname = SystemName.text(raw.nodename)
        release = SystemName.text(raw.release)
        machine = SystemName.text(raw.machine)
    }

    /// The first two numbers of the release, to compare with a version that brought something.
    public var version: (major: Int, minor: Int)? {
        let numbers = release.split(separator: ".", maxSplits: 2).map { Int($0.prefix { $0.isNumber }) }
        guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
        return (major, minor)
    }

    /// The oldest kernel that has every call which Brig cannot do without: mount_setattr(2) came last.
    ///
    /// The older calls act on paths and set attributes after a mount is visible, which is what the newer ones were made
    /// to end (CVE-2021-30465), so nothing falls back to them.
    public static let oldestKernel = (major: 5, minor: 12)

    private static func text(_ field: some Any) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Sets the host name of the calling process's UTS namespace.
///
/// - Throws: `EPERM`, `EINVAL` beyond 64 bytes. Source: sethostname(2).
public func setHostname(_ name: String) throws(SyscallError) {
    try kernel("sethostname", name) { clinux_sethostname(name, name.utf8.count) }
}

/// Sets the NIS domain name of the calling process's UTS namespace. Source: setdomainname(2).
public func setDomainName(_ name: String) throws(SyscallError) {
    try kernel("setdomainname", name) { clinux_setdomainname(name, name.utf8.count) }
}
