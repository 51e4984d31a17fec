internal import LinuxKernel

/// What decides about the use of capabilities, and is found outside of the call's own arguments.
extension ThreadReading {
    /// The old name of rename(2) and its kin.
    func oldPath(_ name: String, _ arguments: [UInt64]) -> String? {
        let place = name == "rename" ? 0 : 1
        guard place < arguments.count else { return nil }
        let text = ProcessMemory.text(thread, at: arguments[place]) ?? ""
        if text.hasPrefix("/") { return text }
        let number = place == 1 ? Int32(truncatingIfNeeded: arguments[0]) : -100
        let base = try? readSymbolicLink(number == -100 ? "/proc/\(thread)/cwd" : "/proc/\(thread)/fd/\(number)")
        return base.map { "\($0 == "/" ? "" : $0)/\(text)" }
    }

    /// The process that `/proc/PID/exe` and its kin belong to, which only those are shown who may trace it.
    func readLookedInto(
        _ path: String, _ root: borrowing OwnedDescriptor, _ name: String, _ facts: inout PrivilegeFacts
    ) {
        let parts = path.split(separator: "/")
        guard parts.count >= 3, parts[0] == "proc", let pid = Int32(parts[1]),
            ["exe", "cwd", "root", "fd", "fdinfo", "ns", "environ", "mem", "maps", "smaps", "map_files", "io", "auxv"]
                .contains(parts[2])
        else { return }
        // The links themselves are anybody's to look at.
        let isLink = ["exe", "cwd", "root"].contains(parts[2]) && parts.count == 3
        if isLink, ["lstat", "newfstatat", "statx"].contains(name) { return }
        facts.target = process(pid)
    }

    /// The process that a call names by its number in the thread's own pid namespace.
    func readTarget(
        _ name: String, _ arguments: [UInt64], _ status: ProcessStatus, _ facts: inout PrivilegeFacts
    ) {
        func argument(_ index: Int) -> Int32 {
            index < arguments.count ? Int32(truncatingIfNeeded: arguments[index]) : 0
        }
        switch name {
        case "kill":
            // Several at once: the call succeeds if one of them may be signalled.
            if argument(0) < -1 || argument(0) == -1 { facts.isTargetUnknown = true }
            if argument(0) > 0 { facts.target = process(argument(0)) }
        case "tkill", "rt_sigqueueinfo", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity",
            "prlimit64", "migrate_pages", "move_pages":
            if argument(0) > 0 { facts.target = process(argument(0)) }
        case "tgkill", "rt_tgsigqueueinfo": facts.target = process(argument(0))
        case "pidfd_send_signal":
            let file = "/proc/\(thread)/fdinfo/\(argument(0))"
            // As the reader of procfs sees it, which is this process.
            let line = (try? readText(file))?.split(separator: "\n").first { $0.hasPrefix("Pid:") }
            let pid = line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).last.flatMap { Int32($0) } ?? 0
            if pid > 0, let found = try? ProcessInformation(pid: pid).status() { facts.target = AskingProcess(found) }
        case "setpriority", "ioprio_set":
            let isProcess = argument(0) == (name == "setpriority" ? 0 : 1)
            if isProcess, argument(1) > 0 { facts.target = process(argument(1)) }
            if !isProcess { facts.isTargetUnknown = true }
            if isProcess { facts.nice = nice(of: argument(1) > 0 ? hostPid(argument(1)) ?? thread : thread) }
        case "nice": facts.nice = nice(of: thread)
        case "clone3":
            if let first = arguments.first, let bytes = try? ProcessMemory.read(thread, at: first, count: 8),
                bytes.count == 8
            {
                facts.cloneFlags = Self.number(bytes[...])
            }
        default: break
        }
    }

    private func nice(of pid: Int32) -> Int64 {
        // The 19th field; the name before them may hold anything but ends with the last parenthesis.
        guard let text = try? readText("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: close)...].split(separator: " ")
        return fields.count > 16 ? Int64(fields[16]) ?? 0 : 0
    }

    private func process(_ inside: Int32) -> AskingProcess? {
        guard let pid = hostPid(inside), let status = try? ProcessInformation(pid: pid).status() else { return nil }
        return AskingProcess(status)
    }

    /// The number that a process of the thread's pid namespace has here.
    private func hostPid(_ inside: Int32) -> Int32? {
        guard let own = try? readSymbolicLink("/proc/\(thread)/ns/pid") else { return nil }
        if (try? readSymbolicLink("/proc/self/ns/pid")) == own { return inside }
        guard let proc = try? OwnedDescriptor(open: "/proc", [.read, .directory]), let entries = try? proc.entries()
        else { return nil }
        for entry in entries {
            guard let pid = Int32(entry.name), (try? readSymbolicLink("/proc/\(pid)/ns/pid")) == own,
                let status = try? ProcessInformation(pid: pid).status()
            else { continue }
            if status.namespacePids.last == inside { return pid }
        }
        return nil
    }

    func readLimits(
        _ name: String, _ arguments: [UInt64], _ status: ProcessStatus, _ facts: inout PrivilegeFacts
    ) {
        switch name {
        case "setpriority", "nice", "sched_setscheduler", "mlock", "mlock2", "mlockall", "mmap":
            for resource in [LimitedResource.nicePriority, .realTimePriority, .lockedMemory] {
                facts.limits[resource.shortName] = (try? ResourceLimit.get(resource, of: thread))?.soft
            }
            facts.locked = Self.kilobytes(status["VmLck"])
            facts.mapped = Self.kilobytes(status["VmSize"])
        case "setrlimit", "prlimit64":
            let (kind, place) = name == "setrlimit" ? (0, 1) : (1, 2)
            guard place < arguments.count, arguments[place] != 0,
                let resource = LimitedResource(rawValue: Int32(truncatingIfNeeded: arguments[kind])),
                let bytes = try? ProcessMemory.read(thread, at: arguments[place], count: 16), bytes.count == 16,
                let now = try? ResourceLimit.get(resource, of: thread)
            else { return }
            facts.hardLimit = (now.hard, Self.number(bytes[8...]))
        default: break
        }
    }

    private static func kilobytes(_ text: String?) -> UInt64 {
        text.flatMap { $0.split(separator: " ").first }.flatMap { UInt64($0) }
            .map { $0.multipliedReportingOverflow(by: 1024).partialValue } ?? 0
    }

    /// Of the machine's byte order.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var result: UInt64 = 0
        withUnsafeMutableBytes(of: &result) { $0.copyBytes(from: bytes.prefix(8)) }
        return result
    }

    /// What is sent by a netlink socket; `nil` for any other file.
    func netlinkRequest(_ name: String, _ arguments: [UInt64]) -> (protocolNumber: UInt32, type: UInt16)? {
        guard arguments.count >= 3, let number = netlinkFamily(arguments[0]) else { return nil }
        // The message, or the first of several pieces: of sendmsg(2) behind struct msghdr, of writev(2) at once.
        var address = arguments[1]
        func pointer(_ at: UInt64) -> UInt64? {
            (try? ProcessMemory.read(thread, at: at, count: 8)).flatMap { $0.count == 8 ? Self.number($0[...]) : nil }
        }
        if name.hasPrefix("sendm") { address = pointer(address &+ 16) ?? 0 }
        if name.hasPrefix("sendm") || name == "writev" { address = pointer(address) ?? 0 }
        guard let header = try? ProcessMemory.read(thread, at: address, count: 6), header.count == 6 else {
            return (number, 0)
        }
        return (number, UInt16(truncatingIfNeeded: Self.number(header[4...] + [0, 0, 0, 0, 0, 0])))
    }
}
