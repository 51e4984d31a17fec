internal import LinuxKernel
internal import MonitorProtocol

/// Which containers a list holds. Filters of one kind are alternatives, filters of different kinds all hold.
public struct ContainerFilter: Equatable, Sendable {
    public var names: [String] = []
    public var ids: [String] = []
    public var statuses: [String] = []
    public var exitCodes: [Int32] = []
    /// Names or identifiers of images.
    public var ancestors: [String] = []
    /// `KEY` or `KEY=VALUE`.
    public var labels: [String] = []
    public var healths: [String] = []
    /// Containers before and after which it was made.
    public var before: [String] = []
    public var since: [String] = []
    /// Names of volumes, directories of the host's, or places in the container.
    public var volumes: [String] = []
    /// Names or identifiers.
    public var networks: [String] = []
    /// Ports of the host's that lead to it, and ports of its own: `PORT[-PORT][/PROTOCOL]`.
    public var published: [PortPattern] = []
    public var exposed: [PortPattern] = []
    /// Tasks are a swarm's.
    var wantsTasks = false

    public init() {}

    /// Adds Docker's `KEY=VALUE`.
    ///
    /// - Throws: `EngineError` of kind `invalidInput`.
    public mutating func add(_ text: String) throws(EngineError) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw EngineError(.invalidInput, "invalid filter \(quotedForError(text)): write KEY=VALUE")
        }
        switch parts[0] {
        case "name": names.append(parts[1])
        case "id": ids.append(parts[1])
        case "ancestor": ancestors.append(parts[1])
        case "label": labels.append(parts[1])
        case "before": before.append(parts[1])
        case "since": since.append(parts[1])
        case "volume": volumes.append(parts[1])
        case "network": networks.append(parts[1])
        case "publish": published.append(try PortPattern(parts[1]))
        case "expose": exposed.append(try PortPattern(parts[1]))
        case "isolation": break
        case "is-task":
            guard ["true", "1", "false", "0"].contains(parts[1]) else {
                throw EngineError(.invalidInput, "invalid filter is-task=\(quotedForError(parts[1]))")
            }
            wantsTasks = ["true", "1"].contains(parts[1])
        case "health":
            guard ["starting", "healthy", "unhealthy", "none"].contains(parts[1]) else {
                throw EngineError(.invalidInput, "invalid filter health=\(quotedForError(parts[1]))")
            }
            healths.append(parts[1])
        case "status":
            guard ["created", "running", "exited", "paused", "restarting", "removing", "dead"].contains(parts[1]) else {
                throw EngineError(.invalidInput, "invalid filter status=\(quotedForError(parts[1]))")
            }
            statuses.append(parts[1])
        case "exited":
            guard let code = Int32(parts[1]) else {
                throw EngineError(.invalidInput, "invalid filter exited=\(quotedForError(parts[1]))")
            }
            exitCodes.append(code)
        default: throw EngineError(.invalidInput, "invalid filter \(quotedForError(parts[0]))")
        }
    }

    /// As in Docker, a regular expression of which a part of the name is enough.
    static func name(_ name: String, matches text: String) -> Bool {
        guard let pattern = try? Regex(text) else { return name.contains(text) }
        // Docker's names begin with a slash, which may be written or not.
        return name.contains(pattern) || "/\(name)".contains(pattern)
    }

    /// Whether labels have to be looked at.
    var asksForLabels: Bool { !labels.isEmpty }

    func admits(labels own: [String: String]) -> Bool {
        labels.allSatisfy { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let value = own[parts[0]] else { return false }
            return parts.count == 1 || value == parts[1]
        }
    }

    func admits(_ record: ContainerRecord, _ state: ContainerInspection.State) -> Bool {
        func any<Value>(_ values: [Value], _ holds: (Value) -> Bool) -> Bool {
            values.isEmpty || values.contains(where: holds)
        }
        return any(names) { Self.name(record.name.text, matches: $0) }
            && any(healths) { $0 == (record.health.isEmpty ? "none" : record.health) }
            && any(ids) { record.id.text.hasPrefix($0) }
            && any(statuses) { $0 == state.status }
            && any(exitCodes) { state.status == "exited" && $0 == state.exitCode }
            && any(ancestors) { name in
                name == record.imageName || "\(name):latest" == record.imageName || name == "\(record.imageName):latest"
                    || record.imageID.text.hasPrefix(name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name)
            }
    }
}

