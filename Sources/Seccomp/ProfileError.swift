/// Why a profile cannot be used.
public enum ProfileError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownAction(String)
    case unknownArchitecture(String)
    case unknownComparison(String)
    case unknownFlag(String)
    /// Arguments are numbered 0…5.
    case argumentIndex(UInt32)
    case errnoOutOfRange(UInt32)
    /// The action takes no error number.
    case errnoWithoutUse(action: String)
    case defaultActionNotifies
    case writeNotifies
    case listenerPathMissing
    case metadataWithoutListener
    case flagNeedsListener
    /// The program would have this many instructions or more; the kernel takes 4096.
    case tooLarge(instructions: Int)
    /// There is no table of this machine's calls.
    case unsupportedMachine

    public var description: String {
        switch self {
        case .unknownAction(let name): "seccomp: unknown action \"\(name)\""
        case .unknownArchitecture(let name): "seccomp: unknown architecture \"\(name)\""
        case .unknownComparison(let name): "seccomp: unknown operator \"\(name)\""
        case .unknownFlag(let name): "seccomp: unknown flag \"\(name)\""
        case .argumentIndex(let index): "seccomp: argument index \(index) is above 5"
        case .errnoOutOfRange(let number): "seccomp: errno \(number) is out of range"
        case .errnoWithoutUse(let action): "seccomp: \(action) takes no errno"
        case .defaultActionNotifies: "seccomp: SCMP_ACT_NOTIFY cannot be used as default action"
        case .writeNotifies: "seccomp: SCMP_ACT_NOTIFY cannot be used for the write syscall"
        case .listenerPathMissing: "seccomp: SCMP_ACT_NOTIFY needs a listenerPath"
        case .metadataWithoutListener: "seccomp: listenerMetadata without a listenerPath"
        case .flagNeedsListener: "seccomp: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY"
        case .tooLarge(let count): "seccomp: the profile needs \(count) or more instructions, and the kernel takes 4096"
        case .unsupportedMachine: "seccomp: no table of this machine's system calls"
        }
    }
}
