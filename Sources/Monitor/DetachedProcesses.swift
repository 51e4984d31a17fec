internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// Further processes of the container for which this process waits in the place of whoever started them: those of `exec -d`.
///
/// The runtime makes them and ends; as this process is a subreaper, it becomes their parent then. A process may end before
/// the runtime does, so ends that nobody knows anything of yet are kept as long as one is being started.
struct DetachedProcesses: Equatable {
    enum Step: Equatable {
        /// Whoever asked for it is told how it went.
        case tell(client: UInt64, ExecName, code: Int32)
        /// It has ended, which is to be remembered.
        case report(ExecName, code: Int32)
        /// The log has been rotated while it was packed.
        case pack
    }

    private struct Start: Equatable {
        var name: ExecName
        var client: UInt64
        /// The runtime's process serves the terminal of what it starts, and ends as that does.
        var stays: Bool
    }

    /// By the runtime's process.
    private var starting: [Int32: Start] = [:]
    private var running: [Int32: ExecName] = [:]
    private var unknown: [Int32: ExitStatus] = [:]
    /// The commands that write an end down.
    var reporters: Set<Int32> = []
    /// The command that packs the log, and whether there is more for it already.
    var packer: Int32?
    var hasMoreToPack = false

    /// Something is being started or written down.
    var isBusy: Bool { mayHandOver || !reporters.isEmpty || packer != nil }

    /// A process of the runtime's is about to leave what it starts to this one. Only then ends are kept: with a host's process
    /// namespace a container can have as many orphans as it likes.
    private var mayHandOver: Bool { starting.values.contains { !$0.stays } }

    /// Somebody serves the terminal of a process, which ends with the container only if that has its own process namespace.
    var isServing: Bool { starting.values.contains(where: \.stays) }

    /// The process `pid` makes it now.
    mutating func began(_ pid: Int32, _ name: ExecName, client: UInt64, stays: Bool = false) {
        starting[pid] = Start(name: name, client: client, stays: stays)
    }

    /// A child has ended.
    ///
    /// - Parameter process: The number that the runtime has written down for what it started.
    mutating func ended(_ pid: Int32, _ status: ExitStatus, process: (ExecName) -> Int32?) -> [Step] {
        if reporters.remove(pid) != nil { return [] }
        if packer == pid {
            packer = nil
            defer { hasMoreToPack = false }
            return hasMoreToPack ? [.pack] : []
        }
        if let start = starting.removeValue(forKey: pid) {
            defer { if !mayHandOver { unknown = [:] } }
            if start.stays {
                guard process(start.name) != nil else {
                    return [.tell(client: start.client, start.name, code: status.shellCode)]
                }
                return [.tell(client: start.client, start.name, code: 0), .report(start.name, code: status.shellCode)]
            }
            var steps = [Step.tell(client: start.client, start.name, code: status.shellCode)]
            if status.isSuccess, let process = process(start.name) {
                if let ending = unknown.removeValue(forKey: process) {
                    steps.append(.report(start.name, code: ending.shellCode))
                } else {
                    running[process] = start.name
                }
            }
            return steps
        }
        if let name = running.removeValue(forKey: pid) { return [.report(name, code: status.shellCode)] }
        if mayHandOver { unknown[pid] = status }
        return []
    }
}

extension Watcher {
    /// How long the end of the container waits until the ends of its processes are written down, in milliseconds.
    static let reportPatience: Int64 = 30_000

    /// Whether something that happened to the container's processes is not remembered yet.
    var owesReports: Bool { detached.map { $0.isBusy || $0.isServing } ?? false }

    /// When the monitor ends whatever it owes.
    func reportDeadline(_ deadline: Int64) -> Int64 {
        detached?.isBusy == true ? deadline + Self.reportPatience : deadline
    }

    /// Has the runtime start what a client has described in the run directory.
    func startDetached(_ name: ExecName, for client: Client) {
        guard phase == .running, let root = options.stateRoot else { return tell(client, 125) }
        let directory = options.runDirectory
        let stays = (try? runDirectory.status(of: name.terminalMark)) != nil
        let words = [
            "brig-runtime", "--root", root, "exec", "--engine-codes", "--process", "\(directory)/\(name.document)",
            "--pid-file", "\(directory)/\(name.pidFile)", stays ? "--tty" : "--detach", options.id.text,
        ]
        // What it starts in the container must not be spared when memory runs out.
        restoreScore(score)
        do throws(SyscallError) {
            let messages = try runDirectory.open(name.messages, [.write, .append, .noFollow])
            let child = try Spawn(
                program: "/proc/self/exe", arguments: words, environment: callerEnvironment(), newSession: true
            ).start([(messages.raw, 2)])
            if detached == nil { detached = DetachedProcesses() }
            detached?.began(child.release(), name, client: client.token, stays: stays)
        } catch {
            note("exec: \(error)")
            tell(client, 126)
        }
        if score != nil { _ = lowerMemoryScore() }
    }

    /// A child has ended that may be one of those.
    func detachedEnded(_ child: EndedChild) {
        let steps =
            detached?.ended(child.pid, child.status) { name in
                // The runtime says something only if its process did not become the program.
                guard (try? runDirectory.status(of: name.messages).size) ?? 0 == 0 else { return nil }
                guard let text = try? runDirectory.open(name.pidFile, [.read, .noFollow]).read(upTo: 16) else {
                    return nil
                }
                return Int32(String(decoding: text, as: UTF8.self))
            } ?? []
        for step in steps {
            switch step {
            case .tell(let token, let name, let code):
                // It was written before the program could not be found.
                if code != 0 { try? runDirectory.removeFile(name.pidFile) }
                if let client = clients.first(where: { $0.token == token }) { tell(client, code) }
            case .report(let name, let code): report(name, code)
            case .pack: packLog()
            }
        }
    }

    private func tell(_ client: Client, _ code: Int32) {
        do throws(SyscallError) {
            try client.send(.executed(code: code))
            updateInterest(client)
        } catch {
            remove(client)
        }
    }

    /// Starts the command that writes an end down. After the container's own, the cleanup command does so.
    private func report(_ name: ExecName, _ code: Int32) {
        guard phase != .lingering, phase != .over, let program = options.cleanup.first else { return }
        // As long as it is there, the process counts as one that runs.
        try? runDirectory.removeFile(name.pidFile)
        if let pid = startHelper(program, ["--exec", name.text, "--exit-code", String(code)]) {
            detached?.reporters.insert(pid)
        }
    }

    /// Starts the command that packs what the log has left, one at a time.
    func packLog() {
        guard phase != .lingering, phase != .over, let program = options.cleanup.first else { return }
        guard detached?.packer == nil else {
            detached?.hasMoreToPack = true
            return
        }
        let pid = startHelper(program, ["--pack-log"])
        detached?.packer = pid
    }

    /// Starts the cleanup command with other words. The end of the container waits for it.
    private func startHelper(_ program: String, _ words: [String]) -> Int32? {
        if detached == nil { detached = DetachedProcesses() }
        restoreScore(score)
        defer { if score != nil { _ = lowerMemoryScore() } }
        do throws(SyscallError) {
            let child = try Spawn(
                program: program, arguments: options.cleanup + words, environment: callerEnvironment()
            ).start()
            return child.release()
        } catch {
            note("\(words[0].dropFirst(2)): \(error)")
            return nil
        }
    }
}
