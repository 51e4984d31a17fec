internal import Capabilities
internal import LinuxKernel

extension Verdict {
    /// What is refused because of who watches.
    static func observer(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.name == "ptrace", call.errno == 1, let (pid, isOwn) = facts.tracer else { return nil }
        return isOwn
            ? Verdict(
                .observer, "a process has one tracer, and that is brig why itself", "run it without brig why",
                ["tracer"])
            : Verdict(.permission, "a process has one tracer, and that is process \(pid) already", nil, ["tracer"])
    }

    static func process(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        switch call.name {
        case "setrlimit", "prlimit64": return newLimit(call, facts)
        case "setgroups":
            guard call.errno == 1, facts.setgroupsIsDenied else { return nil }
            return Verdict(
                .userNamespace,
                "setgroups(2) is switched off in its user namespace, as it must be before an ordinary user maps a group of its own",
                "a user namespace whose groups newgidmap(1) maps: unshare --map-auto, podman, brig run", ["setgroups"])
        case "write", "pwrite64", "writev":
            guard call.errno == 13, let path = call.path,
                path.hasSuffix("/oom_score_adj") || path.hasSuffix("/oom_adj"),
                !facts.effective.contains(.sysResource)
            else { return nil }
            return Verdict(
                .capability,
                "below the least value that was set with it, it takes \(Capability.sysResource.specName) (\(Capability.sysResource.meaning))",
                "--cap-add SYS_RESOURCE, or --oom-score-adj with the value", ["capabilities"])
        default: return nil
        }
    }

    private static func newLimit(_ call: FailedCall, _ facts: DenialFacts) -> Verdict? {
        guard call.errno == 1, let wanted = call.newLimit else { return nil }
        let number = call.argument(call.name == "setrlimit" ? 0 : 1)
        guard number < UInt64(ArgumentNames.resources.count) else { return nil }
        let name = ArgumentNames.resources[Int(number)]
        if name == "nofile", let most = facts.settings["fs.nr_open"], wanted.hard > most {
            return Verdict(
                .limit, "no process may have more than \(most) files open (fs.nr_open)",
                "sysctl -w fs.nr_open=NUMBER on the host, for all of it", ["setting"])
        }
        guard !facts.effective.contains(.sysResource) else { return nil }
        func text(_ value: UInt64) -> String { value == .max ? "-1" : "\(value)" }
        let words = "to raise RLIMIT_\(name.uppercased())'s upper bound takes \(Capability.sysResource.specName)"
        // Docker's options have no limit of the address space.
        guard name != "as" else {
            return Verdict(.capability, words, "--cap-add SYS_RESOURCE", ["capabilities", "limits"])
        }
        return Verdict(
            .capability, words,
            "--ulimit \(name)=\(text(wanted.soft)):\(text(wanted.hard)), or --cap-add SYS_RESOURCE",
            ["capabilities", "limits"])
    }
}
