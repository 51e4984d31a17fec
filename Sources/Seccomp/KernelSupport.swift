internal import CLinux
internal import LinuxKernel

/// What the running kernel knows of filters, asked without loading one.
public enum KernelSupport {
    /// Whether there are filters at all.
    public static var hasFilters: Bool { supports([]) }

    /// Whether the kernel acts on this, rather than killing the process. Source: seccomp(2),
    /// `SECCOMP_GET_ACTION_AVAIL`, Linux 4.14.
    public static func supports(_ action: Action) -> Bool {
        (try? kernel("seccomp", action.specName) {
            clinux_seccomp_action_available(action.returnValue & 0xFFFF_0000)
        }) == 0
    }

    /// Whether the kernel takes these flags together.
    public static func supports(_ flags: FilterFlags) -> Bool {
        var flags = flags
        // The kernel refuses it without a listener, and would open none: there is no program.
        if flags.contains(.waitKillable) { flags.insert(.newListener) }
        do throws(SyscallError) {
            try kernel("seccomp", "flags \(flags.rawValue)") { clinux_seccomp_probe_flags(flags.rawValue) }
            return true
        } catch {
            return error.code == .badAddress
        }
    }

    /// The runtime-spec's names of the flags that the kernel has.
    public static var flagNames: [String] {
        FilterFlags.specNames.filter { name in (try? FilterFlags(specName: name)).map(supports) == true }
    }
}
