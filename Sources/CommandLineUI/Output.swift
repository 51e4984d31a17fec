internal import LinuxKernel

/// What a command says: results on standard output, complaints on standard error, one line each.
public enum Output {
    public static func write(_ text: String) { write(Array(text.utf8), to: .output) }

    /// Writes a result's line.
    public static func line(_ text: String) { write(text + "\n") }

    /// Says what went wrong, on one line: `brig: …`.
    public static func complain(_ text: String) {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        write(Array("brig: \(Table.printable(line))\n".utf8), to: .error)
    }

    /// One of the two standard outputs.
    public enum Stream: Int32, Sendable {
        case output = 1
        case error = 2
    }

    /// Writes to one of the outputs. There is nobody to tell if that fails.
    public static func write(_ bytes: [UInt8], to stream: Stream) { try? writeOrThrow(bytes, to: stream) }

    /// Writes to one of the outputs.
    ///
    /// - Throws: As write(2).
    public static func writeOrThrow(_ bytes: [UInt8], to stream: Stream) throws {
        // The descriptor stays the process's own: it is lent, and given back before it could be closed.
        let descriptor = OwnedDescriptor(adopting: stream.rawValue)
        let result = Result { () throws(SyscallError) in try descriptor.write(bytes) }
        _ = descriptor.release()
        try result.get()
    }
}
