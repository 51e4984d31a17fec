internal import ContainerRuntime
internal import LinuxKernel
internal import MonitorProtocol

/// The small process beside each container: `brig-runtime monitor` (docs/protocols/monitor.md).
public enum Monitor {
    /// Creates and starts a container, watches it to its end, and executes the cleanup command.
    ///
    /// - Returns: The exit status, if there is no cleanup command or it cannot be executed: 0 after the container's end,
    ///   125 to 127 if the container was not started.
    package static func run(_ options: MonitorOptions, starter: some ContainerStarter) -> Int32 {
        let prepared: Preparation
        do throws(SyscallError) {
            // Not for hooks, nor for the container.
            if let client = options.clientDescriptor { try setCloseOnExec([client], true) }
            try ProcessAttribute.setSubreaper()
            prepared = try Preparation(options)
        } catch {
            return fail(StartFailure(kind: .engine, message: "\(error)"), options)
        }
        let container: StartedContainer
        do throws(StartFailure) {
            container = try starter.start(prepared.containerSide)
        } catch {
            // A socket file that stays behind belongs to a directory that goes.
            try? prepared.runDirectory.removeFile("attach.sock")
            return fail(error, options)
        }
        var handover = prepared.handOver(container)
        // A client that is gone already has no consequence for the container.
        _ = tell(options, .started(pid: handover.pid))
        handover.client = options.clientDescriptor
        // Whoever waits for the start does not wait for this.
        Runtime.leaveCgroups()
        // Without a fresh image the monitor needs more memory, and nothing else. Beside a client that stays it is not worth its
        // time: that one needs more than this for as long.
        if !options.clientCleansUp { executeAnew(options, handover) }
        return watch(options, handover)
    }

    /// Tells whoever waits that the container does not run.
    static func fail(_ failure: StartFailure, _ options: MonitorOptions) -> Int32 {
        // Standard error is for people who start a monitor by hand; that nobody reads it has no consequence.
        try? withDescriptor(2) { (errors) throws(SyscallError) in
            try errors.write("brig-runtime: monitor: \(failure.message)\n")
        }
        // A client that is told undoes what it had made for the container. Where it is gone, the cleanup command does.
        if !tell(options, .failed(failure)), options.clientDescriptor != nil { executeCleanup(options) }
        return failure.kind.exitCode
    }

    /// Sends a message to the client for which the container is started.
    ///
    /// - Returns: Whether there is one to take it.
    private static func tell(_ options: MonitorOptions, _ message: MonitorMessage) -> Bool {
        guard let number = options.clientDescriptor else { return false }
        let client = UnixSocket(adopting: OwnedDescriptor(adopting: number))
        let isTaken = (try? client.sendAll(message.encoded)) != nil
        // The number stays the client's.
        _ = client.intoDescriptor().release()
        return isTaken
    }

    /// Replaces this process's image by a fresh one of the same program, which begins with `resume`.
    private static func executeAnew(_ options: MonitorOptions, _ handover: Handover) {
        let words = [CommandLine.arguments.first ?? "brig-runtime", "monitor", "--\(Handover.option)", handover.text]
        do throws(SyscallError) {
            try setCloseOnExec(handover.descriptors, false)
            try execute("/proc/self/exe", arguments: words + options.words, environment: callerEnvironment())
        } catch {
            // The descriptors are closed to other programs again before any is started: see `watch`.
        }
    }

    /// Goes on where `executeAnew` left off, if that is how this process was started.
    ///
    /// To be called before anything else is set up, as whatever is set up takes memory for as long as the container runs.
    ///
    /// - Parameter arguments: The whole command line.
    /// - Returns: The exit status; `nil` for any other command line.
    package static func resume(_ arguments: [String]) -> Int32? {
        guard arguments.count > 3, arguments[1] == "monitor", arguments[2] == "--\(Handover.option)",
            let handover = Handover(arguments[3]), let options = try? MonitorOptions.parse(Array(arguments[4...]))
        else { return nil }
        return watch(options, handover)
    }

    private static func setCloseOnExec(_ descriptors: [Int32], _ on: Bool) throws(SyscallError) {
        for descriptor in descriptors {
            try withDescriptor(descriptor) { (descriptor) throws(SyscallError) in try descriptor.setCloseOnExec(on) }
        }
    }

    static func watch(_ options: MonitorOptions, _ handover: Handover) -> Int32 {
        do throws(SyscallError) {
            try letGoOfStandardStreams()
            try closeOnExec(from: 3)
            try changeDirectory(to: "/")
            var handover = handover
            handover.score = lowerMemoryScore()
            let runDirectory = options.runDirectory
            let log = options.makeLog { writeNote($0, in: runDirectory) }
            let watcher = try Watcher(options, handover, log: log)
            try watcher.run()
            if watcher.isCleanedUp { return 0 }
            restoreScore(handover.score)
        } catch {
            // Without a loop there is no monitor. Its end hangs up the container's pipes, and the cleanup command finds
            // out from the kernel what runs.
            writeNote("monitor: \(error)", in: options.runDirectory)
        }
        executeCleanup(options)
        return 0
    }

    /// Whoever started this process may wait for the end of its output.
    private static func letGoOfStandardStreams() throws(SyscallError) {
        let null = try OwnedDescriptor(open: "/dev/null", .readWrite)
        for number: Int32 in 0...2 { try null.install(as: number) }
    }

    /// Becomes the cleanup command, if there is one.
    private static func executeCleanup(_ options: MonitorOptions) {
        guard let program = options.cleanup.first else { return }
        do throws(SyscallError) {
            for signal in Watcher.ignored { try signal.useDefaultAction() }
            try SignalMask.set(.none)
            try execute(program, arguments: options.cleanup, environment: callerEnvironment())
        } catch {
            writeNote("cleanup: \(error)", in: options.runDirectory)
        }
    }
}

/// Lends a descriptor that is known by its number, and stays open.
private func withDescriptor(
    _ number: Int32, _ body: (borrowing OwnedDescriptor) throws(SyscallError) -> Void
) throws(SyscallError) {
    let descriptor = OwnedDescriptor(adopting: number)
    do throws(SyscallError) {
        try body(descriptor)
    } catch {
        _ = descriptor.release()
        throw error
    }
    _ = descriptor.release()
}
