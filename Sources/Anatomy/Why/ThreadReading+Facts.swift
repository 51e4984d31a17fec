internal import Capabilities
internal import Cgroups
internal import LinuxKernel
internal import Seccomp

extension ThreadReading {
    /// The facts on which a verdict rests.
    func facts(_ call: FailedCall, filters: [Program]) -> DenialFacts {
        var facts = DenialFacts()
        let file = "/proc/\(thread)/status"
        if let process = try? ProcessInformation(pid: thread), let status = try? process.status() {
            if let sets = ProcessCapabilities(status) {
                facts.effective = sets.effective
                facts.bounding = sets.bounding
                facts.evidence["capabilities"] = Evidence(
                    file, "CapEff: \(sets.effective.hexadecimal), CapBnd: \(sets.bounding.hexadecimal)")
            }
            facts.uid = status.userIDs.dropFirst().first ?? 0
            facts.asking = Self.asking(call, status)
            facts.noNewPrivileges = status.noNewPrivileges
            if let label = try? process.read("attr/current") {
                facts.label = String(decoding: label.prefix { $0 != 0 && $0 != 0x0a }, as: UTF8.self)
                facts.evidence["label"] = Evidence("/proc/\(thread)/attr/current", facts.label ?? "")
            }
            let users = namespaceInode(try? process.directory.readSymbolicLink("ns/user"))
            facts.isHostUserNamespace = users == namespaceInode(try? readSymbolicLink("/proc/self/ns/user"))
            facts.evidence["userNamespace"] = Evidence("/proc/\(thread)/ns/user", "user:[\(users ?? 0)]")
            readLimits(&facts)
            readProcesses(&facts, (try? process.cgroups()) ?? [])
            if !facts.isHostUserNamespace {
                facts.knownUsers = Self.ranges((try? process.read("uid_map")) ?? [])
                facts.knownGroups = Self.ranges((try? process.read("gid_map")) ?? [])
            }
            readSpecial(call, status, &facts)
            if let path = call.path, let table = try? process.mounts() {
                readFiles(call, path, table, status, &facts)
                if let node = facts.file.flatMap({
                    Obstacle($0, call, by: facts.asker, facts.effective, facts)?.node
                }) {
                    facts.evidence["file"] = Evidence(
                        "stat \(node.path)", "mode \(String(node.mode, radix: 8)), uid \(node.uid), gid \(node.gid)")
                }
            }
            if facts.confining != nil, [1, 13].contains(call.errno) {
                facts.logged = ModuleLog.refusal(of: [
                    thread, status.numbers("Tgid").first.map { Int32(clamping: $0) } ?? thread,
                ])
                facts.evidence["log"] = facts.logged
            }
        }
        readFilter(call, filters, &facts)
        return facts
    }

    private func readLimits(_ facts: inout DenialFacts) {
        for resource in LimitedResource.allCases {
            facts.limits[resource.shortName] = (try? ResourceLimit.get(resource, of: thread))?.soft
        }
        facts.evidence["limits"] = Evidence(
            "/proc/\(thread)/limits",
            ["nproc", "nofile", "fsize", "as", "data", "memlock"].map { name in
                "\(name) \(facts.limits[name].map { $0 == .max ? "unlimited" : "\($0)" } ?? "?")"
            }.joined(separator: ", "))
    }

    /// The fullest cgroup on the way up counts: the first one that is at its limit.
    private func readProcesses(_ facts: inout DenialFacts, _ memberships: [CgroupMembership]) {
        guard let host, let hierarchy = host.hierarchy(of: .pids),
            let membership = memberships.first(where: { $0.controllers.joined(separator: ",") == hierarchy.label }),
            var directory = CgroupPlace.directory(of: membership.path, in: hierarchy)
        else { return }
        while directory.utf8.count >= hierarchy.mountPoint.utf8.count {
            let current = (try? readText("\(directory)/pids.current"))?.split(separator: "\n").first.flatMap {
                UInt64($0)
            }
            let most = (try? readText("\(directory)/pids.max"))?.split(separator: "\n").first.flatMap { UInt64($0) }
            if let current, let most, facts.processes == nil || current >= most {
                facts.processes = (current, most)
                facts.evidence["processes"] = Evidence("\(directory)/pids.max", "\(most), pids.current \(current)")
                if current >= most { return }
            }
            guard let slash = directory.lastIndex(of: "/") else { return }
            directory = String(directory[..<slash])
        }
    }

