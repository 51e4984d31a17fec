import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel

struct ComposeExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a further command in a service's container.",
        usage: "brig compose exec [OPTIONS] SERVICE COMMAND [ARGUMENT…]")

    @Flag(name: .shortAndLong, help: "Do not wait for it.") var detach = false
    @Flag(name: [.customShort("T"), .customLong("no-tty"), .customLong("no-TTY")], help: "No terminal.") var noTTY =
        false
    @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Accepted for scripts: input is passed on.")
    var interactive = true
    @Flag(name: .shortAndLong, help: "Accepted for scripts: a terminal is given where there is one.") var tty = false
    @Option(
        name: [.customShort("e", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "KEY=VALUE in its environment.") var env: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Its working directory.") var workdir: String?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "USER[:GROUP].") var user: String?
    @Option(parsing: .unconditional, help: "The container's number.") var index = 1
    @Flag(help: "With all capabilities.") var privileged = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(parsing: .captureForPassthrough, help: "The service and the command.") var words: [String] = []

    func run() throws {
        var words = words
        if words.first == "--" { words.removeFirst() }
        if try Self.answers(words.first) { return }
        guard words.count >= 2 else {
            throw CommandExit(1, "a service and a command are needed: brig compose exec [OPTIONS] SERVICE COMMAND…")
        }
        let context = try ComposeContext(services: [], needsFiles: false)
        let container = try context.container(words[0], index: index)
        if context.runner.only(
            "exec", "\(container.name): \(ShownText.printable(words.dropFirst().joined(separator: " ")))")
        {
            return
        }
        var request = ExecRequest(command: Array(words.dropFirst()))
        request.terminal = !noTTY && !detach && Terminal().inputIsTerminal && Terminal.outputSize != nil
        request.interactive = !detach && interactive
        request.detached = detach
        request.environment = try EnvironmentOptions.entries(env, files: [])
        request.workingDirectory = workdir ?? ""
        request.user = user
        request.privileged = privileged
        let status = try context.engine.execute(request, in: container.id)
        if status != 0 { throw CommandExit(status) }
    }
}

struct ComposeRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a command once in a new container of a service.",
        usage: "brig compose run [OPTIONS] SERVICE [COMMAND [ARGUMENT…]]")

    @Flag(name: .shortAndLong, help: "Do not wait for it: print its name.") var detach = false
    @Flag(name: .customLong("rm"), help: "Remove the container when it has ended.") var remove = false
    @Flag(name: [.customShort("T"), .customLong("no-tty"), .customLong("no-TTY")], help: "No terminal.") var noTTY =
        false
    @Flag(name: .shortAndLong, inversion: .prefixedNo, help: "Pass standard input on.") var interactive = true
    @Flag(name: .shortAndLong, help: "Accepted for scripts: a terminal is given where there is one.") var tty = false
    @Flag(help: "Do not start what it depends on.") var noDeps = false
    @Flag(help: "Build images before.") var build = false
    @Flag(name: [.customShort("P"), .customShort("s"), .long], help: "Publish the service's ports.")
    var servicePorts = false
    @Flag(help: "Under the service's names in its networks.") var useAliases = false
    @Flag(help: "Do not show how a pull goes on.") var quietPull = false
    @Flag(help: "Do not show how a build goes on.") var quietBuild = false
    @Flag(name: .shortAndLong, help: "Say nothing but what the program says.") var quiet = false
    @Flag(help: "Remove containers of services that the files no longer have.") var removeOrphans = false
    @Option(parsing: .unconditional, help: "always, missing or never.") var pull: String?
    @Option(parsing: .unconditional, help: "The container's name.") var name: String?
    @Option(
        name: [.customShort("e", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "KEY=VALUE in its environment.") var env: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "A file with one KEY=VALUE a line.") var envFromFile: [String] =
        []
    @Option(
        name: [.customShort("v", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "HOST:CONTAINER[:ro]") var volume: [String] =
            []
    @Option(
        name: [.customShort("p", allowingJoined: true), .long], parsing: .unconditionalSingleValue,
        help: "[IP:]HOST:CONTAINER") var publish: [String] =
            []
    @Option(
        name: [.customShort("l", allowingJoined: true), .long], parsing: .unconditionalSingleValue, help: "KEY=VALUE")
    var label: [String] = []
    @Option(parsing: .unconditional, help: "Another program in place of the image's.") var entrypoint: String?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "USER[:GROUP].") var user: String?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Its working directory.") var workdir: String?
    @Option(parsing: .unconditionalSingleValue, help: "A capability more.") var capAdd: [String] = []
    @Option(parsing: .unconditionalSingleValue, help: "A capability less.") var capDrop: [String] = []
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(parsing: .captureForPassthrough, help: "The service and what to run.") var words: [String] = []

    func run() throws {
        var words = words
        if words.first == "--" { words.removeFirst() }
        if try Self.answers(words.first) { return }
        guard let wanted = words.first else {
            throw CommandExit(1, "a service is needed: brig compose run [OPTIONS] SERVICE [COMMAND…]")
        }
        let context = try ComposeContext(services: [wanted], quiet: quiet)
        guard let service = context.project.services[wanted] else { throw CommandExit(1, "no such service: \(wanted)") }
        var options = UpOptions()
        options.removesOrphans = removeOrphans
        options.services = noDeps ? [] : context.project.closure(of: [wanted]).subtracting([wanted]).sorted()
        let needed = options.services.isEmpty ? [] : try context.order(options)
        try context.prepareImages(
            needed + [wanted], pull: pull, builds: build, quiet: quietPull || quiet, quietBuild: quietBuild || quiet)
        let environment = try EnvironmentOptions.entries(env, files: envFromFile)
        if !needed.isEmpty { try context.up(options) }
        if context.isRehearsal {
            let command = words.dropFirst().joined(separator: " ")
            return Output.line("run \(name ?? wanted)" + (command.isEmpty ? "" : ": \(ShownText.printable(command))"))
        }
        let hasTerminal = !noTTY && !detach && interactive && Terminal().inputIsTerminal && Terminal.outputSize != nil
        try SignalProxy.block()
        let session = try context.runner.startOneOff(service, name: name, hasAliases: useAliases) {
            request throws(EngineError) in
            try change(&request, Array(words.dropFirst()), environment, hasTerminal: hasTerminal)
        }
        if detach { return Output.line(session.id.text) }
        let status = try Foreground(
            session, terminal: Terminal(), sendsInput: interactive, hasTerminal: hasTerminal, passesSignals: true
        ).run(context.engine)
        if status != 0 { throw CommandExit(status) }
    }

    private func change(
        _ request: inout ContainerRequest, _ command: [String], _ environment: [String], hasTerminal: Bool
    ) throws(EngineError) {
        request.host.autoRemove = remove
        request.host.restartPolicy = HostConfiguration().restartPolicy
        if !command.isEmpty { request.configuration.cmd = command }
        if let entrypoint {
            do throws(ShellWords.Problem) {
                request.configuration.entrypoint = try ShellWords.split(entrypoint)
            } catch {
                throw EngineError(.invalidInput, "--entrypoint \(ShownText.quoted(entrypoint)): \(error.message)")
            }
            if command.isEmpty { request.configuration.cmd = nil }
        }
        if let user { request.configuration.user = user }
        if let workdir { request.configuration.workingDir = workdir }
        request.configuration.tty = hasTerminal
        request.configuration.openStdin = interactive && !detach
        request.configuration.stdinOnce = interactive && !detach
        request.configuration.attachStdin = interactive && !detach
        request.configuration.attachStdout = !detach
        request.configuration.attachStderr = !detach && !hasTerminal
        for entry in environment {
            let key = entry.prefix { $0 != "=" }
            request.configuration.env.removeAll { $0.prefix { $0 != "=" } == key }
            request.configuration.env.append(entry)
        }
        for text in label {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            request.configuration.labels[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
        }
        let directory: String
        do { directory = try workingDirectory() } catch { throw EngineError(.fault, "\(error)") }
        for text in volume {
            request.host.binds.append(try VolumeBinding(text, workingDirectory: directory).description)
        }
        request.host.capAdd += capAdd
        request.host.capDrop += capDrop
        if !servicePorts { request.host.portBindings = [:] }
        for text in publish { try request.publish(text) }
    }
}

struct ComposePullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pull", abstract: "Fetch the images of services.")

    @Flag(name: .shortAndLong, help: "Say nothing.") var quiet = false
    @Flag(help: "Those of the services that they depend on, too.") var includeDeps = false
    @Flag(help: "Go on after a failure.") var ignorePullFailures = false
    @Flag(help: "Not those that can be built.") var ignoreBuildable = false
    @Option(parsing: .unconditional, help: "missing or always.") var policy: String?
    @Flag(inversion: .prefixedNo, help: .hidden) var parallel = true
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        guard [nil, "missing", "always"].contains(policy) else {
            throw CommandExit(CommandExit.engine, "option --policy is one of missing, always")
        }
        let context = try ComposeContext(services: services, quiet: quiet)
        let chosen =
            services.isEmpty
            ? context.project.order
            : context.project.order.filter(
                (includeDeps ? context.project.closure(of: services) : Set(services)).contains)
        var seen: Set<String> = []
        for name in chosen {
            guard let service = context.project.services[name], let image = service.image,
                !(ignoreBuildable && service.build != nil)
            else { continue }
            // Whose policy says that it is there or built is not fetched, as in Compose v2.
            if policy == nil, service.pullPolicy == .never || service.pullPolicy == .build {
                context.display.say("\(name): skipped, its pull_policy is \(service.text("pull_policy") ?? "")")
                continue
            }
            let isMissing =
                policy == "missing"
                || (policy == nil && service.text("pull_policy") != nil && service.pullPolicy == .missing)
            if try isMissing && context.engine.imageIdentifier(image) != nil { continue }
            guard seen.insert("\(image) \(service.text("platform") ?? "")").inserted else { continue }
            if context.runner.only("pull", image) { continue }
            do throws(EngineError) {
                try context.engine.ensureImage(
                    image, policy: isMissing ? .missing : .always, platform: service.text("platform"),
                    progress: context.display.handler)
                context.display.say("\(name): pulled \(image)")
            } catch {
                guard ignorePullFailures || service.build != nil else {
                    throw CommandExit(1, "service \(name): \(error.message)")
                }
                context.display.say("warning: \(name): \(error.message)")
            }
        }
    }
}

