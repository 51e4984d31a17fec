import ContainerRuntime
import LinuxKernel

/// Pipes between this command's standard streams and a process that has no terminal of its own.
///
/// The process gets no open file of the caller's: on a terminal it could read what is typed for the next command and change
/// the settings, a file it could open anew through `/proc/self/fd`, to read or cut what it was only to write. What is a pipe
/// already, or `/dev/null`, gives nothing away and is passed on.
final class StreamRelay {
    /// How long others who hold the pipes may go on writing after the process has ended, as in Docker.
    static let grace = Duration.seconds(2)

    private let lanes: [Lane]
    /// What the process is to have; valid until `begin()`.
    let streams: StandardStreams

    private init(_ lanes: [Lane], _ streams: StandardStreams) { (self.lanes, self.streams) = (lanes, streams) }

    /// - Returns: `nil` if the process can have all streams of the caller.
    static func make() throws(SyscallError) -> StreamRelay? {
        var lanes: [Lane] = []
        var streams = StandardStreams.inherited
        for number: Int32 in 0...2 {
            if try isHarmless(number) { continue }
            let pipe = try Pipe()
            switch number {
            case 0: streams.input = pipe.readEnd.raw
            case 1: streams.output = pipe.writeEnd.raw
            default: streams.error = pipe.writeEnd.raw
            }
            lanes.append(Lane(try duplicateDescriptor(number), consume pipe, isInput: number == 0))
        }
        return lanes.isEmpty ? nil : StreamRelay(lanes, streams)
    }

    private static func isHarmless(_ number: Int32) throws(SyscallError) -> Bool {
        let status = try StandardDescriptors.status(number)
        // /dev/null is the character device 1:3: Documentation/admin-guide/devices.txt.
        return status.isFifo
            || (status.isCharacterDevice
                && DeviceNumber(raw: status.specialDevice) == DeviceNumber(major: 1, minor: 3))
    }

    /// Closes this command's copies of what the process has by now.
    func begin() { for lane in lanes { lane.releaseProcessEnd() } }

    /// What to wait for now.
    var interests: [(descriptor: CInt, events: PollEvents)] { lanes.compactMap { $0.interest } }

    /// Moves what can be moved without waiting.
    func transfer(_ ready: [CInt]) {
        for lane in lanes {
            if let wanted = lane.interest, ready.contains(wanted.descriptor) { lane.move() }
        }
    }

    /// Brings the last output to the user once the process has ended.
    ///
    /// - Parameters:
    ///   - signals: A descriptor that is watched meanwhile.
    ///   - isStopped: Called when that is readable; true ends this at once.
    func finish(watching signals: CInt, unless isStopped: () throws -> Bool) throws {
        for lane in lanes where lane.isInput { lane.end() }
        let deadline = MonotonicClock.now + Self.grace
        while true {
            let isOver = MonotonicClock.now >= deadline
            if isOver { for lane in lanes { lane.limit() } }
            let wanted = interests
            if wanted.isEmpty { return }
            // What is held already is brought to the user at the user's pace.
            let timeout = lanes.contains { $0.isHolding } ? nil : max(.zero, deadline - MonotonicClock.now)
            let ready = try pollReady(wanted + [(signals, .readable)], timeout)
            if ready.isEmpty, isOver { return }
            if ready.contains(where: { $0.index == wanted.count }), try isStopped() { return }
            transfer(ready.compactMap { $0.index < wanted.count ? wanted[$0.index].descriptor : nil })
        }
    }
}

/// One direction: bytes read and not yet written.
private final class Lane {
    /// Small enough for a pipe that is writable to take it at once.
    private static let chunk = 4096
    /// The most that a pipe holds unless a privileged process has made it larger: `/proc/sys/fs/pipe-max-size`.
    private static let pipeSize = 1 << 20

    let isInput: Bool
    /// The user's side.
    private let stream: OwnedDescriptor
    /// This command's end of the pipe; `nil` once one of the two sides has ended.
    private var pipe: OwnedDescriptor?
    private var processEnd: OwnedDescriptor?
    private var pending: ArraySlice<UInt8> = []
    /// How much may still be read; `nil` is as much as comes.
    private var rest: Int?

    init(_ stream: consuming OwnedDescriptor, _ pipe: consuming Pipe, isInput: Bool) {
        self.isInput = isInput
        self.stream = stream
        if isInput {
            processEnd = .some(pipe.readEnd)
            self.pipe = .some(pipe.writeEnd)
        } else {
            processEnd = .some(pipe.writeEnd)
            self.pipe = .some(pipe.readEnd)
        }
    }

    func releaseProcessEnd() { processEnd = nil }

    /// Whether something was read that the user has not got yet.
    var isHolding: Bool { !isInput && !pending.isEmpty }

    /// The descriptor that must be ready next, if any.
    var interest: (descriptor: CInt, events: PollEvents)? {
        guard let pipe = pipeNumber else { return isHolding ? (stream.raw, .writable) : nil }
        if isInput { return pending.isEmpty ? (stream.raw, .readable) : (pipe, .writable) }
        return pending.isEmpty ? (pipe, .readable) : (stream.raw, .writable)
    }

    private var pipeNumber: CInt? {
        switch pipe {
        case .some(let pipe): pipe.raw
        case .none: nil
        }
    }

    /// Reads or writes once, whatever is next.
    func move() {
        if !pending.isEmpty { return drain() }
        let room = min(Self.chunk, rest ?? Self.chunk)
        let bytes: [UInt8]
        do throws(SyscallError) {
            bytes = try read(upTo: room)
        } catch {
            // EIO: a terminal that is gone has no more to say. Somebody else may have read what was there.
            return error.code == .again ? () : end()
        }
        if bytes.isEmpty { return end() }
        if let rest { self.rest = rest - bytes.count }
        pending = bytes[...]
    }

    private func read(upTo room: Int) throws(SyscallError) -> [UInt8] {
        if isInput { return try stream.read(upTo: room) }
        switch pipe {
        case .some(let pipe): return try pipe.read(upTo: room)
        case .none: return []
        }
    }

    private func drain() {
        do throws(SyscallError) {
            let count = pending.count
            var written = 0
            if isInput {
                switch pipe {
                case .some(let pipe): written = try pipe.writeOnce(pending) ?? 0
                case .none: written = count
                }
            } else {
                written = try stream.writeOnce(pending) ?? 0
            }
            pending = pending.dropFirst(written)
        } catch {
            // Nobody takes it any more.
            pending = []
            end()
        }
        if rest == 0, pending.isEmpty { end() }
    }

    /// Reads no more; the process sees the end of its input, or that nobody takes its output.
    func end() { pipe = nil }

    /// From now on reads no more than a pipe can hold at once.
    func limit() { rest = rest ?? Self.pipeSize }
}
