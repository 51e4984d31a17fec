import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel

/// The options that `up` and `create` share.
struct ComposeUpOptions: ParsableArguments {
    @Flag(help: "Build images before.") var build = false
    @Flag(help: "Do not build, even what is missing.") var noBuild = false
    @Flag(help: "Make containers anew, changed or not.") var forceRecreate = false
    @Flag(help: "Keep containers that are there, changed or not.") var noRecreate = false
    @Flag(help: "Make the containers of dependencies anew, too.") var alwaysRecreateDeps = false
    @Flag(help: "Remove containers of services that the files no longer have.") var removeOrphans = false
    @Option(parsing: .unconditionalSingleValue, help: "SERVICE=COUNT") var scale: [String] = []
    @Option(parsing: .unconditional, help: "always, missing, never or build.") var pull: String?
    @Flag(help: "Do not show how a pull goes on.") var quietPull = false
    @Flag(help: "Do not show how a build goes on.") var quietBuild = false
    @Flag(name: [.customShort("y"), .customLong("yes")], help: "Accepted for scripts: nobody is asked.") var yes = false
    @OptionGroup var rehearsal: ComposeRehearsal

    func options() throws -> UpOptions {
        try Self.refuse([
            (forceRecreate && noRecreate, "--force-recreate and --no-recreate"),
            (alwaysRecreateDeps && noRecreate, "--always-recreate-deps and --no-recreate"),
            (build && noBuild, "--build and --no-build"),
        ])
        var result = UpOptions()
        result.recreation = forceRecreate ? .always : noRecreate ? .never : .changed
        result.alwaysRecreatesDependencies = alwaysRecreateDeps
        result.removesOrphans = removeOrphans
        result.scale = try Self.counts(scale)
        if let pull, !["always", "missing", "never", "build", "if_not_present", "policy"].contains(pull) {
            throw CommandExit(CommandExit.engine, "option --pull is one of always, missing, never, build")
        }
        return result
    }

    /// - Throws: If two options contradict each other.
    static func refuse(_ pairs: [(isSaid: Bool, options: String)]) throws {
        for pair in pairs where pair.isSaid {
            throw CommandExit(CommandExit.engine, "\(pair.options) cannot stand together")
        }
    }

    static func time(_ seconds: Int?) throws -> Duration? {
        guard let seconds else { return nil }
        guard seconds >= 0 else {
            throw CommandExit(CommandExit.engine, "option --wait-timeout is no time: \(seconds)")
        }
        // As in Compose v2, 0 is as long as it takes.
        return seconds == 0 ? nil : .seconds(seconds)
    }

    /// Whether a variable says yes: this process's, else that of `.env`.
    static func isSet(_ name: String, _ context: ComposeContext) throws -> Bool {
        ComposeSource.isTrue(environmentVariable(name) ?? context.project.variables[name])
    }

    /// What variables say of containers whose services are gone.
    func settleOrphans(_ options: inout UpOptions, _ context: ComposeContext) throws {
        options.removesOrphans = try removeOrphans || Self.isSet("COMPOSE_REMOVE_ORPHANS", context)
        options.ignoresOrphans = try Self.isSet("COMPOSE_IGNORE_ORPHANS", context)
        try Self.refuse([
            (options.removesOrphans && options.ignoresOrphans, "COMPOSE_IGNORE_ORPHANS and --remove-orphans")
        ])
    }

    static func counts(_ texts: [String]) throws -> [String: Int] {
        var result: [String: Int] = [:]
        for text in texts {
            let parts = text.split(separator: "=").map(String.init)
            guard parts.count == 2, let count = Int(parts[1]), (0...1000).contains(count) else {
                throw CommandExit(CommandExit.engine, "a scale is SERVICE=COUNT, not \(text)")
            }
            result[parts[0]] = count
        }
        return result
    }
}