struct ComposeBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "build", abstract: "Build the images of services.")

    @Flag(help: "Without the cache.") var noCache = false
    @Flag(help: "Fetch base images anew.") var pull = false
    @Flag(name: .shortAndLong, help: "Say nothing.") var quiet = false
    @Flag(help: "Push the images.") var push = false
    @Flag(help: "Those of the services that they depend on, too.") var withDependencies = false
    @Option(parsing: .unconditionalSingleValue, help: "KEY=VALUE") var buildArg: [String] = []
    @Option(name: .shortAndLong, parsing: .unconditional, help: "The most memory.") var memory: String?
    @Option(parsing: .unconditional, help: "An agent of ssh's.") var ssh: String?
    @Option(parsing: .unconditional, help: "auto, plain, json or quiet.") var progress: String?
    @OptionGroup var accepted: BuildWordsOfDocker
    @OptionGroup var rehearsal: ComposeRehearsal
    @Flag(name: .customLong("print"), help: .hidden) var prints = false
    @Flag(help: .hidden) var parallel = false
    @Flag(help: .hidden) var noRm = false
    @Flag(help: .hidden) var forceRm = false
    @Flag(help: .hidden) var compress = false
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        guard !prints else {
            throw CommandExit(1, "build --print: there are no bake files; config shows what is built")
        }
        let context = try ComposeContext(services: services)
        var flags: [String] = []
        if noCache { flags.append("--no-cache") }
        if pull { flags.append("--pull") }
        if quiet { flags.append("--quiet") }
        for text in buildArg { flags += ["--build-arg", text] }
        if let memory { flags += ["-m", memory] }
        if let ssh { flags += ["--ssh", ssh] }
        if let progress { flags += ["--progress", progress] }
        try accepted.refuse()
        if accepted.check { flags.append("--check") }
        let chosen = withDependencies ? context.project.closure(of: services) : Set(services)
        for name in context.project.order where services.isEmpty || chosen.contains(name) {
            guard let service = context.project.services[name], let build = service.build else { continue }
            let image = context.project.imageName(service)
            try context.build(service, build, image: image, flags: flags)
            if push, !accepted.check { try ComposeContext.delegate(["push", image], told: "push \(image)") }
        }
    }
}

