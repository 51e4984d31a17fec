internal import LinuxKernel
internal import MonitorProtocol

/// What a monitor knows when it executes itself anew, as one word on its command line.
///
/// Making a container leaves a heap full of what is never needed again. A fresh image of the same process keeps the
/// children, the descriptors and the subreaper flag, and nothing else. The descriptors are given by number.
struct Handover: Equatable, Sendable {
    /// Of the container's first process, a child of this one.
    var pid: Int32
    var started: Timestamp
    /// How many processes had been killed for want of memory before the start.
    var earlierKills: UInt64 = 0
    var runDirectory: Int32
    var listener: Int32
    var client: Int32?
    /// The monitor's ends of the pipes.
    var input: Int32?
    var output: Int32?
    var error: Int32?
    /// The controller of the container's terminal.
    var terminal: Int32?
    /// The file in which the kernel counts processes killed for want of memory.
    var memoryEvents: Int32?
    /// The monitor's own score before it became the last to be killed.
    var score: Int32?

    /// The word before it.
    static let option = "resume"

    var descriptors: [Int32] {
        [runDirectory, listener] + [client, input, output, error, terminal, memoryEvents].compactMap(\.self)
    }

    var text: String {
        let optional: [(String, Int32?)] = [
            ("client", client), ("input", input), ("output", output), ("error", error), ("terminal", terminal),
            ("memory", memoryEvents), ("score", score),
        ]
        return
            "pid=\(pid),seconds=\(started.seconds),nanoseconds=\(started.nanoseconds),kills=\(earlierKills),"
            + "run=\(runDirectory),listener=\(listener)"
            + optional.compactMap { name, value in value.map { ",\(name)=\($0)" } }.joined()
    }

    init(pid: Int32, started: Timestamp, runDirectory: Int32, listener: Int32) {
        self.pid = pid
        self.started = started
        self.runDirectory = runDirectory
        self.listener = listener
    }

    init?(_ text: String) {
        var values: [Substring: Int64] = [:]
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "="), let value = Int64(part[part.index(after: equals)...]) else {
                return nil
            }
            values[part[..<equals]] = value
        }
        func number<Number: FixedWidthInteger>(_ name: Substring) -> Number? {
            values[name].flatMap { Number(exactly: $0) }
        }
        guard let pid: Int32 = number("pid"), pid > 1, let seconds = values["seconds"],
            let nanoseconds: UInt32 = number("nanoseconds"), let kills: UInt64 = number("kills"),
            let runDirectory: Int32 = number("run"), let listener: Int32 = number("listener")
        else { return nil }
        self.init(
            pid: pid, started: Timestamp(seconds: seconds, nanoseconds: nanoseconds), runDirectory: runDirectory,
            listener: listener)
        earlierKills = kills
        client = number("client")
        input = number("input")
        output = number("output")
        error = number("error")
        terminal = number("terminal")
        memoryEvents = number("memory")
        score = number("score")
    }
}
