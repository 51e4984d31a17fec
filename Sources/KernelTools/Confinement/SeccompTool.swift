internal import Anatomy
internal import Capabilities
internal import CommandLineUI
internal import ContainerRuntime
internal import LinuxKernel
internal import Seccomp

/// `seccomp`: which calls a process may make, and what a profile says about them.
let seccompTool = Tool(
    "seccomp", "Show seccomp filters of processes, and explain profiles.",
    operands: "show PID | explain PROFILE [SYSCALL] | diff A B",
    options: [
        ToolOption("q", "quiet", "show: without the program's instructions")
    ],
    remarks: """
        A PROFILE is a file in Docker's or the runtime-spec's form, or the word builtin for the default one;
        builtin+SYS_ADMIN,SYS_TIME is what a container with these capabilities gets. PID may be a container's name.
        """,
    run: { options, context in
        let words = options.operands
        let profiles = ProfileReader(read: context.profile)
        switch (words.first, words.count) {
        case ("show", 2): try FilterReport(words[1], context).show(quietly: options.has("quiet"))
        case ("explain", 2): Output.write(try profiles.profile(words[1]).summary())
        case ("explain", 3):
            Output.write(
                try profiles.profile(words[1]).explanation(of: words[2], variants: profiles.variants(words[1])))
        case ("diff", 3): return try difference(profiles.profile(words[1]), profiles.profile(words[2]))
        default: throw ToolFailure("needs show PID, explain PROFILE [SYSCALL] or diff A B")
        }
        return 0
    })

private struct ProfileReader {
    let read: @Sendable (String, [String]) throws -> SeccompSource

    func profile(_ name: String) throws -> ExplainedProfile { try ExplainedProfile(try source(name)) }

    private func source(_ name: String, adding capabilities: [String] = []) throws -> SeccompSource {
        guard name.hasPrefix("builtin+") else { return try read(name, capabilities) }
        return try read("builtin", name.dropFirst(8).split(separator: ",").map(String.init) + capabilities)
    }

    /// The profile as it is with each further capability: rules of Docker's form can ask for one.
    func variants(_ name: String) throws -> [(capability: String, profile: Profile)] {
        try CapabilitySet.named.capabilities.map { capability in
            (
                capability.specName,
                try Profile(spec: try source(name, adding: [String(capability.specName.dropFirst(4))]))
            )
        }
    }
}

/// What the kernel says about the filters of one process.
private struct FilterReport {
    let pid: Int32
    let name: String

    init(_ text: String, _ context: ToolContext) throws {
        if let pid = Int32(text), pid > 0 {
            self.pid = pid
        } else if let container = context.containers().first(where: { $0.name == text }) {
            pid = container.pid
        } else {
            throw ToolFailure("'\(text)' is no pid, and no running container has that name")
        }
        name = try ProcessStat(of: pid).name
    }

    func show(quietly: Bool) throws {
        let status = try ProcessInformation(pid: pid).status()
        let mode = status.seccompMode ?? 0
        let meaning = [0: "none: every call is made", 1: "strict: only read, write, exit and sigreturn", 2: "filter"]
        let count = status.number("Seccomp_filters").map { Int(clamping: $0) }
        Output.line("process \(pid) (\(Table.printable(name)))")
        Output.line("  mode     \(mode) \(meaning[mode] ?? "unknown")  [/proc/\(pid)/status: Seccomp]")
        if let count { Output.line("  filters  \(count)  [/proc/\(pid)/status: Seccomp_filters]") }
        Output.line("  no_new_privs  \(status.noNewPrivileges ? 1 : 0)  [/proc/\(pid)/status: NoNewPrivs]")
        guard mode == 2, count != 0 else { return }
        let programs: [Program]
        do {
            programs = try FilterReading.programs(of: pid, state: try ProcessStat(of: pid).state)
        } catch {
            Output.line("  the filters themselves cannot be read: \(error)")
            return
        }
        for (index, program) in programs.enumerated() {
            let position = index == 0 ? "installed last, asked as all are" : "asked as all are"
            Output.line(
                "filter \(index) (\(position); the strictest answer counts): \(program.instructions.count) instructions"
            )
            Output.write(try blocked(by: program))
            if !quietly { Output.write(program.disassembly().map { "    \($0)\n" }.joined()) }
        }
    }

    /// The calls of this machine that the program does not make, whatever their arguments are; found by running it.
    private func blocked(by program: Program) throws -> String {
        try FilterReading.blocked(by: [program]).map { group in
            "  \(group.action.words) with all arguments 0 (\(group.calls.count)): \(group.calls.joined(separator: " "))\n"
        }.joined()
    }
}
