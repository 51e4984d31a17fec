internal import Archive
package import ComposeFile
package import Engine
internal import LinuxKernel

/// Carries out what is decided for one project.
package final class ComposeRunner: Sendable {
    package let engine: Engine
    package let project: Project
    /// Told of each step: of what, and how far it is.
    let tell: @Sendable (_ subject: String, _ status: String, _ isFinal: Bool) -> Void
    /// Takes what would be done, a line for each step (`--dry-run`); nothing is done then.
    let rehearsal: (@Sendable (String) -> Void)?
    /// How many things are done at once.
    let workers: Int

    package init(
        _ engine: Engine, _ project: Project, rehearsal: (@Sendable (String) -> Void)? = nil, workers: Int = 16,
        tell: @escaping @Sendable (_ subject: String, _ status: String, _ isFinal: Bool) -> Void
    ) {
        self.engine = engine
        self.project = project
        self.rehearsal = rehearsal
        // Said in order.
        self.workers = rehearsal == nil ? max(1, workers) : 1
        self.tell = tell
    }

    /// Says what would be done, if that is all that is wanted.
    ///
    /// - Returns: Whether it is: then it must not be done.
    package func only(_ verb: String, _ what: String) -> Bool {
        rehearsal?("\(verb) \(what)")
        return rehearsal != nil
    }

    /// All containers of the project, those of `run` as well.
    package func existing() throws(EngineError) -> [Existing] { try Self.existing(engine, project.name) }

    package static func existing(_ engine: Engine, _ project: String) throws(EngineError) -> [Existing] {
        try engine.containers(labelled: [Label.project: project]).map(Existing.init).filter { !$0.service.isEmpty }
    }

    // MARK: Side by side

    /// Does the same with several things at once, and all of them whatever happens to one.
    ///
    /// - Throws: The first failure, after all are done.
    static func forEach<Value: Sendable>(
        _ values: [Value], workers: Int = 16, _ body: @escaping @Sendable (Value) throws(EngineError) -> Void
    ) throws(EngineError) {
        guard values.count > 1 else {
            for value in values { try body(value) }
            return
        }
        let queue = WorkQueue(values)
        for _ in 0..<min(workers, values.count) {
            do throws(SyscallError) {
                try queue.startWorker(body)
            } catch {
                guard queue.hasWorkers else { throw EngineError(.fault, "\(error)") }
                break
            }
        }
        if let failure = queue.waitForAll() { throw failure }
    }

    // MARK: Ending

    /// Ends containers, those of dependent services before those that they depend on; those that need nothing of each other at
    /// once.
    package func stop(_ containers: [Existing], seconds: Int?, kills: Bool = false) throws(EngineError) {
        try fromTheTop(containers.filter(\.isRunning)) { (container) throws(EngineError) in
            try self.stop(container, seconds: seconds, kills: kills)
        }
    }

    private func stop(_ container: Existing, seconds: Int?, kills: Bool) throws(EngineError) {
        if only(kills ? "kill" : "stop", container.name) { return }
        let subject = "Container \(container.name)"
        tell(subject, kills ? "Killing" : "Stopping", false)
        do throws(EngineError) {
            if kills {
                try engine.kill(container.id)
                _ = try engine.stop(container.id, seconds: 0)
            } else {
                for hook in project.services[container.service]?.preStop ?? [] {
                    try Self.run(hook, in: container.id, engine, "pre_stop of \(container.service)")
                }
                try engine.stop(container.id, seconds: seconds)
            }
        } catch {
            // It has ended or gone by itself meanwhile.
            guard error.kind == .conflict || error.kind == .notFound else { throw error }
        }
        tell(subject, kills ? "Killed" : "Stopped", true)
    }

    package func remove(
        _ containers: [Existing], force: Bool = false, volumes: Bool = false
    ) throws(EngineError) {
        try Self.forEach(containers, workers: workers) { (container) throws(EngineError) in
            try self.remove(container, force: force, volumes: volumes)
        }
    }

    private func remove(_ container: Existing, force: Bool, volumes: Bool) throws(EngineError) {
        if only("remove", container.name) { return }
        let subject = "Container \(container.name)"
        tell(subject, "Removing", false)
        do throws(EngineError) {
            try engine.remove(container.id, force: force, volumes: volumes)
        } catch {
            guard error.kind == .notFound else { throw error }
        }
        tell(subject, "Removed", true)
    }

    /// Ends and removes containers, each as soon as those are gone that depend on it.
    func takeDown(_ containers: [Existing], seconds: Int?, volumes: Bool) throws(EngineError) {
        try fromTheTop(containers) { (container) throws(EngineError) in
            if container.isRunning { try self.stop(container, seconds: seconds, kills: false) }
            try self.remove(container, force: true, volumes: volumes)
        }
    }

    /// Does the same with all containers, those of dependent services first.
    private func fromTheTop(
        _ containers: [Existing], _ body: @escaping @Sendable (Existing) throws(EngineError) -> Void
    ) throws(EngineError) {
        for group in Self.groups(containers, needs: needs).reversed() {
            try Self.forEach(group, workers: workers, body)
        }
    }

    /// Containers in groups: each of a group needs only such as are in groups before it.
    ///
    /// - Parameter needs: By service. Of services that the files do not have, the containers' labels say it.
    static func groups(_ containers: [Existing], needs: [String: [String]]) -> [[Existing]] {
        var needs = needs
        for container in containers where needs[container.service] == nil { needs[container.service] = container.needs }
        var levels: [String: Int] = [:]
        // A chain has at most one step for each service; a circle, which only labels can make, ends there, too.
        for _ in 0..<needs.count {
            var isDone = true
            for (name, others) in needs {
                let level = others.filter { $0 != name && needs[$0] != nil }.map { (levels[$0] ?? 0) + 1 }.max() ?? 0
                if level > levels[name] ?? 0 {
                    levels[name] = level
                    isDone = false
                }
            }
            if isDone { break }
        }
        return Dictionary(grouping: containers) { levels[$0.service] ?? 0 }.sorted { $0.key < $1.key }.map(\.value)
    }

    private var needs: [String: [String]] {
        project.services.mapValues(\.needs).merging(project.inactive.mapValues(\.needs)) { active, _ in active }
    }

    /// Runs a hook's command in a running container.
    static func run(
        _ hook: Service.Hook, in container: String, _ engine: Engine, _ what: String
    ) throws(EngineError) {
        var request = ExecRequest(command: hook.command)
        request.user = hook.user
        request.privileged = hook.isPrivileged
        request.workingDirectory = hook.workingDirectory ?? ""
        request.environment = hook.environment.map { "\($0)=\($1)" }.sorted()
        let status = try engine.execute(request, in: container)
        guard status == 0 else { throw EngineError(.fault, "\(what) ended with exit code \(status)") }
    }
}

