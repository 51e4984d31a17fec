import ArgumentParser
import Builder
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel

/// What a command of `compose` works with.
struct ComposeContext {
    let engine: Engine
    let project: Project
    let runner: ComposeRunner
    let display: ProgressDisplay

    /// - Parameters:
    ///   - services: Those that the user named: their profiles are enabled.
    ///   - needsFiles: Whether the command can do without the files, by the project's name alone.
    init(services: [String] = [], needsFiles: Bool = true, quiet: Bool = false) throws {
        let globals = ComposeGlobals.current
        let whole = try Self.project(needsFiles: needsFiles)
        do throws(ComposeFileError) {
            project = needsFiles ? try whole.enabling(services) : whole
            // What only looks at containers, or ends them, works whatever is active.
            if needsFiles { try project.demandActiveNeeds() }
        } catch {
            throw CommandExit(1, error.description)
        }
        engine = try Globals.engine()
        let display = ProgressDisplay(
            quiet ? .quiet : globals.style, on: .error,
            terminal: Terminal.liveSize(.error).map { (Int($0.rows), Int($0.columns)) })
        self.display = display
        runner = Self.runner(engine, project, display)
    }

    private static func runner(_ engine: Engine, _ project: Project, _ display: ProgressDisplay) -> ComposeRunner {
        let say: @Sendable (String) -> Void = { Output.line($0) }
        return ComposeRunner(
            engine, project, rehearsal: ComposeGlobals.current.dryRun ? say : nil,
            workers: ComposeGlobals.current.parallel
        ) { subject, status, isFinal in
            if subject.hasPrefix("Project ") { return display.say(status) }
            display.update(
                subject, status, current: 0, total: nil, isFinal: isFinal, now: MonotonicClock.milliseconds)
        }
    }

    /// Whether things are only said (`--dry-run`).
    var isRehearsal: Bool { ComposeGlobals.current.dryRun }

    /// A runner that says what it does in plain lines, which go between those of containers.
    var plainRunner: ComposeRunner {
        Self.runner(
            engine, project,
            ProgressDisplay(ComposeGlobals.current.progress == "quiet" ? .quiet : .plain, on: .error, terminal: nil))
    }

    private static func project(needsFiles: Bool) throws(CommandExit) -> Project {
        do throws(CommandExit) {
            // The variables of services matter only to who makes containers.
            return try ComposeGlobals.project { $0.resolvesEnvironment = $0.resolvesEnvironment && needsFiles }
        } catch {
            let globals = ComposeGlobals.current
            let name = globals.projectName ?? environmentVariable("COMPOSE_PROJECT_NAME")
            guard !needsFiles, globals.files.isEmpty, let name, error.message?.hasPrefix("no compose file") ?? false
            else { throw error }
            return Project(named: name)
        }
    }

    /// The containers of services, of all that the files have if none is named.
    ///
    /// - Parameters:
    ///   - oneOffs: Those of `run`, too.
    ///   - orphans: Those of services that the files do not have, too.
    func containers(_ services: [String], oneOffs: Bool = false, orphans: Bool = false) throws -> [Existing] {
        let all = try runner.existing().filter { oneOffs || !$0.isOneOff }
        for name in services
        where project.services[name] == nil && project.inactive[name] == nil
            && !all.contains(where: { $0.service == name })
        {
            throw CommandExit(1, "no such service: \(name)")
        }
        let order = project.order
        // By the project's name alone all are known.
        let isKnown = { (name: String) in
            orphans || project.files.isEmpty || project.services[name] != nil || project.inactive[name] != nil
        }
        return all.filter { services.isEmpty ? isKnown($0.service) : services.contains($0.service) }.sorted {
            let places = (order.firstIndex(of: $0.service) ?? -1, order.firstIndex(of: $1.service) ?? -1)
            return places.0 != places.1 ? places.0 < places.1 : ($0.service, $0.number) < ($1.service, $1.number)
        }
    }

    /// One container of a service.
    func container(_ service: String, index: Int) throws -> Existing {
        let own = try containers([service])
        guard let found = own.first(where: { $0.number == index }) ?? (index == 1 ? own.first : nil) else {
            throw CommandExit(1, "service \(service) has no container number \(index)")
        }
        return found
    }

