/// The second way to a call on i386: socketcall(2) and ipc(2) take the call's number as their first argument.
///
/// Without it a profile that denies `socket` could be passed by any program, since x86-64 kernels run i386 calls.
struct Multiplexing: Equatable {
    enum Way: String { case socketcall, ipc }

    let way: Way
    /// Such as 1 for `socket`. Source: linux/net.h, linux/ipc.h.
    let number: UInt64

    /// When the multiplexer's call is one that the rule is about; nil if the rule cannot be carried over.
    ///
    /// The call's own arguments lie in memory, where no filter can read them. So a rule with conditions holds for the
    /// whole of that way if it refuses, and not at all if it allows.
    func condition(for rule: Rule) -> Condition? {
        if !rule.conditions.isEmpty, rule.action.lets { return nil }
        return switch way {
        case .socketcall: Condition(0, .equal, number)
        // The kernel takes the upper half as a version and ignores it here.
        case .ipc: Condition(0, .maskedEqual, 0xFFFF, number)
        }
    }
}
