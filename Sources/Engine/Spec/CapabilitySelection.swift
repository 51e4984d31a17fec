/// Which capabilities a container's program may have.
enum CapabilitySelection {
    /// Docker's default allow-list, in its order.
    static let defaults = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL",
        "CAP_AUDIT_WRITE",
    ]

    /// Every capability by its number. Source: capabilities(7), Linux 5.9.
    static let all = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]

    /// What remains of the defaults after `--cap-drop` and comes to them by `--cap-add`.
    ///
    /// `ALL` in `adding` starts from everything, `ALL` in `dropping` from nothing. Privileged containers have all.
    /// - Throws: `EngineError` of kind `invalidInput` for a name that is no capability.
    static func select(
        adding: [String], dropping: [String], privileged: Bool, lastCapability: Int
    ) throws(EngineError) -> [String] {
        let known = Array(all.prefix(lastCapability + 1))
        let added = try normalized(adding, known, "--cap-add")
        let dropped = try normalized(dropping, known, "--cap-drop")
        if privileged { return known }
        let kept: [String]
        if added.contains("ALL") {
            kept = known.filter { !dropped.contains($0) }
        } else if dropped.contains("ALL") {
            kept = []
        } else {
            kept = defaults.filter { known.contains($0) && !dropped.contains($0) }
        }
        let further = added.filter { $0 != "ALL" && !kept.contains($0) }
        return kept + further.enumerated().filter { further.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    private static func normalized(
        _ names: [String], _ known: [String], _ option: String
    ) throws(EngineError) -> [String] {
        var result: [String] = []
        for name in names {
            let upper = name.uppercased()
            let full = upper == "ALL" || upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
            guard full == "ALL" || known.contains(full) else {
                throw EngineError(.invalidInput, "invalid capability for \(option): \(quotedForError(name))")
            }
            result.append(full)
        }
        return result
    }
}
