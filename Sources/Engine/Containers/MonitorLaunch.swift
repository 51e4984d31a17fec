internal import LinuxKernel

extension Engine {
    /// Starts the monitor, which makes the container and says on the session's socket how that went.
    func launchMonitor(
        for id: Identifier, _ configuration: ContainerConfiguration, _ host: HostConfiguration, log: ContainerLocations,
        attached: Bool, cleansUp: Bool
    ) throws -> ContainerSession {
        let clientNumber: Int32 = 3
        var arguments = [runtime] + (try monitorArguments(id, configuration, host, clientNumber, attached))
        if cleansUp { arguments.insert("--client-cleans", at: arguments.count - 1) }
        let spawn = Spawn(program: runtime, arguments: arguments, newSession: true)
        // What goes wrong with nobody attached is read here afterwards.
        let messages = try OwnedDescriptor(open: log.monitorLog, [.write, .create, .append], mode: 0o600)
        let pair = try UnixSocketPair()
        let monitor = try startRuntime(spawn, [(messages.raw, 2), (pair.second.descriptor.raw, clientNumber)])
        let identity = try ProcessIdentity(of: monitor.pid)
        let session = ContainerSession(id: id, socket: pair.keepFirst(), child: monitor, identity)
        session.cleansUp = cleansUp
        return session
    }

    /// The words with which a process without any environment calls this program on the same roots.
    func ownArguments(_ command: [String]) -> [String] {
        ["--root", locations.root, "--run-root", locations.runRoot, "--runtime", runtime] + command
    }

    /// - Throws: `EngineError` that says where `brig-runtime` should be, if it is not there.
    private func startRuntime(
        _ spawn: Spawn, _ descriptors: [(raw: Int32, number: Int32)]
    ) throws(EngineError) -> ChildProcess {
        do {
            return try spawn.start(descriptors)
        } catch {
            guard error.code == .noSuchFile else { throw .wrapping(error, while: "start the monitor") }
            throw EngineError(.fault, "\(runtime) is not there: it belongs beside brig, or BRIG_RUNTIME names it")
        }
    }

    private func monitorArguments(
        _ id: Identifier, _ configuration: ContainerConfiguration, _ host: HostConfiguration, _ clientNumber: Int32,
        _ attached: Bool
    ) throws(EngineError) -> [String] {
        let files = locations.container(id)
        var arguments = [
            "--root", locations.runtimeState, "monitor", "--bundle", files.run, "--run-dir", files.run,
            "--client-fd", String(clientNumber),
        ]
        let log = try LogSettings(host.logConfig)
        if log.isReadable {
            arguments += [
                "--log-driver", "json-file", "--log-path", files.log, "--log-max-size", String(log.maximumSize),
                "--log-max-files", String(log.maximumFiles),
            ]
            if log.packs { arguments.append("--log-compress") }
        } else if log.driver == .journald {
            guard let record = try store.container(id) else { throw .noSuchContainer(id.short) }
            arguments += ["--log-driver", "journald", "--log-path", LogSettings.journalSocket]
            for (name, value) in try LogSettings.journalFields(of: record, host.logConfig, configuration) {
                arguments.append("--log-field=\(name)=\(value)")
            }
        } else {
            arguments += ["--log-driver", "none"]
        }
        // Nobody is there whose going would end the input: it ends when a client says so.
        if configuration.openStdin {
            arguments.append(configuration.stdinOnce && attached ? "--stdin-once" : "--stdin")
        }
        arguments += ["--cleanup", ownExecutable]
        for word in ownArguments(["container", "cleanup", id.text]) {
            // One word: a value that begins with dashes is not taken for an option.
            arguments.append("--cleanup-arg=\(word)")
        }
        if let health = try HealthPlan(configuration.healthcheck) {
            arguments += [
                "--health-interval", String(health.interval), "--health-start-period", String(health.startPeriod),
                "--health-start-interval", String(health.startInterval),
            ]
            for word in ownArguments(["container", "health", id.text]) { arguments.append("--health-arg=\(word)") }
        }
        return arguments + [id.text]
    }
}
