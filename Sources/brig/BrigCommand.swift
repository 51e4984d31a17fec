import ArgumentParser
import CommandLineUI
import Engine
import KernelTools
import LinuxKernel

/// A command that takes its words as they are, so that no grammar need be set up for them.
protocol DirectCommand: ParsableCommand {
    /// `nil` for words that the grammar has to judge.
    static func taking(_ words: [String]) -> Self?
}

struct BrigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brig", abstract: "Containers without a daemon.",
        usage: "brig [--root DIR] [--run-root DIR] COMMAND …",
        discussion: """
            Before the command: --root DIR (BRIG_ROOT) is where images and containers are kept, /var/lib/brig unless \
            said otherwise; --run-root DIR (BRIG_RUN) is for what ends with a reboot, /run/brig. BRIG_RUNTIME names \
            another brig-runtime.
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Containers:",
                subcommands: [
                    RunCommand.self, ExecCommand.self, PsCommand.self, LogsCommand.self, StopCommand.self,
                    KillCommand.self, RmCommand.self, InspectCommand.self, CommitCommand.self, ExportCommand.self,
                    CreateCommand.self, StartCommand.self, RestartCommand.self, WaitCommand.self, AttachCommand.self,
                    RenameCommand.self, PauseCommand.self, UnpauseCommand.self,
                    UpdateCommand.self, StatsCommand.self, TopCommand.self, CopyCommand.self, DiffCommand.self,
                    ContainerCommand.self,
                ]),
            CommandGroup(
                name: "Images:",
                subcommands: [
                    BuildCommand.self, PullCommand.self, PushCommand.self, LoadCommand.self, SaveCommand.self,
                    ImportCommand.self,
                    ImagesCommand.self, RmiCommand.self, TagCommand.self, HistoryCommand.self,
                    ImageCommand.self, BuilderCommand.self,
                ]),
            CommandGroup(name: "Networks:", subcommands: [NetworkCommand.self, PortCommand.self]),
            CommandGroup(name: "Projects:", subcommands: [ComposeCommand.self]),
            CommandGroup(name: "Volumes:", subcommands: [VolumeCommand.self]),
            CommandGroup(
                name: "Registries:", subcommands: [LoginCommand.self, LogoutCommand.self, ManifestCommand.self]),
            CommandGroup(
                name: "Answers:",
                subcommands: [
                    AnatomyCommand.self, WhyCommand.self, ProfileCommand.self, ScriptCommand.self, DebugCommand.self,
                    NetCommand.self,
                ]),
            CommandGroup(
                name: "Brig:",
                subcommands: [
                    InfoCommand.self, DoctorCommand.self, EventsCommand.self, SystemCommand.self, VersionCommand.self,
                    ToolsCommand.self,
                    LabCommand.self,
                ]),
        ])

    /// Runs one command line.
    ///
    /// - Returns: The exit code: Docker's, so 125 for a command line that is wrong and for what the engine cannot do in
    ///   `run`, and 1 for what other commands cannot do.
    static func main(programName: String, arguments: [String]) -> Int32 {
        do {
            var rest = arguments
            // Called by a tool's own name, all words are the tool's.
            let calledName = programName.split(separator: "/").last.map(String.init) ?? ""
            if KernelTools.named(calledName) == nil { Globals.current = try Globals(takingFrom: &rest) }
            if let tool = KernelToolCommands.chosen(programName: programName, &rest) {
                return tool.main(rest, KernelToolCommands.context)
            }
            if rest.isEmpty || rest == ["--help"] || rest == ["-h"] || rest == ["help"] {
                Output.write(helpMessage() + KernelToolCommands.list)
                return 0
            }
            if rest == ["--version"] || rest == ["-v"] {
                Output.line("brig version \(brigVersion)")
                return 0
            }
            if rest.first == "compose" { ComposeGlobals.current = try ComposeGlobals(takingFrom: &rest) }
            if let unknown = rest.first, !unknown.hasPrefix("-"), !knows(unknown) {
                throw CommandExit(1, "there is no command \(unknown): see brig --help")
            }
            let words = separated(FlagValues.removed(from: rest))
            var command = try parseAlone(words) ?? parseAsRoot(words)
            try command.run()
            return 0
        } catch let error as EngineError {
            Output.complain(error.message)
            return 1
        } catch let code as CommandExit {
            if let message = code.message { Output.complain(message) }
            return code.status
        } catch {
            return report(error)
        }
    }

    /// The words with joined values taken apart, for the command that has such options and no grammar of its own.
    private static func separated(_ words: [String]) -> [String] {
        let command = words.first == "container" ? Array(words.prefix(2)) : Array(words.prefix(1))
        guard command.last == "exec" else { return words }
        let joined = JoinedOptions(
            letters: "euw", flags: ["interactive", "tty", "detach", "privileged", "help"])
        return command + joined.separated(Array(words.dropFirst(command.count)))
    }

    /// The command that the words begin with, parsed without the others: to set up all of them takes longer than most do.
    ///
    /// - Returns: `nil` for words that are wrong or ask for help: what is said of these names the whole command line.
    /// - Throws: What is wrong beside a flag with a value, which ArgumentParser would name instead.
    private static func parseAlone(_ words: [String]) throws -> (any ParsableCommand)? {
        var type: any ParsableCommand.Type = Self.self
        var rest = words[...]
        while let word = rest.first {
            let configuration = type.configuration
            let below = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
            guard
                let next = below.first(where: {
                    $0.configuration.commandName == word || $0.configuration.aliases.contains(word)
                })
            else { break }
            type = next
            rest = rest.dropFirst()
        }
        guard rest.startIndex > 0, type.configuration.subcommands.isEmpty,
            type.configuration.groupedSubcommands.allSatisfy(\.subcommands.isEmpty)
        else { return nil }
        if let direct = type as? any DirectCommand.Type, let command = direct.taking(Array(rest)) { return command }
        // Help names the command with those above it.
        if rest.contains("--help") || rest.contains("-h") { return nil }
        if let command = try? type.parseAsRoot(Array(rest)) { return command }
        return try BooleanFlags.parse(type, Array(rest))
    }

    private static func knows(_ name: String) -> Bool {
        name == "help"
            || configuration.groupedSubcommands.flatMap(\.subcommands).contains {
                $0.configuration.commandName == name || $0.configuration.aliases.contains(name)
            }
    }

    /// What ArgumentParser throws: a wrong command line, or that help or the version was asked for.
    private static func report(_ error: any Error) -> Int32 {
        let status = exitCode(for: error)
        if status.isSuccess {
            Output.write(fullMessage(for: error) + "\n")
            return 0
        }
        guard status == .validationFailure else {
            Output.complain("\(error)")
            return status.rawValue
        }
        let message = message(for: error).split(separator: "\n").joined(separator: " ")
        Output.complain(message)
        // As in Docker, too few or too many words are no wrong option.
        let isAboutWords = ["Missing expected argument", "Unexpected argument", "unexpected argument"].contains {
            message.hasPrefix($0)
        }
        return isAboutWords ? 1 : CommandExit.engine
    }
}

/// An exit code that is not 0 or 1.
struct CommandExit: Error, CustomStringConvertible {
    /// Docker's code for what the engine, and not the container, could not do.
    static let engine: Int32 = 125

    let status: Int32
    let message: String?
    /// For ArgumentParser, where a value's own check throws it.
    var description: String { message ?? "exit code \(status)" }

    init(_ status: Int32, _ message: String? = nil) {
        self.status = status
        self.message = message
    }

    /// What `run` exits with for an error of the engine.
    init(running error: EngineError) {
        let status: Int32 =
            switch error.kind {
            case .notExecutable: 126
            case .programNotFound: 127
            default: CommandExit.engine
            }
        self.init(status, error.message)
    }
}
