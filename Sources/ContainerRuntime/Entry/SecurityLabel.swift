internal import AppArmor
internal import LinuxKernel
internal import OCISpec

/// The label that a security module puts on a process when it executes its program.
enum SecurityLabel: Equatable, Sendable {
    case none
    case appArmor(ProfileName)
    case selinux(String)

    /// - Throws: `unsupported` for a label that this kernel would not enforce; `invalidInput` for one that is none.
    init(_ process: RuntimeConfig.Process) throws(RuntimeError) {
        let profile = process.apparmorProfile ?? ""
        let label = process.selinuxLabel ?? ""
        if !label.isEmpty {
            guard try attempting("asking for SELinux", SELinux.isEnabled) else {
                throw RuntimeError(
                    .unsupported, "process.selinuxLabel \(label): this kernel runs without SELinux; remove the label")
            }
            self = .selinux(label)
        } else if profile.isEmpty {
            self = .none
        } else if try attempting(
            "asking for AppArmor",
            { () throws(SyscallError) in
                // Within a container there may be nothing to be unconfined from that this process may leave.
                try profile == "unconfined" ? AppArmor.isEnabled() : AppArmor.isEnforced()
            })
        {
            self = .appArmor(
                try attempting("process.apparmorProfile") { () throws(InvalidProfileName) in
                    try ProfileName(profile)
                })
        } else if profile == "unconfined" {
            self = .none
        } else {
            throw RuntimeError(
                .unsupported,
                "process.apparmorProfile \(profile): this kernel runs without AppArmor; remove the profile")
        }
    }

    /// Has the calling process get the label when it executes its program.
    func apply(_ procfs: borrowing HostProcfs) throws(RuntimeError) {
        switch self {
        case .none: return
        case .appArmor(let profile):
            try attempting("process.apparmorProfile") { () throws(AppArmorError) in
                try AppArmor.changeOnExec(to: profile, procfs: procfs.root)
            }
        case .selinux(let label):
            try attempting("process.selinuxLabel") { () throws(SyscallError) in
                try SELinux.changeOnExec(to: label, procfs: procfs.root)
            }
        }
    }
}
