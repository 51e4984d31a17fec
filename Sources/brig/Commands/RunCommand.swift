import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container.",
        usage: "brig run [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]", helpNames: .long)

    @OptionGroup var container: ContainerOptions
    @Flag(name: .shortAndLong, help: "Do not wait: print the container's identifier.") var detach = false
    @Flag(name: .customLong("rm"), help: "Remove the container when it has ended.") var remove = false
    @Option(
        help: "Whether to pull the image first: always, missing or never.",
        transform: { try choice($0, "--pull") })
    var pull: PullPolicy = .missing
    @Option(help: "Which image to pull, such as linux/arm64.") var platform: String?
    @Flag(name: .shortAndLong, help: "Do not show how a pull goes on.") var quiet = false
    @Flag(inversion: .prefixedNo, help: "Pass signals on to the container.") var sigProxy = true
    @Option(help: "The keys that leave the container to itself, such as ctrl-p,ctrl-q.") var detachKeys: String?
    @Argument(parsing: .captureForPassthrough, help: "The image, and what to run instead of its own command.")
    var words: [String] = []

    func run() throws {
        var request = try container.request(words, removed: remove)
        let isInteractive = container.interactive
        let hasTerminal = container.tty
        request.configuration.attachStdout = !detach
        request.configuration.attachStderr = !detach && !hasTerminal
        request.configuration.attachStdin = !detach && isInteractive
        request.configuration.stdinOnce = !detach && isInteractive
        let terminal = Terminal()
        if !detach, isInteractive, hasTerminal, !terminal.inputIsTerminal {
            throw CommandExit(1, "the input device is not a TTY")
        }
        do {
            try run(request, terminal)
        } catch let error as EngineError {
            throw CommandExit(running: error)
        }
    }

    private func run(_ request: ContainerRequest, _ terminal: Terminal) throws {
        let keys = try detachKeys.map { try DetachKeys($0) } ?? DetachKeys()
        let engine = try Globals.engine()
        let display = ProgressDisplay(
            quiet ? .quiet : .auto, on: .error,
            terminal: Terminal.errorSize.map { (Int($0.rows), Int($0.columns)) })
        let image = request.configuration.image
        try engine.ensureImage(
            image, policy: pull, platform: platform,
            began: { reference in
                if pull == .missing { display.say("Unable to find image '\(reference.familiarText)' locally") }
                display.sayPulling(reference, asked: image)
            }, progress: display.handler)
        // From here on a signal is for the container, and must not end this command between two steps of its making.
        try SignalProxy.block()
        let identity = try engine.create(request)
        let session: ContainerSession
        do {
            session = try engine.start(identity.id, attached: !detach)
        } catch {
            // As in Docker, the container stays to be looked at, unless it was to be removed.
            if remove { try engine.remove(identity.id.text) }
            throw error
        }
        if detach {
            Output.line(identity.id.text)
            return
        }
        let foreground = try Foreground(
            session, terminal: terminal, sendsInput: container.interactive, hasTerminal: container.tty,
            passesSignals: sigProxy, detachKeys: keys)
        let status = try foreground.run(engine)
        if status != 0 { throw CommandExit(status) }
    }
}