    /// access(2) asks as the real user.
    private static func asking(_ call: FailedCall, _ status: ProcessStatus) -> AskingProcess {
        var (users, groups) = (status.userIDs, status.groupIDs)
        let isReal =
            call.name == "access" || call.name == "faccessat"
            || call.name == "faccessat2" && call.argument(3) & 0x200 == 0
        if isReal, let user = users.first, let group = groups.first {
            (users, groups) = (Array(repeating: user, count: 4), Array(repeating: group, count: 4))
        }
        return AskingProcess(userIDs: users, groupIDs: groups, groups: status.groups)
    }

    /// The outer numbers of `/proc/PID/uid_map`: lines of first inner, first outer and count.
    static func ranges(_ bytes: [UInt8]) -> [ClosedRange<UInt32>] {
        bytes.split(separator: 0x0a).compactMap { line in
            let numbers = line.split(separator: 0x20).compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 3, numbers[2] > 0, numbers[1] < 1 << 32, numbers[2] <= 1 << 32 else { return nil }
            return UInt32(numbers[1])...UInt32(min(numbers[1] + numbers[2] - 1, UInt64(UInt32.max)))
        }
    }

    /// What only some calls, or some errors, are asked about.
    private func readSpecial(_ call: FailedCall, _ status: ProcessStatus, _ facts: inout DenialFacts) {
        func setting(_ name: String) {
            let file = "/proc/sys/" + name.split(separator: ".").joined(separator: "/")
            guard let text = try? readText(file), let value = text.split(separator: "\n").first.flatMap({ UInt64($0) })
            else { return }
            facts.settings[name] = value
            facts.evidence["setting"] = Evidence(file, "\(value)")
            facts.evidence[name] = facts.evidence["setting"]
        }
        switch (call.name, call.errno) {
        case ("setrlimit", 1), ("prlimit64", 1): setting("fs.nr_open")
        case ("setgroups", 1):
            let text = (try? readText("/proc/\(thread)/setgroups"))?.split(separator: "\n").first ?? ""
            facts.setgroupsIsDenied = text == "deny"
            facts.evidence["setgroups"] = Evidence("/proc/\(thread)/setgroups", String(text))
        case ("ptrace", 1): readTracer(call, &facts)
        case (_, 1) where call.name.hasPrefix("link"): setting("fs.protected_hardlinks")
        case ("mmap", 13):
            let information = try? readFile("/proc/\(thread)/fdinfo/\(Int32(truncatingIfNeeded: call.argument(4)))")
            facts.descriptorFlags = information.map { ProcessStatus(parsing: $0) }?["flags"].flatMap {
                UInt64($0, radix: 8)
            }
            facts.evidence["descriptor"] = facts.descriptorFlags.map {
                Evidence("/proc/\(thread)/fdinfo/\(call.argument(4))", "flags \(ArgumentNames.openFlags($0))")
            }
        case (_, 13) where CallSignature.path(call.name) != nil:
            if facts.asking != nil, let flags = call.openFlags, flags & 0o100 != 0 {
                setting("fs.protected_fifos")
                setting("fs.protected_regular")
            }
            setting("fs.protected_symlinks")
        case ("inotify_init", 24), ("inotify_init1", 24): setting("fs.inotify.max_user_instances")
        case ("inotify_add_watch", 28): setting("fs.inotify.max_user_watches")
        case ("fanotify_init", 24): setting("fs.fanotify.max_user_groups")
        case ("epoll_ctl", 28): setting("fs.epoll.max_user_watches")
        case ("mount", 28): setting("fs.mount-max")
        case (_, 12):
            setting("vm.max_map_count")
            setting("vm.overcommit_memory")
            readMemory(status, &facts)
        default: break
        }
        if call.errno == 24 {
            let directory = try? OwnedDescriptor(open: "/proc/\(thread)/fd", [.read, .directory])
            facts.openDescriptors = (try? directory?.entries()).map { UInt64($0.count) }
            facts.evidence["descriptors"] = facts.openDescriptors.map {
                Evidence("/proc/\(thread)/fd", "\($0) entries")
            }
        }
    }

