import ContainerRuntime
import LinuxKernel
import MonitorProtocol
import OCISpec
import RuntimeCommandLine

extension Command {
    func create() throws {
        let id = try containerID()
        let bundle = try loadBundle()
        try checkConsole(terminal: bundle.config.process?.terminal ?? false, detach: true)
        _ = try runtime().create(id, try request(bundle), bundle)
    }

    func start() throws { try runtime().start(containerID(), notifySocket: notifySocket) }

    /// A service manager's socket for the word that a service is ready: sd_notify(3).
    private var notifySocket: String? { environmentVariable("NOTIFY_SOCKET") }

    /// Creates and starts a container; unless detached, stays until it ends and then deletes it.
    func runContainer() throws -> Int32 {
        let (runtime, id, bundle) = (try runtime(), try containerID(), try loadBundle())
        let detach = options.has("detach")
        let terminal = bundle.config.process?.terminal ?? false
        try checkConsole(terminal: terminal, detach: detach)
        var request = try request(bundle)
        request.startsItself = true
        guard !detach else {
            let process = try runtime.create(id, request, bundle)
            try undoing(runtime, id) {
                let readiness = try Readiness.listen(notifySocket, runtime.root, id)
                try process.start(runtime, id, bundle.config, bundle: bundle.path)
                try readiness?.wait(for: process.pid, process.pidfd)
            }
            return 0
        }
        let foreground = try Foreground(terminal: terminal)
        request.consoleDescriptor = foreground.consoleNumber
        request.streams = foreground.streams
        let process = try runtime.create(id, request, bundle)
        let status = try undoing(runtime, id) {
            try foreground.openConsole()
            let readiness = try Readiness.listen(notifySocket, runtime.root, id)
            try process.start(runtime, id, bundle.config, bundle: bundle.path)
            return try foreground.stay(with: process.pid, process.pidfd, readiness)
        }
        if !options.has("keep") { try runtime.delete(id, madeAs: process) }
        return status.shellCode
    }

    /// Runs a further program in a container; unless detached, stays until it ends.
    func execProgram() throws -> Int32 {
        let (runtime, id) = (try runtime(), try containerID())
        let process = try execProcess(runtime, id)
        let detach = options.has("detach")
        try checkConsole(terminal: process.terminal, detach: detach)
        var request = ExecRequest(process: process)
        request.consoleSocket = options["console-socket"]
        request.pidfdSocket = options["pidfd-socket"]
        request.pidFile = options["pid-file"]
        request.cgroupPaths = try ExecOptions.cgroupPaths(options.all("cgroup"))
        request.ignorePaused = options.has("ignore-paused")
        request.preserveDescriptors = try preservedDescriptors()
        request.tools = tools
        guard !detach else {
            // An engine's own streams are for its messages: a program that nobody waits for gets none of them.
            let nothing =
                options.has("engine-codes") ? try OwnedDescriptor(open: "/dev/null", .readWrite).release() : nil
            request.streams = StandardStreams(input: nothing, output: nothing, error: nothing)
            _ = try runtime.exec(id, request)
            return 0
        }
        let foreground = try Foreground(terminal: process.terminal, departure: try departure())
        request.consoleDescriptor = foreground.consoleNumber
        request.streams = foreground.streams
        let running = try runtime.exec(id, request)
        try foreground.openConsole()
        let status = try foreground.stay(with: running.pid, running.pidfd, nil).shellCode
        try running.tools?.end()
        return status
    }

    /// How the process is left to itself, if the caller knows of that.
    private func departure() throws -> Departure? {
        guard let text = options["detach-keys"], let number = options["detach-fd"].flatMap({ Int32($0) }), number > 2
        else {
            return nil
        }
        let keys = text.split(separator: ",").compactMap { UInt8($0) }
        let given = OwnedDescriptor(adopting: number)
        // The program does not get it.
        let listener = try given.duplicate()
        return Departure(keys: KeySequence(keys), listener: listener)
    }

    /// What a process brings along to look around in a container that has no programs for that.
    private var tools: ToolsSource? {
        let layers = options.all("tools-layer")
        if !layers.isEmpty { return .layers(layers) }
        return options.has("host-tools") ? .host : nil
    }

    // MARK: what is asked for

    private func loadBundle() throws -> LoadedBundle {
        var bundle = try LoadedBundle(options["bundle"].flatMap { $0.isEmpty ? nil : $0 } ?? ".")
        let sockets = activationSockets
        if sockets > 0 { bundle.addEnvironment(["LISTEN_FDS=\(sockets)", "LISTEN_PID=1"]) }
        return bundle
    }

    /// How many sockets a service manager has opened for the container, from descriptor 3 on.
    ///
    /// Source: sd_listen_fds(3). Podman says 1 for the process that they are for: the container's first one.
    private var activationSockets: UInt32 {
        guard let count = environmentVariable("LISTEN_FDS").flatMap({ UInt32($0) }), count < 1 << 16 else { return 0 }
        let target = environmentVariable("LISTEN_PID").flatMap { Int32($0) }
        return target == nil || target == 1 || target == CallerIdentity.pid ? count : 0
    }

    private func request(_ bundle: LoadedBundle) throws -> CreateRequest {
        var request = CreateRequest(bundle: bundle.path)
        request.consoleSocket = options["console-socket"]
        request.pidfdSocket = options["pidfd-socket"]
        request.pidFile = options["pid-file"]
        request.noPivot = options.has("no-pivot")
        request.noNewKeyring = options.has("no-new-keyring")
        request.notifySocket = notifySocket
        request.preserveDescriptors = try activationSockets + preservedDescriptors()
        return request
    }

    private func preservedDescriptors() throws(UsageError) -> UInt32 {
        let count = try options.count("preserve-fds") ?? 0
        // No process has more.
        guard count < 1 << 20 else {
            throw .invalidValue(option: "preserve-fds", value: "\(count)", expected: "a number below \(1 << 20)")
        }
        return count
    }

    /// The whole process for exec: a document of its own, or the container's changed by the options.
    private func execProcess(_ runtime: Runtime, _ id: ContainerID) throws -> RuntimeConfig.Process {
        if let path = options["process"], !path.isEmpty {
            let bytes = try readFile(path, limit: 16 << 20)
            return try attempting(path) { () throws(SpecError) in
                try RuntimeConfig.Process(json: JSONValue(parsing: bytes, sizeLimit: 16 << 20))
            }
        }
        guard let base = try runtime.root.open(id).config()?.process else { throw StateError.notFound(id) }
        return try ExecOptions.process(from: base, options, arguments: Array(arguments.dropFirst()))
    }

    /// A terminal needs somebody who serves it: this command while it stays, or the socket's owner.
    private func checkConsole(terminal: Bool, detach: Bool) throws(RuntimeError) {
        let hasSocket = options["console-socket"].map { !$0.isEmpty } ?? false
        if detach, terminal, !hasSocket {
            throw RuntimeError(
                .invalidInput, "the process has a terminal: with --detach, and for create, --console-socket is needed")
        }
        if hasSocket, !detach || !terminal {
            throw RuntimeError(
                .invalidInput, "--console-socket is of use only for a detached process with a terminal")
        }
    }

    /// Takes the container away again if `body` fails.
    private func undoing<Value>(
        _ runtime: Runtime, _ id: ContainerID, _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch {
            do {
                try runtime.delete(id, force: true)
            } catch {
                log.warning("container \(id) could not be taken away after a failure: \(error)")
            }
            throw error
        }
    }
}
