import Anatomy
import ArgumentParser
import CommandLineUI
import Engine
import KernelTools
import LinuxKernel
import OCISpec

struct WhyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Tell what the kernel refuses a container or a command, and why one ended.",
        usage: "brig why [--json] [--all] [--seconds N] CONTAINER|PID|-- COMMAND [ARGUMENT…]",
        discussion: """
            Watches every call (ptrace). For each that is refused it says what refused it, and the smallest option of brig \
            run that would let it through. A running container or process is watched until it ends, for --seconds, or \
            until ^C; it goes on then. Of a COMMAND, what brig itself does is left out, so that brig why -- brig run … \
            is about the container. Of a container that has ended, it says why.
            """)

    @Flag(help: "As JSON; a command's own output then goes to standard error.") var json = false
    @Flag(help: "Also what programs expect to fail, such as calls that are newer than the filter.") var all = false
    @Option(parsing: .unconditional, help: "Watch so long what runs already.") var seconds: Int?
    @Argument(parsing: .captureForPassthrough, help: "A container, a pid, or -- and a command.") var words: [String] =
        []

    func run() throws {
        if words.first == "--" {
            try watch(Array(words.dropFirst()))
        } else if words.count == 1, let word = words.first {
            if Int32(word) == nil, let ended = try EndedContainerReading.read(word) {
                show(Ending(ended), ended.name)
            } else {
                try watch(running: try ProcessTarget.pid(of: word))
            }
        } else {
            throw CommandExit(1, "needs a container, a pid, or -- and a command")
        }
    }

    private func watch(_ command: [String]) throws {
        guard !command.isEmpty else { throw CommandExit(1, "needs a command behind --") }
        let before = try SignalMask.block([.child, .interrupt, .terminate])
        var watch = Watch()
        let toErrors = json
        try watch.start {
            do {
                try SignalMask.set(before)
                if toErrors { try makeStandardStream(1, ofNumber: 2) }
                try startCommand(command)
            } catch {
                Output.complain("\(error)")
            }
        }
        try watch.run()
        show(watch.denials)
        let status = watch.status?.shellCode ?? 0
        if status != 0 { throw CommandExit(status) }
    }

    private func watch(running pid: Int32) throws {
        try SignalMask.block([.child, .interrupt, .terminate])
        var watch = Watch()
        do throws(SyscallError) {
            try watch.join(try ProcessScan.current().container(of: pid))
        } catch {
            let isOthers = error.code == .notPermitted && CallerIdentity.effectiveUid != 0
            throw CommandExit(
                1,
                isOthers
                    ? "process \(pid) cannot be watched by user \(CallerIdentity.effectiveUid): it is another's, or it may not be traced (sudo)"
                    : error.description)
        }
        guard !watch.isEmpty else { throw CommandExit(1, "there is no process \(pid)") }
        if !json {
            let (all, line) = (all, { (denial: Denial) in Output.write(denial.text) })
            watch.report = { if all || !$0.isOrdinary { line($0) } }
        }
        try watch.run(for: seconds.map { .seconds($0) })
        if json {
            show(watch.denials)
        } else if watch.denials.allSatisfy({ $0.isOrdinary && !all }) {
            Output.line("nothing was refused")
        }
    }

    private func show(_ denials: [Denial]) {
        let shown = denials.filter { all || !$0.isOrdinary }
        if json {
            Output.line(JSONValue.object(["denials": .array(shown.map(\.json))]).text(.indented("  ")))
        } else {
            Output.write(shown.isEmpty ? "nothing was refused\n" : shown.map(\.text).joined())
        }
    }

    private func show(_ ending: Ending, _ name: String) {
        if json {
            Output.line(ending.json.text(.indented("  ")))
            return
        }
        var text = "\(ShownText.printable(name)): \(ShownText.printable(ending.explanation))\n"
        if let remedy = ending.remedy { text += "    helped by    \(ShownText.printable(remedy))\n" }
        for item in ending.evidence {
            text += "    [\(ShownText.printable(item.file)): \(ShownText.printable(item.value))]\n"
        }
        Output.write(text)
    }
}

/// What the engine knows of a container that does not run.
enum EndedContainerReading {
    /// - Returns: `nil` for one that runs.
    static func read(_ word: String) throws -> EndedContainer? {
        let globals = Globals.current
        guard (try? OwnedDescriptor(open: "\(globals.root)/brig.db", .pathOnly)) != nil else {
            throw CommandExit(1, ProcessTarget.unknownContainer(word))
        }
        let engine = try Globals.engine()
        let inspection = try engine.inspect(word)
        guard inspection.state.pid <= 0 else { return nil }
        var ended = EndedContainer(
            name: String(inspection.name.drop { $0 == "/" }), status: inspection.state.status,
            exitCode: inspection.state.exitCode, outOfMemory: inspection.state.oomKilled,
            memoryLimit: inspection.hostConfig.memory, error: inspection.state.error,
            command: [inspection.path] + inspection.args)
        ended.machine = (try? SystemName())?.machine ?? ""
        if !ended.error.isEmpty || [126, 127].contains(ended.exitCode) {
            let mounts =
                inspection.hostConfig.tmpfs.keys.map { EndedFiles.Mount($0, source: nil) }
                + inspection.mounts.map {
                    EndedFiles.Mount($0.destination, source: $0.type == "tmpfs" ? nil : $0.source)
                }
            ended.program = try? engine.withFiles(of: word) { root in
                EndedContainer.Program.find(
                    inspection.path, environment: inspection.config.env,
                    in: try EndedFiles(root: root, mounts: mounts))
            }
        }
        return ended
    }
}