struct ComposeUpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Make and start what the files say; only what changed is made anew.")

    @OptionGroup var shared: ComposeUpOptions
    @Flag(name: .shortAndLong, help: "Leave it running, and come back.") var detach = false
    @Flag(help: "Wait until all run and are healthy; implies -d.") var wait = false
    @Option(parsing: .unconditional, help: "Seconds to wait at most.") var waitTimeout: Int?
    @Flag(help: "Without the services that those named depend on.") var noDeps = false
    @Flag(help: "Make, but do not start.") var noStart = false
    @Flag(help: "End all as soon as one ends.") var abortOnContainerExit = false
    @Flag(help: "End all as soon as one fails.") var abortOnContainerFailure = false
    @Option(parsing: .unconditional, help: "Exit with this service's code; implies --abort-on-container-exit.")
    var exitCodeFrom: String?
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Seconds that containers have to end.") var timeout:
        Int?
    @Option(parsing: .unconditionalSingleValue, help: "Show the output of these services only.") var attach: [String] =
        []
    @Option(parsing: .unconditionalSingleValue, help: "Do not show the output of this service.") var noAttach:
        [String] = []
    @Flag(help: "No colours.") var noColor = false
    @Flag(help: "No names before lines.") var noLogPrefix = false
    @Flag(name: .customLong("timestamps"), help: "The time before each line.") var times = false
    @Flag(name: .shortAndLong, help: "Watch files as develop.watch says.") var watch = false
    @Flag(help: "Show the output of the services that those named depend on, too.") var attachDependencies = false
    @Flag(inversion: .prefixedNo, help: "Accepted for scripts: there is no menu.") var menu = false
    @Flag(name: [.customShort("V"), .long], help: "Make anonymous volumes anew instead of taking them over.")
    var renewAnonVolumes = false
    @Argument(help: "These services and what they depend on.") var services: [String] = []

    func run() throws {
        var options = try shared.options()
        try checkCombinations()
        options.services = services
        options.skipsDependencies = noDeps
        options.starts = !noStart
        options.waits = wait
        options.waitTimeout = try ComposeUpOptions.time(waitTimeout)
        options.stopSeconds = timeout
        options.renewsVolumes = renewAnonVolumes
        let context = try ComposeContext(services: services + (exitCodeFrom.map { [$0] } ?? []))
        try shared.settleOrphans(&options, context)
        let isAttached = !detach && !wait && !noStart && !context.isRehearsal
        let chosen = try context.order(options)
        for name in attach + noAttach where !chosen.contains(name) {
            throw CommandExit(1, "service \(name) is not part of this up, so its output cannot be chosen")
        }
        try context.prepareImages(
            chosen, pull: shared.pull, builds: shared.build, quiet: shared.quietPull, noBuild: shared.noBuild,
            quietBuild: shared.quietBuild)
        if isAttached {
            // From here on a signal ends the containers, not this command between two steps.
            try SignalMask.block([.interrupt, .terminate])
            try Signal.brokenPipe.ignore()
        }
        let began = Timestamp.now
        let containers = try context.up(options)
        guard isAttached else { return }
        // As in Compose v2, what those named depend on runs, but is not listened to.
        let wanted = !attach.isEmpty ? attach : attachDependencies ? [] : services
        let attached = containers.filter { container in
            (wanted.isEmpty || wanted.contains(container.service)) && !noAttach.contains(container.service)
                && context.project.services[container.service]?.flag("attach") != false
        }
        var settings = AttachedProject.Settings()
        settings.abortsOnExit = abortOnContainerExit || (exitCodeFrom != nil && !abortOnContainerFailure)
        settings.abortsOnFailure = abortOnContainerFailure
        settings.exitCodeFrom = exitCodeFrom
        settings.stopSeconds = timeout
        settings.since = began
        let printer = LogPrinter(
            context.engine, names: attached.map(\.shownName), hasColours: ComposeContext.hasColours(noColor),
            hasPrefix: !noLogPrefix, hasTimes: times)
        let watcher = watch ? try ComposeWatchCommand.watcher(context, services) : nil
        context.display.say("Attaching to \(attached.map(\.shownName).joined(separator: ", "))")
        let status = try AttachedProject(context.plainRunner, containers, attached: attached, printer, settings)
            .run { try watcher?.step() }
        if status != 0 { throw CommandExit(status) }
    }

    private func checkCombinations() throws {
        let isAborting = abortOnContainerExit || abortOnContainerFailure || exitCodeFrom != nil
        let word = wait ? "--wait" : "--detach"
        try ComposeUpOptions.refuse([
            (
                abortOnContainerExit && abortOnContainerFailure,
                "--abort-on-container-exit and --abort-on-container-failure"
            ),
            (!attach.isEmpty && attachDependencies, "--attach and --attach-dependencies"),
            ((detach || wait) && isAborting, "\(word) and --abort-on-container-exit, -failure or --exit-code-from"),
            ((detach || wait) && (!attach.isEmpty || attachDependencies), "\(word) and --attach"),
            ((detach || wait) && watch, "\(word) and --watch"), (shared.noBuild && watch, "--no-build and --watch"),
            (renewAnonVolumes && shared.noRecreate, "--renew-anon-volumes and --no-recreate"),
        ])
    }
}

