/// What `--security-opt` says.
public struct SecurityOptions: Equatable, Sendable {
    public enum Seccomp: Equatable, Sendable {
        /// The default allow-list.
        case builtin
        case unconfined
        /// A profile file of the host's.
        case file(String)
    }

    public var seccomp = Seccomp.builtin
    public var noNewPrivileges = false
    /// `nil` is the default profile where the kernel has AppArmor.
    public var appArmorProfile: String?
    /// `systempaths=unconfined`: nothing masked, nothing read-only.
    public var unmaskedSystemPaths = false

    public init() {}

    /// - Throws: `EngineError` of kind `invalidInput` for what is not an option.
    public init(_ options: [String]) throws(EngineError) {
        for option in options {
            // Docker took a colon before 1.11 and still does.
            let parts = option.split(maxSplits: 1) { $0 == "=" || $0 == ":" }.map(String.init)
            switch (parts.first ?? "", parts.count == 2 ? parts[1] : nil) {
            case ("no-new-privileges", nil), ("no-new-privileges", "true"): noNewPrivileges = true
            case ("no-new-privileges", "false"): noNewPrivileges = false
            case ("seccomp", "unconfined"): seccomp = .unconfined
            case ("seccomp", "builtin"): seccomp = .builtin
            case ("seccomp", let file?): seccomp = .file(file)
            case ("apparmor", let profile?):
                guard profile.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }), profile.utf8.count <= 255 else {
                    throw EngineError(.invalidInput, "invalid AppArmor profile: \(quotedForError(profile))")
                }
                appArmorProfile = profile
            case ("systempaths", "unconfined"): unmaskedSystemPaths = true
            // There is no SELinux, for which labels are: as in Docker, they mean nothing then.
            case ("label", "disable"?), ("label", "nested"?): break
            case ("label", let label?)
            where ["user:", "role:", "type:", "level:", "filetype:"].contains(where: label.hasPrefix): break
            default: throw EngineError(.invalidInput, "invalid --security-opt: \(quotedForError(option))")
            }
        }
    }
}
