internal import AppArmor
internal import CommandLineUI
internal import LinuxKernel

/// `aa`: AppArmor on this host. Source: aa-status(8) of apparmor 3.0.
let appArmorTool = Tool(
    "aa", "Show AppArmor's profiles and the processes under them.",
    operands: "status [PID...]",
    remarks: "Exit status of status: 0 with profiles, 1 if AppArmor is off, 2 if it has no profile.",
    run: { options, context in
        guard options.operands.first == "status" else { throw ToolFailure("needs: status") }
        guard try AppArmor.isEnabled() else {
            Output.line("apparmor is not enabled  [/sys/module/apparmor/parameters/enabled]")
            return 1
        }
        Output.line("apparmor module is loaded.")
        let profiles = try AppArmor.loadedProfiles()
        Output.line("\(profiles.count) profiles are loaded.")
        for (mode, members) in Dictionary(grouping: profiles, by: { $0.mode ?? "enforce" }).sorted(by: {
            $0.key < $1.key
        }) {
            Output.line("\(members.count) profiles are in \(mode) mode.")
            for profile in members.map(\.profile).sorted() { Output.line("   \(Table.printable(profile))") }
        }
        let names = Dictionary(context.containers().map { ($0.pid, $0.name) }, uniquingKeysWith: { first, _ in first })
        let processes = try ProcessList.current()
        let confined = processes.pids.compactMap { pid -> (pid: Int32, label: AppArmor.Label)? in
            guard let label = try? AppArmor.label(of: pid), label.profile != "unconfined" else { return nil }
            return (pid, label)
        }
        Output.line("\(confined.count) processes have profiles defined.")
        for (pid, label) in confined {
            let program = (try? readSymbolicLink("/proc/\(pid)/exe")) ?? processes.command(pid)
            let container = names[pid].map { " [\($0)]" } ?? ""
            Output.line(
                Table.printable("   \(program) (\(pid))\(container) \(label.profile) (\(label.mode ?? "enforce"))"))
        }
        return profiles.isEmpty ? 2 : 0
    })

extension AppArmor {
    /// What confines a process.
    fileprivate typealias Label = Confinement
}
