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
    @Flag(help: "Say less.") var quiet = false
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, quiet: quiet)
        let watcher = try Self.watcher(context, services)
        if !noUp {
            var options = UpOptions()
            options.services = services
            try context.prepareImages(try context.order(options), pull: nil, builds: false)
            try context.up(options)
        }
        Output.complain("watching; end it with Ctrl+C")
        while true {
            try watcher.step()
            sleep(for: .milliseconds(300))
        }
    }

    /// - Throws: If no service has anything to watch.
    static func watcher(_ context: ComposeContext, _ services: [String]) throws -> ProjectWatcher {
        let watched = context.project.order.compactMap { context.project.services[$0] }.filter {
            !$0.watches.isEmpty && (services.isEmpty || services.contains($0.name))
        }
        guard !watched.isEmpty else { throw CommandExit(1, "no service has develop.watch") }
        return ProjectWatcher(context, watched)
    }
}

/// Carries changes of files to the containers of services.
final class ProjectWatcher {
    private let context: ComposeContext
    private var places: [(service: Service, watch: Service.Watch, state: FileTreeState)] = []

    init(_ context: ComposeContext, _ services: [Service]) {
        self.context = context
        for service in services {
            for watch in service.watches {
                let state = FileTreeState(watch.path, ignore: watch.ignore, include: watch.include)
                places.append((service, watch, watch.initialSync ? FileTreeState(empty: state) : state))
            }
        }
    }

    /// Looks once, and acts on what has changed.
    func step() throws {
        for index in places.indices {
            let (service, watch, old) = places[index]
            let new = FileTreeState(watch.path, ignore: watch.ignore, include: watch.include)
            let changes = new.changes(since: old)
            guard !changes.isEmpty else { continue }
            places[index].state = new
            do {
                try act(service, watch, changes)
            } catch let error as EngineError {
                Output.complain("watch \(service.name): \(error.message)")
            } catch let error as CommandExit {
                Output.complain("watch \(service.name): \(error.message ?? "exit code \(error.status)")")
            }
        }
    }

    private func act(_ service: Service, _ watch: Service.Watch, _ changes: FileTreeState.Changes) throws {
        Output.complain("watch \(service.name): \(changes.count) changed below \(watch.path): \(watch.action.rawValue)")
        switch watch.action {
        case .rebuild:
            guard let build = service.build else {
                throw CommandExit(1, "rebuild needs build")
            }
            try context.build(service, build, image: context.project.imageName(service))
            var options = UpOptions()
            options.services = [service.name]
            options.skipsDependencies = true
            try context.up(options)
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

    private func restart(_ service: Service) throws {
        let own = try context.containers([service.name])
        try context.runner.stop(own, seconds: nil)
        try context.runner.startAll(try context.containers([service.name]))
    }

    private func synchronize(_ service: Service, _ watch: Service.Watch, _ changes: FileTreeState.Changes) throws {
        guard let target = watch.target else { throw CommandExit(1, "sync needs target") }
        for container in try context.containers([service.name]) where container.isRunning {
            for name in changes.written {
                let place = name.isEmpty ? target : "\(target)/\(name)"
                let parent = place.lastIndex(of: "/").map { String(place[..<$0]) } ?? "/"
                var made = ExecRequest(command: ["mkdir", "-p", parent.isEmpty ? "/" : parent])
                made.user = "0"
                _ = try context.engine.execute(made, in: container.id)
                try ComposeContext.delegate(
                    ["cp", name.isEmpty ? watch.path : "\(watch.path)/\(name)", "\(container.name):\(place)"])
            }
            guard !changes.removed.isEmpty else { continue }
            var request = ExecRequest(command: ["rm", "-rf", "--"] + changes.removed.map { "\(target)/\($0)" })
            request.user = "0"
            _ = try context.engine.execute(request, in: container.id)
        }
    }
}
