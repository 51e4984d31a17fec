internal import Capabilities
internal import LinuxKernel
internal import OCISpec
internal import Seccomp

/// What a process may do in the container, decided before the process exists.
struct Confinement {
    let user: RuntimeConfig.Process.User
    let noNewPrivileges: Bool
    let capabilities: CapabilityPlan
    let filter: Program?
    let filterWantsListener: Bool
    /// Whether supplementary groups may be set: not in a user namespace that an ordinary user made with one id.
    let mayChangeGroups: Bool

    enum Step: Equatable {
        case setNoNewPrivileges, dropBoundingSet, becomeUser, restrictCapabilities, loadFilter
    }

    /// What is done before the container waits for `start`, in order; the order is the security design.
    ///
    /// Loading a filter takes CAP_SYS_ADMIN or no_new_privs (seccomp(2)). Without the latter it goes first, before the
    /// capability does.
    var stepsBeforeStart: [Step] {
        let drop: [Step] = [.dropBoundingSet, .becomeUser, .restrictCapabilities]
        if noNewPrivileges { return [.setNoNewPrivileges] + drop }
        return filter == nil ? drop : [.loadFilter] + drop
    }

    /// What is left for the moment before exec: with no_new_privs the filter, so that a profile need not allow what the
    /// runtime does until then.
    var stepsAfterStart: [Step] { noNewPrivileges && filter != nil ? [.loadFilter] : [] }

    /// Carries steps out in the calling process.
    ///
    /// - Parameter channel: Where the runtime is that fetches the filter's listener.
    func apply(_ steps: [Step], _ channel: borrowing ChildChannel) throws(RuntimeError) {
        for step in steps {
            switch step {
            case .setNoNewPrivileges:
                try attempting("process.noNewPrivileges", ProcessAttribute.setNoNewPrivileges)
            case .dropBoundingSet:
                try attempting("process.capabilities.bounding", capabilities.dropBounding)
            case .becomeUser: try becomeUser()
            case .restrictCapabilities:
                try attempting("process.capabilities") { () throws(SyscallError) in _ = try capabilities.apply() }
            case .loadFilter: try loadFilter(channel)
            }
        }
    }

    private func becomeUser() throws(RuntimeError) {
        try attempting("process.user") { () throws(SyscallError) in
            if capabilities.keepsAcross(userID: user.uid) { try capabilities.keepAcrossUserChange() }
            if let mask = user.umask { setFileCreationMask(mask) } else { setFileCreationMask(0o022) }
            try setGroupID(user.gid)
            if mayChangeGroups { try setSupplementaryGroups(groups) }
            try setUserID(user.uid)
        }
    }

    /// The primary group stands among the supplementary ones, so that a negative ACL for it cannot be shed by dropping
    /// it (CVE-2022-2995, CVE-2022-36109).
    var groups: [UInt32] {
        user.additionalGids.contains(user.gid) ? user.additionalGids : [user.gid] + user.additionalGids
    }

    /// Why a process ended without a word.
    ///
    /// - Parameter status: `nil` if it is not our child any more.
    func sudden(end status: ExitStatus?) -> RuntimeError {
        let guess =
            switch status {
            case .signalled(let signal, _) where signal.rawValue == 31:  // SIGSYS
                "the seccomp profile forbids what the runtime calls before the program"
            case .exited where stepsBeforeStart.contains(.loadFilter):
                "the seccomp profile seems to forbid what the runtime calls before the program; "
                    + "with process.noNewPrivileges it is loaded later"
            default: "is a memory limit too small?"
            }
        return RuntimeError(
            .fault,
            "the container's first process ended before it was ready "
                + "(\(status.map { "\($0)" } ?? "it is not our child any more")); \(guess)")
    }

    private func loadFilter(_ channel: borrowing ChildChannel) throws(RuntimeError) {
        guard let filter else { return }
        try attempting("linux.seccomp") { () throws(SyscallError) in
            guard filterWantsListener else {
                _ = try filter.load()
                return
            }
            // The parent fetches the listener from us, since the filter may forbid us to send it. It must know the number
            // before: descriptors are numbered from the lowest that is free.
            let next = try nextDescriptorNumber()
            try channel.tell(.listener(next))
            // Closed on exec; until then it must stay open for the parent to fetch.
            _ = try filter.load(flags: .newListener)?.release()
            // The filter decides about this call, too. If it asks the agent, that has the listener by then.
            guard try channel.hear() == .proceed else {
                throw SyscallError(
                    call: "recvmsg", subject: "the runtime, which fetches the listener", code: .brokenPipe)
            }
        }
    }
}
