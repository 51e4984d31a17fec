internal import LinuxKernel

/// The container's standard input: the pipe's end for writing, or the terminal.
final class ContainerInput {
    let descriptor: OwnedDescriptor
    let isTerminal: Bool
    /// Whether the event loop waits for room.
    var isWatched = false

    init(_ descriptor: consuming OwnedDescriptor, isTerminal: Bool) {
        self.descriptor = descriptor
        self.isTerminal = isTerminal
    }

    /// Writes what there is room for.
    ///
    /// - Returns: How many bytes are done with.
    /// - Throws: If nobody reads any more.
    func write(_ bytes: UnsafeRawBufferPointer) throws(SyscallError) -> Int {
        try descriptor.writeOnce(bytes) ?? 0
    }
}
