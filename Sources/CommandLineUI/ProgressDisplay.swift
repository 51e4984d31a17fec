internal import LinuxKernel
internal import OCISpec
internal import Synchronization

/// Shows how far several things are that go on at once, each in a line of its own on a terminal, and otherwise a line
/// for each step. May be told of them on any thread.
public final class ProgressDisplay: Sendable {
    public enum Style: String, Sendable, CaseIterable {
        /// Lines that change on a terminal, plain ones elsewhere.
        case auto
        case plain
        /// One JSON object for each step, as Docker's API has them.
        case json
        case quiet
    }

    private struct Line {
        let id: String
        var status: String
        var current: UInt64
        var total: UInt64?
        var isFinal = false
        /// When its bytes began to come, and with how many.
        var began: (milliseconds: Int64, bytes: UInt64)
        var reported: Int64 = 0
    }

    private struct State {
        var lines: [Line] = []
        var drawn = 0
        var lastDrawn: Int64 = 0
    }

    private let style: Style
    private let stream: Output.Stream
    private let rows: Int
    private let columns: Int
    private let isLive: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - stream: Where it is shown.
    ///   - size: The terminal's, if `stream` leads to one.
    public init(_ style: Style, on stream: Output.Stream, terminal size: (rows: Int, columns: Int)?) {
        self.style = style
        self.stream = stream
        isLive = style == .auto && size != nil
        // A terminal that nobody has told its size says 0.
        rows = size.flatMap { $0.rows > 0 ? $0.rows : nil } ?? 24
        columns = max(20, size.flatMap { $0.columns > 0 ? $0.columns : nil } ?? 80)
    }

    /// Takes a step of one of the things.
    ///
    /// - Parameters:
    ///   - now: Milliseconds of a clock that does not jump.
    ///   - isContinuous: It tells of its parts, for which there are no plain lines.
    ///   - isFinal: No more of it comes.
    public func update(
        _ id: String, _ status: String, current: UInt64, total: UInt64?, isContinuous: Bool = false, isFinal: Bool,
        now: Int64
    ) {
        guard style != .quiet else { return }
        state.withLock { state in
            let index = state.lines.firstIndex { $0.id == id } ?? state.lines.endIndex
            if index == state.lines.endIndex {
                state.lines.append(
                    Line(id: id, status: "", current: current, total: total, began: (now, current)))
            }
            let isNews = state.lines[index].status != status
            if isNews { state.lines[index].began = (now, current) }
            state.lines[index].status = status
            state.lines[index].current = current
            state.lines[index].total = total
            state.lines[index].isFinal = isFinal
            if isLive {
                if isNews || now - state.lastDrawn > 100 { draw(&state, now) }
            } else if style == .json {
                guard isNews || now - state.lines[index].reported > 100 else { return }
                state.lines[index].reported = now
                write(Self.json(state.lines[index]).text() + "\n")
            } else if isNews, !isContinuous {
                write("\(id): \(status)\n")
            }
        }
    }

    /// Says something between the steps.
    public func say(_ text: String) {
        guard style != .quiet else { return }
        state.withLock { state in
            // What was drawn stays above.
            state.lines = []
            state.drawn = 0
            write(style == .json ? JSONValue.object(["status": .string(text)]).text() + "\n" : text + "\n")
        }
    }

    private func write(_ text: String) { Output.write(Array(text.utf8), to: stream) }

    private static func json(_ line: Line) -> JSONValue {
        var detail = JSONObject()
        if !line.isFinal, let total = line.total {
            detail["current"] = JSONValue(line.current)
            detail["total"] = JSONValue(total)
        }
        return .object([
            "status": .string(line.status), "progressDetail": .object(detail), "id": .string(line.id),
        ])
    }

    private func draw(_ state: inout State, _ now: Int64) {
        state.lastDrawn = now
        // Of more lines than there is room for, those that still change are shown.
        let room = max(1, rows - 2)
        var shown = state.lines
        if shown.count > room { shown = Array((shown.filter { !$0.isFinal } + shown.filter(\.isFinal)).prefix(room)) }
        var text = state.drawn > 0 ? "\u{1b}[\(state.drawn)A" : ""
        for line in shown { text += "\r" + String(Self.text(line, now).prefix(columns - 1)) + "\u{1b}[K\n" }
        state.drawn = shown.count
        write(text)
    }

    private static func text(_ line: Line, _ now: Int64) -> String {
        guard !line.isFinal, let total = line.total, total > 0, line.current > 0 else {
            return "\(line.id): \(line.status)"
        }
        let share = Double(line.current) / Double(total)
        let done = min(30, Int(share * 30))
        let bar =
            String(repeating: "=", count: done) + (done < 30 ? ">" : "") + String(repeating: " ", count: 30 - done)
        var text = "\(line.id): \(line.status) [\(bar)] \(size(line.current))/\(size(total))"
        let seconds = Double(now - line.began.milliseconds) / 1000
        if seconds > 0.5, line.current > line.began.bytes {
            let rate = Double(line.current - line.began.bytes) / seconds
            text += " \(size(UInt64(rate)))/s"
            let left = Double(total - min(total, line.current)) / rate
            if left >= 1, left < 86_400 { text += " \(Int(left))s" }
        }
        return text
    }

    private static func size(_ bytes: UInt64) -> String { ShownText.decimalSize(Int64(clamping: bytes)) }
}
