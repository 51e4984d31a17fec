import LinuxKernel

/// Signals to this command that are meant for the container.
enum SignalProxy {
    /// Everything but what the kernel sends for faults of this program's own, for its children and for job control.
    static let signals: SignalSet = SignalSet(
        bits: SignalSet.all.bits
            & ~([
                .child, .kill, .stop, .resume, .terminalInput, .terminalOutput, .brokenPipe, .fault(4), .fault(5),
                .fault(6),
                .fault(7), .fault(8), .fault(11), .fault(20), .fault(23),
            ] as SignalSet).bits)

    /// Keeps them until somebody reads them.
    static func block() throws(SyscallError) {
        try SignalMask.block(signals)
        // Writing to a closed pipe is an error to handle, and not the end between two steps.
        try Signal.brokenPipe.ignore()
    }
}

extension Signal {
    /// A signal by its number, for those that have no name here.
    fileprivate static func fault(_ number: Int32) -> Signal { Signal(rawValue: number) ?? .kill }
}
