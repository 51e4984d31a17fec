public import LinuxKernel

/// How a container ended: the contents of `exit.json` and of the `exited` frame.
public struct ExitRecord: Equatable, Sendable {
    /// What `brig run` exits with: the program's own status, or 128 plus the signal.
    public let exitCode: Int32
    /// The signal that ended it, if one did.
    public let signal: Int32?
    /// The kernel killed a process of the container for want of memory since it was started.
    public let oomKilled: Bool
    /// When the program was started.
    public let startedAt: Timestamp
    /// When its end was seen.
    public let finishedAt: Timestamp
    /// More about the kill, if the monitor could find it out.
    public var outOfMemory: OutOfMemory?

    /// How a container ended; `exitCode` is as a shell has it, 128 and the signal's number for a signal.
    public init(exitCode: Int32, signal: Int32?, oomKilled: Bool, startedAt: Timestamp, finishedAt: Timestamp) {
        self.exitCode = exitCode
        self.signal = signal
        self.oomKilled = oomKilled
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }

    /// One JSON object without a line end.
    public var json: [UInt8] {
        let signal = signal.map { String($0) } ?? "null"
        let text =
            "{\"exitCode\":\(exitCode),\"signal\":\(signal),\"oomKilled\":\(oomKilled),"
            + "\"startedAt\":\"\(startedAt)\",\"finishedAt\":\"\(finishedAt)\"\(outOfMemory?.members ?? "")}"
        return Array(text.utf8)
    }

    /// Reads what `json` gives. Unknown keys are ignored, so that later versions may add some.
    ///
    /// - Throws: `MalformedObject`.
    public init(json: [UInt8]) throws(MalformedObject) {
        let object = try FlatObject(json: json)
        self.init(
            exitCode: try object.integer("exitCode"), signal: try object.optionalInteger("signal"),
            oomKilled: try object.boolean("oomKilled"), startedAt: try object.timestamp("startedAt"),
            finishedAt: try object.timestamp("finishedAt"))
        outOfMemory = try OutOfMemory(object)
    }
}
