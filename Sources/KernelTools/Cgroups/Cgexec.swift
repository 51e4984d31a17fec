internal import Cgroups
internal import CommandLineUI
internal import LinuxKernel

/// `cgexec`: a command in cgroups, and word of what the kernel kills in them. Source: cgexec(1).
let cgexecTool = Tool(
    "cgexec", "Run the task in given control group(s).",
    operands: "[-g <controllers>:<path>] command [arguments] ...",
    options: [groupOption, ToolOption(nil, "sticky", "accepted: there is no daemon here that moves processes")],
    startsCommand: true,
    remarks: "When the kernel kills a process of the group for memory, cgexec says which, with the limit and the peak.",
    run: { options, _ in
        guard !options.operands.isEmpty else { throw ToolFailure("no command given") }
        guard !options.values("g").isEmpty else {
            throw ToolFailure("no group given: -g CONTROLLERS:PATH", status: CgroupStatus.noRules)
        }
        let host = try CgroupHost.detect()
        let places = try options.values("g").flatMap { try CgroupSelection(parsing: $0).places(host) }
        for place in places {
            do throws(SyscallError) {
                _ = try place.open()
            } catch {
                throw ToolFailure(
                    "cannot find group '\(place.path)' in \(place.hierarchy.mountPoint): \(error.code)",
                    status: CgroupStatus.noGroup)
            }
        }
        let memory = places.first { $0.hierarchy.controllers.contains(.memory) }
        guard let memory, let watch = MemoryWatch(memory) else {
            try join(places)
            try executeCommand(options.operands, failing: CgroupStatus.misuse)
        }
        return try run(options.operands, places, watch)
    })

private func join(_ places: [CgroupPlace]) throws(SyscallError) {
    for place in places { try place.write("cgroup.procs", "0") }
}

/// Runs the command in a child, which alone joins the cgroups, and reports on it.
private func run(_ command: [String], _ places: [CgroupPlace], _ watch: MemoryWatch) throws -> Int32 {
    // ^C is for the command; this process has to stay and report.
    let before = try SignalMask.block([.interrupt, .quit])
    switch try clone(namespaces: [], cgroup: nil) {
    case .child:
        do {
            try SignalMask.set(before)
            try join(places)
            try executeCommand(command, failing: CgroupStatus.misuse)
        } catch let failure as ToolFailure {
            Output.write(Array("cgexec: \(failure.message ?? "")\n".utf8), to: .error)
            exitNow(failure.status)
        } catch {
            Output.write(Array("cgexec: \(error)\n".utf8), to: .error)
            exitNow(1)
        }
    case .parent(let pid, let pidfd):
        while try !watch.wait(with: pidfd) {}
        let status = try Children.wait(for: pid)
        watch.report(ended: pid)
        return status.shellCode
    }
}

/// Hears of processes that the kernel kills for memory: from its log, which names them, and where that may not be read
/// from the cgroup's own counter.
private final class MemoryWatch {
    let place: CgroupPlace
    private let log: OwnedDescriptor?
    private let known: UInt64
    private var reported: UInt64 = 0

    /// - Returns: `nil` if the cgroup has no counter, as v2's root.
    init?(_ place: CgroupPlace) {
        self.place = place
        guard let known = MemoryWatch.kills(place) else { return nil }
        self.known = known
        log = MemoryWatch.openLog()
    }

    private static func openLog() -> OwnedDescriptor? {
        guard let log = try? OwnedDescriptor(open: "/dev/kmsg", [.read, .nonBlocking]) else { return nil }
        // What was said before is not about this command.
        while (try? log.read(upTo: 8192))?.isEmpty == false {}
        return log
    }

    /// How many processes the kernel has killed here.
    private static func kills(_ place: CgroupPlace) -> UInt64? {
        let file = place.hierarchy.version == .v1 ? "memory.oom_control" : "memory.events"
        for line in ((try? place.content(file)) ?? "").split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return UInt64(line.dropFirst(9))
        }
        return nil
    }

    /// Waits for the process or for word from the kernel.
    ///
    /// - Returns: Whether the process has ended.
    func wait(with process: borrowing OwnedDescriptor) throws(SyscallError) -> Bool {
        switch log {
        case .some(let log):
            let ready = try pollReady([(process.raw, .readable), (log.raw, .readable)], nil)
            if ready.contains(where: { $0.index == 1 }) { readLog(log) }
            return ready.contains { $0.index == 0 }
        case .none:
            return try !process.wait(for: .readable, timeout: nil).isEmpty
        }
    }

    private func readLog(_ log: borrowing OwnedDescriptor) {
        while let record = try? log.read(upTo: 8192), !record.isEmpty {
            let text = String(decoding: record, as: UTF8.self)
            // `...: Killed process 4321 (stress) total-vm:...`, after a line that names the cgroup; the counter of this
            // cgroup tells whether it was here.
            guard text.contains("Memory cgroup out of memory"), let killed = Self.killed(text),
                let now = Self.kills(place), now > known + reported
            else { continue }
            reported += 1
            say("process \(killed.pid) (\(killed.name)) was killed for memory")
        }
    }

    /// Pid and name in the kernel's line.
    static func killed(_ text: String) -> (pid: String, name: String)? {
        guard let range = text.firstRange(of: "Killed process ") else { return nil }
        let rest = text[range.upperBound...]
        let pid = rest.prefix { $0.isNumber }
        guard !pid.isEmpty, let open = rest.firstIndex(of: "("), let close = rest[open...].firstIndex(of: ")") else {
            return nil
        }
        return (String(pid), String(rest[rest.index(after: open)..<close]))
    }

    /// Says at the end what the log did not.
    func report(ended pid: Int32) {
        switch log {
        case .some(let log): readLog(log)
        case .none: break
        }
        guard let now = Self.kills(place), now > known + reported else { return }
        let count = now - known - reported
        say("\(count) process\(count == 1 ? " was" : "es were") killed for memory")
    }

    private func say(_ what: String) {
        let isLegacy = place.hierarchy.version == .v1
        let limit = (try? CgroupParameters.read("memory.max", at: place).value).flatMap(UInt64.init)
        let peak = (try? place.content(isLegacy ? "memory.max_usage_in_bytes" : "memory.peak")).flatMap(UInt64.init)
        let details = [
            "cgroup \(place.shown)", "limit \(limit.map(Self.size) ?? "none of its own")",
            peak.map { "peak \(Self.size($0))" },
        ].compactMap { $0 }
        Output.write(Array("cgexec: \(Table.printable(what)): \(details.joined(separator: ", "))\n".utf8), to: .error)
    }

    private static func size(_ bytes: UInt64) -> String {
        let tenths = bytes.multipliedReportingOverflow(by: 10).partialValue >> 20
        return bytes < 10 << 20 ? "\(bytes >> 10) KiB" : "\(tenths / 10).\(tenths % 10) MiB"
    }
}
