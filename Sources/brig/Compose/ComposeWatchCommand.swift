import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel

struct ComposeWatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Bring changed files into containers, as develop.watch says.")

    @Flag(help: "Do not start the project first.") var noUp = false
    @Flag(help: "Do not show how builds go on.") var quiet = false
    @Flag(inversion: .prefixedNo, help: "Remove the image that a rebuilt one takes the place of.") var prune = true
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, quiet: quiet)
        let watcher = try Self.watcher(context, services, quiet: quiet, prunes: prune)
        if !noUp {
            var options = UpOptions()
            options.services = services
            try context.prepareImages(try context.order(options), pull: nil, builds: false, quietBuild: quiet)
            try context.up(options)
        }
        if context.isRehearsal { return watcher.tell() }
        Output.complain("watching; end it with Ctrl+C")
        while true {
            try watcher.step()
            sleep(for: .milliseconds(300))
        }
    }

    /// - Throws: If no service has anything to watch, or what it is to do cannot be done.
    static func watcher(
        _ context: ComposeContext, _ services: [String], quiet: Bool = false, prunes: Bool = true
    ) throws -> ProjectWatcher {
        let watched = context.project.order.compactMap { context.project.services[$0] }.filter {
            !$0.watches.isEmpty && (services.isEmpty || services.contains($0.name))
        }
        guard !watched.isEmpty else { throw CommandExit(1, "no service has develop.watch") }
        return try ProjectWatcher(context, watched, quiet: quiet, prunes: prunes)
    }
}

extension ComposeWatchCommand: HasFlagsThatAreOn {
    static var wordsThatTurnOff: [String: String] { ["prune": "--no-prune"] }
}

/// Carries changes of files to the containers of services.
final class ProjectWatcher {
    private struct Place {
        let service: Service
        let watch: Service.Watch
        let rules: FileTreeState.Rules
        var state: FileTreeState
    }

    private let context: ComposeContext
    private let quiet: Bool
    private let prunes: Bool
    private var places: [Place] = []

    init(_ context: ComposeContext, _ services: [Service], quiet: Bool, prunes: Bool) throws {
        self.context = context
        self.quiet = quiet
        self.prunes = prunes
        for service in services {
            for watch in service.watches {
                let rules = FileTreeState.Rules(
                    ignore: watch.ignore, include: watch.include, context: try Self.contextRules(service, watch.path))
                let state = FileTreeState(watch.path, rules)
                guard !state.isCut else {
                    throw CommandExit(
                        1,
                        "service \(service.name): \(watch.path) has too many files to watch: leave some out with ignore"
                    )
                }
                places.append(
                    Place(
                        service: service, watch: watch, rules: rules,
                        state: watch.initialSync ? FileTreeState(empty: state) : state))
            }
        }
    }

    /// The `.dockerignore` of the service's build context, for what is watched within it.
    private static func contextRules(_ service: Service, _ path: String) throws -> (text: String, prefix: String)? {
        guard let root = service.build?.context, root.hasPrefix("/") else { return nil }
        let above = root == "/" ? "/" : root + "/"
        guard path == root || path.hasPrefix(above) else { return nil }
        do throws(NamedFileError) {
            let text = String(decoding: try readNamedFile(above + ".dockerignore", limit: 1 << 20), as: UTF8.self)
            return (text, path == root ? "" : path.dropFirst(above.utf8.count) + "/")
        } catch {
            guard error.code == .noSuchFile else { throw CommandExit(1, "service \(service.name): \(error)") }
            return nil
        }
    }

    /// Says what is watched.
    func tell() {
        for place in places {
            Output.line("watch \(place.service.name): \(place.watch.path): \(place.watch.action.rawValue)")
        }
    }

    /// Looks once, and acts on what has changed.
    func step() throws {
        for index in places.indices {
            let place = places[index]
            let new = FileTreeState(place.watch.path, place.rules)
            let changes = new.changes(since: place.state)
            guard !changes.isEmpty, !new.isCut else { continue }
            places[index].state = new
            do {
                try act(place.service, place.watch, changes)
            } catch let error as EngineError {
                Output.complain("watch \(place.service.name): \(error.message)")
            } catch let error as CommandExit {
                Output.complain("watch \(place.service.name): \(error.message ?? "exit code \(error.status)")")
            }
        }
    }

    private func act(_ service: Service, _ watch: Service.Watch, _ changes: FileTreeState.Changes) throws {
        Output.complain("watch \(service.name): \(changes.count) changed below \(watch.path): \(watch.action.rawValue)")
        switch watch.action {
        case .rebuild: try rebuild(service)
        case .sync: try synchronize(service, watch, changes)
        case .restart: try restart(service)
        case .syncRestart:
            try synchronize(service, watch, changes)
            try restart(service)
        case .syncExec:
            try synchronize(service, watch, changes)
            guard let hook = watch.exec else { return }
            for container in try context.containers([service.name]) where container.isRunning {
                try context.runner.run(hook, in: container, what: "watch")
            }
        }
    }

    private func rebuild(_ service: Service) throws {
        guard let build = service.build else { return }
        let image = context.project.imageName(service)
        let old = try context.engine.imageIdentifier(image)
        try context.build(service, build, image: image, flags: quiet ? ["--progress", "quiet"] : [])
        var options = UpOptions()
        options.services = [service.name]
        options.skipsDependencies = true
        try context.up(options)
        guard prunes, let old, try context.engine.imageIdentifier(image) != old,
            let left = try? context.engine.inspectImage(old), left.repoTags.isEmpty
        else { return }
        do throws(EngineError) {
            _ = try context.engine.removeImage(old)
        } catch {
            // Somebody has a container of it.
            guard error.kind == .conflict || error.kind == .notFound else { throw error }
        }
    }

    private func restart(_ service: Service) throws {
        let own = try context.containers([service.name])
        try context.runner.stop(own, seconds: nil)
        try context.runner.startAll(try context.containers([service.name]))
    }

    private func synchronize(_ service: Service, _ watch: Service.Watch, _ changes: FileTreeState.Changes) throws {
        guard let target = watch.target else { return }
        let place = { (name: String) in
            name.isEmpty ? target : target.hasSuffix("/") ? target + name : "\(target)/\(name)"
        }
        let parents = changes.written.map { name in
            let path = place(name)
            return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
        }
        let directories = Set(parents).filter { !$0.isEmpty }.sorted() + changes.made.map(place)
        for container in try context.containers([service.name]) where container.isRunning {
            // First what goes: a file may have taken the place of a directory, or a directory that of a file.
            try run(["rm", "-rf", "--"], changes.removed.map(place), in: container)
            try run(["mkdir", "-p", "--"], directories, in: container)
            for name in changes.written {
                try ComposeContext.delegate(
                    ["cp", name.isEmpty ? watch.path : "\(watch.path)/\(name)", "\(container.name):\(place(name))"])
            }
        }
    }

    /// Runs one of the container's programs as root with as many words as a command line takes.
    private func run(_ command: [String], _ words: [String], in container: Existing) throws {
        for start in stride(from: 0, to: words.count, by: 500) {
            var request = ExecRequest(command: command + words[start..<min(start + 500, words.count)])
            request.user = "0"
            let status = try context.engine.execute(request, in: container.id)
            guard status == 0 else {
                throw CommandExit(1, "\(command[0]) in \(container.name) ended with exit code \(status)")
            }
        }
    }
}
