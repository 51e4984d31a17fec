internal import CLinux
internal import Glibc

/// A resource that the kernel limits for each process: getrlimit(2).
public enum LimitedResource: Int32, CaseIterable, Sendable {
    case cpuTime = 0
    case fileSize, dataSize, stackSize, coreSize, residentSet, processes, openFiles, lockedMemory, addressSpace
    case fileLocks, pendingSignals, messageQueues, nicePriority, realTimePriority, realTimeTime

    /// The C name, as in a runtime-spec's `rlimits`: `RLIMIT_NOFILE`.
    public var name: String { "RLIMIT_\(upperName)" }

    /// Docker's name, as in `--ulimit`: `nofile`.
    public var shortName: String { "\(upperName)".lowercased() }

    private var upperName: StaticString {
        switch self {
        case .cpuTime: "CPU"
        case .fileSize: "FSIZE"
        case .dataSize: "DATA"
        case .stackSize: "STACK"
        case .coreSize: "CORE"
        case .residentSet: "RSS"
        case .processes: "NPROC"
        case .openFiles: "NOFILE"
        case .lockedMemory: "MEMLOCK"
        case .addressSpace: "AS"
        case .fileLocks: "LOCKS"
        case .pendingSignals: "SIGPENDING"
        case .messageQueues: "MSGQUEUE"
        case .nicePriority: "NICE"
        case .realTimePriority: "RTPRIO"
        case .realTimeTime: "RTTIME"
        }
    }

    /// The resource with this C name (`RLIMIT_NOFILE`) or Docker name (`nofile`), if there is one.
    public init?(name: String) {
        guard let found = LimitedResource.allCases.first(where: { $0.name == name || $0.shortName == name }) else {
            return nil
        }
        self = found
    }
}

/// How much of a resource a process may use. The unit is the resource's: bytes, seconds or a count.
public struct ResourceLimit: Equatable, Sendable {
    /// What the kernel enforces.
    public var soft: UInt64
    /// Up to where the process may raise `soft`.
    public var hard: UInt64

    /// In the unit of the resource; ``unlimited`` for none.
    public init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }

    /// `RLIM_INFINITY`
    public static let unlimited = UInt64.max

    /// Reads a limit of a process; 0 is the caller.
    ///
    /// - Throws: As prlimit(2): `ESRCH`, `EPERM`.
    public static func get(_ resource: LimitedResource, of pid: Int32 = 0) throws(SyscallError) -> ResourceLimit {
        var old = rlimit()
        try kernel("prlimit", "\(resource.name) of process \(pid)") {
            clinux_prlimit(pid, resource.rawValue, nil, &old)
        }
        return ResourceLimit(soft: UInt64(old.rlim_cur), hard: UInt64(old.rlim_max))
    }

    /// Limits a process; 0 is the caller.
    ///
    /// - Throws: As prlimit(2): `EINVAL` if `soft` is above `hard`, `EPERM` if `hard` rises without CAP_SYS_RESOURCE.
    public func set(_ resource: LimitedResource, of pid: Int32 = 0) throws(SyscallError) {
        var new = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
        try kernel("prlimit", "\(resource.name) \(soft):\(hard)") {
            clinux_prlimit(pid, resource.rawValue, &new, nil)
        }
    }
}
