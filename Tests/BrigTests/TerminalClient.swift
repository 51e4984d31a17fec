import LinuxKernel
import Testing

/// A command of `brig` with a terminal of its own, which a test types on and reads.
final class TerminalClient {
    private let controller: OwnedDescriptor
    private let child: ChildProcess
    /// What was shown and not yet asked for.
    private var heard: [UInt8] = []
    private let words: String

    struct NeverSaid: Error, CustomStringConvertible {
        let description: String
    }

    init(_ fixture: BrigFixture, _ arguments: [String], rows: UInt16 = 33, columns: UInt16 = 99) throws {
        let terminal = try PseudoTerminal()
        try terminal.controller.setWindowSize(WindowSize(rows: rows, columns: columns))
        // The terminal is the command's own, so that ^C and new sizes are signals to it.
        let program = "/usr/bin/setsid"
        let line =
            [
                program, "--ctty", "/usr/bin/nsenter", "--net=/proc/\(CallerIdentity.pid)/fd/\(fixture.host.raw)",
                BrigFixture.products + "/brig", "--root", fixture.directory + "/root", "--run-root",
                fixture.directory + "/run",
            ] + arguments
        let peer = terminal.peer.raw
        child = try Spawn(
            program: program, arguments: line,
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"]
        ).start([(peer, 0), (peer, 1), (peer, 2)])
        controller = terminal.keepController()
        words = arguments.joined(separator: " ")
    }

    func type(_ text: String) throws { try controller.write(text) }

    func resize(rows: UInt16, columns: UInt16) throws {
        try controller.setWindowSize(WindowSize(rows: rows, columns: columns))
    }

    /// Reads until `text` was shown, and forgets everything up to its end.
    func expect(_ text: String, _ timeout: Duration = .seconds(120)) throws {
        guard try hears(text, timeout) else {
            throw NeverSaid(
                description: "brig \(words) never showed \(text), but \(String(decoding: heard, as: UTF8.self))")
        }
    }

    /// Whether `text` is shown in time.
    func hears(_ text: String, _ timeout: Duration) throws -> Bool {
        let end = ContinuousClock.now + timeout
        let wanted = Array(text.utf8)
        while true {
            if heard.count >= wanted.count {
                for start in 0...(heard.count - wanted.count)
                where heard[start..<start + wanted.count].elementsEqual(wanted) {
                    heard.removeFirst(start + wanted.count)
                    return true
                }
            }
            guard ContinuousClock.now < end else { return false }
            guard try !pollReady([(controller.raw, .readable)], .milliseconds(100)).isEmpty else { continue }
            // EIO: nobody has the terminal open any more.
            guard let bytes = try? controller.read(upTo: 4096), !bytes.isEmpty else { return false }
            heard += bytes
        }
    }

    /// Waits for the command's end.
    ///
    /// - Returns: What it exits with.
    func end() throws -> Int32 {
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            if let status = try child.wait(timeout: .milliseconds(100)) { return status.shellCode }
            // What it still says must be read, or it cannot end.
            if try !pollReady([(controller.raw, .readable)], .zero).isEmpty { _ = try? controller.read(upTo: 4096) }
        }
        throw NeverSaid(description: "brig \(words) does not end")
    }

    deinit {
        // One that has not ended ends with its terminal; killed, it surely does. If it has ended, there is nobody to send to.
        try? child.send(.kill)
    }
}