    /// Runs another command of `brig`, on containers; a rehearsal says what it would be about.
    ///
    /// - Parameter told: A verb and what it is done to, if it does anything.
    static func delegate(_ words: [String], told: String) throws {
        if ComposeGlobals.current.dryRun { return Output.line(told) }
        try delegate(words)
    }

    /// Runs another command of `brig`, on containers.
    static func delegate(_ words: [String]) throws {
        let known = BrigCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
        guard let name = words.first, known.contains(where: { $0.configuration.commandName == name }) else {
            throw CommandExit(1, "this version of brig has no command \(words.first ?? "") yet")
        }
        var command = try BrigCommand.parseAsRoot(words)
        try command.run()
    }

    /// Brings the project up; a failure is told in as many lines as it has.
    @discardableResult
    func up(_ options: UpOptions) throws -> [Existing] {
        do {
            return try runner.up(options)
        } catch {
            throw ComposeGlobals.exit(error.message)
        }
    }

    // MARK: Images

    /// Sees that the images of services are there.
    func prepareImages(
        _ services: [String], pull: String?, builds: Bool, quiet: Bool = false, noBuild: Bool = false,
        quietBuild: Bool = false
    ) throws {
        try demandSupport(services)
        for name in services {
            guard let service = project.services[name] else { continue }
            let image = project.imageName(service)
            let policy: Service.PullPolicy =
                switch pull {
                case "always": .always
                case "never": .never
                case "build": .build
                case "missing", "if_not_present": .missing
                default: service.pullPolicy
                }
            if let build = service.build, !noBuild,
                try builds || policy == .build || engine.imageIdentifier(image) == nil
            {
                try self.build(
                    service, build, image: image, flags: quietBuild ? ["--progress", "quiet"] : [])
                continue
            }
            if policy == .never || policy == .build {
                guard try engine.imageIdentifier(image) != nil else {
                    throw CommandExit(1, "service \(name): no such image: \(image), and it is not to be pulled")
                }
            } else if service.build == nil {
                try fetch(image, of: service, policy, quiet: quiet)
            }
            for mount in service.mounts where mount.kind == .image {
                if let source = mount.source { try fetch(source, of: service, .missing, quiet: quiet) }
            }
        }
    }

    /// - Throws: What these services need and is not there, before anything is done for any of them.
    func demandSupport(_ services: [String]) throws {
        if let refusal = project.refusal(of: services) { throw CommandExit(1, refusal.description) }
        for text in project.idleFields(of: services) { Output.complain("warning: \(text)") }
    }

    private func fetch(_ image: String, of service: Service, _ policy: Service.PullPolicy, quiet: Bool) throws {
        var isWanted = try policy == .always || engine.imageIdentifier(image) == nil
        var stamp: PullStamp?
        if case .after(let nanoseconds) = policy {
            let found = PullStamp(engine, project, image)
            isWanted = isWanted || found.isOlder(than: nanoseconds)
            stamp = found
        }
        guard isWanted else { return }
        if isRehearsal { return Output.line("pull \(image)") }
        let silent: ImageProgressHandler = { _ in }
        do throws(EngineError) {
            try engine.ensureImage(
                image, policy: .always, platform: service.text("platform"),
                began: { _ in if !quiet { display.say("service \(service.name): pulling \(image)") } },
                progress: quiet ? silent : display.handler)
            try stamp?.renew()
        } catch {
            throw CommandExit(1, "service \(service.name): \(error.message)")
        }
    }

    private static func leaveSignals() {
        do { try BuildCancellation.leaveSignals() } catch { Output.complain("warning: \(error)") }
    }

