internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// A further process in a running container: what the user asks for.
public struct ExecRequest: Equatable, Sendable {
    public var command: [String]
    public var terminal = false
    /// The process does not wait for anybody: it gets no streams.
    public var detached = false
    /// Keeps standard input open for it.
    public var interactive = false
    public var environment: [String] = []
    public var workingDirectory = ""
    /// `nil` for the container's own.
    public var user: String?
    public var privileged = false
    /// Tools that it brings along, where the container has none.
    public var tools: DebugTools?

    /// Keys with which somebody at its terminal leaves it to itself; none: nobody can.
    public var detachKeys: [UInt8] = []

    public init(command: [String]) { self.command = command }

    /// In the place of an exit code: it goes on, and nobody waits for it any more.
    public static let leftToItself: Int32 = -1
}

extension Engine {
    /// Starts a further process in a container and waits for it, unless it is detached.
    ///
    /// Its streams are this process's own.
    /// - Returns: Its exit code, 128 and more for a signal; 126 and 127 if it could not be executed;
    ///   `ExecRequest.leftToItself` if somebody has left it.
    /// - Throws: `EngineError`; `conflict` unless the container runs.
    public func execute(_ request: ExecRequest, in reference: String) throws(EngineError) -> Int32 {
        let record = try store.container(reference)
        guard case .running(_?) = try observe(record) else {
            throw EngineError(.conflict, "container \(record.name) is not running")
        }
        guard !isFrozen(record) else {
            throw EngineError(.conflict, "container \(record.name) is paused, unpause the container before exec")
        }
        let files = locations.container(record.id)
        let (configuration, host) = try store.configurations(of: record.id)
        let process = try execProcess(request, record, configuration, host)
        var generator = SystemRandomNumberGenerator()
        let execID = Identifier.random(using: &generator)
        guard let name = ExecName(execID.text.utf8) else { throw EngineError(.fault, "no name for a process") }
        let document = "\(files.run)/\(name.document)"
        do {
            try HostDirectory.write(process.json.bytes(), to: document, mode: 0o600)
        } catch {
            throw .wrapping(error, while: "write \(document)")
        }
        // The runtime has read it by then; what is left of a killed command goes with the run directory.
        defer { try? HostDirectory.removeTree(document) }
        let command = request.command.joined(separator: " ")
        self.record("exec_create: \(command)", record, ["execID": execID.text], configuration)
        self.record("exec_start: \(command)", record, ["execID": execID.text], configuration)
        // The monitor waits for a process that nobody else waits for, and has its end written down.
        if request.detached, request.tools == nil,
            let status = try executeDetached(name, record, terminal: request.terminal)
        {
            return status
        }
        let status = try runExec(request, record, document)
        if status == ExecRequest.leftToItself {
            self.record("exec_detach", record, ["execID": execID.text], configuration)
        } else if !request.detached {
            self.record("exec_die", record, ["execID": execID.text, "exitCode": String(status)], configuration)
        }
        return status
    }

    func execProcess(
        _ request: ExecRequest, _ record: ContainerRecord, _ configuration: ContainerConfiguration,
        _ host: HostConfiguration
    ) throws(EngineError) -> RuntimeConfig.Process {
        // The container's own settings, as if it were started with this command: the same checks, the same defaults.
        var wanted = configuration
        wanted.entrypoint = nil
        wanted.cmd = request.command
        wanted.tty = request.terminal
        if let user = request.user { wanted.user = user }
        if !request.workingDirectory.isEmpty { wanted.workingDir = request.workingDirectory }
        var environment = try wanted.env.map { text throws(EngineError) in text }
        for text in request.environment {
            let key = text.prefix { $0 != "=" }
            environment.removeAll { $0.prefix { $0 != "=" } == key }
            environment.append(text)
        }
        wanted.env = environment
        var hostWanted = host
        if request.privileged { hostWanted.privileged = true }
        let facts = try HostFacts.read()
        let plan = try ContainerPlan(id: record.id, wanted, hostWanted, facts)
        do {
            let user = try resolve(plan.user, adding: plan.groups, in: locations.container(record.id))
            let specification = SpecificationBuilder(
                plan: plan, facts: facts, user: user, rootfs: "/", generatedFiles: [], seccomp: nil, hostDevices: []
            ).specification()
            guard var process = specification.process else { throw EngineError(.fault, "no process was made") }
            process.oomScoreAdj = nil
            if request.tools != nil { DebugTools.adapt(&process, request) }
            return process
        } catch {
            throw .wrapping(error, while: "prepare the process")
        }
    }

    private func runExec(
        _ request: ExecRequest, _ record: ContainerRecord, _ document: String
    ) throws(EngineError) -> Int32 {
        var arguments = [runtime, "--root", locations.runtimeState, "exec", "--engine-codes", "--process", document]
        if let tools = request.tools { arguments += try toolsArguments(tools) }
        if request.detached { arguments.append("--detach") }
        if request.terminal { arguments.append("--tty") }
        if !request.detachKeys.isEmpty, !request.detached {
            let keys = request.detachKeys.map(String.init).joined(separator: ",")
            arguments += ["--detach-keys", keys, "--detach-fd", String(Self.leavingNumber)]
        }
        arguments.append(record.id.text)
        do {
            var streams: [(raw: Int32, number: Int32)] = []
            if !request.detached {
                if request.interactive { streams.append((0, 0)) }
                streams += [(1, 1)]
            }
            streams.append((2, 2))
            let spawn = Spawn(program: runtime, arguments: arguments, workingDirectory: nil)
            guard !request.detachKeys.isEmpty, !request.detached else {
                return try spawn.start(streams).wait().shellCode
            }
            return try runUntilLeft(spawn, streams, number: Self.leavingNumber)
        } catch {
            throw .wrapping(error, while: "execute in container \(record.name)")
        }
    }

    /// Where the runtime says that somebody has left the program to itself.
    private static let leavingNumber: Int32 = 3

    /// Waits for the runtime, or until somebody at the terminal leaves: it then stays beside the program, in a session of its own.
    private func runUntilLeft(
        _ spawn: Spawn, _ streams: [(raw: Int32, number: Int32)], number: Int32
    ) throws -> Int32 {
        let pipe = try Pipe()
        let child = try spawn.start(streams + [(pipe.writeEnd.raw, number)])
        let word = pipe.keepReadEnd()
        // One byte, or the end with the runtime's.
        if try word.read(upTo: 1).isEmpty { return try child.wait().shellCode }
        _ = child.release()
        return ExecRequest.leftToItself
    }
}
