internal import Archive
internal import ComposeFile
package import Engine
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// What `up` and `create` are told.
package struct UpOptions: Sendable {
    /// The services that the user named; empty for all.
    package var services: [String] = []
    package var recreation = Plan.Recreation.changed
    /// Without the services that those named depend on.
    package var skipsDependencies = false
    package var alwaysRecreatesDependencies = false
    package var removesOrphans = false
    package var scale: [String: Int] = [:]
    package var starts = true
    /// Until all run, and those with a health check are healthy.
    package var waits = false
    /// How long to wait; `nil` for as long as it takes.
    package var waitTimeout: Duration?
    /// Anonymous volumes are made anew, too, instead of being taken over.
    package var renewsVolumes = false
    /// Nothing is said of containers whose services the files no longer have.
    package var ignoresOrphans = false
    /// Seconds that containers have to end; `nil` is what each says.
    package var stopSeconds: Int?

    package init() {}
}

extension ComposeRunner {
    /// Brings the project's containers to what the files say.
    ///
    /// Images are there already. What was made anew is taken away again if something fails.
    /// - Returns: The containers of the services that were asked for.
    /// - Throws: `EngineError`, whose text tells the chain of causes.
    @discardableResult
    package func up(_ options: UpOptions) throws(EngineError) -> [Existing] {
        let wanted = try selection(options)
        let order = project.order.filter(wanted.contains)
        if rehearsal != nil { return try rehearse(order, options) }
        try finishEnding(wanted, options)
        let plan = try plan(options)
        let networks = try makeNetworks(of: order)
        do {
            try makeVolumes(of: order)
            try settleOrphans(plan.orphans, options)
            try carryOut(plan, options)
        } catch {
            try? removeNetworks(networks)
            throw error
        }
        return try existing().filter { wanted.contains($0.service) && !$0.isOneOff }
    }

    /// Whoever began to end a container may have been killed since, and its signal is on the way: what runs still is not
    /// what will run.
    private func finishEnding(_ wanted: Set<String>, _ options: UpOptions) throws(EngineError) {
        let ending = try engine.endingContainers(labelled: [Label.project: project.name]).map(Existing.init)
        try stop(ending.filter { wanted.contains($0.service) }, seconds: options.stopSeconds)
    }

    /// The services that an `up` is about.
    func selection(_ options: UpOptions) throws(EngineError) -> Set<String> {
        guard !options.services.isEmpty else { return Set(project.services.keys) }
        for name in options.services where project.services[name] == nil {
            throw EngineError(.notFound, "no such service: \(name)")
        }
        return options.skipsDependencies ? Set(options.services) : project.closure(of: options.services)
    }

    private func settleOrphans(_ orphans: [Existing], _ options: UpOptions) throws(EngineError) {
        guard !orphans.isEmpty else { return }
        guard options.removesOrphans else {
            guard !options.ignoresOrphans else { return }
            let names = orphans.map(\.name).joined(separator: ", ")
            tell(
                "Project \(project.name)",
                "warning: found orphan containers (\(names)); remove them with --remove-orphans", true)
            return
        }
        try stop(orphans, seconds: options.stopSeconds)
        try remove(orphans, force: true)
    }

    private func carryOut(_ plan: Plan, _ options: UpOptions) throws(EngineError) {
        let table = ServiceTable()
        let deadline = options.waitTimeout.map { MonotonicClock.milliseconds + $0.milliseconds }
        try Self.forEach(plan.parts, workers: workers) { (part) throws(EngineError) in
            do throws(StartFailure) {
                try self.carryOut(part, options, table, deadline)
                table.set(part.service, .done)
            } catch {
                table.set(part.service, .failed(error))
            }
        }
        if options.waits, table.failures.isEmpty {
            awaitAll(plan.parts.map { ($0.service, !$0.changesNothing) }, table, deadline)
        }
        let failures = table.failures
        guard failures.isEmpty else {
            for id in table.newContainers {
                // The first failure is what the user must know.
                _ = try? engine.remove(id, force: true)
            }
            throw Self.told(failures)
        }
    }