    /// - Parameter waiting: Services whose builds need this one's image.
    func build(
        _ service: Service, _ build: Service.Build, image: String, flags: [String] = [], waiting: [String] = []
    ) throws {
        if isRehearsal { return Output.line("build \(image)") }
        var words = ["build", "-t", image] + flags
        for tag in build.tags { words += ["-t", tag] }
        if let file = build.dockerfile {
            words += ["-f", file.hasPrefix("/") || build.context.contains("://") ? file : "\(build.context)/\(file)"]
        }
        if let target = build.target { words += ["--target", target] }
        if let network = build.network { words += ["--network", network] }
        for (key, value) in build.arguments.sorted(by: { $0.key < $1.key }) {
            words += ["--build-arg", "\(key)=\(value)"]
        }
        for (key, value) in build.labels.sorted(by: { $0.key < $1.key }) { words += ["--label", "\(key)=\(value)"] }
        for (key, value) in build.contexts.sorted(by: { $0.key < $1.key }) {
            let place = try context(value, of: service, flags, waiting)
            words += ["--build-context", "\(key)=\(place)"]
        }
        for text in build.cacheFrom { words += ["--cache-from", text] }
        for text in build.cacheTo { words += ["--cache-to", text] }
        for text in build.extraHosts { words += ["--add-host", text] }
        for text in build.ssh { words += ["--ssh", text] }
        guard service.text("platform") != nil || build.platforms.count <= 1 else {
            throw CommandExit(
                1,
                "service \(service.name): build.platforms: \(BuildCommand.severalPlatforms); say one of them as platform"
            )
        }
        if let platform = service.text("platform") ?? build.platforms.first { words += ["--platform", platform] }
        if build.noCache { words.append("--no-cache") }
        if build.pull { words.append("--pull") }
        words += Self.limits(of: build)
        if let text = build.inline {
            let directory = try engine.projectDirectory(project.name)
            let file = "\(directory)/\(service.name).Dockerfile"
            try replaceFile(file, text)
            words += ["-f", file]
        }
        guard let command = try BrigCommand.parseAsRoot(words + [build.context]) as? BuildCommand else {
            throw CommandExit(1, "service \(service.name): its build cannot be said in words")
        }
        // The build hears signals for itself; afterwards they are this command's again.
        defer { Self.leaveSignals() }
        try command.run(with: try secrets(of: build, service))
    }

    /// What remains of a build's section, in words of `brig build`.
    private static func limits(of build: Service.Build) -> [String] {
        var words: [String] = []
        if let size = build.shmSize { words += ["--shm-size", String(size)] }
        for (name, limit) in build.ulimits.sorted(by: { $0.key < $1.key }) {
            words += ["--ulimit", "\(name)=\(limit.soft):\(limit.hard)"]
        }
        for name in build.noCacheFilter { words += ["--no-cache-filter", name] }
        for name in build.entitlements { words += ["--allow", name] }
        if build.isPrivileged { words += ["--allow", "security.insecure"] }
        if let isolation = build.isolation { words += ["--isolation", isolation] }
        if let provenance = build.provenance { words += ["--provenance", provenance] }
        if let sbom = build.sbom { words += ["--sbom", sbom] }
        return words
    }

    /// Secrets of a build; values from the environment are handed over as they are, in no word and no file.
    private func secrets(of build: Service.Build, _ service: Service) throws -> [BuildRequest.Secret] {
        try build.secrets.compactMap { grant in
            guard let secret = project.secrets[grant.source] else { return nil }
            let id = grant.target ?? grant.source
            switch secret.content {
            case .file(let path): return BuildRequest.Secret(id: id, bytes: try readNamedFile(path, limit: 1 << 20))
            case .text(let text): return BuildRequest.Secret(id: id, bytes: Array(text.utf8))
            case .unset(let variable):
                throw CommandExit(
                    1, "\(secret.mark): secrets.\(grant.source).environment: the variable \(variable) is not set")
            case .external:
                throw CommandExit(
                    1,
                    "service \(service.name): the secret \(grant.source) of its build is external, and nobody keeps it")
            }
        }
    }

    /// A context beside the build's own: the image of a service is made first.
    private func context(
        _ place: String, of service: Service, _ flags: [String], _ waiting: [String]
    ) throws -> String {
        guard place.hasPrefix("service:") else { return place }
        let name = String(place.dropFirst("service:".count))
        guard let other = project.services[name] ?? project.inactive[name] else {
            throw CommandExit(1, "service \(service.name): build.additional_contexts: no such service: \(name)")
        }
        let path = waiting + [service.name]
        guard !path.contains(name) else {
            throw CommandExit(1, "the builds of services need each other: \((path + [name]).joined(separator: " → "))")
        }
        let image = project.imageName(other)
        if let build = other.build { try self.build(other, build, image: image, flags: flags, waiting: path) }
        return "docker-image://\(image)"
    }
}
