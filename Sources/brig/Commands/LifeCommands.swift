import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a container, which does not run yet.",
        usage: "brig create [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]", helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "Options, the image, and what to run in place of its own command.")
    var words: [String] = []

    func run() throws {
        guard let options = try ContainerOptions.read(words, for: "create") else { return }
        do {
            let engine = try Globals.engine()
            try options.ensureImage(engine)
            Output.line(try options.create(engine).id.text)
        } catch let error as EngineError {
            // As Docker: 125 is for `run`.
            throw CommandExit(1, error.message)
        }
    }
}

struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start containers that do not run.")

    @Flag(name: .shortAndLong, help: "Show what it puts out, and pass signals on.") var attach = false
    @Flag(name: .shortAndLong, help: "Pass standard input on to it.") var interactive = false
    @Option(parsing: .unconditional, help: "The keys that leave it to itself.") var detachKeys: String?
    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        guard attach || interactive else {
            return try forEach(containers) { engine, reference throws(EngineError) in
                try engine.startInBackground(reference)
            }
        }
        guard containers.count == 1 else {
            throw CommandExit(1, "you cannot start and attach multiple containers at once")
        }
        let keys = try detachKeys.map { try DetachKeys($0) } ?? DetachKeys()
        let engine = try Globals.engine()
        let streams = try engine.streams(of: containers[0])
        let sendsInput = interactive && streams.openStdin
        let terminal = Terminal()
        if sendsInput, streams.tty, !terminal.inputIsTerminal { throw CommandExit(1, "the input device is not a TTY") }
        try SignalProxy.block()
        let session =
            streams.isActive
            ? try engine.attach(containers[0])
            : try engine.start(try engine.identity(containers[0]).id, cleansUp: true)
        let status = try Foreground(
            session, terminal: terminal, sendsInput: sendsInput, hasTerminal: streams.tty, passesSignals: !streams.tty,
            detachKeys: keys
        ).run(engine)
        if status != 0 { throw CommandExit(status) }
    }
}

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Connect this terminal to a container that runs.")

    @Option(parsing: .unconditional, help: "The keys that leave it to itself.") var detachKeys: String?
    @Flag(help: "Do not pass standard input on.") var noStdin = false
    @Flag(inversion: .prefixedNo, help: "Pass signals on to the container.") var sigProxy = true
    @Argument(help: "A name or an identifier.") var container: String

    func run() throws {
        let keys = try detachKeys.map { try DetachKeys($0) } ?? DetachKeys()
        let engine = try Globals.engine()
        let streams = try engine.streams(of: container)
        let sendsInput = !noStdin && streams.openStdin
        let terminal = Terminal()
        if sendsInput, streams.tty, !terminal.inputIsTerminal { throw CommandExit(1, "the input device is not a TTY") }
        try SignalProxy.block()
        let status = try Foreground(
            try engine.attach(container), terminal: terminal, sendsInput: sendsInput, hasTerminal: streams.tty,
            passesSignals: sigProxy && !streams.tty, detachKeys: keys
        ).run(engine)
        if status != 0 { throw CommandExit(status) }
    }
}

struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "End containers, if they run, and start them again.")

    @Option(
        name: [.customShort("t"), .customLong("time"), .customLong("timeout")], parsing: .unconditional,
        help: "Seconds until it is killed; -1 waits for ever.")
    var time: Int?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Another signal than its own.") var signal: String?
    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in
            try engine.restart(reference, signal: signal, seconds: time)
        }
    }
}

struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until containers have ended, and print their exit codes.")

    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        let engine = try Globals.engine()
        var failed = false
        for container in containers {
            do {
                Output.line(String(try engine.wait(for: container)))
            } catch {
                Output.complain(error.message)
                failed = true
            }
        }
        if failed { throw CommandExit(1) }
    }
}

struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Give a container another name.")

    @Argument(help: "A name or an identifier.") var container: String
    @Argument(help: "The new name.") var name: String

    func run() throws { try Globals.engine().rename(container, to: name) }
}

struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Let all processes of containers stand still.")

    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in try engine.pause(reference) }
    }
}

struct UnpauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpause", abstract: "Let the processes of containers go on.")

    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in try engine.unpause(reference) }
    }
}

struct ContainerPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove all containers that do not run.")

    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE: until (a time), label, label!.") var filter:
        [String] = []

    func run() throws {
        var chosen = ContainerPruneFilter()
        for text in filter {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count) {
            case ("until", 2): chosen.until = try Clock.time(parts[1])
            case ("label", 2): chosen.labels.append(parts[1])
            case ("label!", 2): chosen.absentLabels.append(parts[1])
            default: throw CommandExit(1, "invalid filter '\(text)'")
            }
        }
        if !force {
            Output.write(
                "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] ")
            guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else { return }
        }
        let report = try Globals.engine().pruneContainers(chosen)
        if !report.deleted.isEmpty {
            Output.write("Deleted Containers:\n" + report.deleted.map { $0 + "\n" }.joined() + "\n")
        }
        Output.line("Total reclaimed space: \(ShownText.decimalSize(report.spaceReclaimed))")
    }
}