    /// Each culprit once, with its last lines and those that waited for it.
    private static func told(_ failures: [StartFailure]) -> EngineError {
        var lines: [String] = []
        var seen: Set<String> = []
        for failure in failures where !failure.isConsequence && seen.insert(failure.culprit).inserted {
            var waiting: [String] = []
            for other in failures where other.culprit == failure.culprit {
                waiting += other.waiting.filter { !waiting.contains($0) }
            }
            let blocked = waiting.isEmpty ? "" : "; so not started: \(waiting.joined(separator: ", "))"
            lines.append("service \(failure.culprit): \(failure.message)\(blocked)")
            lines += failure.lines.map { "  | \($0)" }
        }
        return EngineError(.fault, lines.joined(separator: "\n"))
    }

    // MARK: One service

    private func carryOut(
        _ part: Plan.Part, _ options: UpOptions, _ table: ServiceTable, _ deadline: Int64?
    ) throws(StartFailure) {
        guard let service = project.services[part.service] else { return }
        if options.starts, !part.changesNothing { try awaitDependencies(of: service, options, table, deadline) }
        guard !table.hasFailed else {
            throw StartFailure(culprit: service.name, message: "not started", isConsequence: true)
        }
        do throws(EngineError) {
            if !part.removals.isEmpty {
                let volumes = options.renewsVolumes ? [:] : try anonymousVolumes(of: part)
                try stop(part.removals, seconds: options.stopSeconds)
                try remove(part.removals)
                try Self.forEach(part.creations, workers: Self.replicaWorkers) { (number) throws(EngineError) in
                    try self.bring(service, number, part, volumes[number] ?? [], starts: options.starts, table)
                }
            } else {
                try Self.forEach(part.creations, workers: Self.replicaWorkers) { (number) throws(EngineError) in
                    try self.bring(service, number, part, [], starts: options.starts, table)
                }
            }
            if options.starts {
                try Self.forEach(part.starts, workers: Self.replicaWorkers) { (container) throws(EngineError) in
                    try self.start(container.id, container.name, service)
                }
                try stop(part.restarts, seconds: options.stopSeconds)
                try Self.forEach(part.restarts, workers: Self.replicaWorkers) { (container) throws(EngineError) in
                    try self.start(container.id, container.name, service)
                }
            }
            for container in part.kept { tell("Container \(container.name)", "Running", true) }
        } catch {
            throw StartFailure(culprit: service.name, message: error.message)
        }
    }

    /// How many containers of one service are made at once: others' come up beside them.
    private static let replicaWorkers = 4

    private func bring(
        _ service: Service, _ number: Int, _ part: Plan.Part, _ volumes: [String], starts: Bool, _ table: ServiceTable
    ) throws(EngineError) {
        let isNew = part.replaced[number] == nil
        let name = containerName(service.name, number)
        tell("Container \(name)", isNew ? "Creating" : "Recreating", false)
        let identity = try create(service, name: name, number: number, volumes: volumes)
        if isNew { table.add(identity.id.text) }
        tell("Container \(name)", isNew ? "Created" : "Recreated", !starts)
        if starts { try start(identity.id.text, name, service) }
    }

    func start(_ id: String, _ name: String, _ service: Service) throws(EngineError) {
        tell("Container \(name)", "Starting", false)
        try engine.startInBackground(id)
        for hook in service.postStart {
            try Self.run(hook, in: id, engine, "post_start of \(service.name)")
        }
        tell("Container \(name)", "Started", true)
    }

    // MARK: Waiting

    private func awaitDependencies(
        of service: Service, _ options: UpOptions, _ table: ServiceTable, _ deadline: Int64?
    ) throws(StartFailure) {
        let wanted: Set<String>
        do throws(EngineError) {
            wanted = try selection(options)
        } catch {
            throw StartFailure(culprit: service.name, message: error.message)
        }
        let conditions = service.dependencies.reduce(into: [:]) { $0[$1.service] = $1 }
        for name in service.needs where wanted.contains(name) {
            let dependency = conditions[name]
            do throws(StartFailure) {
                if case .failed(let failure) = table.outcome(of: name) { throw failure }
                switch dependency?.condition ?? .started {
                case .started: break
                case .healthy: try awaitHealth(of: name, for: service.name, table, deadline)
                case .completed: try awaitCompletion(of: name, for: service.name, table, deadline)
                }
            } catch {
                guard dependency?.isRequired == false else { throw error.passed(to: service.name) }
                tell("Service \(service.name)", "goes on without \(name): \(error.message)", true)
            }
        }
    }