    private func readMemory(_ status: ProcessStatus, _ facts: inout DenialFacts) {
        func bytes(_ text: String?) -> UInt64? {
            text?.split(separator: " ").first.flatMap { UInt64($0) }.map { $0 &* 1024 }
        }
        var memory = MemoryFacts()
        (memory.space, memory.data) = (bytes(status["VmSize"]), bytes(status["VmData"]))
        if let maps = try? readFile("/proc/\(thread)/maps", limit: 1 << 26) {
            memory.mappings = UInt64(maps.reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) })
        }
        if let information = try? readFile("/proc/meminfo") {
            let machine = ProcessStatus(parsing: information)
            memory.total = bytes(machine["MemTotal"]).map { $0 &+ (bytes(machine["SwapTotal"]) ?? 0) }
            memory.commitLimit = bytes(machine["CommitLimit"])
            memory.committed = bytes(machine["Committed_AS"])
            memory.freeHugePages = machine.number("HugePages_Free")
        }
        facts.memory = memory
        facts.evidence["memory"] = Evidence(
            "/proc/\(thread)/status",
            "VmSize \(memory.space.map(shownSize) ?? "?"), VmData \(memory.data.map(shownSize) ?? "?"), \(memory.mappings ?? 0) mappings"
        )
        let own = try? readSymbolicLink("/proc/\(thread)/ns/pid")
        let children = try? readSymbolicLink("/proc/\(thread)/ns/pid_for_children")
        facts.childrenGoElsewhere = own != nil && own != children
        facts.evidence["children"] = Evidence("/proc/\(thread)/ns/pid_for_children", children ?? "none")
    }

    /// Who traces the process that was asked for, by its number in the asking one's pid namespace.
    private func readTracer(_ call: FailedCall, _ facts: inout DenialFacts) {
        let own = namespaceInode(try? readSymbolicLink("/proc/\(thread)/ns/pid"))
        let asked = call.argument(0) == 0 ? nil : Int32(truncatingIfNeeded: call.argument(1))
        var candidates = [thread]
        if let asked {
            candidates = [asked]
            if own != namespaceInode(try? readSymbolicLink("/proc/self/ns/pid")) {
                let entries = (try? OwnedDescriptor(open: "/proc", [.read, .directory]).entries()) ?? []
                candidates = entries.compactMap { Int32($0.name) }
            }
        }
        for pid in candidates {
            guard let bytes = try? readFile("/proc/\(pid)/status") else { continue }
            let status = ProcessStatus(parsing: bytes)
            if let asked, candidates.count > 1 {
                guard status.namespacePids.last == asked,
                    namespaceInode(try? readSymbolicLink("/proc/\(pid)/ns/pid")) == own
                else { continue }
            }
            // Whether it may be traced at all is asked first.
            let ids = (status.userIDs.prefix(3), status.groupIDs.prefix(3))
            let isSame =
                ids.0.allSatisfy { $0 == facts.asker.uid } && ids.1.allSatisfy { $0 == facts.asker.groupIDs.first }
            guard asked == nil || isSame || facts.effective.contains(.sysPtrace) else { return }
            guard let tracer = status.number("TracerPid").map({ Int32(clamping: $0) }), tracer > 0 else { return }
            facts.tracer = (tracer, tracer == CallerIdentity.pid)
            facts.evidence["tracer"] = Evidence("/proc/\(pid)/status", "TracerPid: \(tracer)")
            return
        }
    }
}
