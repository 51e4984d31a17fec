internal import Cgroups
package import LinuxKernel
package import OCISpec

/// What a process is made of: everything that makes it a container, or shows that it is none.
///
/// A value of facts, each with what it rests on; pages and comparisons are made of it without asking the kernel again.
package struct Anatomy: Equatable, Sendable {
    package var subject: Subject
    package var processes: [ContainedProcess] = []
    package var namespaces: [NamespaceMembership] = []
    package var root: RootFilesystem?
    package var mounts: [ExplainedMount] = []
    package var cgroups: [CgroupPlace] = []
    package var privileges: Privileges?
    package var filter: SystemCallFilter?
    package var users: UserMapping?
    package var network: NetworkView?
    /// What this container could do to its host, the worst first.
    package var doors: [Door] = []
    /// What could not be found out, and why.
    package var gaps: [String] = []
    /// Those of the kernel's dangerous files that this kernel has.
    package var kernelFiles: Set<String> = ["/proc/sysrq-trigger", "/proc/kcore"]

    package init(subject: Subject) { self.subject = subject }

    package func namespace(_ kind: NamespaceKind) -> NamespaceMembership? { namespaces.first { $0.kind == kind } }

    /// Whether the process is in the host's namespace of this kind; unknown counts as not.
    package func isHost(_ kind: NamespaceKind) -> Bool { namespace(kind)?.isHost ?? false }

    /// Whether nothing at all separates it from the host.
    package var isPlainProcess: Bool { namespaces.allSatisfy(\.isHost) }
}

extension Anatomy {
    /// Looks at a process.
    ///
    /// - Parameter names: Containers' names by the pid of their first process, as far as the caller knows them.
    /// - Throws: `ENOENT` or `ESRCH` if there is no such process. What else cannot be asked becomes a gap.
    package static func read(_ pid: Int32, names: [Int32: String] = [:]) throws(SyscallError) -> Anatomy {
        let process = try ProcessInformation(pid: pid)
        let stat = try process.stat()
        let status = try process.status()
        let scan = try ProcessScan.current()
        let supervised = scan.supervised()
        let isBrigs = names[pid] != nil
        var names = names
        for container in supervised where names[container.pid] == nil { names[container.pid] = container.shownName }
        let supervisor = scan.supervisor(of: pid, supervised)
        let memberships = (try? process.cgroups()) ?? []
        let words = (try? process.commandLine()) ?? []
        var subject = Subject(
            pid: pid, startTime: stat.startTime, name: stat.name, commandLine: words,
            executable: try? process.executable(), container: names[pid],
            engine: supervisor?.engine ?? (isBrigs ? "brig" : Subject.engine(cgroups: memberships)),
            uid: status.userIDs.dropFirst().first ?? 0,
            gid: status.groupIDs.dropFirst().first ?? 0, groups: status.groups)
        subject.evidence = [
            Evidence("/proc/\(pid)/stat", "\(stat.pid) (\(stat.name)), start time \(stat.startTime)"),
            Evidence("/proc/\(pid)/status", "Uid: \(status["Uid"] ?? "?"), Gid: \(status["Gid"] ?? "?")"),
        ]
        if let supervisor {
            subject.evidence += [Evidence("/proc/\(supervisor.pid)/stat", "parent \(supervisor.supervisor)")]
            subject.evidence += supervisor.evidence
        }
        var anatomy = Anatomy(subject: subject)
        if stat.state == .zombie { anatomy.gaps.append("the process has ended; its parent has not waited for it yet") }
        guard let scanned = scan.byPid[pid], scanned.startTime == stat.startTime else {
            throw SyscallError(call: "open", subject: "/proc/\(pid)", code: .noSuchProcess)
        }
        let host = scan.byPid[1].flatMap { $0.namespace(.mount) == nil ? nil : $0 } ?? scan.byPid[CallerIdentity.pid]
        anatomy.processes = ContainedProcess.list(of: scanned, hostPidNamespace: host?.namespace(.pid), scan)
        anatomy.namespaces = NamespaceMembership.list(
            of: scanned, members: Set(anatomy.processes.map(\.pid)), host: host, names: names, scan)
        if anatomy.namespaces.isEmpty {
            anatomy.gaps.append("namespaces: /proc/\(pid)/ns tells nothing: not permitted, or the process is ending")
        }
        anatomy.readMounts(process)
        do throws(CgroupError) {
            anatomy.cgroups = CgroupPlace.list(memberships, try CgroupHost.detect())
        } catch {
            anatomy.gaps.append("cgroups: \(error)")
        }
        anatomy.privileges = Privileges.read(process, status)
        anatomy.filter = SystemCallFilter.read(process, status, stat.state)
        anatomy.users = UserMapping.read(process)
        anatomy.network = NetworkView.read(
            process, inode: anatomy.namespace(.network)?.inode, isHost: anatomy.isHost(.network), scan)
        if let reason = anatomy.filter?.unreadable { anatomy.gaps.append("seccomp filters: \(reason)") }
        if let reason = anatomy.network?.unknown { anatomy.gaps.append("network: \(reason)") }
        if CallerIdentity.effectiveUid != 0, !anatomy.gaps.isEmpty {
            anatomy.gaps.append(
                "asked by user \(CallerIdentity.effectiveUid): the kernel tells namespaces, mounts, filters and network of a process only to those who may trace it; ask as root (sudo)"
            )
        }
        anatomy.kernelFiles = anatomy.kernelFiles.filter { (try? OwnedDescriptor(open: $0, .pathOnly)) != nil }
        anatomy.doors = Door.ranked(anatomy)
        return anatomy
    }

    private mutating func readMounts(_ process: borrowing ProcessInformation) {
        do throws(SyscallError) {
            let table = try process.mounts()
            let host = HostMounts(try MountTable.current())
            let link = try process.directory.readSymbolicLink("root")
            if let entry = table.topmost(at: "/") {
                root = RootFilesystem(
                    entry, pid: process.pid, host: host, sharesMounts: isHost(.mount), rootLink: link)
            } else {
                gaps.append("root: no mount at / in /proc/\(process.pid)/mountinfo: its root is \(link)")
            }
            mounts = table.entries.map { entry in
                let mount = ExplainedMount(entry)
                let wantsPath =
                    mount.showsHost || [.deviceNode, .other, .processes].contains(mount.purpose)
                return ExplainedMount(entry, hostPath: wantsPath ? host.path(of: entry) : nil)
            }
        } catch {
            gaps.append("mounts: \(error)")
        }
    }

    package var json: JSONValue {
        let pid = subject.pid
        return [
            "subject": subject.json, "processes": .array(processes.map(\.json)),
            "namespaces": .array(namespaces.map(\.json)), "root": root?.json ?? .null,
            "mounts": .array(mounts.map { $0.json(pid) }), "cgroups": .array(cgroups.map { $0.json(pid) }),
            "capabilities": privileges?.json ?? .null, "seccomp": filter?.json ?? .null,
            "label": privileges?.labelJSON ?? .null, "users": users?.json ?? .null, "network": network?.json ?? .null,
            "doors": .array(doors.map(\.json)), "gaps": .list(gaps),
        ]
    }
}
