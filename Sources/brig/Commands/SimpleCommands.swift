import ArgumentParser
import CommandLineUI
import Engine

/// Does the same with each of several objects, and goes on after a failure.
///
/// Prints each name as it was given, and exits with 1 if one failed.
func forEach(_ references: [String], _ body: (Engine, String) throws(EngineError) -> Void) throws {
    let engine = try Globals.engine()
    var failed = false
    for reference in references {
        do {
            try body(engine, reference)
            Output.line(reference)
        } catch {
            Output.complain(error.message)
            failed = true
        }
    }
    if failed { throw CommandExit(1) }
}

struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End containers, with force if need be.")

    @Option(
        name: [.customShort("t"), .customLong("time"), .customLong("timeout")], parsing: .unconditional,
        help: "Seconds until it is killed; -1 waits for ever.")
    var time: Int?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Another signal than its own.") var signal: String?
    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in
            try engine.stop(reference, signal: signal, seconds: time)
        }
    }
}

struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill", abstract: "Send a signal to containers' first processes.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "A name or a number.") var signal = "KILL"
    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in
            try engine.kill(reference, signal: signal)
        }
    }
}

struct RmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove containers.")

    @Flag(name: .shortAndLong, help: "Kill those that run.") var force = false
    @Flag(name: .shortAndLong, help: "Their anonymous volumes, too.") var volumes = false
    @Argument(help: "Names or identifiers.") var containers: [String]

    func run() throws {
        try forEach(containers) { engine, reference throws(EngineError) in
            do throws(EngineError) {
                try engine.remove(reference, force: force, volumes: volumes)
            } catch  where error.kind == .notFound && force {
                // As Docker: what is not there need not be removed.
                Output.complain(error.message)
            }
        }
    }
}

struct ContainerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "The commands on containers.",
        subcommands: [
            RunCommand.self, ExecCommand.self, PsCommand.self, LogsCommand.self, StopCommand.self, KillCommand.self,
            RmCommand.self, InspectCommand.self, CommitCommand.self, ExportCommand.self, PortCommand.self,
            CleanupCommand.self, UpdateCommand.self, StatsCommand.self, TopCommand.self, CopyCommand.self,
            DiffCommand.self,
            CreateCommand.self, StartCommand.self, RestartCommand.self, WaitCommand.self, RenameCommand.self,
            PauseCommand.self, UnpauseCommand.self, AttachCommand.self, ContainerPruneCommand.self,
            ReviveCommand.self, HealthCommand.self,
        ])
}

struct CleanupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup", abstract: "Clean up after a container that has ended.", shouldDisplay: false)

    @Option(
        parsing: .unconditional,
        help: "Of a process that nobody waits for and that has ended: all there is to do is to say so.")
    var exec: String?
    @Option(parsing: .unconditional, help: "How it ended.") var exitCode: Int32 = 0
    @Flag(help: "Of the log: all there is to do is to pack the file that it has left.") var packLog = false
    @Argument(help: "An identifier.") var container: String

    func run() throws {
        let engine = try Globals.engine()
        if packLog { return try engine.packLog(of: container) }
        guard let exec else { return try engine.cleanUp(container) }
        try engine.recordEnd(ofExec: exec, exitCode: exitCode, in: container)
    }
}

extension CleanupCommand: DirectCommand {
    static func taking(_ words: [String]) -> Self? {
        guard words.count == 1, words[0].first != "-" else { return nil }
        var command = Self()
        (command.exec, command.exitCode, command.packLog) = (nil, 0, false)
        command.container = words[0]
        return command
    }
}

struct ReviveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revive", abstract: "Start a container again, as its restart policy says.", shouldDisplay: false)

    @Argument(help: "An identifier.") var container: String

    func run() throws { try Globals.engine().revive(container) }
}

struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Find out whether a container is well, and remember it.",
        discussion: "Exits with 0 if it is, with 1 if it is not, with 2 if it cannot be asked now.")

    @Argument(help: "A name or an identifier.") var container: String

    func run() throws {
        switch try Globals.engine().checkHealth(container) {
        case .well: return
        case .ill(let output):
            if !output.isEmpty { Output.line(ShownText.printable(output)) }
            throw CommandExit(1)
        case .notNow(let why): throw CommandExit(2, why)
        }
    }
}
