/// Names a further process of a container: 64 hexadecimal digits, small letters, so a component of a path.
public struct ExecName: Hashable, Sendable {
    public let text: String

    /// - Returns: `nil` for anything else.
    public init?(_ bytes: some Collection<UInt8>) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        guard bytes.count == 64, bytes.allSatisfy({ digits.contains($0) || letters.contains($0) }) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// The process as its maker describes it, in the run directory.
    public var document: String { "exec-\(text).json" }
    /// Where its number is, in the run directory, as long as it runs.
    public var pidFile: String { "exec-\(text).pid" }
    /// Says that it has a terminal, so that somebody must stay beside it. In the run directory.
    public var terminalMark: String { "exec-\(text).tty" }
    /// What was said when it could not be started, in the run directory.
    public var messages: String { "exec-\(text).log" }
}
