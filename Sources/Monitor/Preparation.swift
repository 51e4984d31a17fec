internal import LinuxKernel
internal import MonitorProtocol

/// What is ready before a container is made: whatever can be wrong with directories, logs and sockets is found here.
struct Preparation: ~Copyable {
    let runDirectory: OwnedDescriptor
    let listener: UnixSocket
    /// The container's ends.
    let containerSide: ContainerStdio
    /// The monitor's ends.
    let input: OwnedDescriptor?
    let output: OwnedDescriptor
    let error: OwnedDescriptor

    init(_ options: MonitorOptions) throws(SyscallError) {
        let directory = try OwnedDescriptor(open: options.runDirectory, [.read, .directory])
        // A container that is started again finds what is left of its last run.
        for name in ["attach.sock", "exit.json", "exit.json.new"] {
            do throws(SyscallError) {
                try directory.removeFile(name)
            } catch  where error.code == .noSuchFile {}
        }
        try options.checkLog()
        let outputs = try Pipe()
        let errors = try Pipe()
        // Only our ends: the container's programs expect theirs to block.
        try outputs.readEnd.setNonBlocking(true)
        try errors.readEnd.setNonBlocking(true)
        let inputs = try InputEnds(hasInput: options.hasInput)
        let socket = try UnixSocket.listen(in: directory, name: "attach.sock", mode: 0o660, nonBlocking: true)

        containerSide = ContainerStdio(input: inputs.container, output: outputs.writeEnd, error: errors.writeEnd)
        input = inputs.monitor
        output = outputs.readEnd
        error = errors.readEnd
        listener = socket
        runDirectory = directory
    }

    /// Gives all up to the monitor at work. The container's ends are closed, so that the pipes end with the container.
    consuming func handOver(_ container: consuming StartedContainer) -> Handover {
        var handover = Handover(
            pid: container.pid, started: .now, runDirectory: runDirectory.release(),
            listener: listener.intoDescriptor().release())
        handover.earlierKills = container.earlierKills
        handover.memoryEvents = container.memoryEvents?.release()
        handover.terminal = container.terminal?.release()
        if handover.terminal == nil {
            handover.input = input?.release()
            handover.output = output.release()
            handover.error = error.release()
        }
        return handover
    }
}

/// Both sides of the container's standard input: a pipe if clients may send some, or nothing at all.
private struct InputEnds: ~Copyable {
    let container: OwnedDescriptor
    let monitor: OwnedDescriptor?

    init(hasInput: Bool) throws(SyscallError) {
        guard hasInput else {
            container = try OwnedDescriptor(open: "/dev/null", .read)
            monitor = nil
            return
        }
        let pipe = try Pipe()
        try pipe.writeEnd.setNonBlocking(true)
        container = pipe.readEnd
        monitor = .some(pipe.writeEnd)
    }
}
