package import ContainerRuntime
internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// Makes containers with the runtime, in this process, which is thus the parent of their first process.
struct RuntimeStarter: ContainerStarter {
    let options: MonitorOptions
    let runtime: Runtime

    func start(_ stdio: borrowing ContainerStdio) throws(StartFailure) -> StartedContainer {
        do {
            return try createAndStart(stdio)
        } catch let failure as StartFailure {
            throw failure
        } catch {
            throw StartFailure(error)
        }
    }

    private func createAndStart(_ stdio: borrowing ContainerStdio) throws -> StartedContainer {
        let console = try UnixSocketPair(.stream)
        var request = CreateRequest(bundle: options.bundle)
        request.startsItself = true
        request.consoleDescriptor = console.second.descriptor.raw
        request.streams = StandardStreams(
            input: stdio.input.raw, output: stdio.output.raw, error: stdio.error.raw)
        let process = try runtime.create(options.id, request)
        do {
            let memory = MemoryEvents.open(in: process.memoryDirectory)
            let kills = MemoryEvents.kills(memory)
            var terminal: OwnedDescriptor?
            guard let config = process.config else { throw StartFailure(kind: .engine, message: "no configuration") }
            if config.process?.terminal == true { terminal = try receiveTerminal(console.first) }
            try process.start(runtime, options.id, config, bundle: options.bundle)
            return StartedContainer(pid: process.pid, terminal: terminal, memoryEvents: memory, earlierKills: kills)
        } catch {
            let failure = StartFailure(error)
            do {
                try runtime.delete(options.id, force: true)
            } catch {
                throw StartFailure(
                    kind: failure.kind,
                    message: "\(failure.message); and taking the container back failed: \(error)")
            }
            throw failure
        }
    }

    /// The controller of the terminal that the container's process has made.
    private func receiveTerminal(_ console: borrowing UnixSocket) throws -> OwnedDescriptor {
        guard try !console.descriptor.wait(for: .readable, timeout: .seconds(10)).isEmpty else {
            throw StartFailure(kind: .engine, message: "the container's terminal did not arrive")
        }
        var message = try console.receive(upTo: 4096)
        guard let terminal = message.descriptors.takeFirst() else {
            throw StartFailure(kind: .engine, message: "the container's terminal did not arrive")
        }
        return terminal
    }
}

extension StartFailure {
    /// What the runtime could not do, with whose fault it is.
    fileprivate init(_ error: any Error) {
        let kind: Kind =
            switch (error as? RuntimeError)?.kind {
            case .programNotFound: .notFound
            case .programNotExecutable: .notExecutable
            default: .engine
            }
        self.init(kind: kind, message: "\(error)")
    }
}

extension MemoryEvents {
    /// Opens the file that counts kills; `nil` if there is none, as without a memory controller.
    fileprivate static func open(in directory: String?) -> OwnedDescriptor? {
        guard let directory else { return nil }
        for name in ["memory.events", "memory.oom_control"] {
            if let file = try? OwnedDescriptor(open: "\(directory)/\(name)", [.read, .noFollow]) { return file }
        }
        return nil
    }

    fileprivate static func kills(_ file: borrowing OwnedDescriptor?) -> UInt64 {
        switch file {
        case .some(let file): kills(file)
        case .none: 0
        }
    }
}

extension Monitor {
    /// Creates and starts a container, watches it to its end, and executes the cleanup command.
    ///
    /// - Returns: The exit status, if there is no cleanup command or it cannot be executed: 0 after the container's end,
    ///   125 to 127 if the container was not started.
    package static func run(_ options: MonitorOptions, on runtime: Runtime) -> Int32 {
        run(options, starter: RuntimeStarter(options: options, runtime: runtime))
    }
}
