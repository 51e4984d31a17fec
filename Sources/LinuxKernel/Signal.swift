internal import CLinux

/// A signal that the kernel knows, 1 to 64.
///
/// Source: signal(7). Real-time signals are counted from glibc's `SIGRTMIN`, 34, as kill(1) and Docker do.
public struct Signal: RawRepresentable, Hashable, Comparable, Sendable {
    /// The signal's number, 1 to 64.
    public let rawValue: Int32

    /// The signal with this number, if there is one.
    public init?(rawValue: Int32) {
        guard Signal.numbers.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(_ rawValue: Int32) { self.rawValue = rawValue }

    public static func < (left: Signal, right: Signal) -> Bool { left.rawValue < right.rawValue }

    private static let numbers: ClosedRange<Int32> = 1...64
    private static let firstRealTime: Int32 = 34

    /// `SIGHUP`
    public static let hangUp = Signal(1)
    /// `SIGINT`
    public static let interrupt = Signal(2)
    /// `SIGQUIT`
    public static let quit = Signal(3)
    /// `SIGKILL`
    public static let kill = Signal(9)
    /// `SIGUSR1`
    public static let user1 = Signal(10)
    /// `SIGUSR2`
    public static let user2 = Signal(12)
    /// `SIGPIPE`
    public static let brokenPipe = Signal(13)
    /// `SIGALRM`
    public static let alarm = Signal(14)
    /// `SIGTERM`
    public static let terminate = Signal(15)
    /// `SIGCHLD`
    public static let child = Signal(17)
    /// `SIGCONT`
    public static let resume = Signal(18)
    /// `SIGSTOP`
    public static let stop = Signal(19)
    /// `SIGTTIN`
    public static let terminalInput = Signal(21)
    /// `SIGTTOU`
    public static let terminalOutput = Signal(22)
    /// `SIGXFSZ`
    public static let fileSizeExceeded = Signal(25)
    /// `SIGWINCH`
    public static let windowChange = Signal(28)
}

extension Signal: CustomStringConvertible {
    /// Names by number from 1 on. x86-64 and aarch64 agree on all of them.
    private static let names: [StaticString] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    /// Further names that programs accept.
    private static let aliases: [(name: StaticString, number: Int32)] = [
        ("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31), ("RTMIN", 34), ("RTMAX", 64),
    ]

    /// The name with its prefix, such as `SIGTERM` or `SIGRTMIN+3`; `SIG32` for the two that glibc keeps to itself.
    public var name: String {
        let index = Int(rawValue) - 1
        if index < Signal.names.count { return "SIG\(Signal.names[index])" }
        switch rawValue {
        case ..<Signal.firstRealTime: return "SIG\(rawValue)"
        case Signal.firstRealTime: return "SIGRTMIN"
        case 64: return "SIGRTMAX"
        default: return "SIGRTMIN+\(rawValue - Signal.firstRealTime)"
        }
    }

    public var description: String { name }

    /// Every signal with a name, by number.
    public static var all: [Signal] {
        (1...31).map { Signal($0) } + (firstRealTime...64).map { Signal($0) }
    }

    /// Reads a number (`9`), or a name in any case with or without its prefix: `KILL`, `sigkill`, `RTMIN+3`, `RTMAX-1`.
    ///
    /// - Throws: `InvalidSignal` for everything else, 0 included.
    public init(parsing text: String) throws(InvalidSignal) {
        if text.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true {
            guard let number = Int32(text), let signal = Signal(rawValue: number) else {
                throw InvalidSignal(text: text)
            }
            self = signal
            return
        }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = Signal.names.firstIndex(where: { "\($0)" == name }) {
            self.init(Int32(index) + 1)
        } else if let alias = Signal.aliases.first(where: { "\($0.name)" == name }) {
            self.init(alias.number)
        } else if let number = Signal.realTime(name) {
            self.init(number)
        } else {
            throw InvalidSignal(text: text)
        }
    }

    /// The number of `RTMIN+n` or `RTMAX-n`.
    private static func realTime(_ name: String) -> Int32? {
        let digits = name.utf8.dropFirst(6)
        guard !digits.isEmpty, digits.count <= 2, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let offset = Int32(String(decoding: digits, as: UTF8.self)), offset <= 64 - firstRealTime
        else { return nil }
        if name.hasPrefix("RTMIN+") { return firstRealTime + offset }
        if name.hasPrefix("RTMAX-") { return 64 - offset }
        return nil
    }
}

/// A text that names no signal.
public struct InvalidSignal: Error, Equatable, CustomStringConvertible {
    /// What was given, as it was.
    public let text: String

    /// For a text that is neither a signal's name nor its number.
    public init(text: String) { self.text = text }

    public var description: String { "unknown signal \"\(text)\"" }
}
