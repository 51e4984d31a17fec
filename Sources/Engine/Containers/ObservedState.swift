internal import LinuxKernel
internal import MonitorProtocol
internal import OCISpec

/// What a container is doing, asked of the kernel at this moment.
enum ObservedState: Equatable, Sendable {
    case created
    /// Between the monitor's start and the container's.
    case starting
    /// `nil` in the instant between the first process's end and the monitor's record of it.
    case running(ProcessIdentity?)
    case exited(Ending)
    /// It has ended and waits to be started again, as its restart policy says.
    case restarting(Ending)

    struct Ending: Equatable, Sendable {
        var exitCode: Int32
        var oomKilled: Bool
        var started: Timestamp?
        var finished: Timestamp?
        /// Why nobody knows the exit code.
        var error: String
        /// What its exit code does not tell, in words; empty if there is nothing.
        var reason = ""
    }

    var isActive: Bool {
        switch self {
        case .starting, .running: true
        case .created, .exited, .restarting: false
        }
    }
}

extension Engine {
    /// What the record's container is doing.
    ///
    /// Its processes tell, and where they are gone the monitor's exit record. Without that, the monitor was killed or the
    /// machine restarted: then nobody knows how the container ended, and 255 says so, as Docker's engine has it.
    func observe(_ record: ContainerRecord) throws(EngineError) -> ObservedState {
        let remembered = ObservedState.Ending(
            exitCode: record.exitCode, oomKilled: record.oomKilled, started: record.started,
            finished: record.finished, error: record.error, reason: record.reason)
        switch record.phase {
        case .created: return .created
        case .exited, .dead: return .exited(remembered)
        case .restarting:
            // A question that the kernel does not answer counts as a no.
            return (try? record.monitor?.isRunning()) == true ? .restarting(remembered) : .exited(remembered)
        case .starting, .running: break
        }
        do {
            if let process = try record.process ?? runtimeProcess(record.id), try process.isRunning() {
                return .running(process)
            }
            if let ending = try exitRecord(record.id) { return .exited(ending) }
            if let monitor = record.monitor, try monitor.isRunning() {
                return record.phase == .starting ? .starting : .running(nil)
            }
            // It may have written the record and gone since.
            if let ending = try exitRecord(record.id) { return .exited(ending) }
        } catch {
            throw .wrapping(error, while: "ask for the state of container \(record.id.short)")
        }
        // Or somebody has cleaned up since the row was read, and how it ended stands there now.
        if let now = try store.container(record.id), now.phase != record.phase || now.process != record.process {
            return try observe(now)
        }
        return .exited(
            .init(
                exitCode: 255, oomKilled: false, started: record.started, finished: nil,
                error: "the monitor is gone and has left no exit record"))
    }

    /// The first process as the runtime's own record names it, for a container whose start nobody has seen.
    private func runtimeProcess(_ id: Identifier) throws -> ProcessIdentity? {
        guard let bytes = try optionalFile("\(locations.runtimeState)/\(id.text)/state.json"),
            case .object(let object) = try JSONValue(parsing: bytes, sizeLimit: 1 << 20),
            object["creating"] != .bool(true), case .integer(let pid)? = object["pid"],
            let number = Int32(exactly: pid), case .integer(let start)? = object["startTimeTicks"],
            let ticks = UInt64(exactly: start)
        else { return nil }
        return ProcessIdentity(pid: number, startTime: ticks)
    }

    private func exitRecord(_ id: Identifier) throws -> ObservedState.Ending? {
        guard let bytes = try optionalFile(locations.container(id).exitRecord) else { return nil }
        let record = try ExitRecord(json: bytes)
        return .init(
            exitCode: record.exitCode, oomKilled: record.oomKilled, started: record.startedAt,
            finished: record.finishedAt, error: "", reason: ExitReason.text(record))
    }
}

/// The content of a file of ours, `nil` if it is not there.
func optionalFile(_ path: String, limit: Int = 1 << 20) throws(SyscallError) -> [UInt8]? {
    do { return try readFile(path, limit: limit) } catch  where error.code == .noSuchFile { return nil }
}