    private func awaitHealth(
        of name: String, for waiting: String, _ table: ServiceTable, _ deadline: Int64?
    ) throws(StartFailure) {
        let own = try containers(of: name, for: waiting)
        guard !own.isEmpty else {
            throw StartFailure(culprit: name, message: "it has no container that could be healthy")
        }
        for container in own {
            tell("Container \(container.name)", "Waiting", false)
            try poll(container, name, table, deadline, until: "healthy") { state in
                guard state.isRunning || state.status == "restarting" else {
                    return .failed("it ended with exit code \(state.exitCode) before it was healthy")
                }
                switch state.health {
                case "healthy"?: return .reached
                case "unhealthy"?: return .failed("it is unhealthy" + Self.lastCheck(state))
                case nil: return .failed("it has no health check, but \(waiting) waits for one")
                default: return .waiting
                }
            }
            tell("Container \(container.name)", "Healthy", true)
        }
    }

    private func awaitCompletion(
        of name: String, for waiting: String, _ table: ServiceTable, _ deadline: Int64?
    ) throws(StartFailure) {
        for container in try containers(of: name, for: waiting) {
            tell("Container \(container.name)", "Waiting", false)
            try poll(container, name, table, deadline, until: "completed") { state in
                guard state.status == "exited" || state.status == "dead" else { return .waiting }
                return state.exitCode == 0 ? .reached : .failed("it did not complete: exit code \(state.exitCode)")
            }
            tell("Container \(container.name)", "Exited", true)
        }
    }

    /// Waits until what has been started is there after all: running, healthy, or completed where others wait for that.
    private func awaitAll(_ services: [(name: String, isNew: Bool)], _ table: ServiceTable, _ deadline: Int64?) {
        for (name, isNew) in services {
            // As in Compose v2, what ends at once has not come up: half a second is waited for where nothing says that it is well.
            let settled = isNew ? MonotonicClock.milliseconds + 500 : 0
            let isWaitedForToEnd = project.services.values.contains {
                $0.dependencies.contains { $0.service == name && $0.condition == .completed }
            }
            do throws(StartFailure) {
                for container in try containers(of: name, for: "") {
                    try poll(container, name, table, deadline, until: "running") { state in
                        if isWaitedForToEnd, state.status == "exited", state.exitCode == 0 { return .reached }
                        guard state.isRunning || state.status == "restarting" else {
                            return .failed("it ended with exit code \(state.exitCode)")
                        }
                        switch state.health {
                        case "healthy"?: return .reached
                        case nil: return MonotonicClock.milliseconds < settled ? .waiting : .reached
                        case "unhealthy"?: return .failed("it is unhealthy" + Self.lastCheck(state))
                        default: return .waiting
                        }
                    }
                    tell("Container \(container.name)", "Healthy", true)
                }
            } catch {
                table.set(name, .failed(error))
            }
        }
    }

    /// Waits until what has been started is running or healthy, as `up --wait` does.
    ///
    /// - Throws: What did not come up, with its last lines.
    package func await(_ started: [Existing], timeout: Duration?) throws(EngineError) {
        guard rehearsal == nil else { return }
        let table = ServiceTable()
        let deadline = timeout.map { MonotonicClock.milliseconds + $0.milliseconds }
        awaitAll(Set(started.map(\.service)).sorted().map { ($0, true) }, table, deadline)
        let failures = table.failures
        guard failures.isEmpty else { throw Self.told(failures) }
    }

    /// Waits for what a service's dependencies that are started with it must be, as their conditions say.
    func awaitConditions(of service: Service, among started: Set<String>) throws(EngineError) {
        let table = ServiceTable()
        for dependency in service.dependencies where started.contains(dependency.service) {
            do throws(StartFailure) {
                switch dependency.condition {
                case .started: break
                case .healthy: try awaitHealth(of: dependency.service, for: service.name, table, nil)
                case .completed: try awaitCompletion(of: dependency.service, for: service.name, table, nil)
                }
            } catch {
                guard !dependency.isRequired else { throw Self.told([error.passed(to: service.name)]) }
                tell("Service \(service.name)", "goes on without \(dependency.service): \(error.message)", true)
            }
        }
    }

