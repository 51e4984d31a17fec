internal import LinuxKernel
internal import MonitorProtocol

extension Engine {
    /// Has the container's monitor start the process that is described in the run directory: it becomes its parent, and
    /// so sees its end.
    ///
    /// - Returns: 0 if it runs, else as `execute`, with the reason on standard error; `nil` if the container has no monitor
    ///   any more, so that nobody can wait for the process.
    /// - Throws: `EngineError`; `conflict` if the container ends meanwhile.
    func executeDetached(
        _ name: ExecName, _ record: ContainerRecord, terminal: Bool
    ) throws(EngineError) -> Int32? {
        do {
            let directory = try OwnedDescriptor(open: locations.container(record.id).run, [.read, .directory])
            guard let socket = try monitorSocket(in: directory) else { return nil }
            try HostDirectory.write([], to: "\(locations.container(record.id).run)/\(name.messages)", mode: 0o600)
            if terminal {
                try HostDirectory.write(
                    [], to: "\(locations.container(record.id).run)/\(name.terminalMark)", mode: 0o600)
            }
            let status = try ask(socket, for: name) {
                // Who serves a terminal does not end before its program does.
                terminal && runsProgram(name, directory)
            }
            if terminal { try directory.removeFile(name.terminalMark) }
            let messages = try directory.open(name.messages, [.read, .noFollow]).readAll(limit: 64 << 10)
            if !messages.isEmpty { try duplicateDescriptor(2).write(messages) }
            try directory.removeFile(name.messages)
            if let status { return status }
        } catch {
            throw .wrapping(error, while: "execute in container \(record.name)")
        }
        throw EngineError(.conflict, "container \(record.name) has ended meanwhile")
    }

    /// Whether the process has become another program than the runtime's, which is its parent.
    private func runsProgram(_ name: ExecName, _ directory: borrowing OwnedDescriptor) -> Bool {
        guard let text = try? directory.open(name.pidFile, [.read, .noFollow]).read(upTo: 16),
            let pid = Int32(String(decoding: text, as: UTF8.self)),
            let stat = try? ProcessInformation(pid: pid).stat(),
            let runtime = try? readSymbolicLink("/proc/\(stat.parent)/exe"),
            let program = try? readSymbolicLink("/proc/\(pid)/exe")
        else { return false }
        return program != runtime
    }

    private func monitorSocket(in directory: borrowing OwnedDescriptor) throws(SyscallError) -> UnixSocket? {
        do throws(SyscallError) {
            return try UnixSocket.connect(in: directory, name: "attach.sock")
        } catch {
            guard [.noSuchFile, .connectionRefused].contains(error.code) else { throw error }
            return nil
        }
    }

    /// - Returns: `nil` if the conversation ends without an answer.
    ///
    /// - Parameter runs: Whether it can be seen otherwise that the process runs.
    private func ask(
        _ socket: borrowing UnixSocket, for name: ExecName, _ runs: () -> Bool
    ) throws -> Int32? {
        try socket.sendAll(ClientMessage.execute(name).encoded)
        var decoder = FrameDecoder(from: .monitor)
        while true {
            guard try !socket.descriptor.wait(for: .readable, timeout: .milliseconds(5)).isEmpty else {
                if runs() { return 0 }
                continue
            }
            let bytes = try socket.receive(upTo: 65_536).bytes
            guard !bytes.isEmpty else { return nil }
            for frame in try decoder.feed(bytes) {
                switch try MonitorMessage(frame) {
                case .executed(let code): return code
                case .failed(let failure): throw EngineError(FailureKind(failure.kind), failure.message)
                case .exited: return nil
                case .standardOutput, .standardError, .started, .dropped: continue
                }
            }
        }
    }

    /// Writes down that a process ended for which a monitor has waited.
    ///
    /// - Throws: `EngineError` of kind `notFound` without such a container.
    public func recordEnd(ofExec exec: String, exitCode: Int32, in reference: String) throws(EngineError) {
        record("exec_die", try store.container(reference), ["execID": exec, "exitCode": String(exitCode)])
    }

    /// Writes down the ends of processes that the container's end has brought with it: only where they are in the host's
    /// or another container's process namespace do they outlive its first process.
    func recordLostExecs(of record: ContainerRecord, _ host: HostConfiguration) {
        guard !host.pidMode.isEmpty, record.phase != .exited,
            let directory = try? OwnedDescriptor(open: locations.container(record.id).run, [.read, .directory]),
            let entries = try? directory.entries()
        else { return }
        for entry in entries where entry.name.hasPrefix("exec-") && entry.name.hasSuffix(".pid") {
            let exec = entry.name.dropFirst(5).dropLast(4)
            self.record("exec_die", record, ["execID": String(exec), "exitCode": "137"])
        }
    }
}
