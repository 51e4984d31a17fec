public import LinuxKernel

/// Where the runtime says what went wrong, and with debugging on, what it does.
///
/// A log file gets lines as the callers of runc parse them: `time="…" level=error msg="…"`, or one JSON object a line
/// with `level`, `msg` and `time`. Standard error gets one plain line for each warning and error.
public final class Log: Sendable {
    /// How much a line matters.
    public enum Level: Int, Comparable, Sendable {
        case error, warning, info, debug

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

        /// The name as logrus, runc's logger, spells it.
        var name: String {
            switch self {
            case .error: "error"
            case .warning: "warning"
            case .info: "info"
            case .debug: "debug"
            }
        }
    }

    /// How lines are written: as runc's.
    public enum Format: Sendable {
        case text, json

        /// One line with its end.
        func line(_ level: Level, _ message: String, at time: Timestamp) -> String {
            switch self {
            case .text: "time=\"\(time.toSeconds)\" level=\(level.name) msg=\(quoted(message))\n"
            case .json:
                "{\"level\":\"\(level.name)\",\"msg\":\(quoted(message)),\"time\":\"\(time.toSeconds)\"}\n"
            }
        }
    }

    /// What is logged: this level and all graver ones.
    public let level: Level
    private let format: Format
    private let file: OwnedDescriptor?
    private let errors: OwnedDescriptor?
    private let program: String

    /// - Parameters:
    ///   - file: Opened for appending.
    ///   - errors: Where plain lines for people go; `nil` is nowhere.
    ///   - program: What plain lines begin with.
    public init(
        file: consuming OwnedDescriptor?, format: Format = .text, level: Level = .warning,
        errors: consuming OwnedDescriptor? = nil, program: String = "brig-runtime"
    ) {
        self.file = file
        self.format = format
        self.level = level
        self.errors = errors
        self.program = program
    }

    /// What stops a command.
    public func error(_ message: @autoclosure () -> String) { write(.error, message) }
    /// What is not as it was asked for, and stops nothing.
    public func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
    /// What somebody may want to know.
    public func info(_ message: @autoclosure () -> String) { write(.info, message) }
    /// Steps; made into text only with `--debug`.
    public func debug(_ message: @autoclosure () -> String) { write(.debug, message) }

    private func write(_ level: Level, _ message: () -> String) {
        guard level <= self.level else { return }
        let text = message()
        // A log that cannot be written to must not stop what is logged.
        try? file?.write(format.line(level, text, at: .now))
        if level <= .warning || file == nil {
            let mark = level == .warning ? "warning: " : ""
            try? errors?.write("\(program): \(mark)\(printable(text))\n")
        }
    }
}

/// The text in double quotes, with the escapes that JSON and Go's `%q` share.
private func quoted(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
        case UInt8(ascii: "\n"): result += Array("\\n".utf8)
        case UInt8(ascii: "\t"): result += Array("\\t".utf8)
        case 0..<0x20, 0x7F:
            let digits = String(byte, radix: 16)
            result += Array("\\u00\(digits.utf8.count < 2 ? "0" : "")\(digits)".utf8)
        default: result.append(byte)
        }
    }
    result.append(UInt8(ascii: "\""))
    return String(decoding: result, as: UTF8.self)
}
