internal import LinuxKernel
internal import OCISpec

extension Engine {
    /// As much of a probe's output as is kept, in bytes; the rest is read and thrown away.
    private static let keptOutput = 4096

    /// Asks a container in the way of `plan`.
    ///
    /// - Returns: 0 if it is well, -1 if it took too long; and what the probe said.
    func probe(
        _ plan: HealthPlan, _ record: ContainerRecord, _ process: ProcessIdentity,
        _ configuration: ContainerConfiguration, _ host: HostConfiguration
    ) -> (code: Int32, output: String) {
        let deadline = ContinuousClock.now + .milliseconds(plan.timeout)
        do {
            switch plan.probe {
            case .command(let words): return try run(words, record, configuration, host, deadline, plan.timeout)
            case .file(let path):
                let root = try OwnedDescriptor(open: "/proc/\(process.pid)/root", [.pathOnly, .directory])
                // The number may be another process's by now: then this is not the container's root.
                guard try process.isRunning() else { return (1, "the container has ended") }
                _ = try root.resolve(path, .pathOnly)
                return (0, "\(path) is there")
            case .tcp(let address, let port):
                return try ask(process, address, port, nil, deadline)
            case .http(let address, let port, let path):
                return try ask(process, address, port, path, deadline)
            }
        } catch {
            return (1, "\(error)")
        }
    }

    // MARK: - A program of the image's

    private func run(
        _ words: [String], _ record: ContainerRecord, _ configuration: ContainerConfiguration,
        _ host: HostConfiguration,
        _ deadline: ContinuousClock.Instant, _ timeout: Int64
    ) throws -> (code: Int32, output: String) {
        var generator = SystemRandomNumberGenerator()
        let base = "\(locations.container(record.id).run)/health-\(Identifier.random(using: &generator).short)"
        let process = try execProcess(ExecRequest(command: words), record, configuration, host)
        try HostDirectory.write(process.json.bytes(), to: base + ".json", mode: 0o600)
        defer {
            // What is left goes with the run directory.
            try? HostDirectory.removeTree(base + ".json")
            try? HostDirectory.removeTree(base + ".pid")
        }
        let pipe = try Pipe()
        let child = try Spawn(
            program: runtime,
            arguments: [
                runtime, "--root", locations.runtimeState, "exec", "--engine-codes", "--process", base + ".json",
                "--pid-file", base + ".pid", record.id.text,
            ]
        ).start([(pipe.writeEnd.raw, 1), (pipe.writeEnd.raw, 2)])
        let output = pipe.keepReadEnd()
        var kept: [UInt8] = []
        var isOpen = true
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                try end(base + ".pid")
                try child.send(.kill)
                _ = try child.wait()
                return (-1, "Health check exceeded timeout (\(timeout)ms)")
            }
            var wanted: [(descriptor: Int32, events: PollEvents)] = [(child.descriptor.raw, .readable)]
            if isOpen { wanted.append((output.raw, .readable)) }
            let ready = try pollReady(wanted, left)
            if ready.contains(where: { $0.index == 1 }) {
                let bytes = try output.read(upTo: 16_384)
                if bytes.isEmpty { isOpen = false }
                kept += bytes.prefix(Self.keptOutput - kept.count)
            } else if ready.contains(where: { $0.index == 0 }) {
                return (try child.wait().shellCode, String(decoding: kept, as: UTF8.self))
            }
        }
    }

    /// Kills the program in the container: the runtime that waits for it does not take it along.
    private func end(_ pidFile: String) throws {
        guard let text = try optionalFile(pidFile, limit: 64),
            let pid = Int32(String(decoding: text, as: UTF8.self).prefix { $0.isNumber })
        else { return }
        do throws(SyscallError) {
            try ProcessHandle(of: try ProcessIdentity(of: pid))?.send(.kill)
        } catch {
            guard error.code == .noSuchFile || error.code == .noSuchProcess else { throw error }
        }
    }

    // MARK: - A port

    /// Connects in the container's network, and with a path asks for that.
    private func ask(
        _ process: ProcessIdentity, _ address: String, _ port: UInt16, _ path: String?,
        _ deadline: ContinuousClock.Instant
    ) throws -> (code: Int32, output: String) {
        guard let bytes = HealthPlan.address(address) else { return (1, "\(address) is no address") }
        let namespace = try OwnedDescriptor(open: "/proc/\(process.pid)/ns/net", .read)
        guard try process.isRunning() else { return (1, "the container has ended") }
        return try NetworkNamespaces.inside(namespace) { () throws(SyscallError) in
            let socket = try InternetSocket(.stream, version6: bytes.count == 16)
            try socket.descriptor.setNonBlocking(true)
            let late: (Int32, String) = (-1, "nobody answered at \(address):\(port) in time")
            do throws(SyscallError) {
                try socket.connect(InternetEndpoint(address: bytes, port: port))
            } catch {
                return (1, "\(address):\(port): \(error.code)")
            }
            let events = try socket.descriptor.wait(for: .writable, timeout: Self.left(deadline))
            if events.isEmpty { return late }
            guard events.isDisjoint(with: [.error, .hangUp]) else {
                return (1, "\(address):\(port) takes no connections")
            }
            guard let path else { return (0, "\(address):\(port) takes connections") }
            try socket.descriptor.write(
                "GET \(path) HTTP/1.0\r\nHost: \(address):\(port)\r\nUser-Agent: brig\r\nConnection: close\r\n\r\n")
            var answer: [UInt8] = []
            while answer.count < Self.keptOutput, !answer.contains(UInt8(ascii: "\n")) {
                guard try !socket.descriptor.wait(for: .readable, timeout: Self.left(deadline)).isEmpty else {
                    return late
                }
                do throws(SyscallError) {
                    let part = try socket.descriptor.read(upTo: 1024)
                    if part.isEmpty { break }
                    answer += part
                } catch {
                    guard error.code == .again else { return (1, "\(address):\(port): \(error.code)") }
                }
            }
            let line = String(decoding: answer.prefix { $0 != 0x0d && $0 != 0x0a }, as: UTF8.self)
            return Self.isGood(line) ? (0, line) : (1, line.isEmpty ? "no answer" : line)
        }
    }

    private static func left(_ deadline: ContinuousClock.Instant) -> Duration {
        max(.zero, deadline - ContinuousClock.now)
    }

    /// Whether a status line such as `HTTP/1.1 200 OK` says that all is well.
    static func isGood(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        guard line.hasPrefix("HTTP/"), words.count > 1, let status = Int(words[1]) else { return false }
        return (200...399).contains(status)
    }
}
