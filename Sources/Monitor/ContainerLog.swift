internal import LinuxKernel
internal import MonitorProtocol

/// Where a container's output is kept.
protocol ContainerLog: AnyObject {
    /// Adds one record.
    ///
    /// - Parameters:
    ///   - text: A line with its line feed, or a part of one.
    ///   - time: As RFC 3339 text.
    func append(_ text: UnsafeRawBufferPointer, _ stream: LogStream, time: UnsafeRawBufferPointer)

    /// Passes on what is held back.
    func flush()

    /// Passes on what is held back and gives memory back.
    func flushAndRelease()
}

extension MonitorOptions {
    /// The log that is asked for, told where to note what goes wrong.
    func makeLog(note: @escaping (String) -> Void) -> (any ContainerLog)? {
        if let journal { return JournalLog(journal, note: note) }
        return log.map { LogFile($0, note: note) }
    }

    /// Finds out before the start that a log cannot be kept.
    func checkLog() throws(SyscallError) {
        if let journal { try JournalLog(journal, note: { _ in }).open() }
        if let log { try LogFile(log, note: { _ in }).open() }
    }
}
