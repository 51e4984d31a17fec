import CommandLineUI
import LinuxKernel

/// The terminal of this command, if it has one.
///
/// Standard descriptors are the process's own: they are lent for one call each and never closed.
final class Terminal {
    let inputIsTerminal: Bool
    private var before: TerminalSettings?

    init() { inputIsTerminal = Self.lending(0) { $0.isTerminal() } }

    /// Passes on every key as it comes, until `restore()`.
    func makeRaw() throws(SyscallError) {
        guard inputIsTerminal, before == nil else { return }
        let settings = try Self.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
            try input.terminalSettings()
        }
        try set(settings.raw)
        before = settings
    }

    /// Makes the terminal what it was.
    func restore() {
        guard let before else { return }
        // A terminal that is gone needs nothing.
        try? set(before)
        self.before = nil
    }

    deinit { restore() }

    private func set(_ settings: TerminalSettings) throws(SyscallError) {
        try Self.lending(0) { (input: borrowing OwnedDescriptor) throws(SyscallError) in
            try input.setTerminalSettings(settings)
        }
    }

    /// The terminal's size: that of the output, or of the input if the output is none.
    var size: WindowSize? {
        for number: Int32 in [1, 0] {
            let size = Self.lending(number) { (descriptor: borrowing OwnedDescriptor) in
                descriptor.isTerminal() ? try? descriptor.windowSize() : nil
            }
            if let size { return size }
        }
        return nil
    }

    /// The size of the terminal that standard output leads to, if it does.
    static var outputSize: WindowSize? { size(behind: 1) }

    /// The size of a terminal on which lines can be written again: a dumb one has no way up, and no colours.
    static func liveSize(_ stream: Output.Stream) -> WindowSize? {
        environmentVariable("TERM") == "dumb" ? nil : size(behind: stream.rawValue)
    }

    private static func size(behind number: Int32) -> WindowSize? {
        lending(number) { (descriptor: borrowing OwnedDescriptor) in
            // What goes on a dumb one is lines: it has no way up.
            descriptor.isTerminal() && environmentVariable("TERM") != "dumb" ? try? descriptor.windowSize() : nil
        }
    }

    /// Calls `body` with a standard descriptor, which stays open.
    static func lending<Value, Failure: Error>(
        _ number: Int32, _ body: (borrowing OwnedDescriptor) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let descriptor = OwnedDescriptor(adopting: number)
        let result: Result<Value, Failure>
        do {
            result = .success(try body(descriptor))
        } catch {
            result = .failure(error)
        }
        _ = descriptor.release()
        return try result.get()
    }
}