struct ComposePushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Send the images of services to their registries.")

    @Flag(name: .shortAndLong, help: "Say nothing.") var quiet = false
    @Flag(help: "Go on after a failure.") var ignorePushFailures = false
    @Flag(help: "Those of the services that they depend on, too.") var includeDeps = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services)
        let chosen = includeDeps ? context.project.closure(of: services) : Set(services)
        for name in context.project.order where services.isEmpty || chosen.contains(name) {
            guard let service = context.project.services[name], service.build != nil else { continue }
            do {
                let image = context.project.imageName(service)
                try ComposeContext.delegate(["push"] + (quiet ? ["-q"] : []) + [image], told: "push \(image)")
            } catch let error as EngineError {
                guard ignorePushFailures else { throw error }
                Output.complain("warning: \(name): \(error.message)")
            }
        }
    }
}

extension ComposeExecCommand: HasFlagsThatAreOn {
    static var wordsThatTurnOff: [String: String] { ["interactive": "--no-interactive", "tty": "--no-tty"] }
}

extension ComposeRunCommand: HasFlagsThatAreOn {
    static var wordsThatTurnOff: [String: String] { ["interactive": "--no-interactive", "tty": "--no-tty"] }
}

extension ParsableCommand {
    /// Of words that are passed on, an option before the first one was meant for this command.
    ///
    /// - Returns: Whether it was the wish for help, which is fulfilled.
    fileprivate static func answers(_ word: String?) throws -> Bool {
        guard let word, word.hasPrefix("-") else { return false }
        guard ["-h", "--help"].contains(word) else {
            throw CommandExit(
                CommandExit.engine, "unknown option \(word): see brig compose \(configuration.commandName ?? "") --help"
            )
        }
        Output.write(helpMessage() + "\n")
        return true
    }
}
