internal import Capabilities
internal import Cgroups
internal import LinuxKernel
internal import Seccomp

/// What procfs tells of a thread that is stopped at a call.
struct ThreadReading {
    let thread: Int32
    let host: CgroupHost?

    /// The call in words, and what of it decides.
    func call(_ name: String, _ arguments: [UInt64], errno: Int32) -> FailedCall {
        var call = FailedCall(name: name, arguments: arguments, errno: errno)
        let kinds = CallSignature.kinds(name)
        var texts: [String] = []
        for (index, kind) in kinds.enumerated() where index < arguments.count {
            // The mode of a file counts only where one is made.
            if kind == .mode, name.hasPrefix("open"), index > 0, arguments[index - 1] & 0o100 == 0 { continue }
            texts.append(text(kind, arguments[index], &call))
        }
        call.text = "\(name)(\(texts.joined(separator: ", ")))"
        call.path = path(name, arguments, kinds)
        return call
    }

    private func text(_ kind: ArgumentKind, _ value: UInt64, _ call: inout FailedCall) -> String {
        switch kind {
        case .number: return "\(Int64(bitPattern: value))"
        case .identifier: return "\(Int32(truncatingIfNeeded: value))"
        case .hexadecimal: return value == 0 ? "0" : "0x\(String(value, radix: 16))"
        case .directory:
            return Int32(truncatingIfNeeded: value) == -100 ? "AT_FDCWD" : "\(Int32(truncatingIfNeeded: value))"
        case .descriptor:
            let number = Int32(truncatingIfNeeded: value)
            guard number >= 0, let link = try? readSymbolicLink("/proc/\(thread)/fd/\(number)") else {
                return "\(number)"
            }
            return "\(number)<\(link)>"
        case .path, .text:
            guard let text = ProcessMemory.text(thread, at: value) else {
                return value == 0 ? "NULL" : "0x\(String(value, radix: 16))"
            }
            if kind == .text, call.detail == nil { call.detail = text }
            return "\"\(text)\""
        case .mode: return "0\(String(value & 0xffff_ffff, radix: 8))"
        case .openFlags: return ArgumentNames.openFlags(value)
        case .mountFlags: return ArgumentNames.mountFlags(value)
        case .cloneFlags: return ArgumentNames.cloneFlags(value)
        case .device: return "makedev(\(DeviceNumber(raw: value)))"
        case .signal: return Signal(rawValue: Int32(truncatingIfNeeded: value))?.name ?? "\(value)"
        case .family: return ArgumentNames.family(value)
        case .socketType: return ArgumentNames.socketType(value)
        case .clock: return ArgumentNames.clock(value)
        case .trace: return ArgumentNames.trace(value)
        case .resource:
            return value < UInt64(ArgumentNames.resources.count)
                ? "RLIMIT_\(ArgumentNames.resources[Int(value)].uppercased())" : "\(value)"
        case .address: return address(value, &call)
        }
    }

    private func address(_ value: UInt64, _ call: inout FailedCall) -> String {
        guard let bytes = try? ProcessMemory.read(thread, at: value, count: 16), bytes.count >= 8 else {
            return "0x\(String(value, radix: 16))"
        }
        let family = UInt64(bytes[0]) | UInt64(bytes[1]) << 8
        let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        switch family {
        case 2:
            call.port = port
            return "{AF_INET, \(bytes[4]).\(bytes[5]).\(bytes[6]).\(bytes[7]), port \(port)}"
        case 10:
            call.port = port
            return "{AF_INET6, port \(port)}"
        default: return "{\(ArgumentNames.family(family))}"
        }
    }

