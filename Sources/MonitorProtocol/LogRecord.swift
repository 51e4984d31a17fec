public import LinuxKernel

/// Which of the container's outputs a log record is of.
public enum LogStream: String, Sendable {
    /// Also all that a terminal shows.
    case standardOutput = "stdout"
    case standardError = "stderr"
}

/// One line of a json-file log: a line of output, or a piece of a long one (docs/protocols/log.md).
public struct LogRecord: Equatable, Sendable {
    /// UTF-8, with its line feed unless the line goes on in the stream's next record.
    public let log: [UInt8]
    /// Where the program wrote it.
    public let stream: LogStream
    /// When it was read.
    public let time: Timestamp

    /// A line with its line feed, or a piece of a long one without.
    public init(log: [UInt8], stream: LogStream, time: Timestamp) {
        self.log = log
        self.stream = stream
        self.time = time
    }

    /// Reads one line of a log file, with or without its line feed.
    ///
    /// - Throws: `MalformedObject`. After a crash a file may hold a line that was cut off: skip it.
    public init(json: [UInt8]) throws(MalformedObject) {
        let object = try FlatObject(json: json)
        guard let stream = LogStream(rawValue: String(decoding: try object.text("stream"), as: UTF8.self)) else {
            throw MalformedObject(reason: "unknown stream")
        }
        self.init(log: try object.text("log"), stream: stream, time: try object.timestamp("time"))
    }

    /// One JSON object with its line feed, as Docker writes it.
    public var json: [UInt8] {
        Array("{\"log\":".utf8) + quotedJSON(log)
            + Array(",\"stream\":\"\(stream.rawValue)\",\"time\":\"\(time)\"}\n".utf8)
    }
}
