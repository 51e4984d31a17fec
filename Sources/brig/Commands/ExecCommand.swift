import ArgumentParser
import CommandLineUI
import Engine

struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a further command in a running container.",
        usage: "brig exec [OPTIONS] CONTAINER COMMAND [ARGUMENT…]")

    @Flag(name: .shortAndLong, help: "Do not wait for it.") var detach = false
    @Flag(name: .shortAndLong, help: "Pass standard input on to it.") var interactive = false
    @Flag(name: .shortAndLong, help: "Give it a terminal.") var tty = false
    @Option(
        name: [.customShort("e", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "KEY=VALUE in its environment.") var env: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "A file with one KEY=VALUE a line.") var envFile: [String] = []
    @Option(
        name: [.customShort("w", allowingJoined: true), .long], parsing: .unconditional, help: "Its working directory.")
    var workdir: String?
    @Option(name: [.customShort("u", allowingJoined: true), .long], parsing: .unconditional, help: "USER[:GROUP].")
    var user: String?
    @Flag(help: "With all capabilities.") var privileged = false
    @Option(parsing: .unconditional, help: "The keys that leave it to itself.") var detachKeys: String?
    @Argument(parsing: .captureForPassthrough, help: "The container and the command.") var words: [String] = []

    func run() throws {
        var words = words
        if words.first == "--" { words.removeFirst() }
        if let first = words.first, ["-h", "--help"].contains(first) { return Output.write(Self.helpMessage() + "\n") }
        if let first = words.first, first.hasPrefix("-") {
            throw CommandExit(CommandExit.engine, "unknown option \(first)")
        }
        guard words.count >= 2 else {
            throw CommandExit(1, "a container and a command are needed: brig exec [OPTIONS] CONTAINER COMMAND…")
        }
        if tty, interactive, !detach, !Terminal().inputIsTerminal {
            throw CommandExit(1, "the input device is not a TTY")
        }
        var request = ExecRequest(command: Array(words.dropFirst()))
        request.terminal = tty
        request.interactive = interactive
        request.detached = detach
        let keys = try detachKeys.map { try DetachKeys($0) } ?? DetachKeys()
        if tty, interactive { request.detachKeys = keys.bytes }
        do {
            request.environment = try EnvironmentOptions.entries(env, files: envFile)
        } catch let error as EngineError {
            throw CommandExit(running: error)
        }
        request.workingDirectory = workdir ?? ""
        request.user = user
        request.privileged = privileged
        let engine = try Globals.engine()
        let status: Int32
        do throws(EngineError) {
            status = try engine.execute(request, in: words[0])
        } catch {
            // As in Docker, a process that cannot be had in that way is one that cannot be executed.
            if error.kind == .invalidInput { throw CommandExit(126, error.message) }
            throw error
        }
        if status == ExecRequest.leftToItself { throw CommandExit(1, "read escape sequence") }
        if status != 0 { throw CommandExit(status) }
    }
}
