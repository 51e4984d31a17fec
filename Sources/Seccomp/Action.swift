/// What becomes of a call.
public enum Action: Hashable, Sendable {
    /// The thread dies; with it, in a process of one thread, the process.
    case killThread
    /// All threads of the process die with `SIGSYS`.
    case killProcess
    /// The thread gets `SIGSYS`.
    case trap
    /// The call is not made and fails with this number, at most 4095.
    case errno(UInt16)
    /// A tracer decides, told this number; without a tracer the call fails with `ENOSYS`.
    case trace(UInt16)
    case allow
    /// As `allow`, and the kernel's log tells of it.
    case log
    /// Whoever holds the listener decides.
    case notify

    /// The value with which a program answers. Source: linux/seccomp.h, `SECCOMP_RET_…`.
    public var returnValue: UInt32 {
        switch self {
        case .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .trace(let number): 0x7FF0_0000 | UInt32(number)
        case .allow: 0x7FFF_0000
        case .log: 0x7FFC_0000
        case .notify: 0x7FC0_0000
        }
    }

    /// The action of a program's answer; as in the kernel, one that it does not know kills.
    public init(returnValue: UInt32) {
        let data = UInt16(truncatingIfNeeded: returnValue)
        switch returnValue & 0xFFFF_0000 {
        case 0: self = .killThread
        case 0x0003_0000: self = .trap
        case 0x0005_0000: self = .errno(data)
        case 0x7FF0_0000: self = .trace(data)
        case 0x7FFF_0000: self = .allow
        case 0x7FFC_0000: self = .log
        case 0x7FC0_0000: self = .notify
        default: self = .killProcess
        }
    }

    /// Whether the call is made although nobody else is asked.
    public var lets: Bool { self == .allow || self == .log }

    /// `EPERM`: what an errno or trace action has where the profile gives none.
    public static let defaultErrno: UInt16 = 1
    /// `ENOSYS`
    static let noSuchCall = Action.errno(38)
}

extension Action {
    /// The names of the runtime-spec, in the order of `runc features`.
    public static let specNames = [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
        "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ]

    /// The action of a profile's text.
    ///
    /// - Parameter errno: The profile's `errnoRet`; nil is `EPERM`.
    /// - Throws: `unknownAction`; `errnoWithoutUse` for a number given to an action that has none, which the
    ///   runtime-spec calls an error; `errnoOutOfRange` above 4095 (65535 for trace), which the kernel would cut.
    public init(specName: String, errno: UInt32? = nil) throws(ProfileError) {
        switch specName {
        case "SCMP_ACT_ERRNO": self = .errno(try Self.number(errno, limit: 4095))
        case "SCMP_ACT_TRACE": self = .trace(try Self.number(errno, limit: 65535))
        default:
            switch specName {
            case "SCMP_ACT_ALLOW": self = .allow
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": self = .killThread
            case "SCMP_ACT_KILL_PROCESS": self = .killProcess
            case "SCMP_ACT_LOG": self = .log
            case "SCMP_ACT_NOTIFY": self = .notify
            case "SCMP_ACT_TRAP": self = .trap
            default: throw .unknownAction(specName)
            }
            if errno != nil { throw .errnoWithoutUse(action: specName) }
        }
    }

    private static func number(_ errno: UInt32?, limit: UInt32) throws(ProfileError) -> UInt16 {
        guard let errno else { return defaultErrno }
        guard errno <= limit, let number = UInt16(exactly: errno) else { throw .errnoOutOfRange(errno) }
        return number
    }

    /// The runtime-spec's name.
    public var specName: String {
        switch self {
        case .killThread: "SCMP_ACT_KILL_THREAD"
        case .killProcess: "SCMP_ACT_KILL_PROCESS"
        case .trap: "SCMP_ACT_TRAP"
        case .errno: "SCMP_ACT_ERRNO"
        case .trace: "SCMP_ACT_TRACE"
        case .allow: "SCMP_ACT_ALLOW"
        case .log: "SCMP_ACT_LOG"
        case .notify: "SCMP_ACT_NOTIFY"
        }
    }

    /// The number that the runtime-spec has beside the name.
    public var specErrno: UInt32? {
        switch self {
        case .errno(let number), .trace(let number): UInt32(number)
        default: nil
        }
    }
}
