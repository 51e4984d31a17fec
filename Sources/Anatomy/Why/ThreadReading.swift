internal import Capabilities
internal import Cgroups
internal import LinuxKernel
internal import Seccomp

/// What procfs tells of a thread that is stopped at a call.
struct ThreadReading {
    let thread: Int32
    let host: CgroupHost?
    /// Whether its pointers have four bytes.
    var isNarrow = false

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
        if let found = path(name, arguments, kinds) { (call.path, call.base) = (found.path, found.base) }
        if name.hasPrefix("rename") || name.hasPrefix("link") {
            let isShort = name == "rename" || name == "link"
            call.source = lookup(arguments, isShort ? 0 : 1, isShort ? nil : 0)?.path
        }
        switch name {
        case "openat2": call.openFlags = words(arguments, 2, 1).first
        case "setrlimit": call.newLimit = limit(arguments, 1)
        // It has words of eight bytes for all.
        case "prlimit64": call.newLimit = limit(arguments, 2, isWide: true)
        case "mmap": call.path = link(ofDescriptor: arguments.count > 4 ? arguments[4] : .max)
        default: break
        }
        return call
    }

    private func words(_ arguments: [UInt64], _ index: Int, _ count: Int, size: Int = 8) -> [UInt64] {
        guard index < arguments.count, arguments[index] != 0,
            let bytes = try? ProcessMemory.read(thread, at: arguments[index], count: count * size)
        else { return [] }
        return stride(from: 0, to: bytes.count - bytes.count % size, by: size).map { at in
            (0..<size).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
        }
    }

    private func limit(_ arguments: [UInt64], _ index: Int, isWide: Bool = false) -> ResourceLimit? {
        let size = isNarrow && !isWide ? 4 : 8
        let found = words(arguments, index, 2, size: size).map { size == 4 && $0 == 0xffff_ffff ? .max : $0 }
        return found.count == 2 ? ResourceLimit(soft: found[0], hard: found[1]) : nil
    }

    private func link(ofDescriptor value: UInt64) -> String? {
        let number = Int32(truncatingIfNeeded: value)
        guard number >= 0, let link = try? readSymbolicLink("/proc/\(thread)/fd/\(number)"), link.hasPrefix("/") else {
            return nil
        }
        return link
    }

    private func text(_ kind: ArgumentKind, _ value: UInt64, _ call: inout FailedCall) -> String {
        switch kind {
        case .number: return isNarrow ? "\(Int32(truncatingIfNeeded: value))" : "\(Int64(bitPattern: value))"
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
        case .openFlags:
            call.openFlags = value
            return ArgumentNames.openFlags(value)
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
        case 1:
            // A name that begins with a zero is no file's.
            guard let path = ProcessMemory.text(thread, at: value &+ 2, limit: 108), !path.isEmpty else {
                return "{AF_UNIX}"
            }
            call.detail = path
            return "{AF_UNIX, \"\(path)\"}"
        default: return "{\(ArgumentNames.family(family))}"
        }
    }

    /// A path among the arguments from the process's root, and the directory from which it is looked up if it is relative.
    private func lookup(_ arguments: [UInt64], _ path: Int, _ directory: Int?) -> (path: String, base: String?)? {
        guard path < arguments.count else { return nil }
        return lookup(
            ProcessMemory.text(thread, at: arguments[path]) ?? "",
            directory.map { Int32(truncatingIfNeeded: arguments[$0]) } ?? -100)
    }

    private func lookup(_ text: String, _ number: Int32) -> (path: String, base: String?)? {
        if text.hasPrefix("/") { return (text, nil) }
        guard let base = try? readSymbolicLink(number == -100 ? "/proc/\(thread)/cwd" : "/proc/\(thread)/fd/\(number)")
        else { return nil }
        return (text.isEmpty ? base : "\(base == "/" ? "" : base)/\(text)", base)
    }

    private func path(
        _ name: String, _ arguments: [UInt64], _ kinds: [ArgumentKind]
    ) -> (path: String, base: String?)? {
        if let place = CallSignature.path(name) { return lookup(arguments, place.path, place.directory) }
        if name == "connect" || name == "bind", arguments.count > 1,
            let bytes = try? ProcessMemory.read(thread, at: arguments[1], count: 3), bytes.count == 3,
            bytes[0] == 1, bytes[1] == 0, bytes[2] != 0
        {
            return lookup(ProcessMemory.text(thread, at: arguments[1] &+ 2, limit: 108) ?? "", -100)
        }
        guard kinds.first == .descriptor, let first = arguments.first, let link = link(ofDescriptor: first) else {
            return nil
        }
        return (link, nil)
    }

    func readFilter(_ call: FailedCall, _ filters: [Program], _ facts: inout DenialFacts) {
        guard !filters.isEmpty, let native = Architecture.native,
            var data = Self.data(call, native)
        else { return }
        data.arguments = call.arguments
        let interpreters = filters.compactMap { try? Interpreter($0) }
        facts.filterAction = FilterReading.strictest(interpreters.map { $0.action(for: data) })
        facts.evidence["filter"] = Evidence(
            "ptrace PTRACE_SECCOMP_GET_FILTER \(thread)", "\(call.name) \(facts.filterAction.words)")
        if !facts.filterAction.lets { facts.openingCapability = Self.opening(call, data, facts, native) }
    }

    /// The call as a filter sees it: with the number that it has for programs of this kind.
    private static func data(_ call: FailedCall, _ native: Architecture) -> CallData? {
        guard let number = call.number, let architecture = call.architecture else {
            return CallData(call.name, on: native)
        }
        return CallData(number: UInt32(truncatingIfNeeded: number), architecture: architecture)
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