/// Values for several threads, and what went wrong first.
///
/// Unchecked: the fields are touched under the turnstile's lock only.
private final class WorkQueue<Value: Sendable>: @unchecked Sendable {
    private let turnstile = Turnstile()
    private var values: [Value]
    private var running = 0
    private var failure: EngineError?

    init(_ values: [Value]) { self.values = values.reversed() }

    var hasWorkers: Bool { turnstile.locked { running > 0 } }

    func startWorker(_ body: @escaping @Sendable (Value) throws(EngineError) -> Void) throws(SyscallError) {
        turnstile.locked { running += 1 }
        do throws(SyscallError) {
            try BackgroundThread.start { self.work(body) }
        } catch {
            turnstile.locked { running -= 1 }
            throw error
        }
    }

    private func work(_ body: @Sendable (Value) throws(EngineError) -> Void) {
        while let value = turnstile.locked({ values.popLast() }) {
            do throws(EngineError) {
                try body(value)
            } catch {
                let found = error
                turnstile.locked { failure = failure ?? found }
            }
        }
        turnstile.locked {
            running -= 1
            turnstile.wakeAll()
        }
    }

    func waitForAll() -> EngineError? {
        turnstile.locked {
            while running > 0 { turnstile.wait() }
            return failure
        }
    }
}

extension ComposeRunner {
    /// Runs a hook's command in one of the project's containers.
    package func run(_ hook: Service.Hook, in container: Existing, what: String) throws(EngineError) {
        try Self.run(hook, in: container.id, engine, "\(what) of \(container.service)")
    }

    /// Starts containers that are there, each service's after those that it depends on.
    package func startAll(_ containers: [Existing]) throws(EngineError) {
        let project = project
        let started = Set(containers.map(\.service))
        for group in Self.groups(containers, needs: needs) {
            try Self.forEach(group.filter { !$0.isRunning }, workers: workers) { (container) throws(EngineError) in
                if self.only("start", container.name) { return }
                guard let service = project.services[container.service] else {
                    self.tell("Container \(container.name)", "Starting", false)
                    try self.engine.startInBackground(container.id)
                    return self.tell("Container \(container.name)", "Started", true)
                }
                try self.awaitConditions(of: service, among: started)
                try self.start(container.id, container.name, service)
            }
        }
    }

    /// Makes and starts a container of `run`.
    ///
    /// - Parameters:
    ///   - name: `nil` for the project's, the service's and a random one.
    ///   - hasAliases: Whether it is found under the service's names.
    package func startOneOff(
        _ service: Service, name: String?, hasAliases: Bool = false,
        change: (inout ContainerRequest) throws(EngineError) -> Void
    ) throws(EngineError) -> ContainerSession {
        let made = try makeNetworks(of: [service.name])
        try makeVolumes(of: [service.name])
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        let identity: ContainerIdentity
        do throws(EngineError) {
            identity = try create(
                service, name: name ?? oneOffName(service.name, String(random.prefix(12))), number: 1,
                isOneOff: true, hasAliases: hasAliases, change: change)
        } catch {
            try? removeNetworks(made)
            throw error
        }
        do throws(EngineError) {
            return try engine.start(identity.id)
        } catch {
            _ = try? engine.remove(identity.id.text)
            throw error
        }
    }
}
