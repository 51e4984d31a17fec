/// How a filter is loaded. Source: seccomp(2), `SECCOMP_FILTER_FLAG_…`.
public struct FilterFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `TSYNC`: all threads of the process get the filter. Without meaning in a process of one thread.
    public static let synchroniseThreads = FilterFlags(rawValue: 1 << 0)
    /// `LOG`: the kernel's log tells of every action but allow. Linux 4.14.
    public static let log = FilterFlags(rawValue: 1 << 1)
    /// `SPEC_ALLOW`: no slow-down against speculative store bypass. Linux 4.17.
    public static let allowSpeculation = FilterFlags(rawValue: 1 << 2)
    /// `NEW_LISTENER`: loading answers the descriptor on which notifications arrive. Linux 5.0.
    public static let newListener = FilterFlags(rawValue: 1 << 3)
    /// `TSYNC_ESRCH`: what `TSYNC` needs beside a listener. Linux 5.7.
    static let synchronisationFailsPlainly = FilterFlags(rawValue: 1 << 4)
    /// `WAIT_KILLABLE_RECV`: only a fatal signal ends the wait for a received notification. Linux 5.19.
    public static let waitKillable = FilterFlags(rawValue: 1 << 5)

    /// The names that a profile may hold, in the order of `runc features`.
    public static let specNames = [
        "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ]

    /// The flag with this name of the runtime-spec.
    ///
    /// - Throws: `unknownFlag`.
    public init(specName: String) throws(ProfileError) {
        switch specName {
        case "SECCOMP_FILTER_FLAG_TSYNC": self = .synchroniseThreads
        case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": self = .allowSpeculation
        case "SECCOMP_FILTER_FLAG_LOG": self = .log
        case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": self = .waitKillable
        default: throw .unknownFlag(specName)
        }
    }

    /// The runtime-spec's names of what is set.
    public var specNames: [String] {
        Self.specNames.filter { name in (try? FilterFlags(specName: name)).map(contains) == true }
    }
}