extension Engine {
    /// The containers, the newest first.
    ///
    /// - Parameters:
    ///   - all: Those that do not run as well. A filter on the state means them, too.
    ///   - exposed: Whether ports are told of that nothing of the host leads to.
    public func containers(
        all: Bool, _ filter: ContainerFilter = .init(), exposed: Bool = false
    ) throws(EngineError) -> [ContainerSummary] {
        if filter.wantsTasks { return [] }
        let now = Timestamp.now
        let labels = filter.asksForLabels ? try store.labels() : [:]
        // The newest of those named: what was made before one of them was made before it.
        let before = try filter.before.map { text throws(EngineError) in try store.container(text).created }.max()
        let since = try filter.since.map { text throws(EngineError) in try store.container(text).created }.min()
        let everyState = all || !filter.statuses.isEmpty || !filter.exitCodes.isEmpty
        var result: [ContainerSummary] = []
        let ports = try store.ports()
        let inner = exposed || filter.asksForPorts ? try store.exposedPorts() : [:]
        let networks = try networkNames(filter.networks)
        for record in try store.containers() {
            let state = try state(of: record)
            guard everyState || state.running, filter.admits(record, state) else { continue }
            if filter.asksForLabels, !filter.admits(labels: labels[record.id] ?? [:]) { continue }
            if let before, record.created >= before { continue }
            if let since, record.created <= since { continue }
            let shown = state.running ? Self.ports(ports[record.id] ?? [], inner[record.id] ?? []) : []
            guard filter.admits(ports: shown), try admits(record, filter.volumes, networks) else { continue }
            result.append(
                ContainerSummary(
                    id: record.id.text, names: ["/\(record.name)"], image: record.imageName,
                    imageID: "sha256:\(record.imageID)", command: record.command, created: record.created.seconds,
                    state: state.status, status: Self.status(state, now, health: record.health),
                    ports: shown))
        }
        return result
    }

    /// The identity that a name, an identifier or a beginning of one means.
    public func identity(_ reference: String) throws(EngineError) -> ContainerIdentity {
        let record = try store.container(reference)
        return ContainerIdentity(id: record.id, name: record.name)
    }

    /// What the record's container is doing, in Docker's form.
    func state(of record: ContainerRecord) throws(EngineError) -> ContainerInspection.State {
        var state = ContainerInspection.State()
        state.error = record.error
        state.exitCode = record.exitCode
        let observed = try observe(record)
        switch observed {
        case .created: break
        // What an earlier run ended with is over, as in Docker.
        case .starting: state.exitCode = 0
        case .running(let process):
            state.exitCode = 0
            state.paused = record.isPaused && process.map(Freezer.holds) ?? false
            state.status = state.paused ? "paused" : "running"
            state.running = true
            state.pid = process?.pid ?? 0
            state.startedAt = record.started?.description ?? state.startedAt
        case .exited(let ending), .restarting(let ending):
            state.status = record.phase == .dead ? "dead" : "exited"
            state.dead = record.phase == .dead
            if case .restarting = observed {
                state.status = "restarting"
                state.running = true
                state.restarting = true
            }
            state.exitCode = ending.exitCode
            state.oomKilled = ending.oomKilled
            state.error = ending.error
            if !ending.reason.isEmpty { state.reason = ending.reason }
            state.startedAt = ending.started?.description ?? state.startedAt
            state.finishedAt = ending.finished?.description ?? state.finishedAt
        }
        return state
    }

    /// `Up 5 minutes`, `Exited (0) 2 hours ago`, `Created`.
    static func status(_ state: ContainerInspection.State, _ now: Timestamp, health: String = "") -> String {
        func age(_ text: String) -> String {
            let since = Timestamp(text).map { now.seconds - $0.seconds } ?? 0
            return HumanDuration.text(seconds: since)
        }
        switch state.status {
        case "running":
            let shown = health.isEmpty ? "" : health == "starting" ? " (health: starting)" : " (\(health))"
            return "Up \(age(state.startedAt))\(shown)"
        case "paused": return "Up \(age(state.startedAt)) (Paused)"
        case "restarting": return "Restarting (\(state.exitCode)) \(age(state.finishedAt)) ago"
        case "dead": return "Dead"
        case "exited":
            let end = state.finishedAt == ContainerInspection.State.never ? "" : " \(age(state.finishedAt)) ago"
            return "Exited (\(state.exitCode))\(end)"
        default: return "Created"
        }
    }
}

extension Engine {
    /// What a container that has ended exited with.
    ///
    /// - Throws: `EngineError`: `conflict` if it runs; `notFound` if it is gone.
    public func exitCode(of id: Identifier) throws(EngineError) -> Int32 {
        guard let record = try store.container(id) else { throw .noSuchContainer(id.short) }
        guard case .exited(let ending) = try observe(record) else {
            throw EngineError(.conflict, "the monitor of container \(record.name) is gone, and the container runs on")
        }
        if !ending.error.isEmpty { throw EngineError(.fault, "container \(record.name): \(ending.error)") }
        return ending.exitCode
    }
}
