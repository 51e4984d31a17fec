internal import LinuxKernel

extension DenialFacts {
    /// The security module's label, if it confines.
    var confining: String? {
        guard let label, label.hasSuffix("(enforce)") || label.contains(":"), !label.contains(":unconfined_") else {
            return nil
        }
        return label
    }
}

extension Verdict {
    /// A security module is named only where the kernel's log names it, or where the profile's rules are known to refuse.
    static func module(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard [1, 13].contains(call.errno), let label = facts.confining else { return nil }
        let remedy = "--security-opt \(label.contains(":") ? "label=disable" : "apparmor=unconfined")"
        if facts.logged != nil {
            return Verdict(
                .securityModule, "the kernel's log says that \(label) refused it", remedy, ["log", "label"])
        }
        guard call.errno == 13, let rules = ModuleRules.of(label),
            let rule = rules.refusal(of: call, path: facts.file?.path, isThere: facts.file?.isThere ?? true)
        else { return nil }
        return Verdict(
            .securityModule, "nothing else refuses it, and the profile \(label) does: \(rule)", remedy, ["label"])
    }
}

/// What the profiles of containers refuse that Brig and Docker load, whose denials the kernel does not log.
///
/// Source: `AppArmor/DefaultProfile.swift`; Docker's `docker-default` has the same rules for these.
struct ModuleRules {
    static func of(_ label: String) -> ModuleRules? {
        ["brig-default (enforce)", "docker-default (enforce)"].contains(label) ? ModuleRules() : nil
    }

    /// The rule that refuses the call, in the profile's own words. AppArmor's answer is always `EACCES` here.
    func refusal(of call: FailedCall, path: String?, isThere: Bool) -> String? {
        switch call.name {
        case "mount", "move_mount": return "deny mount"
        case "pivot_root": return "it lets nobody change the root"
        case "kill", "tkill", "tgkill", "rt_sigqueueinfo", "pidfd_send_signal":
            return "signals go to processes of the same profile only"
        case "ptrace", "process_vm_readv", "process_vm_writev":
            return "only processes of the same profile are traced"
        case "socket": return call.argument(0) == 38 ? "deny network alg" : nil
        default: break
        }
        guard let path else { return nil }
        let rights = AskedRights(call, isThere: isThere)
        let writes = (rights.file | rights.holder) & 2 != 0
        return Self.rule(path, writes: writes)
    }

    private static func rule(_ path: String, writes: Bool) -> String? {
        let parts = path.split(separator: "/")
        guard let top = parts.first, parts.count > 1 else { return nil }
        func lies(below directory: String) -> Bool { path.hasPrefix(directory + "/") }
        if top == "proc" {
            if ["/proc/kcore", "/proc/sysrq-trigger"].contains(path) { return "deny \(path) rwklx" }
            guard writes else { return nil }
            if parts.count == 2 { return "deny /proc/* w" }
            if lies(below: "/proc/sys") {
                return path.hasPrefix("/proc/sys/kernel/shm") ? nil : "deny /proc/sys/… w"
            }
            let name = parts[1]
            return name.allSatisfy(\.isNumber) || name.hasPrefix("sel") || ["s", "se", "sy"].contains(name)
                ? nil : "deny /proc/\(name)/** w"
        }
        guard top == "sys" else { return nil }
        for hidden in ["/sys/firmware", "/sys/devices/virtual/powercap", "/sys/kernel/security"]
        where lies(below: hidden) {
            return "deny \(hidden)/** rwklx"
        }
        guard writes, parts.count > 2, !lies(below: "/sys/fs/cgroup") else { return nil }
        return "deny /sys/… wklx"
    }
}

/// What a security module writes to the kernel's log when it refuses something.
enum ModuleLog {
    /// - Parameters:
    ///   - record: As /dev/kmsg gives it: `priority,number,microseconds since the start,flags;text`.
    ///   - pids: The process's, and its thread's.
    ///   - since: Microseconds; an older record is about something else.
    static func refusal(in record: String, of pids: [Int32], since: Int64) -> Bool {
        guard let end = record.firstIndex(of: ";") else { return false }
        let fields = record[..<end].split(separator: ",")
        guard fields.count > 2, let time = Int64(fields[2]), time >= since else { return false }
        let text = record[end...].split(separator: "\n").first ?? ""
        guard text.contains("apparmor=\"DENIED\"") || text.contains("avc:  denied") else { return false }
        return text.split(separator: " ").contains { word in pids.contains { word == "pid=\($0)" } }
    }

    /// Looks in the kernel's log for what it has written about a process in the last few seconds.
    static func refusal(of pids: [Int32]) -> Evidence? {
        guard let log = try? OwnedDescriptor(open: "/dev/kmsg", [.read, .nonBlocking]) else { return nil }
        let since = (MonotonicClock.milliseconds - 5000) * 1000
        // More than the log holds.
        for _ in 0..<100_000 {
            do throws(SyscallError) {
                let record = String(decoding: try log.read(upTo: 8192), as: UTF8.self)
                if record.isEmpty { return nil }
                guard refusal(in: record, of: pids, since: since) else { continue }
                let text = record.split(separator: ";", maxSplits: 1).last ?? ""
                return Evidence("/dev/kmsg", String(text.split(separator: "\n").first ?? ""))
            } catch {
                // What was overwritten meanwhile is passed over.
                if error.code != .brokenPipe { return nil }
            }
        }
        return nil
    }
}
