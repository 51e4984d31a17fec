import CommandLineUI
import Engine
import LinuxKernel
import MonitorProtocol

/// A container whose streams are those of this command: one thread that waits for the monitor, the input and signals.
final class Foreground {
    private let session: ContainerSession
    private let terminal: Terminal
    private let hasTerminal: Bool
    private let passesSignals: Bool
    private let signals: SignalDescriptor
    private var decoder = FrameDecoder(from: .monitor)
    private var isReading: Bool
    private var detachKeys: DetachKeys
    /// What the monitor has not taken yet. While there is some, no more input is read.
    private var pending: [UInt8] = []
    private var outputIsOpen = [Output.Stream.output: true, .error: true]
    private var interruptions = 0
    private var ending: Ending?
    /// Remembers what happens; there once `run` has begun.
    private var engine: Engine?

    private enum Ending {
        case exited(Int32)
        case detached
        case connectionLost
        /// Nobody takes what it puts out any more.
        case outputLost(Output.Stream)
    }

    init(
        _ session: ContainerSession, terminal: Terminal, sendsInput: Bool, hasTerminal: Bool,
        passesSignals: Bool, detachKeys: DetachKeys = DetachKeys(), shows outputs: [Output.Stream] = [.output, .error]
    ) throws(SyscallError) {
        try session.socket.descriptor.setNonBlocking(true)
        self.session = session
        self.terminal = terminal
        self.hasTerminal = hasTerminal
        self.passesSignals = passesSignals
        self.detachKeys = detachKeys
        isReading = sendsInput
        for stream in [Output.Stream.output, .error] { outputIsOpen[stream] = outputs.contains(stream) }
        signals = try SignalDescriptor(SignalProxy.signals)
        if hasTerminal {
            if sendsInput { try terminal.makeRaw() }
            sendSize()
        }
    }

    /// Serves the container until it ends or the user detaches.
    ///
    /// - Returns: What this command exits with.
    func run(_ engine: Engine) throws -> Int32 {
        self.engine = engine
        if hasTerminal, let size = terminal.size { engine.recordResize(of: session.id, size) }
        do {
            while ending == nil { try step() }
        } catch {
            terminal.restore()
            throw error
        }
        terminal.restore()
        switch ending {
        case .exited(let status)?:
            // The next command is to see the container's end, and `--rm` means that it is gone.
            try engine.conclude(session)
            return status
        case .detached?:
            // The shell's prompt is not to stand in the container's last line.
            if terminal.inputIsTerminal { Output.write([0x0a], to: .error) }
            return 0
        case .outputLost(let stream)?:
            throw CommandExit(
                1, "write \(stream == .output ? "standard output" : "standard error") failed: the container goes on")
        case .connectionLost?, nil:
            try? session.waitForMonitor(timeout: .seconds(10))
            return try engine.exitCode(of: session.id)
        }
    }

    private func step() throws {
        var wanted: [(descriptor: Int32, events: PollEvents)] = [
            (session.socket.descriptor.raw, pending.isEmpty ? .readable : [.readable, .writable]),
            (signals.descriptor.raw, .readable),
        ]
        if isReading, pending.isEmpty { wanted.append((0, .readable)) }
        for (index, events) in try pollReady(wanted, nil) {
            switch index {
            case 0:
                if !events.isDisjoint(with: [.writable]) { try flush() }
                if !events.isDisjoint(with: [.readable, .hangUp, .error]) { try receive() }
            case 1: try takeSignals()
            default: try readInput()
            }
        }
    }

    // MARK: From the container

    private func receive() throws {
        let bytes: [UInt8]
        do throws(SyscallError) {
            bytes = try session.socket.descriptor.read(upTo: 65_536)
        } catch {
            if error.code == .again { return }
            guard error.code == .connectionReset else { throw error }
            ending = .connectionLost
            return
        }
        guard !bytes.isEmpty else {
            ending = .connectionLost
            return
        }
        for frame in try decoder.feed(bytes) {
            switch try MonitorMessage(frame) {
            case .standardOutput(let bytes): write(bytes, to: .output)
            case .standardError(let bytes): write(bytes, to: .error)
            case .exited(let record):
                if let memory = record.outOfMemory, !hasTerminal { Output.complain(memory.text) }
                ending = .exited(record.exitCode)
            case .dropped(let count):
                Output.complain("\(count) bytes of output are missing here: they were not read in time")
            case .failed(let failure): throw EngineError(.fault, failure.message)
            case .started, .executed: break
            }
        }
    }

    /// Where a stream cannot be written any more, this command ends, so that `run IMAGE PROGRAM | head` does: the container goes
    /// on, as in Docker. If its end is known by then, that counts.
    private func write(_ bytes: [UInt8], to stream: Output.Stream) {
        guard outputIsOpen[stream] == true else { return }
        do {
            try Output.writeOrThrow(bytes, to: stream)
        } catch {
            outputIsOpen[stream] = false
            if ending == nil { ending = .outputLost(stream) }
        }
    }

    // MARK: To the container

    private func readInput() throws {
        let bytes: [UInt8]
        do {
            bytes = try Terminal.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
                try input.read(upTo: 32_768)
            }
        } catch {
            if error.code == .again { return }
            // A terminal that is gone, or a descriptor that cannot be read, has no more to say.
            bytes = []
        }
        guard !bytes.isEmpty else {
            isReading = false
            return try send(.endOfInput)
        }
        guard hasTerminal, terminal.inputIsTerminal else { return try send(.input(bytes)) }
        let (passed, detaches) = detachKeys.filter(bytes)
        if !passed.isEmpty { try send(.input(passed)) }
        if detaches { ending = .detached }
    }

    private func send(_ message: ClientMessage) throws {
        pending += message.encoded
        try flush()
    }

    private func flush() throws {
        while !pending.isEmpty {
            do throws(SyscallError) {
                pending.removeFirst(try sendPending())
            } catch {
                if error.code == .again { return }
                guard [.brokenPipe, .connectionReset].contains(error.code) else { throw error }
                // The container is ending: what it still has to say is read.
                pending = []
                isReading = false
            }
        }
    }

    private func sendPending() throws(SyscallError) -> Int {
        let bytes = pending
        var result = Result<Int, SyscallError>.success(0)
        bytes.withUnsafeBytes { buffer in
            result = Result { () throws(SyscallError) in try session.socket.send(buffer) }
        }
        return try result.get()
    }

    private func sendSize() {
        // A size that cannot be sent is sent with the next change.
        guard let size = terminal.size else { return }
        try? send(.resize(size))
        engine?.recordResize(of: session.id, size)
    }

    private func takeSignals() throws {
        while let received = try signals.next() {
            if received.signal == .windowChange {
                if hasTerminal { sendSize() }
                if hasTerminal || !passesSignals { continue }
            }
            if [.interrupt, .terminate].contains(received.signal) { interruptions += 1 }
            guard passesSignals, interruptions < 3 else {
                terminal.restore()
                throw CommandExit(128 + received.signal.rawValue, "\(received.signal): the container goes on")
            }
            if let process = session.process, let handle = try ProcessHandle(of: process) {
                try handle.send(received.signal)
            }
        }
    }
}
