internal import Capabilities
internal import LinuxKernel

extension Door {
    /// Namespaces that are the host's.
    static func namespaceDoors(_ anatomy: Anatomy) -> [Door] {
        let isRoot = anatomy.subject.uid == 0 && anatomy.isHost(.user)
        func door(_ kind: NamespaceKind, _ severity: Severity, _ explanation: String, _ remedy: String) -> Door? {
            guard let namespace = anatomy.namespace(kind), namespace.isHost else { return nil }
            return Door(
                severity, "the host's \(kind.fileName) namespace", explanation, closedBy: remedy, namespace.evidence)
        }
        return [
            door(
                .pid, isRoot ? .harms : .weakens,
                "sees all processes of the host with their arguments, and reaches their files by /proc/PID/root as far as its rights go",
                "leave --pid=host out"),
            door(
                .network, .harms,
                "reaches services that listen on the host's loopback only, abstract sockets, and all its interfaces",
                "leave --network=host out"),
            door(.ipc, .weakens, "reads shared memory and queues of the host's programs", "leave --ipc=host out"),
            door(
                .uts, .weakens, "sees the host's name\(isRoot ? ", and sets it with CAP_SYS_ADMIN" : "")",
                "leave --uts=host out"),
            door(.cgroup, .weakens, "sees where its cgroups lie on the host", "--cgroupns=private"),
        ].compactMap { $0 } + userDoor(anatomy)
    }

    private static func userDoor(_ anatomy: Anatomy) -> [Door] {
        guard let namespace = anatomy.namespace(.user), namespace.isHost, anatomy.subject.uid == 0 else { return [] }
        return [
            Door(
                .weakens, "root inside is root outside",
                "whoever gets out of the other namespaces is root on the host",
                closedBy: "a user namespace, or --user",
                namespace.evidence + anatomy.subject.evidence.suffix(1))
        ]
    }

    /// Devices that can be opened.
    static func deviceDoors(_ anatomy: Anatomy) -> [Door] {
        guard let list = anatomy.cgroups.value("devices.list") else { return [] }
        let directory = anatomy.cgroups.first { $0.values.contains(list) }?.directory ?? ""
        let lines = list.raw.split(separator: "\n").map(String.init)
        guard lines.contains(where: { $0.hasPrefix("a *:* ") || $0.hasPrefix("b *:* r") }) else {
            let blocks = lines.filter { $0.hasPrefix("b ") && $0.contains("w") && !$0.hasPrefix("b *:* m") }
            return blocks.map { line in
                Door(
                    .takesOver, "the block device \(line.split(separator: " ").dropFirst().first ?? "") can be written",
                    "changes what is on that disk under the host's file system", closedBy: "leave --device out",
                    [Evidence("\(directory)/devices.list", line)])
            }
        }
        let makes = anatomy.privileges?.sets.effective.contains(.mknod) == true
        let hasNodes = anatomy.mounts.contains { $0.purpose == .devices && $0.entry.type == "devtmpfs" }
        guard anatomy.subject.uid == 0, anatomy.isHost(.user), makes || hasNodes else { return [] }
        return [
            Door(
                .takesOver, "all devices", "makes a node of the host's disk, opens it, and changes any file on it",
                closedBy: "leave --privileged out; --device for the one that is needed",
                [Evidence("\(directory)/devices.list", lines.first ?? "")]
                    + (anatomy.privileges?.evidence.filter { $0.value.hasPrefix("CapEff") } ?? []))
        ]
    }

    /// Locks that are not there.
    static func confinementDoors(_ anatomy: Anatomy) -> [Door] {
        var doors: [Door] = []
        if let filter = anatomy.filter, filter.mode == 0 {
            doors.append(
                Door(
                    .weakens, "no seccomp filter", "every call of the kernel, and every fault in one, can be reached",
                    closedBy: "leave --security-opt seccomp=unconfined and --privileged out", filter.evidence))
        }
        if let privileges = anatomy.privileges {
            if privileges.hostHasModule, !privileges.isConfinedByLabel {
                doors.append(
                    Door(
                        .weakens, "no security module's profile",
                        "the kernel has AppArmor or SELinux, and this process is \(privileges.label ?? "unlabelled")",
                        closedBy: "leave --security-opt apparmor=unconfined and --privileged out",
                        privileges.labelEvidence.map { [$0] } ?? []))
            }
            if !privileges.noNewPrivileges, anatomy.subject.uid != 0 {
                doors.append(
                    Door(
                        .weakens, "set-user-id programs work",
                        "a program with that bit raises an ordinary user to root inside",
                        closedBy: "--security-opt no-new-privileges",
                        privileges.evidence.filter { $0.value.hasPrefix("NoNewPrivs") }))
            }
            if privileges.sets.effective.contains(.netRaw), !anatomy.isHost(.network),
                anatomy.network?.interfaces.contains(where: { $0.peer?.bridge != nil }) == true
            {
                doors.append(
                    Door(
                        .weakens, "CAP_NET_RAW on a bridge", "forges packets in the name of others on the same bridge",
                        closedBy: "--cap-drop NET_RAW", privileges.evidence.filter { $0.value.hasPrefix("CapEff") }))
            }
        }
        return doors
    }

    /// What it can use up.
    static func resourceDoors(_ anatomy: Anatomy) -> [Door] {
        func door(_ files: (String, String), _ title: String, _ explanation: String, _ flag: String) -> Door? {
            guard let value = anatomy.cgroups.value(files.0, files.1), value.isUnlimited else { return nil }
            let directory = anatomy.cgroups.first { $0.values.contains(value) }?.directory ?? ""
            return Door(
                .weakens, title, explanation, closedBy: flag, [Evidence("\(directory)/\(value.file)", value.raw)])
        }
        return [
            door(
                ("memory.limit_in_bytes", "memory.max"), "no memory limit",
                "uses up the machine's memory; the kernel then kills somebody, perhaps others", "--memory"),
            door(
                ("pids.max", "pids.max"), "no limit of processes", "a fork bomb uses up the machine's process numbers",
                "--pids-limit"),
        ].compactMap { $0 }
    }
}
