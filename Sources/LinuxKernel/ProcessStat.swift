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
    /// The process, field 1.
    public let pid: Int32
    /// The command's name, at most 15 bytes; programs choose it freely.
    public let name: String
    /// `nil` for a letter that this library does not know.
    public let state: ProcessState?
    /// The parent's number, field 4; 0 if it is in another pid namespace.
    public let parent: Int32
    /// The process group, field 5.
    public let group: Int32
    /// The session, field 6.
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
            open < close, let pid = decimal(line[..<open].prefix { $0 != 0x20 }, as: Int32.self)
        else { return nil }
        var fields = Fields(rest: line[(close + 1)...])
        // In order, as proc(5) numbers them: the state is field 3.
        guard let letter = fields.next()?.first, let parent = fields.number(Int32.self),
            let group = fields.number(Int32.self), let session = fields.number(Int32.self),
            let terminal = fields.number(Int32.self), fields.skip(8...13),
            let userTime = fields.number(UInt64.self), let systemTime = fields.number(UInt64.self),
            fields.skip(16...21), let startTime = fields.number(UInt64.self)
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

    /// What stands between spaces, one after another.
    private struct Fields {
        var rest: ArraySlice<UInt8>

        mutating func next() -> ArraySlice<UInt8>? {
            rest = rest.drop { $0 == 0x20 }
            let field = rest.prefix { $0 != 0x20 && $0 != 0x0a }
            rest = rest[field.endIndex...]
            return field.isEmpty ? nil : field
        }

        mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
            next().flatMap { decimal($0, as: type) }
        }

        mutating func skip(_ numbers: ClosedRange<Int>) -> Bool { numbers.allSatisfy { _ in next() != nil } }
    }
}

/// Reads a decimal number, with a sign if the type has one; nothing else may stand beside it.
func decimal<Value: FixedWidthInteger>(_ text: ArraySlice<UInt8>, as _: Value.Type = Value.self) -> Value? {
    let negative = Value.isSigned && text.first == UInt8(ascii: "-")
    let digits = negative ? text.dropFirst() : text
    guard !digits.isEmpty else { return nil }
    var value: Value = 0
    for digit in digits {
        guard 0x30...0x39 ~= digit else { return nil }
        let (tens, tooMany) = value.multipliedReportingOverflow(by: 10)
        let unit = Value(truncatingIfNeeded: digit - 0x30)
        let (sum, tooLarge) = negative ? tens.subtractingReportingOverflow(unit) : tens.addingReportingOverflow(unit)
        if tooMany || tooLarge { return nil }
        value = sum
    }
    return value
}
