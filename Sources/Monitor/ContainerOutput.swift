internal import LinuxKernel
internal import MonitorProtocol

/// One of the container's outputs: a pipe's end or the terminal, and the line that is not complete yet.
final class ContainerOutput {
    let descriptor: OwnedDescriptor
    let stream: LogStream
    /// How the event loop knows it.
    let token: UInt64
    /// Whether the event loop watches it.
    var isWatched = false

    private var line = PageBuffer()
    private var used = 0

    /// The longest record of a log, in bytes of output: what Docker's driver takes.
    static let longestRecord = 16_384

    init(_ descriptor: consuming OwnedDescriptor, _ stream: LogStream, token: UInt64) {
        self.descriptor = descriptor
        self.stream = stream
        self.token = token
    }

    var frameKind: FrameKind { stream == .standardOutput ? .standardOutput : .standardError }

    /// What a read brought.
    enum Arrival {
        /// Handed to `use` and the log.
        case bytes
        case nothing
        case end
    }

    /// Reads once and passes on what came: to clients as it is, to the log in lines.
    ///
    /// - Parameter use: Gets the new bytes, for the time of the call.
    func read(log: (any ContainerLog)?, _ use: (UnsafeRawBufferPointer) -> Void) -> Arrival {
        do throws(SyscallError) {
            try line.reserve(Self.longestRecord)
            let room = UnsafeMutableRawBufferPointer(rebasing: line.bytes[used...])
            guard let count = try descriptor.read(into: room) else { return .nothing }
            guard count > 0 else { return .end }
            use(UnsafeRawBufferPointer(rebasing: room[..<count]))
            if let log { divide(used + count, searchedUpTo: used, log) } else { used = 0 }
            return .bytes
        } catch  where error.code == .noMemory {
            return .nothing
        } catch {
            // EIO: nobody has the terminal's other side open any more.
            return .end
        }
    }

    /// Puts whole lines into the log and keeps the rest.
    private func divide(_ count: Int, searchedUpTo searched: Int, _ log: any ContainerLog) {
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line.bytes)[..<count])
        withTime { time in
            var start = 0
            var from = searched
            while let offset = UnsafeRawBufferPointer(rebasing: bytes[from...]).firstOffset(of: UInt8(ascii: "\n")) {
                let end = from + offset + 1
                log.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), stream, time: time)
                start = end
                from = end
            }
            if start == 0, count == Self.longestRecord {
                log.append(bytes, stream, time: time)
                start = count
            }
            if start > 0 {
                line.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            used = count - start
        }
        log.flush()
    }

    /// Puts what is left of the last line into the log.
    func finish(log: (any ContainerLog)?) {
        guard let log, used > 0 else { return }
        let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(line.bytes)[..<used])
        withTime { log.append(rest, stream, time: $0) }
        used = 0
        log.flush()
    }

    /// Gives memory back that holds nothing.
    func releaseMemory() {
        if used == 0 { line.release() }
    }

    private func withTime(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: Timestamp.maximumLength, alignment: 1) { room in
            let count = Timestamp.now.write(into: room)
            body(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }
}
