import ArgumentParser
import CommandLineUI
import Engine
import LinuxKernel
import OCISpec

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command in a new container.",
        usage: "brig run [OPTIONS] IMAGE [COMMAND [ARGUMENT…]]", helpNames: [])

    @Argument(parsing: .captureForPassthrough, help: "Options, the image, and what to run in place of its own command.")
    var words: [String] = []

    func run() throws {
        guard let options = try ContainerOptions.read(words, for: "run") else { return }
        guard !options.explains else {
            do {
                return try RunExplanation.show(options, asJSON: options.explainsAsJSON)
            } catch let error as EngineError {
                throw CommandExit(running: error)
            }
        }
        let terminal = Terminal()
        let configuration = options.request.configuration
        if configuration.attachStdin, configuration.tty, !terminal.inputIsTerminal {
            throw CommandExit(1, "the input device is not a TTY")
        }
        do {
            try run(options, terminal)
        } catch let error as EngineError {
            throw CommandExit(running: error)
        }
    }

    private func run(_ options: ContainerOptions, _ terminal: Terminal) throws {
        let keys = try options.detachKeys.map { try DetachKeys($0) } ?? DetachKeys()
        let engine = try Globals.engine()
        try options.ensureImage(engine)
        // From here on a signal is for the container, and must not end this command between two steps of its making.
        try SignalProxy.block()
        let identity = try options.create(engine)
        let session: ContainerSession
        do {
            session = try engine.start(
                identity.id, attached: !options.isDetached, cleansUp: !options.isDetached)
        } catch {
            // As in Docker, the container stays to be looked at, unless it was to be removed.
            if options.request.host.autoRemove { try engine.remove(identity.id.text) }
            throw error
        }
        if options.isDetached {
            Output.line(identity.id.text)
            return
        }
        let foreground = try Foreground(
            session, terminal: terminal, sendsInput: options.request.configuration.attachStdin,
            hasTerminal: options.request.configuration.tty, passesSignals: options.passesSignals,
            detachKeys: keys, shows: options.outputs)
        let status = try foreground.run(engine)
        if status != 0 { throw CommandExit(status) }
    }
}

extension RunCommand: DirectCommand {
    static func taking(_ words: [String]) -> Self? {
        var command = Self()
        command.words = words
        return command
    }
}

extension ContainerOptions {
    /// The outputs that a command in the foreground shows. A terminal is one stream.
    var outputs: [Output.Stream] {
        let configuration = request.configuration
        return (configuration.attachStdout ? [.output] : []) + (configuration.attachStderr ? [.error] : [])
    }

    /// Pulls the image, as the options say.
    func ensureImage(_ engine: Engine) throws {
        let display = ProgressDisplay(
            isQuiet ? .quiet : .auto, on: .error,
            terminal: Terminal.liveSize(.error).map { (Int($0.rows), Int($0.columns)) })
        try engine.ensureImage(
            image, policy: pull, platform: platform,
            began: { reference in
                if pull == .missing { display.say("Unable to find image '\(reference.familiarText)' locally") }
                display.sayPulling(reference, asked: image)
            }, progress: display.handler)
    }

    /// Makes the container, and writes its identifier where it was asked for.
    func create(_ engine: Engine) throws -> ContainerIdentity {
        guard let cidfile else { return try warned(engine.create(request)) }
        let file: OwnedDescriptor
        do {
            file = try OwnedDescriptor(open: cidfile, [.write, .create, .exclusive], mode: 0o644)
        } catch {
            throw CommandExit(CommandExit.engine, "failed to create the container ID file: \(error)")
        }
        do {
            let identity = try warned(engine.create(request))
            try file.write(Array(identity.id.text.utf8))
            return identity
        } catch {
            // Empty, it would keep the next try from working.
            try? Self.remove(cidfile)
            throw error
        }
    }

    private func warned(_ identity: ContainerIdentity) -> ContainerIdentity {
        for warning in identity.warnings where platform == nil {
            Output.write(Array("WARNING: \(warning)\n".utf8), to: .error)
        }
        return identity
    }

    private static func remove(_ path: String) throws(SyscallError) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try OwnedDescriptor(open: directory, [.read, .directory]).removeFile(
            String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...]))
    }
}
