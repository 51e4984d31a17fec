internal import LinuxKernel

extension Verdict {
    /// Calls for which `ENOSPC` means a count of the kernel's, and no file system.
    private static let countedInstead: [String: (words: String, setting: String)] = [
        "inotify_add_watch": ("its user watches as many files as one may", "fs.inotify.max_user_watches"),
        "epoll_ctl": ("its user waits for as many descriptors as one may", "fs.epoll.max_user_watches"),
        "mount": ("its mount namespace has as many mounts as one may have", "fs.mount-max"),
        "shmget": ("there are as many segments of shared memory as there may be", "kernel.shmmni"),
        "semget": ("there are as many semaphores as there may be", "kernel.sem"),
        "msgget": ("there are as many message queues as there may be", "kernel.msgmni"),
        "unshare": ("its user has as many namespaces as one may have", "user.max_*_namespaces"),
        "clone": ("its user has as many namespaces as one may have", "user.max_*_namespaces"),
        "clone3": ("its user has as many namespaces as one may have", "user.max_*_namespaces"),
    ]

    static func limit(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
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
        case 24: return descriptors(call, facts)
        case 23: return Verdict(.limit, "the machine has as many files open as it may", nil)
        case 27:
            return Verdict(
                .limit, "a file may be \(facts.limits["fsize"].map(shownSize) ?? "so") large (RLIMIT_FSIZE)",
                "--ulimit fsize=-1", ["limits"])
        case 28 where countedInstead[call.name] != nil:
            let (words, setting) = countedInstead[call.name] ?? ("", "")
            return Verdict(
                .limit, "\(words) (\(setting))", "sysctl -w \(setting)=NUMBER on the host, for all of it", ["setting"])
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
        default: return nil
        }
    }

    /// `EMFILE` is about descriptors only if the process has as many as it may.
    private static func descriptors(_ call: FailedCall, _ facts: DenialFacts) -> Verdict {
        let most = facts.limits["nofile"] ?? .max
        if facts.openDescriptors.map({ $0 >= most }) ?? true {
            return Verdict(
                .limit, "the process may have \(most) files open (RLIMIT_NOFILE), and has them",
                "--ulimit nofile=\(times(16, max(most, 16)))", ["limits", "descriptors"])
        }
        let counted = [
            "inotify_init": "fs.inotify.max_user_instances", "inotify_init1": "fs.inotify.max_user_instances",
            "fanotify_init": "fs.fanotify.max_user_groups", "mq_open": "RLIMIT_MSGQUEUE",
        ]
        let numbers = facts.openDescriptors.map { "it has \($0) of \(most) descriptors" } ?? ""
        guard let setting = counted[call.name] else {
            return Verdict(
                .unknown, "\(numbers), so that RLIMIT_NOFILE is not it: the kernel counts something else for this call",
                nil,
                ["limits", "descriptors"])
        }
        if setting == "RLIMIT_MSGQUEUE" {
            return Verdict(
                .limit, "its user's message queues hold as much as they may (\(setting))", "--ulimit msgqueue=-1",
                ["limits"])
        }
        let value = facts.settings[setting]
        return Verdict(
            .limit,
            "user \(facts.uid) has as many instances as one may: \(setting)\(value.map { "=\($0)" } ?? ""); \(numbers)",
            "sysctl -w \(setting)=\(value.map { "\(times(8, $0))" } ?? "NUMBER") on the host, for all of it",
            ["setting", "descriptors"])
    }

    /// More of a limit, and never beyond what a number holds.
    static func times(_ factor: UInt64, _ limit: UInt64) -> UInt64 {
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
}
