import Anatomy
import ArgumentParser
import CommandLineUI
import KernelTools
import LinuxKernel
import OCISpec

struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "What a program needs of the kernel.",
        subcommands: [ProfileRecordCommand.self])
}

struct ProfileRecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record", abstract: "Make a seccomp profile and a list of capabilities of what a run uses.",
        usage: "brig profile record [--output FILE] -- COMMAND [ARGUMENT…]",
        discussion: """
            Watches every call of the command, and of all that it starts; of brig run, what is in the container. The \
            profile allows those calls and no others, so the run should do all that the program ever does. The options \
            of brig run that hold a container to it go to standard error.
            """)

    @Option(name: .shortAndLong, parsing: .unconditional, help: "Where the profile is written.") var output =
        "profile.json"
    @Argument(parsing: .captureForPassthrough, help: "-- and a command.") var words: [String] = []

    func run() throws {
        let command = words.first == "--" ? Array(words.dropFirst()) : words
        guard !command.isEmpty else { throw CommandExit(1, "needs a command: brig profile record -- COMMAND") }
        // Known before the run that it can be kept.
        let isNew = (try? OwnedDescriptor(open: output, .pathOnly)) == nil
        let file: OwnedDescriptor
        do {
            file = try OwnedDescriptor(open: output, [.write, .create], mode: 0o644)
        } catch {
            throw CommandExit(1, "cannot write \(output): \(error.code)")
        }
        let before = try SignalMask.block([.child, .interrupt, .terminate])
        var watch = Watch()
        watch.recordsPrivileges = true
        try watch.start {
            do {
                try SignalMask.set(before)
                try startCommand(command)
            } catch {
                Output.complain("\(error)")
            }
        }
        try watch.run()
        let recorded = watch.recorded
        guard watch.hasRunProgram else {
            // What was there before stays as it was.
            if isNew { Self.remove(output) }
            let status = watch.status?.shellCode ?? 1
            throw CommandExit(status == 0 ? 1 : status, "no program was run, so there is no profile")
        }
        try file.truncate(to: 0)
        try file.write(recorded.json.text(.indented("  ")) + "\n")
        let options = recorded.options(file: output).joined(separator: " ")
        let names = recorded.capabilities.isEmpty ? "no capability" : "\(recorded.capabilities)"
        Output.write(
            Array("\(recorded.calls.count) calls and \(names); a container with no more: brig run \(options) …\n".utf8),
            to: .error)
        if !recorded.open.isEmpty {
            Output.complain(
                "whether these used a capability could not be told: \(recorded.open.sorted().joined(separator: ", "))")
        }
        for denial in watch.denials where !denial.isOrdinary {
            Output.complain("refused during the run, and so not in the profile: \(denial.call) = \(denial.result)")
        }
        let status = watch.status?.shellCode ?? 0
        if status != 0 { throw CommandExit(status) }
    }

    /// An empty file that stays behind is no harm.
    private static func remove(_ path: String) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        try? OwnedDescriptor(open: directory, [.pathOnly, .directory]).removeFile(name)
    }
}
