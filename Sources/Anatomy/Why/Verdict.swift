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
            Self.filter, Self.masked, Self.readOnly, Self.limit, Self.device, Self.capability, Self.file, Self.label,
        ]
        for ask in order {
            if let verdict = ask(call, facts) {
                self = verdict.withProfile(call, facts)
                return
            }
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

    private static func limit(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        func soft(_ name: String) -> String { facts.limits[name].map { "\($0)" } ?? "unknown" }
        let makesProcess = ["clone", "clone3", "fork", "vfork"].contains(call.name)
        switch call.errno {
        case 11 where makesProcess:
            if let (current, most) = facts.processes, current >= most {
                return Verdict(
                    .limit, "the cgroup has \(current) processes, and \(most) are the most",
                    "--pids-limit \(times(4, most))",
                    ["processes"])
            }
            if let most = facts.limits["nproc"], most != .max {
                return Verdict(
                    .limit, "user \(facts.uid) may have \(most) processes (RLIMIT_NPROC)",
                    "--ulimit nproc=\(times(4, most))",
                    ["limits"])
            }
            return Verdict(
                .limit, "no more processes can be made, by a limit further up", "--pids-limit -1", ["processes"])
        case 12:
            if let most = facts.limits["as"], most != .max {
                return Verdict(
                    .limit,
                    "the address space may be \(shownSize(most)) large (RLIMIT_AS), by ulimit -v or by who started it",
                    nil, ["limits"])
            }
            if call.name.hasPrefix("mlock") { return locked(call, facts) }
            return Verdict(.limit, "there is no memory left for it", "--memory with a greater size", ["memory"])
        case 24:
            return Verdict(
                .limit, "the process may have \(soft("nofile")) files open (RLIMIT_NOFILE)",
                "--ulimit nofile=\(facts.limits["nofile"].map { times(16, max($0, 16)) } ?? 65536)", ["limits"])
        case 23: return Verdict(.limit, "the machine has as many files open as it may", nil)
        case 27:
            return Verdict(
                .limit, "a file may be \(facts.limits["fsize"].map(shownSize) ?? "so") large (RLIMIT_FSIZE)",
                "--ulimit fsize=-1", ["limits"])
        case 28:
            guard let mount = facts.file?.mount else { return Verdict(.limit, "no space is left", nil) }
            let place = mount.entry.mountPoint
            let size = mount.entry.superOptions.first { $0.hasPrefix("size=") }
            if place == "/dev/shm" {
                return Verdict(
                    .limit, "/dev/shm is full (\(size ?? "of the default size"))", "--shm-size \(larger(size))",
                    ["mount"])
            }
            if mount.entry.type == "tmpfs" {
                return Verdict(
                    .limit, "\(place) is full (\(size ?? "no size"))", "--tmpfs \(place):size=\(larger(size))",
                    ["mount"])
            }
            return Verdict(.limit, "the file system of \(place) is full", nil, ["mount"])
        case 122: return Verdict(.limit, "the quota of the file system is used up", nil)
        case 1 where call.name.hasPrefix("mlock"), 11 where call.name.hasPrefix("mlock"): return locked(call, facts)
        case 13 where call.name == "setpriority": return nil
        default: return nil
        }
    }

    /// More of a limit, and never beyond what a number holds.
    private static func times(_ factor: UInt64, _ limit: UInt64) -> UInt64 {
        let (product, overflow) = max(limit, 1).multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }

    /// Sixteen times a size in kibibytes, as tmpfs(5) shows it: `size=64k`.
    private static func larger(_ option: String?) -> String {
        guard let digits = option?.dropFirst(5).prefix(while: \.isNumber), let number = UInt64(digits),
            number < UInt64.max / 16
        else { return "SIZE" }
        return "\(number * 16)\(option?.hasSuffix("k") == true ? "k" : "")"
    }

    private static func locked(_ call: FailedCall, _ facts: DenialFacts) -> Verdict {
        // What this call wants and as much as was locked before, in pages, on both of which it may border.
        let already = facts.limits["memlock"] ?? 0
        let (wanted, overflow) = call.argument(1).addingReportingOverflow(already)
        let enough =
            call.name == "mlockall" || overflow || wanted > 1 << 40 ? "-1" : "\((wanted / 4096 + 2) * 4096)"
        return Verdict(
            .limit,
            "the process may lock \(facts.limits["memlock"].map(shownSize) ?? "so much") of memory (RLIMIT_MEMLOCK)",
            facts.effective.contains(.ipcLock) ? nil : "--ulimit memlock=\(enough), or --cap-add IPC_LOCK",
            ["limits", "capabilities"])
    }

    private static func device(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 1 else { return nil }
        if call.name.hasPrefix("mknod"), facts.effective.contains(.mknod) {
            let index = call.name == "mknod" ? 1 : 2
            let type = call.argument(index) & 0o170000
            guard type == 0o020000 || type == 0o060000, facts.isHostUserNamespace else { return nil }
            let number = DeviceNumber(raw: call.argument(index + 1))
            return Verdict(
                .deviceRule, "the cgroup's device rules let no node of device \(number) be made",
                "--device-cgroup-rule '\(type == 0o060000 ? "b" : "c") \(number) rwm'", ["devices"])
        }
        if ["open", "openat", "openat2", "creat"].contains(call.name), let file = facts.file, let device = file.device {
            return Verdict(
                .deviceRule,
                "the cgroup's device rules do not let \(file.isBlockDevice ? "block" : "character") device \(device) be opened so",
                file.path.hasPrefix("/dev/")
                    ? "--device \(file.path)"
                    : "--device-cgroup-rule '\(file.isBlockDevice ? "b" : "c") \(device) rwm'", ["devices"])
        }
        return nil
    }

    private static func capability(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard [1, 13, 11, 12].contains(call.errno),
            let needed = NeededCapability.of(
                call.name, call.arguments, detail: call.detail, port: call.port, errno: call.errno)
        else { return nil }
        guard !facts.effective.contains(needed) else {
            guard !facts.isHostUserNamespace else { return nil }
            return Verdict(
                .userNamespace,
                "it has \(needed.specName) in its own user namespace, but the kernel asks for it in the one that owns what is changed",
                "--userns host --cap-add \(needed.specName.dropFirst(4))", ["capabilities", "userNamespace"])
        }
        return missing(needed, facts)
    }

    private static func missing(_ needed: Capability, _ facts: DenialFacts) -> Verdict {
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

    private static func file(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard [1, 13].contains(call.errno), let file = facts.file else { return nil }
        if call.name.hasPrefix("exec") {
            if let entry = file.mount?.entry, entry.options.contains("noexec") {
                return Verdict(
                    .mountOption, "\(file.path) lies on \(entry.mountPoint), which is mounted noexec",
                    entry.type == "tmpfs"
                        ? "--tmpfs \(entry.mountPoint):exec" : "mount \(entry.mountPoint) without noexec",
                    ["mount"])
            }
            if file.isThere, file.mode & 0o111 == 0 {
                return Verdict(
                    .permission, "\(file.path) is not executable (mode \(String(file.mode & 0o7777, radix: 8)))",
                    "chmod +x \(file.path) in the image", ["file"])
            }
        }
        if file.device != nil, let entry = file.mount?.entry, entry.options.contains("nodev") {
            return Verdict(
                .mountOption, "\(file.path) lies on \(entry.mountPoint), where devices do not count (nodev)",
                entry.type == "tmpfs" && !file.path.hasPrefix("/dev/")
                    ? "--tmpfs \(entry.mountPoint):dev" : "--device \(file.path)", ["mount"])
        }
        // What is not there was to be made: its directory decides.
        let place = file.isThere ? file.path : ThreadReading.parent(file.path)
        let mode = String(file.mode & 0o7777, radix: 8)
        let words = "\(place) belongs to \(file.uid):\(file.gid), mode \(mode), and the process is user \(facts.uid)"
        guard facts.uid != file.uid || facts.uid == 0 else {
            return Verdict(.permission, words, "chmod u+rw \(place)", ["file"])
        }
        if facts.uid == 0, !facts.effective.contains(.dacOverride), facts.isHostUserNamespace || file.uid != 65534 {
            return Verdict(
                .capability, words + " without CAP_DAC_OVERRIDE", "--cap-add DAC_OVERRIDE", ["file", "capabilities"])
        }
        if facts.uid == 0 { return nil }
        return Verdict(.permission, words, "--user \(file.uid)", ["file"])
    }

    /// Engines' profiles refuse all mounts, whatever the capabilities: what opens a call to the one must open it to the other.
    private func withProfile(_ call: FailedCall, _ facts: DenialFacts) -> Verdict {
        guard [.seccomp, .capability].contains(refuser), let remedy, remedy.contains("--cap-add"),
            ["mount", "move_mount", "pivot_root"].contains(call.name), let label = facts.label,
            label.hasSuffix(" (enforce)")
        else { return self }
        var verdict = self
        verdict.remedy = "\(remedy) --security-opt apparmor=unconfined"
        verdict.explanation += "; the profile \(label) would refuse it next"
        verdict.grounds.append("label")
        return verdict
    }

    private static func label(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard [1, 13].contains(call.errno), let label = facts.label, label.contains("(enforce)") || label.contains(":")
        else {
            return nil
        }
        return Verdict(
            .securityModule, "nothing else refuses it, and the profile \(label) is enforced",
            "--security-opt apparmor=unconfined", ["label"])
    }
}