extension ComposeUpCommand: HasFlagsThatAreOn {
    static var wordsThatTurnOff: [String: String] { ["menu": "--no-menu"] }
}

extension ComposeContext {
    static func hasColours(_ refused: Bool) -> Bool {
        let globals = ComposeGlobals.current
        guard !refused, globals.ansi != "never" else { return false }
        if globals.ansi == "always" { return true }
        return (environmentVariable("NO_COLOR") ?? "").isEmpty && Terminal.liveSize(.output) != nil
            && globals.progress != "plain"
    }

    /// The services of an `up`, in order.
    func order(_ options: UpOptions) throws -> [String] {
        for name in options.scale.keys.sorted() where project.services[name] == nil {
            throw CommandExit(1, "no such service: \(name)")
        }
        guard !options.services.isEmpty else { return project.order }
        let chosen = options.skipsDependencies ? Set(options.services) : project.closure(of: options.services)
        return project.order.filter(chosen.contains)
    }
}

struct ComposeCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make containers without starting them.")

    @OptionGroup var shared: ComposeUpOptions
    @Argument(help: "These services and what they depend on.") var services: [String] = []

    func run() throws {
        var options = try shared.options()
        options.services = services
        options.starts = false
        let context = try ComposeContext(services: services)
        try shared.settleOrphans(&options, context)
        try context.prepareImages(
            try context.order(options), pull: shared.pull, builds: shared.build, quiet: shared.quietPull,
            noBuild: shared.noBuild, quietBuild: shared.quietBuild)
        try context.up(options)
    }
}

struct ComposeScaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Change how many containers services have.")

    @Flag(help: "Without the services that those named depend on.") var noDeps = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "SERVICE=COUNT") var counts: [String]

    func run() throws {
        var options = UpOptions()
        options.scale = try ComposeUpOptions.counts(counts)
        options.services = options.scale.keys.sorted()
        options.skipsDependencies = noDeps
        let context = try ComposeContext(services: options.services)
        // Others stay as many as they are.
        for (name, own) in Dictionary(grouping: try context.containers([]), by: \.service)
        where options.scale[name] == nil && context.project.services[name] != nil {
            options.scale[name] = own.count
        }
        try context.prepareImages(try context.order(options), pull: nil, builds: false)
        try context.up(options)
    }
}

struct ComposeDownCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "End and remove containers and networks.")

    @Flag(name: .shortAndLong, help: "Volumes, too, named and anonymous.") var volumes = false
    @Option(parsing: .unconditional, help: "Images, too: local or all.") var rmi: String?
    @Flag(help: "Containers of services that the files no longer have, too.") var removeOrphans = false
    @Option(name: .shortAndLong, parsing: .unconditional, help: "Seconds that containers have to end.") var timeout:
        Int?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        guard rmi == nil || ["local", "all"].contains(rmi) else {
            throw CommandExit(CommandExit.engine, "option --rmi is one of local, all")
        }
        let context = try ComposeContext(services: services, needsFiles: false)
        var options = DownOptions()
        options.services = services
        options.removesVolumes = volumes
        options.images = rmi
        options.removesOrphans = try removeOrphans || ComposeUpOptions.isSet("COMPOSE_REMOVE_ORPHANS", context)
        options.stopSeconds = timeout
        try context.runner.down(options)
    }
}
