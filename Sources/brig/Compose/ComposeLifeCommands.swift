import ArgumentParser
import CommandLineUI
import Compose
import ComposeFile
import Engine
import LinuxKernel

struct ComposeStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start containers that are there.")

    @Flag(help: "Wait until they run and are healthy.") var wait = false
    @Option(parsing: .unconditional, help: "Seconds to wait at most.") var waitTimeout: Int?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let timeout = try ComposeUpOptions.time(waitTimeout)
        let context = try ComposeContext(services: services, needsFiles: false)
        let containers = try context.containers(services)
        for name in services where !containers.contains(where: { $0.service == name }) {
            if context.project.services[name]?.replicas == 0 { continue }
            throw CommandExit(1, "service \"\(name)\" has no container to start")
        }
        guard !containers.isEmpty else {
            throw CommandExit(1, "project \(context.project.name) has no containers to start")
        }
        do throws(EngineError) {
            try context.runner.startAll(containers)
            if wait { try context.runner.await(containers, timeout: timeout) }
        } catch {
            throw ComposeGlobals.exit(error.message)
        }
    }
}

struct ComposeStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "End containers, and keep them.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "Seconds that containers have to end.") var timeout:
        Int?
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        try context.runner.stop(try context.containers(services), seconds: timeout)
    }
}

struct ComposeRestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "End containers and start them again.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "Seconds that containers have to end.") var timeout:
        Int?
    @Flag(help: "Without those that are to be restarted with them.") var noDeps = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        var names = Set(services)
        if !noDeps, !services.isEmpty {
            for (name, service) in context.project.services
            where service.dependencies.contains(where: { $0.restarts && names.contains($0.service) }) {
                names.insert(name)
            }
        }
        let containers = try context.containers(names.sorted())
        if context.isRehearsal {
            for container in containers { Output.line("restart \(container.name)") }
            return
        }
        try context.runner.stop(containers, seconds: timeout)
        let ended = try context.containers(names.sorted())
        do throws(EngineError) {
            try context.runner.startAll(ended)
        } catch {
            throw ComposeGlobals.exit(error.message)
        }
    }
}

struct ComposeKillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "kill", abstract: "Send a signal to containers.")

    @Option(name: .shortAndLong, parsing: .unconditional, help: "A name or a number.") var signal = "KILL"
    @Flag(help: "Those of services that the files no longer have, too.") var removeOrphans = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        let orphans = try removeOrphans || ComposeUpOptions.isSet("COMPOSE_REMOVE_ORPHANS", context)
        let running = try context.containers(services, oneOffs: true, orphans: orphans).filter(\.isRunning)
        if running.isEmpty { return Output.complain("no container to kill") }
        for container in running {
            if context.runner.only("kill", container.name) { continue }
            try context.engine.kill(container.id, signal: signal)
            context.tell(container, "Killed")
        }
    }
}

struct ComposeRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove containers that do not run.")

    @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
    @Flag(name: .shortAndLong, help: "End those that run.") var stop = false
    @Flag(name: .shortAndLong, help: "Their anonymous volumes, too.") var volumes = false
    @Flag(name: .shortAndLong, help: "Accepted for scripts: those of run go, too.") var all = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        var containers = try context.containers(services, oneOffs: true)
        if stop {
            try context.runner.stop(containers, seconds: nil)
        } else {
            containers = containers.filter { !$0.isRunning }
        }
        guard !containers.isEmpty else { return Output.complain("no stopped containers") }
        if !force, !context.isRehearsal {
            guard Terminal.outputSize != nil else {
                throw CommandExit(1, "removing needs -f where nobody can be asked")
            }
            Output.write("Going to remove \(containers.map(\.name).joined(separator: ", "))\nAre you sure? [yN] ")
            guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { return }
        }
        try context.runner.remove(containers, volumes: volumes)
    }
}

struct ComposePauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Freeze containers.")

    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        for container in try context.containers(services).filter(\.isRunning) {
            if context.runner.only("pause", container.name) { continue }
            try context.engine.pause(container.id)
            context.tell(container, "Paused")
        }
    }
}

struct ComposeUnpauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let frozen containers go on.")

    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "These services only.") var services: [String] = []

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        for container in try context.containers(services).filter({ $0.status == "paused" }) {
            if context.runner.only("unpause", container.name) { continue }
            try context.engine.unpause(container.id)
            context.tell(container, "Unpaused")
        }
    }
}

struct ComposeWaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait for the end of services' containers, and print their exit codes.")

    @Flag(help: "When the first one ends, take the project down.") var downProject = false
    @OptionGroup var rehearsal: ComposeRehearsal
    @Argument(help: "Services.") var services: [String]

    func run() throws {
        let context = try ComposeContext(services: services, needsFiles: false)
        var waiting = try context.containers(services)
        guard !waiting.isEmpty else { throw CommandExit(1, "no containers of \(services.joined(separator: ", "))") }
        if context.isRehearsal {
            for container in waiting { Output.line("wait for \(container.name)") }
            if downProject { try context.runner.down(DownOptions()) }
            return
        }
        var status: Int32 = 0
        while !waiting.isEmpty {
            for container in waiting {
                let state = try context.engine.labelledContainer(container.id)
                guard !state.isRunning, state.status != "restarting" else { continue }
                Output.line("\(state.exitCode)")
                status = state.exitCode
                waiting.removeAll { $0.id == container.id }
                if downProject {
                    try context.runner.down(DownOptions())
                    waiting = []
                    break
                }
            }
            if !waiting.isEmpty { sleep(for: .milliseconds(100)) }
        }
        if status != 0 { throw CommandExit(status) }
    }
}

extension ComposeContext {
    /// Says what has been done to a container, where progress is shown.
    fileprivate func tell(_ container: Existing, _ done: String) {
        display.update(
            "Container \(container.name)", done, current: 0, total: nil, isFinal: true,
            now: MonotonicClock.milliseconds)
    }
}
