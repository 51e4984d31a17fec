internal import Archive
internal import LinuxKernel

extension BuildCancellation {
    /// Cancels on ^C and on requests to end, from now on and for the rest of this process.
    ///
    /// To be called before any other thread is there: threads get their signal mask from those that start them.
    public func cancelOnSignals() throws {
        let signals: SignalSet = [.interrupt, .terminate, .hangUp, .quit]
        try SignalMask.block(signals)
        let box = SignalBox(try SignalDescriptor(signals))
        try BackgroundThread.start { [self] in
            while (try? box.wait()) == true { cancel() }
        }
    }

    private final class SignalBox: Sendable {
        private let signals: SignalDescriptor

        init(_ signals: consuming SignalDescriptor) { self.signals = signals }

        /// Waits for a signal.
        func wait() throws -> Bool {
            _ = try signals.descriptor.wait(for: .readable)
            return try signals.next() != nil
        }
    }
}
