internal import Capabilities
internal import LinuxKernel

extension Door {
    /// Capabilities that reach beyond the container. They count only where the kernel asks for them against the host's
    /// user namespace: in another one they reach what belongs to that.
    static func capabilityDoors(_ anatomy: Anatomy) -> [Door] {
        guard let privileges = anatomy.privileges, anatomy.isHost(.user) else { return [] }
        // A program that runs as root, or has file capabilities, gets what the bounding set allows.
        let held =
            privileges.sets.effective.union(privileges.sets.permitted).union(
                anatomy.subject.uid == 0 ? privileges.sets.bounding.intersection(privileges.sets.permitted) : [])
        let filter = anatomy.filter
        func evidence(_ calls: [String]) -> [Evidence] {
            var result = privileges.evidence.filter { $0.value.hasPrefix("CapEff") || $0.value.hasPrefix("CapPrm") }
            for call in calls {
                switch filter?.blocks(call) {
                case true?: result.append(Evidence("seccomp filter", "\(call) is blocked"))
                case false?: result.append(Evidence("seccomp filter", "\(call) is let through"))
                case nil: break
                }
            }
            return result
        }
        return table.compactMap { entry -> Door? in
            guard held.contains(entry.capability) else { return nil }
            if let needed = entry.needsHost, !anatomy.isHost(needed) { return nil }
            // Without any of the calls that use it, the capability is no door.
            let open = entry.calls.isEmpty || entry.calls.contains { filter?.blocks($0) != true }
            guard open else {
                return Door(
                    .weakens, "\(entry.capability.specName), held back by the filter only", entry.explanation,
                    closedBy: "--cap-drop \(entry.capability.specName.dropFirst(4))", evidence(entry.calls))
            }
            return Door(
                entry.severity, entry.capability.specName, entry.explanation,
                closedBy: "--cap-drop \(entry.capability.specName.dropFirst(4))", evidence(entry.calls))
        }
    }

    private struct Entry {
        let capability: Capability
        let severity: Severity
        let explanation: String
        /// Calls that use it; empty if there is more than a filter could close.
        let calls: [String]
        /// A namespace that must be the host's for it to matter.
        let needsHost: NamespaceKind?

        init(
            _ capability: Capability, _ severity: Severity, _ explanation: String, _ calls: [String] = [],
            needsHost: NamespaceKind? = nil
        ) {
            self.capability = capability
            self.severity = severity
            self.explanation = explanation
            self.calls = calls
            self.needsHost = needsHost
        }
    }

    private static let table: [Entry] = [
        Entry(
            .sysAdmin, .takesOver,
            "mounts the host's disks, or a cgroup hierarchy whose release_agent the kernel runs as root on the host"),
        Entry(
            .sysModule, .takesOver, "loads a module: code of its own in the kernel", ["init_module", "finit_module"]),
        Entry(.sysRawio, .takesOver, "reads and writes I/O ports and, with the devices, physical memory"),
        Entry(
            .sysPtrace, .takesOver, "traces a process of the host and makes it run anything",
            ["ptrace", "process_vm_writev"],
            needsHost: .pid),
        Entry(
            .dacReadSearch, .takesOver,
            "opens any file of a file system of which it has one by its number (open_by_handle_at): also those outside of its root",
            ["open_by_handle_at"]),
        Entry(.bpf, .harms, "loads eBPF programs that look into the whole kernel", ["bpf"]),
        Entry(.perfmon, .harms, "watches all processes of the machine", ["perf_event_open", "bpf"]),
        Entry(.sysBoot, .harms, "reboots the machine, or loads another kernel", ["reboot", "kexec_load"]),
        Entry(
            .sysTime, .harms, "sets the clock of the whole machine",
            ["clock_settime", "settimeofday", "adjtimex", "clock_adjtime"]),
        Entry(
            .netAdmin, .harms, "changes the host's addresses, routes and firewall", needsHost: .network),
        Entry(
            .netRaw, .harms, "reads and forges packets of the host", needsHost: .network),
        Entry(.syslog, .harms, "reads the kernel's log, and addresses that help attacks", ["syslog"]),
        Entry(.sysResource, .harms, "goes beyond resource limits and quotas of the host"),
        Entry(.sysNice, .harms, "takes the processors from others by real-time scheduling", ["sched_setscheduler"]),
        Entry(
            .linuxImmutable, .weakens,
            "makes files that the host's root cannot remove without a look at their attributes"),
        Entry(.auditControl, .harms, "switches the host's audit log off", needsHost: .network),
        Entry(.macAdmin, .harms, "changes the host's access rules"),
        Entry(.kill, .harms, "ends any process of the host", ["kill", "tkill"], needsHost: .pid),
    ]
}
