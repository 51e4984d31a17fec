internal import CLinux
internal import Glibc

/// The kernel's names for this machine: uname(2).
public struct SystemName: Equatable, Sendable {
    public let hostname: String
    /// Such as `6.1.0-18-amd64`.
    public let release: String
    /// Such as `x86_64`.
    public let machine: String

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