    private enum Look { case reached, waiting, failed(String) }

    private func poll(
        _ container: Existing, _ service: String, _ table: ServiceTable, _ deadline: Int64?, until goal: String,
        _ look: (LabelledContainer) -> Look
    ) throws(StartFailure) {
        var pause = 10
        while true {
            let state: LabelledContainer
            do throws(EngineError) {
                state = try engine.labelledContainer(container.id)
            } catch {
                throw StartFailure(culprit: service, message: error.message)
            }
            switch look(state) {
            case .reached: return
            case .failed(let why):
                tell("Container \(container.name)", "Error", true)
                throw StartFailure(culprit: service, message: why, lines: lastLines(of: container))
            case .waiting: break
            }
            if let deadline, MonotonicClock.milliseconds > deadline {
                throw StartFailure(
                    culprit: service, message: "it was not \(goal) in time", lines: lastLines(of: container))
            }
            if table.hasFailed {
                throw StartFailure(
                    culprit: service, message: "given up, because another service failed", isConsequence: true)
            }
            sleep(for: .milliseconds(pause))
            pause = min(pause * 2, 200)
        }
    }

    /// What the last health check said.
    private static func lastCheck(_ container: LabelledContainer) -> String {
        guard case .object(let state) = container.state, case .object(let health)? = state["Health"],
            case .array(let log)? = health["Log"], case .object(let last)? = log.last,
            case .string(let output)? = last["Output"]
        else { return "" }
        let line = output.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        return line.isEmpty ? "" : ": \(line.prefix(200))"
    }

    private func containers(of service: String, for waiting: String) throws(StartFailure) -> [Existing] {
        do throws(EngineError) {
            return try existing().filter { $0.service == service && !$0.isOneOff }
        } catch {
            throw StartFailure(culprit: service, message: error.message)
        }
    }

    /// The last lines that a container has put out.
    func lastLines(of container: Existing, count: Int = 10) -> [String] {
        var selection = LogSelection()
        selection.tail = count
        let lines = LineList()
        // Without them the message is still true.
        try? engine.logs(container.id, selection) { record in
            lines.add(String(decoding: record.log, as: UTF8.self))
            return true
        }
        return lines.all
    }
}

private final class LineList {
    private(set) var all: [String] = []

    func add(_ text: String) {
        all += text.split(whereSeparator: \.isNewline).map { line in
            String(String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
        }
    }
}

extension Service {
    /// The services whose namespaces or volumes a container of this one has.
    var joins: [String] {
        var result: [String] = []
        for key in ["network_mode", "ipc", "pid"] {
            if let mode = text(key), mode.hasPrefix("service:") { result.append(String(mode.dropFirst(8))) }
        }
        return result + volumeSources.filter { !$0.isContainer }.map(\.name)
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

extension ComposeRunner {
    /// What an `up` would do, as far as that is known before images and networks are there.
    package func plan(_ options: UpOptions) throws(EngineError) -> Plan {
        let wanted = try selection(options)
        var wishes: [Plan.Wish] = []
        for name in project.order where wanted.contains(name) {
            guard let service = project.services[name] else { continue }
            if let count = options.scale[name], count > 1, let fixed = service.text("container_name") {
                throw EngineError(.invalidInput, "service \(name): only one container can have the name \(fixed)")
            }
            wishes.append(
                Plan.Wish(
                    service: name, count: options.scale[name] ?? service.replicas, hash: project.hash(of: service),
                    image: try engine.imageIdentifier(project.imageName(service)), joins: service.joins,
                    restartsWith: service.dependencies.filter(\.restarts).map(\.service)))
        }
        let named = options.services.isEmpty || options.alwaysRecreatesDependencies ? nil : Set(options.services)
        return Plan(
            wishes, existing: try existing(), known: Set(project.services.keys).union(project.inactive.keys),
            recreation: options.recreation, forced: named)
    }

    package func containerName(_ service: String, _ number: Int) -> String {
        project.services[service]?.text("container_name")
            ?? [project.name, service, "\(number)"].joined(separator: project.separator)
    }

    func oneOffName(_ service: String, _ word: String) -> String {
        [project.name, service, "run", word].joined(separator: project.separator)
    }
}
