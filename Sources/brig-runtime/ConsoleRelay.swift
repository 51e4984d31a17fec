import LinuxKernel
import MonitorProtocol

/// Carries bytes between this command's standard streams and the terminal of a process.
final class ConsoleRelay {
    /// Small enough for a pipe that is writable to take it at once.
    private static let chunk = 4096

    private let controller: OwnedDescriptor
    private var input: OwnedDescriptor
    private var output: OwnedDescriptor
    /// How the user's own terminal was before; `nil` if standard input is none.
    private var settings: TerminalSettings?
    /// What leaves the process to itself, and whether it was typed.
    private var keys: KeySequence
    private(set) var isLeft = false
    private var toProcess = Lane()
    private var toUser = Lane()

    /// One direction: bytes read and not yet written.
    private struct Lane {
        var pending: ArraySlice<UInt8> = []
        /// Whether more may come.
        var isOpen = true
    }

    init(_ controller: consuming OwnedDescriptor, keys: KeySequence) throws(SyscallError) {
        try controller.setNonBlocking(true)
        self.keys = keys
        self.controller = controller
        input = try duplicateDescriptor(0)
        output = try duplicateDescriptor(1)
        if input.isTerminal() {
            let before = try input.terminalSettings()
            try input.setTerminalSettings(before.raw)
            settings = before
        }
        resize()
    }

    /// Gives the user's terminal back as it was.
    func restore() {
        // Nothing can be done about a terminal that is gone.
        if let settings { try? input.setTerminalSettings(settings) }
        settings = nil
    }

    /// Goes on without the user: what the process puts out is thrown away.
    func goOnAlone() throws(SyscallError) {
        restore()
        input = try OwnedDescriptor(open: "/dev/null", .readWrite)
        output = try OwnedDescriptor(open: "/dev/null", .readWrite)
        for number: Int32 in 0...2 { try makeStandardStream(number, of: output) }
        toProcess.isOpen = false
    }

    /// Makes the process's terminal as large as the user's.
    func resize() {
        // A terminal without a size leaves the other's as it is.
        if let size = (try? input.windowSize()) ?? (try? output.windowSize()) { try? controller.setWindowSize(size) }
    }

    /// What to wait for now.
    var interests: [(descriptor: CInt, events: PollEvents)] {
        var result: [(descriptor: CInt, events: PollEvents)] = []
        if toProcess.isOpen, toProcess.pending.isEmpty { result.append((input.raw, .readable)) }
        if !toUser.pending.isEmpty { result.append((output.raw, .writable)) }
        var events: PollEvents = []
        if toUser.isOpen, toUser.pending.isEmpty { events.insert(.readable) }
        if !toProcess.pending.isEmpty { events.insert(.writable) }
        // Watched for nothing, a terminal that nobody has open would report its hang-up for ever.
        if !events.isEmpty { result.append((controller.raw, events)) }
        return result
    }

    /// Moves what can be moved without waiting.
    func transfer(_ ready: [CInt]) {
        if ready.contains(input.raw), toProcess.pending.isEmpty {
            fill(&toProcess, from: input)
            let (passed, isHit) = keys.filter(toProcess.pending)
            toProcess.pending = passed[...]
            isLeft = isLeft || isHit
        }
        if ready.contains(controller.raw), toUser.isOpen, toUser.pending.isEmpty { fill(&toUser, from: controller) }
        if !toProcess.pending.isEmpty { drain(&toProcess, to: controller) }
        if ready.contains(output.raw) { drain(&toUser, to: output) }
    }

    /// Brings the last output to the user once the process has ended, and gives the terminal back.
    func finish() {
        drain(&toUser, to: output)
        // Bounded: another process may have the terminal open and never stop writing.
        for _ in 0..<1024 where toUser.isOpen {
            fill(&toUser, from: controller)
            if toUser.pending.isEmpty { break }
            while !toUser.pending.isEmpty { drain(&toUser, to: output) }
        }
        restore()
    }

    private func fill(_ lane: inout Lane, from source: borrowing OwnedDescriptor) {
        do throws(SyscallError) {
            let bytes = try source.read(upTo: Self.chunk)
            lane.pending = bytes[...]
            if bytes.isEmpty { lane.isOpen = false }
        } catch {
            // EIO of a controller: nobody has the terminal open.
            if error.code != .again { lane.isOpen = false }
        }
    }

    private func drain(_ lane: inout Lane, to target: borrowing OwnedDescriptor) {
        guard !lane.pending.isEmpty else { return }
        do throws(SyscallError) {
            lane.pending = lane.pending.dropFirst(try target.writeOnce(lane.pending) ?? 0)
        } catch {
            // Nobody takes it any more.
            lane = Lane(pending: [], isOpen: false)
        }
    }
}

extension OwnedDescriptor {
    /// Writes the first part of `bytes`; `nil` if nothing can be written now.
    borrowing func writeOnce(_ bytes: ArraySlice<UInt8>) throws(SyscallError) -> Int? {
        let outcome = bytes.withUnsafeBytes { buffer -> Result<Int?, SyscallError> in
            do throws(SyscallError) { return .success(try writeOnce(buffer)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