    private func path(_ name: String, _ arguments: [UInt64], _ kinds: [ArgumentKind]) -> String? {
        if let place = CallSignature.path(name), place.path < arguments.count {
            let text = ProcessMemory.text(thread, at: arguments[place.path]) ?? ""
            if text.hasPrefix("/") { return text }
            let number = place.directory.map { Int32(truncatingIfNeeded: arguments[$0]) } ?? -100
            let base = try? readSymbolicLink(number == -100 ? "/proc/\(thread)/cwd" : "/proc/\(thread)/fd/\(number)")
            return base.map { text.isEmpty ? $0 : "\($0 == "/" ? "" : $0)/\(text)" }
        }
        guard kinds.first == .descriptor, let first = arguments.first,
            let link = try? readSymbolicLink("/proc/\(thread)/fd/\(Int32(truncatingIfNeeded: first))"),
            link.hasPrefix("/")
        else { return nil }
        return link
    }

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
            if let path = call.path, let table = try? process.mounts() { readFile(path, table, &facts) }
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
            ["nproc", "nofile", "fsize", "as", "memlock"].map { name in
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

    private func readFile(_ path: String, _ table: MountTable, _ facts: inout DenialFacts) {
        var file = FileFacts(path: path)
        if let root = try? OwnedDescriptor(open: "/proc/\(thread)/root", [.pathOnly, .directory]) {
            // What cannot be found may have been meant to be made: then its directory counts.
            for candidate in [path, ThreadReading.parent(path)] {
                guard let found = try? root.resolve(candidate), let status = try? found.status() else {
                    file.isThere = false
                    continue
                }
                if let real = try? readSymbolicLink("/proc/self/fd/\(found.raw)"), real.hasPrefix("/") {
                    file.path =
                        candidate == path ? real : "\(real == "/" ? "" : real)/\(path.split(separator: "/").last ?? "")"
                }
                if file.isThere || candidate != path {
                    (file.mode, file.uid, file.gid) = (status.mode, status.userID, status.groupID)
                    if file.isThere, status.isCharacterDevice || status.isBlockDevice {
                        file.device = DeviceNumber(raw: status.specialDevice)
                        file.isBlockDevice = status.isBlockDevice
                    }
                }
                break
            }
        }
        if let entry = ThreadReading.mount(of: file.path, table) {
            file.mount = ExplainedMount(entry)
            facts.evidence["mount"] = Evidence(
                "/proc/\(thread)/mountinfo",
                "\(entry.root) \(entry.mountPoint) \(entry.options.joined(separator: ",")) - \(entry.type) \(entry.source) \(entry.superOptions.joined(separator: ","))"
            )
        }
        facts.evidence["file"] = Evidence(
            "stat \(file.path)", "mode \(String(file.mode, radix: 8)), uid \(file.uid), gid \(file.gid)")
        facts.file = file
    }

    static func parent(_ path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// The mount on which a path lies: the longest mount point above it, and of several on one place the uppermost.
    static func mount(of path: String, _ table: MountTable) -> MountEntry? {
        var best: MountEntry?
        for entry in table.entries {
            let point = entry.mountPoint
            guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
            if (best?.mountPoint.utf8.count ?? 0) <= point.utf8.count { best = entry }
        }
        return best.flatMap { table.topmost(at: $0.mountPoint) } ?? best
    }

    private func readFilter(_ call: FailedCall, _ filters: [Program], _ facts: inout DenialFacts) {
        guard !filters.isEmpty, let native = Architecture.native,
            var data = CallData(call.name, on: native)
        else { return }
        data.arguments = call.arguments
        let interpreters = filters.compactMap { try? Interpreter($0) }
        facts.filterAction = FilterReading.strictest(interpreters.map { $0.action(for: data) })
        facts.evidence["filter"] = Evidence(
            "ptrace PTRACE_SECCOMP_GET_FILTER \(thread)", "\(call.name) \(facts.filterAction.words)")
        if !facts.filterAction.lets { facts.openingCapability = Self.opening(call, data, facts, native) }
    }

    /// The capability with which Brig's own profile would let the call through.
    private static func opening(
        _ call: FailedCall, _ data: CallData, _ facts: DenialFacts, _ native: Architecture
    ) -> Capability? {
        let version = (try? SystemName())?.version ?? (5, 12)
        func lets(_ set: CapabilitySet) -> Bool {
            let profile = DefaultProfile.profile(
                capabilities: set.capabilities.map(\.specName), kernel: .init(version.major, version.minor),
                architecture: native)
            guard let program = try? Compiler.compile(profile), let interpreter = try? Interpreter(program) else {
                return false
            }
            return interpreter.action(for: data).lets
        }
        // A profile of somebody else's is not opened by a capability.
        guard !lets(facts.bounding) else { return nil }
        let needed = NeededCapability.of(call.name, call.arguments, detail: call.detail, port: call.port)
        let candidates =
            (needed.map { [$0] } ?? []) + [
                .bpf, .perfmon, .syslog, .sysTime, .sysNice, .sysChroot, .sysPtrace, .dacReadSearch, .sysPacct,
                .sysBoot,
                .sysModule, .sysRawio, .sysTtyConfig, .sysAdmin,
            ]
        return candidates.first { lets(facts.bounding.union(CapabilitySet([$0]))) }
    }
}
