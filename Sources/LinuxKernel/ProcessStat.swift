/// What a process does: the third field of `/proc/PID/stat`.
public enum ProcessState: UInt8, Sendable {
    /// `R`
    case running = 0x52
    /// `S`
    case sleeping = 0x53
    /// `D`: waiting in the kernel, not to be disturbed.
    case uninterruptible = 0x44
    /// `T`
    case stopped = 0x54
    /// `t`
    case traced = 0x74
    /// `Z`: ended and not waited for.
    case zombie = 0x5a
    /// `X`
    case dead = 0x58
    /// `I`: a kernel thread with nothing to do.
    case idle = 0x49
    /// `P`
    case parked = 0x50
}

/// The one line of `/proc/PID/stat`. Source: proc(5).
public struct ProcessStat: Equatable, Sendable {
    public let pid: Int32
    /// The command's name, at most 15 bytes; programs choose it freely.
    public let name: String
    /// `nil` for a letter that this library does not know.
    public let state: ProcessState?
    public let parent: Int32
    public let group: Int32
    public let session: Int32
    /// The controlling terminal's device number, 0 without one.
    public let terminal: Int32
    /// Time spent in user mode, in clock ticks.
    public let userTime: UInt64
    /// Time spent in the kernel, in clock ticks.
    public let systemTime: UInt64
    /// In clock ticks since the machine started.
    public let startTime: UInt64

    /// Reads the line. The name may hold spaces and parentheses, so fields are counted from the last `)`.
    public init?(parsing line: [UInt8]) {
        guard let open = line.firstIndex(of: UInt8(ascii: "(")), let close = line.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        let fields = line[(close + 1)...].split { $0 == 0x20 || $0 == 0x0a }
        func number<Value: FixedWidthInteger>(_ index: Int, _: Value.Type = Value.self) -> Value? {
            // proc(5) counts from 1 and the state, first after the name, is field 3.
            index - 3 < fields.count ? Value(String(decoding: fields[index - 3], as: UTF8.self)) : nil
        }
        guard let pid = Int32(String(decoding: line[..<open].filter { $0 != 0x20 }, as: UTF8.self)),
            let letter = fields.first?.first, let parent: Int32 = number(4), let group: Int32 = number(5),
            let session: Int32 = number(6), let terminal: Int32 = number(7), let userTime: UInt64 = number(14),
            let systemTime: UInt64 = number(15), let startTime: UInt64 = number(22)
        else { return nil }
        self.pid = pid
        name = String(decoding: line[(open + 1)..<close], as: UTF8.self)
        state = ProcessState(rawValue: letter)
        self.parent = parent
        self.group = group
        self.session = session
        self.terminal = terminal
        self.userTime = userTime
        self.systemTime = systemTime
        self.startTime = startTime
    }
}
