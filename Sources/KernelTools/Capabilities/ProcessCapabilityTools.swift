internal import Capabilities
internal import CommandLineUI
internal import LinuxKernel

extension CapabilityState {
    /// The three sets of a process that this form has.
    init(_ process: ProcessCapabilities) {
        self.init(effective: process.effective, inheritable: process.inheritable, permitted: process.permitted)
    }
}

/// Bounding, inheritable and ambient sets in one line: `!` not in the bounding set, `^` ambient, `%` inheritable though
/// not in the bounding set. Source: cap_iab(3).
func boundText(_ sets: ProcessCapabilities, last: Capability) -> String {
    CapabilitySet.all(upTo: last).capabilities.compactMap { capability in
        let isBlocked = !sets.bounding.contains(capability)
        let isInheritable = sets.inheritable.contains(capability)
        let isAmbient = sets.ambient.contains(capability)
        guard isBlocked || isInheritable || isAmbient else { return nil }
        return (isBlocked ? "!" : "") + (isAmbient ? "^" : isBlocked && isInheritable ? "%" : "") + capability.toolName
    }.joined(separator: ",")
}

/// `getpcaps`: the capabilities of processes. Source: getpcaps(8) of libcap 2.66.
let getpcapsTool = Tool(
    "getpcaps", "Display the capabilities of processes.",
    operands: "<pid> [<pid> ...]",
    options: [
        ToolOption(nil, "verbose", "use a more verbose output format"),
        ToolOption(nil, "ugly", "use the archaic legacy output format"),
        ToolOption(nil, "legacy", "use the archaic legacy output format"),
        ToolOption(nil, "iab", "show IAB of process too"),
    ],
    remarks: "A process may be named by its container, too.",
    run: { options, context in
        guard !options.operands.isEmpty else { throw ToolFailure("no pid given") }
        let containers = options.operands.allSatisfy { Int32($0) != nil } ? [] : context.containers()
        var status: Int32 = 0
        for text in options.operands {
            let named = containers.first { $0.name == text }?.pid
            do {
                guard let pid = Int32(text) ?? named, pid > 0 else { throw ToolFailure("'\(text)' is no pid") }
                let sets = try ProcessCapabilities(of: pid)
                let plain = "\(CapabilityState(sets))"
                // Beside the bounds, no word of a process without any.
                let state = options.has("iab") ? (plain == "=" ? "" : "\"\(plain)\" ") : plain
                let bounds = options.has("iab") ? try "[\(boundText(sets, last: .last()))]" : ""
                if options.has("legacy") || options.has("ugly") {
                    Output.write(Array("Capabilities for `\(text)': \(state)\(bounds)\n".utf8), to: .error)
                } else if options.has("verbose") {
                    Output.line("Capabilities for '\(text)': \(state)\(bounds)")
                } else {
                    Output.line("\(text): \(state)\(bounds)")
                }
            } catch {
                status = 1
                let reason = (error as? SyscallError).map { $0.code == .noSuchFile ? .noSuchProcess : $0.code }
                let words = reason.map { "\($0)" } ?? (error as? ToolFailure)?.message ?? "\(error)"
                Output.write(
                    Array("Failed to get cap's for process \(Table.printable(text)): (\(words))\n".utf8), to: .error)
            }
        }
        return status
    })

/// `pscap`: the processes that have capabilities. Source: pscap(8) of libcap-ng 0.8.
let pscapTool = Tool(
    "pscap", "List the processes that have capabilities.",
    options: [ToolOption("a", "all", "with those of process 1, too")],
    remarks:
        "Behind the capabilities: @ ambient ones, * in a user namespace of its own, + a bounding set to gain from.",
    run: { options, context in
        guard options.operands.isEmpty else { throw ToolFailure("takes no argument but -a") }
        let processes = try ProcessList.current()
        let accounts = Accounts.current()
        let all = try CapabilitySet.all(upTo: .last())
        let named = context.containers(processes).map { ($0.pid, $0.name) }
        let names = Dictionary(named, uniquingKeysWith: { first, _ in first })
        let ownUsers = try? readSymbolicLink("/proc/self/ns/user")
        var report = ""
        for pid in processes.pids {
            guard let stat = processes.stats[pid], pid != 2, stat.parent != 2, pid != 1 || options.has("all"),
                let sets = try? ProcessCapabilities(of: pid), !sets.permitted.isEmpty,
                let uid = try? OwnedDescriptor(open: "/proc/\(pid)", .pathOnly).status().userID
            else { continue }
            if report.isEmpty { report = "ppid  pid   name        command             capabilities\n" }
            let text =
                sets.permitted.isSuperset(of: all)
                ? "full"
                : sets.permitted.capabilities.map {
                    String($0.toolName.dropFirst($0.toolName.hasPrefix("cap_") ? 4 : 0))
                }.joined(separator: ", ")
            let users = try? readSymbolicLink("/proc/\(pid)/ns/user")
            let marks =
                (sets.ambient.isEmpty ? "" : " @") + (users == nil || users == ownUsers ? "" : " *")
                + (sets.bounding.isEmpty ? "" : " +")
            let command = stat.name + (names[pid].map { "[\($0)]" } ?? "")
            report +=
                (padded("\(stat.parent)", 5) + " " + padded("\(pid)", 5) + " "
                    + padded(accounts.userName(uid) ?? "\(uid)", 10)
                    + "  " + padded(Table.printable(command), 18) + "  " + text + marks + "\n")
        }
        Output.write(report)
        return 0
    })

/// The text with blanks behind it up to a width.
func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
