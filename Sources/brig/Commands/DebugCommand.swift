import ArgumentParser
import CommandLineUI
import Engine

struct DebugCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug", abstract: "A shell with tools in the namespaces of a container that has none.",
        usage: "brig debug [OPTIONS] CONTAINER [COMMAND [ARGUMENT…]]",
        discussion: """
            The shell's root is the tools' (the host's programs, read-only, or with --image those of a local image), in a \
            mount namespace of its own; the container's files are at /container, and its /proc, /sys and /dev in their \
            usual places. It has the container's user namespace, capabilities and seccomp filter, and is root unless --user \
            says otherwise. Nothing is mounted or written in the container by it, and when it ends nothing of it is left. \
            While it runs, processes of the container that may trace it can read its root, and so the host's programs: \
            where they are not to, take --image.
            """)

    @Option(parsing: .unconditional, help: "A local image with the tools; the host's are used without one.") var image:
        String?
    @Option(
        name: [.customShort("e", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "KEY=VALUE in its environment.") var env: [String] = []
    @Option(
        name: [.customShort("w", allowingJoined: true), .long], parsing: .unconditional,
        help: "Its working directory; /container without.")
    var workdir: String?
    @Option(
        name: [.customShort("u", allowingJoined: true), .long], parsing: .unconditional,
        help: "USER[:GROUP] of the container.") var user: String?
    @Flag(name: .shortAndLong, help: "Give it a terminal; a shell has one where there is one.") var tty = false
    @Flag(name: .shortAndLong, help: "Pass standard input on to it, as it is anyway.") var interactive = false
    @Flag(help: "With all capabilities.") var privileged = false
    @Argument(parsing: .captureForPassthrough, help: "The container and the command.") var words: [String] = []

    func run() throws {
        var words = words
        if words.first == "--" { words.removeFirst() }
        if let word = words.first, word.hasPrefix("-"), word != "--" {
            throw CommandExit(125, "unknown option \(word)")
        }
        guard let container = words.first else {
            throw CommandExit(1, "a container is needed: brig debug [OPTIONS] CONTAINER [COMMAND…]")
        }
        let command = words.count > 1 ? Array(words.dropFirst()) : nil
        let environment = try EnvironmentOptions.entries(env, files: [])
        let isTerminal = tty || (command == nil && Terminal().inputIsTerminal)
        let tools: DebugTools = image.map { .image($0) } ?? .host
        let status = try Globals.engine().debug(command, tools, in: container) { request in
            request.terminal = isTerminal
            request.environment = environment
            request.workingDirectory = workdir ?? ""
            if let user { request.user = user }
            request.privileged = privileged
        }
        if status != 0 { throw CommandExit(status) }
    }
}
