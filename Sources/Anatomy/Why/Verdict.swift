internal import Capabilities
internal import LinuxKernel
internal import Seccomp

/// Why a call failed: a decision from facts alone.
package struct Verdict: Equatable, Sendable {
    package var refuser: Denial.Refuser
    package var explanation: String
    package var remedy: String?
    /// Names of the facts on which it rests.
    package var grounds: [String]
    package var isOrdinary: Bool

    package init(
        _ refuser: Denial.Refuser, _ explanation: String, _ remedy: String?, _ grounds: [String] = [],
        isOrdinary: Bool = false
    ) {
        self.refuser = refuser
        self.explanation = explanation
        self.remedy = remedy
        self.grounds = grounds
        self.isOrdinary = isOrdinary
    }

    /// Whether a failure can be a refusal at all. Most errors are answers: that there is no such file, that nothing has
    /// arrived yet.
    package static func isDenial(_ call: String, errno: Int32) -> Bool {
        switch errno {
        case 1, 13, 30: return true
        case 11: return ["clone", "clone3", "fork", "vfork", "setuid", "mlock", "mlockall"].contains(call)
        case 12:
            return ["mmap", "brk", "mremap", "clone", "clone3", "fork", "vfork", "mlock", "mlock2", "mlockall"]
                .contains(call)
        case 23, 24, 27, 122: return true
        case 28: return true
        case 38: return true
        default: return false
        }
    }

    package init(_ call: FailedCall, _ facts: DenialFacts) {
        let order: [(FailedCall, DenialFacts) -> Verdict?] = [
            Self.filter, Self.masked, Self.readOnly, Self.observer, Self.network, Self.process, Self.memory, Self.limit,
            Self.device, Self.attributes, Self.shared, Self.capability, Self.file, Self.module,
        ]
        for ask in order {
            if let verdict = ask(call, facts) {
                self = verdict.withProfile(call, facts)
                return
            }
        }
        // A module whose rules are not known may be it, and may not: that is no answer yet.
        if let label = facts.confining, ModuleRules.of(label) == nil, [1, 13].contains(call.errno) {
            self.init(
                .unknown,
                "nothing of what is looked at refuses it; \(label), whose rules are not known here, may, or a rule of the kernel's own for this call",
                nil, ["label"])
            return
        }
        self.init(
            .unknown, "nothing of what is looked at refuses it: the kernel has rules of its own for this call", nil)
    }

    // MARK: - One refuser each

    private static func filter(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard !facts.filterAction.lets, facts.filterAction != .notify else { return nil }
        if case .errno(let number) = facts.filterAction, call.errno != Int32(number) { return nil }
        let opening = facts.openingCapability
        return Verdict(
            .seccomp, "the filter answers \(call.name) with these arguments: \(facts.filterAction.words)",
            opening.map { "--cap-add \($0.specName.dropFirst(4))" }
                ?? "--security-opt seccomp=unconfined, or a profile that allows \(call.name)", ["filter"],
            // A C library tries the new call first, and is told to take the old one.
            isOrdinary: facts.filterAction == .errno(38))
    }

    private static func masked(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard let file = facts.file, let mount = file.mount, mount.purpose == .masked else { return nil }
        return Verdict(
            .maskedPath,
            "\(mount.entry.mountPoint) is hidden: \(call.errno == 0 ? "what is read there is empty" : "nothing is there, and nothing can be put there")",
            "--security-opt systempaths=unconfined", ["mount"])
    }

    private static func readOnly(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 30, let file = facts.file, let mount = file.mount else { return nil }
        let place = mount.entry.mountPoint
        let directory = file.path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        let remedy: String
        switch mount.purpose {
        case .root:
            remedy = directory.isEmpty ? "leave --read-only out" : "--tmpfs \(directory), or leave --read-only out"
        case .readOnly where file.path.hasPrefix("/proc/sys/"):
            let name = file.path.dropFirst(10).split(separator: "/").joined(separator: ".")
            remedy =
                isNamespaced(name)
                ? "--sysctl \(name)=VALUE"
                : "--security-opt systempaths=unconfined (it changes the whole host: sysctl -w \(name)=VALUE there does the same)"
        case .readOnly, .processes: remedy = "--security-opt systempaths=unconfined"
        case .cgroups, .kernel: remedy = "--privileged"
        default: remedy = "mount \(place) without :ro"
        }
        return Verdict(.readOnlyMount, "\(file.path) lies on \(place), which is mounted read-only", remedy, ["mount"])
    }

    /// Settings that belong to a namespace, so that a container can have its own. Source: sysctls that runc allows.
    private static func isNamespaced(_ name: String) -> Bool {
        name.hasPrefix("net.") || name.hasPrefix("fs.mqueue.")
            || [
                "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
                "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.domainname",
            ].contains(name)
    }

    /// With `EACCES` a call is refused for want of a capability in these cases only; other calls mean a file by it.
    private static let deniesAccess = ["setpriority", "bind", "perf_event_open", "bpf", "process_vm_readv"]

    static func capability(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 1 || call.errno == 13 && deniesAccess.contains(call.name),
            let needed = NeededCapability.of(
                call.name, call.arguments, detail: call.detail, port: call.port, errno: call.errno)
        else { return nil }
        // Whoever owns a file needs no CAP_FOWNER for it.
        if needed == .fowner, let file = facts.file {
            let removes = ["unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2"].contains(call.name)
            if removes, let holder = file.directories.last {
                let removed = facts.source ?? file
                guard holder.isSticky || facts.source?.directories.last?.isSticky == true,
                    facts.asker.uid != holder.uid,
                    facts.asker.uid != removed.uid || facts.asker.uid != file.uid
                else { return nil }
            } else if file.isThere, facts.asking != nil, file.uid == facts.asker.uid {
                return nil
            }
        }
        guard !facts.effective.contains(needed) else {
            guard !facts.isHostUserNamespace else { return nil }
            return Verdict(
                .userNamespace,
                "it has \(needed.specName) in its own user namespace, but the kernel asks for it in the one that owns what is changed",
                "--userns host --cap-add \(needed.specName.dropFirst(4))", ["capabilities", "userNamespace"])
        }
        return missing(needed, facts)
    }

    static func missing(_ needed: Capability, _ facts: DenialFacts) -> Verdict {
        let name = needed.specName.dropFirst(4)
        // An ordinary user gets none of what the bounding set allows.
        if facts.uid != 0, facts.bounding.contains(needed) {
            return Verdict(
                .capability, "it takes \(needed.specName) (\(needed.meaning)), which user \(facts.uid) has not",
                "--user 0", ["capabilities"])
        }
        return Verdict(
            .capability, "it takes \(needed.specName) (\(needed.meaning))",
            facts.uid == 0 ? "--cap-add \(name)" : "--user 0 --cap-add \(name)", ["capabilities"])
    }

    /// Engines' profiles refuse all mounts, whatever the capabilities: what opens a call to the one must open it to the other.
    private func withProfile(_ call: FailedCall, _ facts: DenialFacts) -> Verdict {
        guard [.seccomp, .capability].contains(refuser), let remedy, remedy.contains("--cap-add"),
            ["mount", "move_mount", "pivot_root"].contains(call.name), let label = facts.confining,
            ModuleRules.of(label) != nil
        else { return self }
        var verdict = self
        verdict.remedy = "\(remedy) --security-opt apparmor=unconfined"
        verdict.explanation += "; the profile \(label) would refuse it next"
        verdict.grounds.append("label")
        return verdict
    }
}
